import json
import re

import pytz
from werkzeug.exceptions import BadRequest, NotFound

from odoo.http import request, route

from odoo.addons.report_xlsx.controllers.main import ReportController

from ...tools.values import MAX_INTEGER

# by which route a report of each type is had
CONVERTERS = {"qweb-pdf": ("html", "pdf", "text"), "xlsx": ("xlsx",)}


class ItssReportController(ReportController):
    @route()
    def report_routes(self, reportname, docids=None, converter=None, **data):
        """Give out one of our prints and workbooks; what is asked for wrongly is refused in words.

        :param str docids: ids of the records, separated by commas
        :param data: ``context`` and, of a workbook, ``options``: JSON objects
        :raise NotFound: there is no such report, or no such record
        :raise BadRequest: options or context can't be read
        """
        if reportname.startswith("itss_quality."):
            report = request.env["ir.actions.report"]._itss_find_report(reportname)
            if not report or converter not in CONVERTERS.get(report.report_type, ()):
                raise NotFound()
            context = self._itss_read_context(data)
            options = self._itss_read_object(data, "options") if converter == "xlsx" else {}
            if docids or converter != "xlsx":
                self._itss_check_ids(report, docids or "")
            # nothing else: a template would take it for what it prints
            given = {"context": context, "options": options}
            data = {name: json.dumps(value) for name, value in given.items() if value}
        return super().report_routes(reportname, docids, converter, **data)

    def _itss_check_ids(self, report, docids):
        if not re.fullmatch(r"[0-9]+(,[0-9]+)*", docids, re.ASCII):
            raise NotFound()
        ids = {int(one) for one in docids.split(",")}
        if max(ids) > MAX_INTEGER:
            raise NotFound()
        records = request.env[report.model].browse(ids)
        if records.exists() != records:
            raise NotFound()

    def _itss_read_context(self, data):
        """Return what a context may say about who asks, and for which records."""
        given = self._itss_read_object(data, "context")
        languages = dict(request.env["res.lang"].get_installed())
        checks = {
            "lang": lambda value: isinstance(value, str) and value in languages,
            "tz": lambda value: isinstance(value, str) and value in pytz.all_timezones_set,
            "allowed_company_ids": self._itss_are_ids,
            "active_ids": self._itss_are_ids,
        }
        context = {name: given[name] for name in checks if given.get(name)}
        if not all(checks[name](value) for name, value in context.items()):
            raise BadRequest()
        return context

    def _itss_are_ids(self, value):
        return isinstance(value, list) and all(
            type(one) is int and 0 < one <= MAX_INTEGER for one in value
        )

    def _itss_read_object(self, data, name):
        try:
            value = json.loads(data.get(name) or "{}")
        except (RecursionError, TypeError, ValueError):
            raise BadRequest()
        if not isinstance(value, dict):
            raise BadRequest()
        return value
