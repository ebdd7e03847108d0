from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import file_open

STATIC = "itss_quality/static/src/report"


class ItssDocumentReport(models.AbstractModel):
    """What every print of the addon is given: the records, whole, and how they look.

    A print needs a template only, which starts from ``itss_document_layout``, and its report action.
    One that checks or computes more has a class ``report.itss_quality.<template>`` that inherits
    from this.
    """

    _name = "itss.document.report"
    _description = "Print of a Controlled Document"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Check who prints, then hand the records over whole.

        A controlled document is issued complete: whoever may read it gets all
        its lines, signers and revisions, also those that the record rules
        would not show on their own.

        :raise AccessError: the user may not print one of the records
        """
        records = self.env[self.env.context["itss_print_model"]].browse(docids)
        self._check_print_access(records)
        return {
            "docs": records.sudo(),
            "local": lambda moment: fields.Datetime.context_timestamp(self, moment),
            # in the page itself, not linked: an approved document is kept for good and must
            # not depend on whether the converter reached the web server
            "style": self._read_static("itss_document.css"),
            "script": self._read_static("itss_document.js"),
        }

    @api.model
    def _check_print_access(self, records):
        """Raise an AccessError where the user may not have all that is printed of the records."""
        records.check_access("read")

    @api.model
    def _get_own_texts(self):
        """Return the style and the script that stand in every print."""
        return {
            self._read_static(name).strip() for name in ("itss_document.css", "itss_document.js")
        }

    @api.model
    def _read_static(self, name):
        with file_open(f"{STATIC}/{name}") as file:
            return Markup(file.read())
