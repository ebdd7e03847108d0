from odoo import SUPERUSER_ID, api

RULE = """[
    ('state', 'in', ('approved', 'superseded')),
    '|', ('round_id.plan_line_id.concerns_me', '=', True), ('recipient_ids', 'in', [user.id]),
]"""


def migrate(cr, version):
    """Issue survey reports that are not approved yet to somebody, and let recipients read them.

    What was approved before stays as it was signed. An update leaves record rules alone.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    env.ref("itss_quality.itss_survey_report_rule_user").domain_force = RULE
    reports = env["itss.survey.report"].search(
        [
            ("state", "not in", ("approved", "superseded")),
            ("recipient_ids", "=", False),
        ]
    )
    for report in reports:
        report.recipient_ids = report._get_default_recipients()
