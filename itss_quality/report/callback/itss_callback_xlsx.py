from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...tools.durations import get_tz
from ...tools.figures import no_data
from ...tools.workbook import Column

PAGE = 2000
# the aggregates of the summary's columns, and the kind of their cells
SUMMARY = {
    "__count": "number",
    "due_count:sum": "number",
    "done_count:sum": "number",
    "on_time_count:sum": "number",
    "callback_rate:avg": "rate",
    "on_time_rate:avg": "rate",
    "first_solved_count:sum": "number",
    "first_solved_rate:avg": "rate",
    "score:avg": "figure",
    "score_count:sum": "number",
    "reset_count:sum": "number",
    "late_reset_count:sum": "number",
}
# how long 是否24h内 gives, by the clock and whatever the company has agreed
PROMISE = timedelta(hours=24)


class ItssCallbackXlsx(models.AbstractModel):
    """Callback ledger (回访记录) and monthly summary (汇总表), streamed."""

    _name = "report.itss_quality.callback_xlsx"
    _description = "Callback Ledger as Excel"
    _inherit = "itss.xlsx.mixin"

    _on = "record"

    def _write_book(self, book, ledger):
        title = self.env._("Callback Records")
        rows = self._read_records(ledger)
        book.add_table(title, self._get_head(ledger, title), self._get_record_columns(), rows)
        head = self._get_head(ledger, self.env._("Callback Summary"))
        rows = self._list_months(ledger)
        book.add_table(self.env._("Monthly Summary"), head, self._get_summary_columns(), rows)
        self._write_settings(book, head[1], ledger._get_settings_in_force())

    def _get_head(self, ledger, name):
        """Return the title of a sheet and the line below it."""
        details = self.env._(
            "Solved from %(start)s to %(end)s; exported on %(moment)s by %(user)s",
            start=format_date(self.env, ledger.date_from),
            end=format_date(self.env, ledger.date_to),
            moment=self._get_export_moment(),
            user=self.env.user.name,
        )
        if ledger.team_ids:
            details += f" ({', '.join(ledger.team_ids.mapped('name'))})"
        return f"{ledger.company_id.name} {name}", details

    # -------------------------------------------------------------------------
    # Records
    # -------------------------------------------------------------------------

    def _get_record_columns(self):
        return [
            Column(self.env._("Ticket No."), 14, kind="text"),
            Column(self.env._("Customer"), 28, kind="text"),
            Column(self.env._("Contact"), 14, kind="text"),
            Column(self.env._("Engineer"), 14, kind="text"),
            Column(self.env._("Solved on"), 18, kind="datetime"),
            Column(self.env._("Called Back on"), 18, kind="datetime"),
            Column(self.env._("Within 24 h"), 12, kind="mark"),
            Column(self.env._("Solved?"), 12, kind="mark"),
            Column(self.env._("Score"), 8, kind="figure"),
            Column(self.env._("Comment"), 48),
            Column(self.env._("Called by"), 14, kind="text"),
            Column(self.env._("Status"), 12, kind="text"),
            Column(self.env._("Way"), 8, kind="text"),
            Column(self.env._("Attempts"), 10, kind="number"),
            Column(self.env._("Corrected"), 10, kind="mark"),
            Column(self.env._("Deadline"), 18, kind="datetime"),
            Column(self.env._("Deadline Met"), 12, kind="mark"),
            Column(self.env._("Time Imported"), 12, kind="mark"),
            Column(self.env._("Reset on"), 18, kind="datetime"),
            Column(self.env._("Reset by"), 14, kind="text"),
            Column(self.env._("Reason of the Reset"), 36),
            Column(self.env._("Address Changed"), 12, kind="mark"),
        ]

    def _read_records(self, ledger):
        """Yield one tuple per callback, as its row shows it, without holding them all in memory."""
        callbacks = self.env["itss.callback"]
        self.env.flush_all()
        domain = ledger._get_domain() & callbacks._get_ticket_domain()
        query = callbacks._search(domain, order="resolved_at, id")
        table = callbacks._table

        def name_of(field, table=table, column="name"):
            alias = query.left_join(table, field, "res_partner", "id", field)
            return SQL.identifier(alias, column)

        def user_name_of(field):
            alias = query.left_join(table, field, "res_users", "id", field)
            return name_of("partner_id", alias)

        def column(field):
            return SQL.identifier(table, field)

        def label_of(field):
            """Return the label of a selection in the user's language."""
            pairs = callbacks._fields[field]._description_selection(self.env)
            cases = SQL(" ").join(SQL("WHEN %s THEN %s", *pair) for pair in pairs)
            return SQL("CASE %s %s END", column(field), cases)

        sql = query.select(
            column("ticket_number"),
            name_of("customer_id"),
            column("contact_name"),
            user_name_of("engineer_id"),
            column("resolved_at"),
            column("done_at"),
            self._select_in_time(table, SQL("%s + %s", column("resolved_at"), PROMISE)),
            SQL("CASE %s WHEN 'yes' THEN TRUE WHEN 'no' THEN FALSE END", column("is_solved")),
            SQL("CASE WHEN %s IS NOT NULL THEN %s END", column("done_at"), column("score")),
            column("comment"),
            # an answer through the link was recorded by nobody
            SQL("CASE WHEN %s = 'phone' THEN %s END", column("channel"), user_name_of("user_id")),
            label_of("state"),
            label_of("channel"),
            SQL(
                "(SELECT count(*) FROM itss_callback_attempt WHERE callback_id = %s)",
                column("id"),
            ),
            SQL("CASE WHEN %s IS NOT NULL THEN TRUE END", column("corrected_at")),
            column("deadline"),
            self._select_in_time(table, column("deadline")),
            SQL("CASE WHEN %s THEN TRUE END", column("is_resolved_imported")),
            column("cancelled_at"),
            user_name_of("cancelled_by_id"),
            column("cancel_reason"),
            # where the link went matters to what came through it
            SQL(
                "CASE WHEN %s = 'link' THEN %s IS NOT NULL END",
                column("channel"),
                column("email_changed_at"),
            ),
        )
        with self.env.cr._cnx.cursor(name="itss_callback_ledger") as cursor:
            cursor.itersize = PAGE
            cursor.execute(sql.code, sql.params)
            yield from cursor

    def _select_in_time(self, table, end):
        """Return the SQL of whether the verdict came by then; nothing while that is not decided."""
        return SQL(
            """CASE WHEN %(done_at)s IS NOT NULL THEN %(done_at)s <= %(end)s
                    WHEN %(state)s = 'unreachable' OR COALESCE(%(cancelled_at)s, %(now)s) > %(end)s
                    THEN FALSE END""",
            done_at=SQL.identifier(table, "done_at"),
            state=SQL.identifier(table, "state"),
            cancelled_at=SQL.identifier(table, "cancelled_at"),
            now=fields.Datetime.now(),
            end=end,
        )

    # -------------------------------------------------------------------------
    # Monthly summary
    # -------------------------------------------------------------------------

    def _get_summary_columns(self):
        labels = (
            self.env._("Solved"),
            self.env._("Due"),
            self.env._("Called Back"),
            self.env._("On Time"),
            self.env._("Callback Rate"),
            self.env._("24 h On-Time Rate"),
            self.env._("Solved at First"),
            self.env._("Solved-at-First Rate"),
            self.env._("Average Satisfaction"),
            self.env._("Scores (n)"),
            self.env._("Reset"),
            self.env._("Reset Late"),
        )
        figures = zip(labels, SUMMARY.values(), strict=True)
        return [
            Column(self.env._("Month"), 16),
            *(Column(label, 12, kind=kind) for label, kind in figures),
        ]

    def _list_months(self, ledger):
        report = self.env["itss.callback.report"].with_context(tz=get_tz(ledger.company_id))
        domain = ledger._get_domain()
        for month, *figures in report._read_group(domain, ["resolved_at:month"], list(SUMMARY)):
            yield self._get_month(month), *self._get_cells(figures)
        [figures] = report._read_group(domain, [], list(SUMMARY))
        yield self.env._("Total"), *self._get_cells(figures)

    def _get_cells(self, figures):
        """Yield the figures of a row; where there is nothing to divide by, it says so."""
        for kind, value in zip(SUMMARY.values(), figures, strict=True):
            if kind == "number":
                yield value or 0
            elif value is None or value is False:
                yield no_data(self.env)
            else:
                yield value / 100 if kind == "rate" else value
