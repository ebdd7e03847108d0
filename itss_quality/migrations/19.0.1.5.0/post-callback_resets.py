from odoo import SUPERUSER_ID, api, fields
from odoo.tools import split_every
from odoo.tools.translate import code_translations

CORRECTED = "Corrected: %(reason)s"


def migrate(cr, version):
    """Find out about callbacks what is a fact of its own from now on.

    When and by whom they were reset, and whether that was too late; where tickets were solved, and by
    whose hands; what was corrected.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    note_resets(env)
    cr.execute(
        """
        UPDATE itss_callback AS callback SET solved_stage_id = ticket.stage_id
          FROM helpdesk_ticket AS ticket
          JOIN helpdesk_ticket_stage AS stage ON stage.id = ticket.stage_id
         WHERE ticket.id = callback.ticket_id
           AND stage.itss_callback_required
           AND callback.solved_stage_id IS NULL
           AND callback.state != 'cancelled'
        """
    )
    note_corrections(env)
    callbacks = env["itss.callback"].search([("ticket_id", "!=", False)])
    for ids in split_every(1000, callbacks.ticket_id.ids):
        tickets = env["helpdesk.ticket"].browse(ids)
        tickets._itss_add_workers(set(), tickets)
    env["helpdesk.ticket"]._itss_start_noting_workers(fields.Datetime.now())
    env.invalidate_all()


def note_resets(env):
    field = env["ir.model.fields"]._get("itss.callback", "state")
    env.cr.execute(
        """
        UPDATE itss_callback AS callback
           SET cancelled_at = COALESCE(noted.date, callback.write_date),
               cancelled_by_id = noted.user_id,
               is_cancelled_late = COALESCE(noted.date, callback.write_date) > callback.deadline
          FROM itss_callback AS same
          LEFT JOIN LATERAL (
                SELECT message.date, NULLIF(message.create_uid, %s) AS user_id
                  FROM mail_message AS message
                  JOIN mail_tracking_value AS change ON change.mail_message_id = message.id
                 WHERE message.model = 'itss.callback'
                   AND message.res_id = same.id
                   AND change.field_id = %s
                 ORDER BY change.id DESC
                 LIMIT 1
               ) AS noted ON TRUE
         WHERE same.id = callback.id
           AND callback.state = 'cancelled'
           AND callback.cancelled_at IS NULL
        """,
        (SUPERUSER_ID, field.id),
    )


def note_corrections(env):
    words = {CORRECTED}
    for lang, _name in env["res.lang"].get_installed():
        translations = code_translations.get_python_translations("itss_quality", lang)
        words.add(translations.get(CORRECTED, CORRECTED))
    env.cr.execute(
        """
        UPDATE itss_callback AS callback SET corrected_at = noted.date
          FROM (SELECT res_id, max(date) AS date
                  FROM mail_message
                 WHERE model = 'itss.callback' AND body LIKE ANY(%s)
                 GROUP BY res_id) AS noted
         WHERE callback.id = noted.res_id
           AND callback.state = 'done'
           AND callback.corrected_at IS NULL
        """,
        ([f"<p>{text.partition('%(')[0]}%" for text in words],),
    )
