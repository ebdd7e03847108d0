from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...tools.figures import no_data
from ...tools.indicators import COMPANY, Ask, Count, list_spans
from ...tools.workbook import Column

PAGE = 2000
# the kind of the cells of the summary's figures
SUMMARY = {
    "all": "number",
    "due": "number",
    "done": "number",
    "on_time": "number",
    "callback_rate": "rate",
    "on_time_rate": "rate",
    "first_solved": "number",
    "first_solved_rate": "rate",
    "score": "figure",
    "score_count": "number",
    "reset": "number",
    "late_reset": "number",
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
        name, details = self._get_head(ledger, self.env._("Callback Summary"))
        as_of = self._get_as_of(ledger._get_end(), ledger.date_to)
        until = self.env._("what was due by its deadline, verdicts by their day")
        head = name, f"{as_of}, {until}. {details}"
        rows = self._list_months(ledger)
        book.add_table(self.env._("Monthly Summary"), head, self._get_summary_columns(), rows)
        self._write_settings(book, details, ledger._get_settings_in_force())

    def _get_head(self, ledger, name):
        """Return the title of a sheet and the line below it."""
        details = self.env._(
            "Solved, due or called back from %(start)s to %(end)s; exported on %(moment)s by %(user)s",
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
            Column(self.env._("Agreed Deadline"), 18, kind="datetime"),
            Column(self.env._("Agreed Deadline Met"), 12, kind="mark"),
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
            self.env._("Called Back by the Agreed Deadline"),
            self.env._("Callback Rate"),
            self.env._("On-Time Rate by the Agreed Deadline"),
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
        """Yield a row per month, and the total: figures as the indicators count them."""
        first, last = ledger.date_from, ledger.date_to
        months = list_spans(first, last, "month")
        spans = [(max(start, first), min(end, last)) for start, end in months]
        counts = self._count(ledger, [*spans, (first, last)])
        for number, (start, _end) in enumerate(spans):
            if any(counts[name][number].n for name in counts):
                yield self._get_month(start), *self._get_cells(counts, number)
        yield self.env._("Total"), *self._get_cells(counts, len(spans))

    def _count(self, ledger, spans):
        """Return what callbacks came to in spans of days: ``Count`` by figure and number of the span."""
        indicators = self.env["itss.indicator"].sudo()
        callbacks = self.env["itss.callback"]
        # of all there are, those that the user may read
        own = callbacks._search(ledger._get_scope_domain())
        domain = Domain("id", "in", own.subselect())
        ask = Ask(ledger.company_id.sudo(), spans, scopes=(COMPANY,), domain=domain)
        measured = {
            "all": indicators._count_solved_callbacks(ask),
            "done": indicators._measure_callback_rate(ask),
            "on_time": indicators._measure_callback_on_time(ask),
            "first_solved": indicators._measure_first_solved(ask),
            "score": indicators._measure_satisfaction_project(ask),
            "reset": indicators._count_resets(ask),
        }
        return {
            name: [counts.get((number, COMPANY, 0), Count()) for number in range(len(spans))]
            for name, counts in measured.items()
        }

    def _get_cells(self, counts, number):
        """Yield the figures of a row; where there is nothing to divide by, it says so."""
        count = {name: own[number] for name, own in counts.items()}
        done, on_time, solved = count["done"], count["on_time"], count["first_solved"]
        figures = {
            "all": count["all"].n,
            "due": done.n,
            "done": int(done.numerator),
            "on_time": int(on_time.numerator),
            "callback_rate": done.numerator / done.n if done.n else None,
            "on_time_rate": on_time.numerator / done.n if done.n else None,
            "first_solved": int(solved.numerator),
            "first_solved_rate": solved.numerator / solved.n if solved.n else None,
            "score": count["score"].get_value("score"),
            "score_count": count["score"].n,
            "reset": count["reset"].n,
            "late_reset": int(count["reset"].numerator),
        }
        for name in SUMMARY:
            yield no_data(self.env) if figures[name] is None else figures[name]
