from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let the clock that all records share know which plan lines were reminded of already.

    The scheduled action is the user's record by now, which an update leaves alone.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    for level, stage in ((1, "upcoming"), (2, "late")):
        lines = env["itss.plan.line"].search([("reminder_stage", "=", stage)])
        lines.escalation_level = level
    cron = env.ref("itss_quality.ir_cron_itss_plan_line_remind", raise_if_not_found=False)
    if cron:
        cron.code = "model._cron_escalate()"
