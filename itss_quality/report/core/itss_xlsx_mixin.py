from babel.dates import format_skeleton

from odoo import api, fields, models
from odoo.tools.misc import babel_locale_parse, format_date, format_datetime

from ...tools.durations import get_records_tz, get_tz
from ...tools.public import choose_records
from ...tools.workbook import Book, Column, get_field_reader


class ItssXlsxMixin(models.AbstractModel):
    """What the workbooks of records share: who may have them, and what several of them say."""

    _name = "itss.xlsx.mixin"
    _description = "Workbook of Records"
    _inherit = "report.report_xlsx.abstract"

    # how many records it is about: ``record`` or ``records``
    _on = "records"

    @api.private
    def create_xlsx_report(self, docids, data):
        """Return the workbook of records as bytes, and what it is."""
        return super().create_xlsx_report(docids, data)

    @api.private
    def get_workbook_options(self):
        """Return the options of the workbook: rows are streamed, however many there are."""
        return {**super().get_workbook_options(), "constant_memory": True}

    @api.private
    def generate_xlsx_report(self, workbook, data, records):
        """Write the sheets of the records.

        :param xlsxwriter.Workbook workbook: the workbook to fill
        :param dict data: options of the report action
        :param records: of the report action's model
        """
        # a paper says when something happened by the company's clock, whoever prints it
        report = self.with_context(tz=get_records_tz(records))
        report._write_book(Book(report.env, workbook), records.with_env(report.env))

    def _write_book(self, book, records):
        """Write the sheets of the records, which the user may read, into a ``Book``: the hook."""
        raise NotImplementedError()

    def _get_objs_for_report(self, docids, data):
        records = choose_records(super()._get_objs_for_report(docids, data), self._on)
        records.check_access("read")
        return records

    # -------------------------------------------------------------------------
    # What several workbooks say
    # -------------------------------------------------------------------------

    def _get_export_details(self):
        """Return the line below a title: who exported when."""
        return self.env._(
            "Exported on %(moment)s by %(user)s",
            moment=self._get_export_moment(),
            user=self.env.user.name,
        )

    def _get_as_of(self, end, day):
        """Return the words for when figures of a period are counted: when it is over, or now.

        :param datetime end: when the period is over, UTC
        :param date day: its last day
        """
        is_over = end <= fields.Datetime.now()
        moment = format_date(self.env, day) if is_over else self._get_export_moment()
        return self.env._("Figures as of %(moment)s", moment=moment)

    def _get_export_moment(self):
        return format_datetime(self.env, fields.Datetime.now(), tz=get_tz(self.env.company))

    def _get_month(self, day):
        """Return the name of the month of a day, as the user's language has it."""
        return format_skeleton(
            "yMMM", fields.Date.to_date(day), locale=babel_locale_parse(self.env.lang)
        )

    def _get_fact_columns(self, width):
        """Return the columns of a sheet that tells of one record, a fact per row."""
        return [Column(self.env._("Item"), 30), Column(self.env._("Content"), width, kind="value")]

    def _list_facts(self, record, names):
        """Return label and content of fields of a record, as `_get_fact_columns` take them."""
        labels = record.fields_get(names, ["string"])
        return [
            (labels[name]["string"], get_field_reader(self.env, record._fields[name])(record))
            for name in names
        ]

    def _list_signatures(self, document):
        """Return label and content of who signed a controlled document, and when."""
        rows = []
        for signature in document._signatures.values():
            name, day = document[f"{signature}_by_id"].name, document[f"{signature}_date"]
            label = document.fields_get([f"{signature}_by_id"], ["string"])
            when = format_date(self.env, day) if day else ""
            mark = self._get_separation_mark(document) if day else ""
            words = " ".join(filter(None, (name, when, mark)))
            rows.append((label[f"{signature}_by_id"]["string"], words))
        return rows

    def _get_separation_mark(self, document):
        """Return the words for a document that was signed without separation of duties."""
        return self.env._("(separation of duties off)") if document.separation_off else ""

    def _get_receipt_columns(self):
        return [
            Column(self.env._("Document No."), 18),
            Column(self.env._("Version"), 10),
            Column(self.env._("Recipient"), 20),
            Column(self.env._("Issued on"), 18, kind="datetime"),
            Column(self.env._("Read on"), 18, kind="datetime"),
        ]

    def _list_receipts(self, documents):
        """Return to whom documents were issued, and when they read them: a row of values each."""
        return [
            (
                document.number,
                document.version,
                receipt.user_id.name,
                receipt.issued_at,
                receipt.read_at,
            )
            for document in documents.sorted("id")
            for receipt in document.receipt_ids
        ]

    def _write_settings(self, book, details, *periods):
        """Add a sheet of the settings that stand behind the figures of the workbook.

        :param Book book: the workbook
        :param str details: the line below the title
        :param periods: of ``tools.settings.Settings``
        """
        title = self.env._("Settings in Force")
        columns = [
            Column(self.env._("Period"), 26, kind="text"),
            Column(self.env._("Setting"), 44),
            Column(self.env._("Value"), 44),
            Column(self.env._("In Force Since"), 18, kind="datetime"),
            Column(self.env._("Changed by"), 18, kind="text"),
        ]
        rows = [row for settings in periods for row in self._list_settings(settings)]
        book.add_table(title, (title, details), columns, rows)

    def _list_settings(self, settings):
        days = (settings.period.date_from, settings.period.date_to)
        period = " – ".join(format_date(self.env, day) for day in days)
        for row in settings.rows:
            since = row.since or self.env._("before the period")
            yield period, row.label, row.value, since, row.user
        if settings.is_projected:
            since = format_datetime(self.env, settings.recorded_since)
            yield (
                period,
                self.env._(
                    "Changes are recorded since %(moment)s; for the time before, the first known "
                    "value is shown.",
                    moment=since,
                ),
                None,
                None,
                None,
            )
