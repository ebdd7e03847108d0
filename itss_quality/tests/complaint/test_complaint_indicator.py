from odoo.tests import freeze_time, tagged

from ..objective.common import IndicatorCommon
from .common import ComplaintCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-12-20 02:00:00")
class TestComplaintIndicators(ComplaintCommon, IndicatorCommon):
    def answer(self, complaint, moment):
        """Answer a complaint and close it by a call."""
        with freeze_time(moment):
            self.resolve(complaint, self.quality_user)
            self.call_back(complaint)
        self.assertEqual(complaint.state, "closed")

    def test_those_closed_by_the_end_of_the_month_they_came_in_are_handled(self):
        closed = self.make_complaint(received_at="2025-10-10 02:00:00")
        late = self.make_complaint(received_at="2025-10-31 15:59:59")
        self.make_complaint(received_at="2025-10-31 16:00:00")
        self.answer(closed, "2025-10-12 02:00:00")
        self.answer(late, "2025-11-02 02:00:00")
        self.check("complaint_handled", 10, (1, 2))
        self.check("complaint_handled", 11, (0, 1))

    def test_what_is_opened_again_or_invalid_later_was_neither(self):
        complaint = self.make_complaint(received_at="2025-10-10 02:00:00")
        self.answer(complaint, "2025-10-12 02:00:00")
        complaint.with_user(self.quality_user).write(
            {"state": "reopened", "reopen_reason": "客户不满意"}
        )
        self.check("complaint_handled", 10, (1, 1))

    def test_the_rate_is_of_the_tickets_received_in_the_month(self):
        for moment in ("2025-10-01 00:00:00", "2025-10-31 15:59:59", "2025-10-31 16:00:00"):
            with freeze_time(moment):
                self.make_ticket()
        self.make_complaint(received_at="2025-10-10 02:00:00")
        self.assertEqual(self.measure("complaint_rate", "2025-10-01", "2025-10-31"), (1, 2, 50))
        self.check("complaint_rate", 11, (0, 1))
        self.check("complaint_rate", 9, (0, 0))

    def test_invalid_ones_do_not_count(self):
        with freeze_time("2025-10-10 02:00:00"):
            complaint = self.make_complaint().with_user(self.quality_user)
            complaint.hold_invalid("不是我们的客户")
            complaint.with_user(self.quality_user_2).action_confirm_invalid()
        self.check("complaint_handled", 10, (0, 0))

    def test_hours_are_those_to_the_acknowledgement_of_those_received(self):
        first, second, open_ = (
            self.make_complaint(received_at="2025-10-10 02:00:00") for _number in range(3)
        )
        for complaint, moment in ((first, "2025-10-10 05:00:00"), (second, "2025-10-11 02:00:00")):
            with freeze_time(moment):
                complaint.with_user(self.agent).action_acknowledge()
        self.assertTrue(open_)
        figure = self.measure("complaint_response_hours", "2025-10-01", "2025-10-31")
        self.assertEqual(figure, (27, 2, 13.5))
        open_.with_user(self.agent).action_acknowledge()
        self.check("complaint_response_hours", 10, (27, 2))

    def test_a_department_s_are_those_it_had_then(self):
        complaint = self.make_complaint(received_at="2025-10-10 02:00:00")
        with freeze_time("2025-10-11 02:00:00"):
            complaint.sudo().department_id = self.dep_operations
        complaint.sudo().department_id = self.dep_quality
        self.check("complaint_handled", 10, (0, 1), scope=self.dep_operations)
        self.check("complaint_handled", 10, (0, 0), scope=self.dep_quality)
