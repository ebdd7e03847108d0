from babel.dates import format_skeleton

from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.misc import babel_locale_parse, format_date

PAGE = 2000
LEDGER_WIDTHS = (14, 28, 14, 14, 18, 18, 12, 12, 8, 48, 14)
SUMMARY_WIDTHS = (16, 10, 10, 10, 10, 12, 14, 12, 14, 14, 12)
# the aggregates of the summary's columns, and how they are written
SUMMARY = {
    "__count": "count",
    "due_count:sum": "count",
    "done_count:sum": "count",
    "on_time_count:sum": "count",
    "callback_rate:avg": "rate",
    "on_time_rate:avg": "rate",
    "first_solved_count:sum": "count",
    "first_solved_rate:avg": "rate",
    "score:avg": "score",
    "score_count:sum": "count",
}


class ItssCallbackXlsx(models.AbstractModel):
    """Callback ledger (回访记录) and monthly summary (汇总表), streamed."""

    _name = "report.itss_quality.callback_xlsx"
    _description = "Callback Ledger as Excel"
    _inherit = "itss.xlsx.mixin"

    def generate_xlsx_report(self, workbook, data, ledgers):
        """Write the sheet of records and the sheet of monthly figures.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param ledgers: one ``itss.callback.ledger`` record: company, period, teams
        """
        ledger = ledgers.ensure_one()
        formats = self._add_formats(workbook)
        self._write_records(workbook.add_worksheet(self.env._("Callback Records")), ledger, formats)
        self._write_summary(workbook.add_worksheet(self.env._("Monthly Summary")), ledger, formats)

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

    def _get_record_headings(self):
        """Return the headings of the ledger's columns, in their order."""
        return (
            self.env._("Ticket No."),
            self.env._("Customer"),
            self.env._("Contact"),
            self.env._("Engineer"),
            self.env._("Solved on"),
            self.env._("Called Back on"),
            self.env._("Within 24 h"),
            self.env._("Solved?"),
            self.env._("Score"),
            self.env._("Comment"),
            self.env._("Called by"),
        )

    def _write_records(self, sheet, ledger, formats):
        head = self._get_head(ledger, self.env._("Callback Records"))
        self._write_head(sheet, *head, self._get_record_headings(), LEDGER_WIDTHS, formats)
        words = {True: self.env._("Yes"), False: self.env._("No")}
        solved_words = {"yes": words[True], "no": words[False]}
        text, wrapped, moment = formats["text"], formats["wrapped"], formats["moment"]
        for row, values in enumerate(self._read_records(ledger), 3):
            *names, resolved, done, on_time, solved, score, comment, caller = values
            for column, name in enumerate(names):
                self._write_text(sheet, row, column, name, text)
            sheet.write_datetime(row, 4, resolved, moment)
            if done:
                sheet.write_datetime(row, 5, done, moment)
                sheet.write_number(row, 8, score, formats["score"])
            else:
                sheet.write_blank(row, 5, None, moment)
                sheet.write_blank(row, 8, None, formats["score"])
            self._write_text(sheet, row, 6, words.get(on_time), text)
            self._write_text(sheet, row, 7, solved_words.get(solved), text)
            self._write_text(sheet, row, 9, comment, wrapped)
            self._write_text(sheet, row, 10, caller, text)

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

        def local(field):
            return SQL(
                "%s AT TIME ZONE 'UTC' AT TIME ZONE %s",
                SQL.identifier(table, field),
                self.env.user.tz or "UTC",
            )

        def column(field):
            return SQL.identifier(table, field)

        sql = query.select(
            column("ticket_number"),
            name_of("customer_id"),
            column("contact_name"),
            user_name_of("engineer_id"),
            local("resolved_at"),
            local("done_at"),
            # what is neither called back nor late yet is not decided
            SQL(
                "CASE WHEN %(state)s IN ('done', 'unreachable') THEN %(on_time)s"
                " WHEN %(deadline)s < %(now)s THEN FALSE END",
                state=column("state"),
                on_time=column("is_on_time"),
                deadline=column("deadline"),
                now=fields.Datetime.now(),
            ),
            column("is_solved"),
            column("score"),
            column("comment"),
            # an answer through the link was recorded by nobody
            SQL("CASE WHEN %s = 'phone' THEN %s END", column("channel"), user_name_of("user_id")),
        )
        with self.env.cr._cnx.cursor(name="itss_callback_ledger") as cursor:
            cursor.itersize = PAGE
            cursor.execute(sql.code, sql.params)
            yield from cursor

    # -------------------------------------------------------------------------
    # Monthly summary
    # -------------------------------------------------------------------------

    def _get_summary_headings(self):
        """Return the headings of the monthly summary's columns, in their order."""
        return (
            self.env._("Month"),
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
        )

    def _write_summary(self, sheet, ledger, formats):
        head = self._get_head(ledger, self.env._("Callback Summary"))
        self._write_head(sheet, *head, self._get_summary_headings(), SUMMARY_WIDTHS, formats)
        report = self.env["itss.callback.report"].with_context(tz=self.env.user.tz)
        domain = ledger._get_domain()
        months = report._read_group(domain, ["resolved_at:month"], list(SUMMARY))
        row = 3
        for month, *figures in months:
            label = format_skeleton("yMMM", month.date(), locale=babel_locale_parse(self.env.lang))
            self._write_figures(sheet, row, label, figures, formats)
            row += 1
        [figures] = report._read_group(domain, [], list(SUMMARY))
        self._write_figures(sheet, row, self.env._("Total"), figures, formats)

    def _write_figures(self, sheet, row, label, figures, formats):
        """Write a row of figures; where there is nothing to divide by, it says so."""
        sheet.write_string(row, 0, label, formats["text"])
        for column, (kind, value) in enumerate(zip(SUMMARY.values(), figures, strict=True), 1):
            if kind == "count":
                sheet.write_number(row, column, value or 0, formats["text"])
            elif value is None or value is False:
                sheet.write_string(row, column, self.env._("no data"), formats["text"])
            else:
                number = value / 100 if kind == "rate" else value
                sheet.write_number(row, column, number, formats[kind])
