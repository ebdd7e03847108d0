"""What scheduled actions share: committed batches, locks, and errors kept apart."""

import logging

from psycopg2 import OperationalError
from psycopg2.errors import SerializationFailure

from odoo.tools import split_every

_logger = logging.getLogger(__name__)

BATCH = 100


def run_batches(records, jobs, size=BATCH):
    """Do what is due in committed batches, so that a run may be killed at any line.

    What another server has locked is left to it, and a record that fails is logged and does not
    hold up the others. Each record is looked at once per run.

    :param records: any recordset of the model
    :param jobs: list of ``(domain, step)``; ``step(batch)`` has to make the records it is given
        leave the domain, or leave them as they are when nothing can be done now
    :param int size: records per batch
    :return: whether everything was done; ``False`` when the run is out of time, when some records
        were left to another server, or when one failed
    """
    crons = records.env["ir.cron"]
    todo = [(records.search(domain).ids, domain, step) for domain, step in jobs]
    # told once for all jobs: a run that is out of time counts as done when nothing remains
    time_left = crons._commit_progress(remaining=sum(len(ids) for ids, _domain, _step in todo))
    completed = True
    for ids, domain, step in todo:
        for chunk in split_every(size, ids):
            if not time_left:
                return False
            try:
                completed &= _run_batch(records.browse(chunk), domain, step)
            except SerializationFailure:
                # another server changed them since this transaction began
                records.env.cr.rollback()
                completed = False
            time_left = crons._commit_progress(len(chunk))
    return completed


def _run_batch(records, domain, step):
    batch = records.try_lock_for_update(allow_referencing=True)
    got_all = len(batch) == len(records)
    batch = batch.filtered_domain(domain)
    if not batch:
        return got_all
    try:
        with records.env.cr.savepoint():
            step(batch)
    except OperationalError:
        raise
    except Exception:
        # which of them was it?
        succeeded = [_run_single(record, step) for record in batch]
        return got_all and all(succeeded)
    return got_all


def _run_single(record, step):
    try:
        with record.env.cr.savepoint():
            step(record)
    except OperationalError:
        raise
    except Exception:
        _logger.exception("Scheduled step failed for %s", record)
        return False
    return True
