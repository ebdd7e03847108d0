from unittest.mock import patch

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..audit.common import AuditCommon


@tagged("post_install", "-at_install")
class TestMeeting(AuditCommon):
    """itss.meeting: areas say of which kinds there are meetings, and what they are held for."""

    def meet_as(self, kind, **vals):
        meetings = self.env["itss.meeting"].with_user(self.quality_user)
        return meetings.create(
            {"kind": kind, "start": "2025-09-15 01:00:00", "stop": "2025-09-15 02:00:00", **vals}
        )

    def test_a_kind_goes_with_what_it_is_held_for(self):
        audit = self.plan(self.make_audit())
        review = self.env["itss.review"].with_user(self.quality_user).create({"name": "管理评审"})
        occasions = {"audit_id": audit.id, "review_id": review.id}
        for kind, field in self.env["itss.meeting"]._get_occasion_fields().items():
            wrong = ({}, occasions, {name: occasions[name] for name in occasions if name != field})
            for vals in wrong:
                with self.subTest(kind=kind, vals=vals), self.assertRaises(ValidationError):
                    self.meet_as(kind, **vals)
            meeting = self.meet_as(kind, **{field: occasions[field]})
            self.assertIn(kind, meeting.fitting_kinds)
        self.assertEqual(meeting.fitting_kinds, ["review"])
        with self.assertRaises(ValidationError):
            meeting.kind = "opening"

    def test_a_kind_may_stand_alone(self):
        meetings = self.registry["itss.meeting"]
        with patch.object(meetings, "_get_occasion_fields", lambda self: {"review": "review_id"}):
            guests = [Command.create({"employee_id": self.auditor.id})]
            meeting = self.meet_as("opening", attendance_ids=guests)
            self.assertEqual((meeting.company_id, meeting.is_frozen), (self.company, False))
            self.assertEqual(meeting.name, "Opening Meeting")
            self.assertEqual(meeting.fitting_kinds, ["preparatory", "opening", "closing"])
            meeting.minutes = "x"
            meeting.attendance_ids.job_title = "工程师"
            with self.assertRaises(ValidationError):
                meeting.kind = "review"
            meeting.unlink()

    def test_a_meeting_that_stands_alone_keeps_its_company(self):
        meetings = self.registry["itss.meeting"]
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        with patch.object(meetings, "_get_occasion_fields", lambda self: {"review": "review_id"}):
            meeting = self.meet_as("opening")
            meeting.sudo().with_company(elsewhere).kind = "closing"
            self.assertEqual(meeting.company_id, self.company)
