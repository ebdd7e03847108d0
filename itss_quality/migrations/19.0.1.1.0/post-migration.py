from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let callbacks begin where the addon was installed without them.

    The stage is another app's record, which an update leaves alone.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    stage = env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done", raise_if_not_found=False)
    if stage:
        stage.itss_callback_required = True
    env["helpdesk.ticket"]._itss_start_reconciling()
