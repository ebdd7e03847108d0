from markupsafe import Markup

from odoo import api, models
from odoo.tools import file_open

STATIC = "itss_quality/static/src/report"


class ItssDocumentReport(models.AbstractModel):
    """What the print of every controlled document needs.

    A document adds ``report.itss_quality.<template>`` that inherits from this
    and names its model; its template starts from ``itss_document_layout``.
    """

    _name = "itss.document.report"
    _description = "Print of a Controlled Document"

    # the model to print, which inherits from itss.document.mixin
    _document_model = ""

    @api.model
    def _get_report_values(self, docids, data=None):
        """Check who prints, then hand the documents over whole.

        A controlled document is issued complete: whoever may read it gets all
        its lines, signers and revisions, also those that the record rules
        would not show on their own.

        :raise AccessError: the user may not read one of the documents
        """
        documents = self.env[self._document_model].browse(docids)
        documents.check_access("read")
        return {
            "docs": documents.sudo(),
            # in the page itself, not linked: an approved document is kept for good and must
            # not depend on whether the converter reached the web server
            "style": self._read_static("itss_document.css"),
            "script": self._read_static("itss_document.js"),
        }

    @api.model
    def _read_static(self, name):
        with file_open(f"{STATIC}/{name}") as file:
            return Markup(file.read())
