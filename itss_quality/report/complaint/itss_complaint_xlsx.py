from datetime import timedelta
from statistics import fmean

from odoo import fields, models
from odoo.tools import SQL, html2plaintext

from ...tools.durations import get_day, get_today
from ...tools.figures import no_data
from ...tools.workbook import Column, get_field_reader

# what a complaint said at a moment
FACTS = ("state", "severity", "received_at", "acknowledged_at", "resolved_at")


class ItssComplaintXlsx(models.AbstractModel):
    """Complaint records (投诉记录) and statistics (投诉统计) of the complaints chosen, as they are."""

    _name = "report.itss_quality.complaint_xlsx"
    _description = "Complaints as Excel"
    _inherit = "itss.xlsx.mixin"

    def _write_book(self, book, complaints):
        details = self._get_export_details()
        # what happens this second is so now
        now = fields.Datetime.now() + timedelta(seconds=1)
        self._write_complaints(book, complaints, now, details)
        periods = [
            company._itss_get_settings_in_force(
                get_day(company, min(own.mapped("received_at"))), get_today(company), "complaint"
            )
            for company, own in complaints.grouped("company_id").items()
        ]
        self._write_settings(book, details, *periods)

    def _write_complaints(self, book, complaints, moment, details):
        """Write the sheets of the records and of the statistics as they were at a moment (UTC)."""
        past = self._read_past(complaints, moment)
        title = self.env._("Complaint Records")
        rows = complaints.sorted(lambda one: (past[one]["received_at"], one.id))
        book.add_table(title, (title, details), self._get_record_columns(past, moment), rows)
        title = self.env._("Complaint Statistics")
        rows = self._list_figures(past)
        book.add_table(title, (title, details), self._get_figure_columns(), rows)

    def _read_past(self, complaints, moment):
        """Return what complaints said at a moment: a dict each; what had not happened is ``None``."""
        rows = complaints._read_past(
            [("id", "in", complaints.ids)],
            moment,
            id=SQL("id"),
            closed_at=SQL(
                "CASE WHEN state_then = 'closed' THEN COALESCE(state_since, closed_at) END"
            ),
            **{name: SQL.identifier(f"{name}_then") for name in FACTS},
        )
        for row in rows:
            for name in ("acknowledged_at", "resolved_at", "closed_at"):
                if row[name] and row[name] >= moment:
                    row[name] = None
        return {complaints.browse(row["id"]): row for row in rows}

    # -------------------------------------------------------------------------
    # Records
    # -------------------------------------------------------------------------

    def _get_record_columns(self, past, moment):
        model = self.env["itss.complaint"]
        labels = {
            name: dict(model._fields[name]._description_selection(self.env))
            for name in ("severity", "state")
        }

        def say(name):
            return lambda one: labels[name].get(past[one][name])

        def stamp(name):
            return lambda one: past[one][name]

        return [
            Column(self.env._("Number"), 14, "number"),
            Column(self.env._("Source"), 10, "channel"),
            Column(self.env._("Complainant"), 18, "contact_name"),
            Column(self.env._("Customer"), 24, "customer_id"),
            Column(self.env._("Description"), 32, self._get_description),
            Column(self.env._("Added by Us"), 24, "addition"),
            Column(self.env._("Category"), 14, "category_id"),
            Column(self.env._("Severity"), 8, say("severity")),
            Column(self.env._("Received on"), 18, stamp("received_at"), kind="datetime"),
            Column(self.env._("First Noted on"), 18, "first_received_at"),
            Column(self.env._("Receipt Corrected by"), 14, "receipt_corrected_by_id"),
            Column(self.env._("Receipt Corrected on"), 18, "receipt_corrected_at"),
            Column(self.env._("Why the Receipt Was Corrected"), 24, "receipt_reason"),
            Column(self.env._("Received by"), 14, lambda one: one._get_registrar().name),
            Column(self.env._("Acknowledged on"), 18, stamp("acknowledged_at"), kind="datetime"),
            Column(self.env._("Handled by"), 14, "user_id"),
            Column(self.env._("Investigation"), 32, "investigation"),
            Column(self.env._("Root Cause"), 28, "root_cause"),
            Column(self.env._("Answer to the Customer"), 32, "resolution"),
            Column(self.env._("Answered on"), 18, stamp("resolved_at"), kind="datetime"),
            Column(self.env._("Callback"), 20, lambda one: self._get_callback(one, moment)),
            Column(self.env._("Closed on"), 18, stamp("closed_at"), kind="datetime"),
            Column(self.env._("Status"), 10, say("state")),
        ]

    def _get_description(self, complaint):
        return f"{complaint.name}\n{html2plaintext(complaint.description or '')}".strip()

    def _get_callback(self, complaint, moment):
        """Return what the last callback had come to; nothing while it was still open."""
        calls = complaint.sudo().callback_ids.filtered(lambda call: call.resolved_at < moment)
        last = calls.sorted("cycle")[-1:]
        if not last or (last.done_at and last.done_at >= moment):
            return ""
        name = "is_solved" if last.state == "done" else "state"
        word = get_field_reader(self.env, last._fields[name])(last)
        return f"{word}, {last.score:g}" if last.state == "done" else word

    # -------------------------------------------------------------------------
    # Statistics: month × customer × category × severity
    # -------------------------------------------------------------------------

    def _get_figure_columns(self):
        return [
            Column(self.env._("Month"), 14),
            Column(self.env._("Customer"), 24),
            Column(self.env._("Category"), 20),
            Column(self.env._("Severity"), 10),
            Column(self.env._("Received"), 10, kind="number"),
            Column(self.env._("Closed"), 10, kind="number"),
            Column(self.env._("Handled Rate"), 12, kind="rate"),
            Column(self.env._("Hours to Acknowledge"), 14, kind="figure"),
            Column(self.env._("Hours to Answer"), 14, kind="figure"),
        ]

    def _list_figures(self, past):
        labels = self.env["itss.complaint"]._fields["severity"]._description_selection(self.env)
        severities, groups = dict(labels), {}
        valid = {one: row for one, row in past.items() if row["state"] != "invalid"}
        for one, row in valid.items():
            # each company counts months by its own days
            company, category, customer = one.company_id, one.category_id, one.customer_id
            month = get_day(company, row["received_at"]).replace(day=1)
            place = (company.id, month, customer.name or "", category.sequence)
            place += (row["severity"] or "",)
            groups.setdefault((place, customer, category), []).append(row)
        for (place, customer, category), rows in sorted(groups.items(), key=lambda one: one[0][0]):
            month = self._get_month(fields.Datetime.to_datetime(place[1]))
            yield (
                month,
                customer.name,
                category.name,
                severities.get(place[4]),
                *self._get_cells(rows),
            )
        yield self.env._("Total"), None, None, None, *self._get_cells([*valid.values()])

    def _get_cells(self, rows):
        """Return the figures of a row; where there is nothing to divide by, it says so."""
        closed = sum(row["state"] == "closed" for row in rows)
        figures = [closed / len(rows) if rows else None]
        for name in ("acknowledged_at", "resolved_at"):
            spans = [row[name] - row["received_at"] for row in rows if row[name]]
            hours = [span.total_seconds() / 3600 for span in spans]
            figures.append(fmean(hours) if hours else None)
        words = [no_data(self.env) if value is None else value for value in figures]
        return len(rows), closed, *words
