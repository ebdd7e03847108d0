from odoo.api import SUPERUSER_ID, Environment

ENDINGS = ("done", "solved"), ("cancelled", "cancelled"), ("rejected", "rejected")


def migrate(cr, version):
    """Say what has become of tickets in the stages of helpdesk_mgmt, as an installation does.

    What happened to tickets before is not known, and stays so.
    """
    env = Environment(cr, SUPERUSER_ID, {})
    for name, ending in ENDINGS:
        stage = env.ref(f"helpdesk_mgmt.helpdesk_ticket_stage_{name}", raise_if_not_found=False)
        if stage and not stage.itss_ending:
            stage.itss_ending = ending
