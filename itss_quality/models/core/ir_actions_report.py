import base64
import io

from odoo import models

# what a document says is not signed yet, or no longer holds
LIVE_STATES = ("draft", "submitted", "reviewed", "superseded")


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _get_rendering_context_model(self, report):
        """Print with the shared class what has none of its own, and tell it what it prints."""
        model = super()._get_rendering_context_model(report)
        if not report.report_name.startswith("itss_quality."):
            return model
        if model is None:
            model = self.env["itss.document.report"]
        return model.with_context(itss_print_model=report.model)

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Hand out the PDF kept at approval when an approved document is printed again.

        Lists in it may read otherwise by now, and a controlled document says one thing under one
        number and version. A superseded one is printed anew, marked as such. Odoo's own way to
        keep prints (``attachment_use``) asks for an article per document in the page.

        :raise AccessError: the user may not read one of the documents
        """
        kept = self._itss_get_signed_pdfs(self._get_report(report_ref), res_ids)
        if not kept:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = {}
        for res_id in dict.fromkeys(res_ids):
            if res_id in kept:
                streams[res_id] = {"stream": io.BytesIO(kept[res_id]), "attachment": None}
            else:
                streams |= super()._render_qweb_pdf_prepare_streams(
                    report_ref, data, res_ids=[res_id]
                )
        return streams

    def _itss_get_signed_pdfs(self, report, res_ids):
        """Return the PDF as signed of those documents that are printed as they were approved.

        :param report: ``ir.actions.report`` (superuser mode)
        :param list res_ids: ids of the records to print
        :return: dict of bytes by record id
        """
        documents = self.env.get(report.model)
        mixin = self.env.registry["itss.document.mixin"]
        # a record has other prints, too: the checklist of an audit
        if not isinstance(documents, mixin) or report != self.env.ref(documents._document_report):
            return {}
        documents = documents.browse(res_ids)
        documents.check_access("read")
        documents = documents.sudo().with_context(bin_size=False)
        return {
            document.id: base64.b64decode(document.signed_pdf)
            for document in documents
            if document.state not in LIVE_STATES and document.signed_pdf
        }
