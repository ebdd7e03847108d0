from . import controllers, models, report, wizard


def uninstall_hook(env):
    """Take away what keeps the journal as it is, which the database knows beside its tables."""
    env.cr.execute("DROP FUNCTION IF EXISTS itss_journal_refuse() CASCADE")
