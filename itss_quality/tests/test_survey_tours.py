from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import ItssCommon


@tagged("post_install", "-at_install")
class TestSurveyTours(ItssCommon, HttpCase):
    """The survey of the plan in a real browser: launched, answered by phone, ended, signed."""

    def test_from_the_plan_line_to_the_approved_report(self):
        self.set_up_helpdesk()
        self.make_ticket()
        customer = self.customer.create({"name": "滇池中学", "is_company": True})
        self.make_ticket(partner_id=customer.id)
        year = fields.Date.today().year
        plan = self.make_plan(lines=0, year=year)
        line = self.make_line(plan, name="客户满意度调查", kind="survey", date_text="全年")
        self.approve(plan)

        self.start_tour(f"/odoo/itss-plan-lines/{line.id}", "itss_survey_launch", login="t_quality")
        self.assertEqual(line.state, "in_progress")
        round_ = line.survey_round_ids
        self.assertRecordValues(
            round_,
            [{"state": "running", "user_id": self.quality_user.id, "company_id": self.company.id}],
        )
        participants = round_.participant_ids
        self.assertEqual(participants.partner_id, self.contact | customer)

        self.start_tour("/odoo/itss-survey-calls", "itss_survey_enter", login="t_agent")
        participant = participants.filtered(lambda one: one.partner_id == self.contact)
        self.assertRecordValues(
            participant,
            [{"state": "answered", "channel": "phone", "interviewer_id": self.agent.id}],
        )
        texts = participant.user_input_id.user_input_line_ids.mapped("value_text_box")
        self.assertIn("希望夜间响应再快一些", texts)

        self.start_tour(f"/odoo/itss-surveys/{round_.id}", "itss_survey_end", login="t_quality")
        round_.invalidate_recordset()
        self.assertRecordValues(
            round_,
            [
                {
                    "state": "analysing",
                    "score": 80,
                    "score_count": 1,
                    "conclusion": "客户对响应速度不满意",
                }
            ],
        )
        self.start_tour("/odoo/itss-survey-reports", "itss_survey_review", login="t_ops")
        self.start_tour("/odoo/itss-survey-reports", "itss_survey_approve", login="t_boss")
        self.env.invalidate_all()
        self.assertRecordValues(
            round_.report_ids,
            [
                {
                    "state": "approved",
                    "prepared_by_id": self.quality_user.id,
                    "reviewed_by_id": self.ops_user.id,
                    "approved_by_id": self.manager_user.id,
                }
            ],
        )
        self.assertEqual((round_.state, line.state), ("closed", "done"))
