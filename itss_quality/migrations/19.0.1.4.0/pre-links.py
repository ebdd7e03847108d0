from odoo.tools import sql


def migrate(cr, version):
    """Keep the links that customers have got: their secret stands in a field of another name."""
    for table in ("itss_callback", "itss_survey_participant"):
        if not sql.column_exists(cr, table, "link_token"):
            sql.rename_column(cr, table, "access_token", "link_token")
