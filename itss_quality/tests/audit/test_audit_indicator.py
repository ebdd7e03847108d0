from odoo.tests import freeze_time, tagged

from ..objective.common import IndicatorCommon
from .common import AuditCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-12-20 02:00:00")
class TestNonconformityClosed(AuditCommon, IndicatorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2025-09-15 02:00:00"):
            cls.audit = cls.start()
            cls.nonconformities = cls.env["itss.nonconformity"]
            for line in cls.audit.line_ids[:3]:
                cls.nonconformities |= cls.raise_nonconformity(line, date_deadline="2025-10-15")

    def test_those_verified_by_their_deadline_count(self):
        in_time, late, open_ = self.nonconformities
        with freeze_time("2025-10-15 15:59:59"):
            self.correct(in_time)
        with freeze_time("2025-10-15 16:00:00"):
            self.correct(late)
        self.check("nonconformity_closed", 10, (1, 3))
        self.correct(open_)
        self.check("nonconformity_closed", 10, (1, 3))
        self.check("nonconformity_closed", 9, (0, 0))

    def test_what_is_opened_again_after_the_period_had_been_closed(self):
        with freeze_time("2025-10-10 02:00:00"):
            measure = self.correct(self.nonconformities[0])
        measure.with_user(self.quality_user).check_effectiveness("ineffective", "又发生了")
        self.assertEqual(self.nonconformities[0].state, "confirmed")
        self.check("nonconformity_closed", 10, (1, 3))

    def test_withdrawn_ones_do_not_count(self):
        with freeze_time("2025-10-01 02:00:00"):
            self.nonconformities[0].sudo().state = "withdrawn"
        self.check("nonconformity_closed", 10, (0, 2))

    def test_a_department_s_are_those_found_there(self):
        found = self.nonconformities.filtered(lambda one: one.department_id == self.dep_operations)
        self.check("nonconformity_closed", 10, (0, len(found)), scope=self.dep_operations)
