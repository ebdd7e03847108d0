"""What complaints and improvements keep from now on: receipt, hours, people."""


def migrate(cr, version):
    # what stood there is what was noted first
    cr.execute(
        "UPDATE itss_complaint SET first_received_at = received_at WHERE first_received_at IS NULL"
    )
    # nothing is acknowledged before it is received
    cr.execute(
        """
        UPDATE itss_complaint
           SET received_at = acknowledged_at,
               receipt_corrected_at = NOW() AT TIME ZONE 'UTC',
               receipt_reason = 'Upgrade: the time noted lay after the acknowledgement.'
         WHERE received_at > acknowledged_at
        """
    )
    # facts, where so far a decimal was stored
    for hours, moment in (
        ("acknowledge_hours", "acknowledged_at"),
        ("resolve_hours", "resolved_at"),
    ):
        cr.execute(
            f"""
            UPDATE itss_complaint
               SET {hours} = EXTRACT(EPOCH FROM {moment} - received_at) / 3600
             WHERE {moment} IS NOT NULL
            """
        )
    cr.execute(
        """
        INSERT INTO itss_complaint_named_user_rel (itss_complaint_id, res_users_id)
        SELECT itss_complaint_id, res_users_id FROM itss_complaint_res_users_rel
            ON CONFLICT DO NOTHING
        """
    )
    cr.execute(
        """
        INSERT INTO itss_improvement_past_owner_rel (itss_improvement_id, res_users_id)
        SELECT owner.improvement_id, owner.user_id
          FROM (
                SELECT id AS improvement_id, UNNEST(ARRAY[owner_id, completed_by_id]) AS user_id
                  FROM itss_improvement
                 UNION
                SELECT message.res_id, UNNEST(ARRAY[track.old_value_integer, track.new_value_integer])
                  FROM mail_tracking_value AS track
                  JOIN ir_model_fields AS field ON field.id = track.field_id
                  JOIN mail_message AS message ON message.id = track.mail_message_id
                 WHERE field.model = 'itss.improvement' AND field.name = 'owner_id'
                   AND message.model = field.model
               ) AS owner
          JOIN itss_improvement ON itss_improvement.id = owner.improvement_id
          JOIN res_users ON res_users.id = owner.user_id
            ON CONFLICT DO NOTHING
        """
    )
