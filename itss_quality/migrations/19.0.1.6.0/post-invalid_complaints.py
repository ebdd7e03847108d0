def migrate(cr, version):
    """What was held invalid counts in no average of the analysis."""
    cr.execute(
        """
        UPDATE itss_complaint
           SET acknowledge_hours = NULL, resolve_hours = NULL, handled_rate = NULL
         WHERE state = 'invalid'
        """
    )
