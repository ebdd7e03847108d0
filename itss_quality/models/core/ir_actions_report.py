import base64
import io
import re
from urllib.parse import urlsplit

from PIL import Image

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import file_open
from odoo.tools.mimetypes import guess_mimetype

from ...tools.durations import get_records_tz
from ...tools.print_html import PICTURES, keep_local
from ...tools.values import MAX_INTEGER

# what a document says is not signed yet, or no longer holds
LIVE_STATES = ("draft", "submitted", "reviewed", "superseded")
# where the web client has pictures from
PICTURE_PATHS = (
    re.compile(r"/web/(?:image|content)/(?P<res_id>\d+)(?:-[^/]*)?(?:/.*)?"),
    re.compile(
        r"/web/(?:image|content)/(?P<res_model>[\w.]+)/(?P<res_id>\d+)(?:-[^/]*)?/(?P<field>\w+)(?:/.*)?"
    ),
)
STATIC_PATH = re.compile(r"/(\w+/static/[\w/.-]+)")
# a larger picture is made smaller: a page has no more pixels, and its HTML no more room
MAX_PIXELS, MAX_BYTES = 1600, 2**20


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    @api.model
    def _itss_find_report(self, reference):
        """Return the report of ours that a name or an XML id means, or none (superuser mode)."""
        reports = self.sudo()
        report = reports.search([("report_name", "=", reference)], limit=1)
        if not report:
            report = self.env.ref(reference, raise_if_not_found=False)
        return report.sudo() if report and report._name == self._name else reports.browse()

    def _get_rendering_context_model(self, report):
        """Print with the shared class what has none of its own, and tell it what it prints."""
        model = super()._get_rendering_context_model(report)
        if not report.report_name.startswith("itss_quality."):
            return model
        if model is None:
            model = self.env["itss.document.report"]
        return model.with_context(itss_print_model=report.model)

    # -------------------------------------------------------------------------
    # Pictures
    # -------------------------------------------------------------------------

    @api.model
    def _render_qweb_html(self, report_ref, docids, data=None):
        """Leave out of our prints what the converter would have to fetch: the page holds it all."""
        report = self._get_report(report_ref)
        if not report.report_name.startswith("itss_quality."):
            return super()._render_qweb_html(report_ref, docids, data=data)
        # a paper says when something happened by the company's clock, whoever prints it
        tz = get_records_tz(self.env[report.model].browse(docids).exists())
        reports = super(IrActionsReport, self.with_context(tz=tz))
        content, kind = reports._render_qweb_html(report_ref, docids, data=data)
        own = self.env["itss.document.report"]._get_own_texts()
        env = self.with_context(lang=self.env.lang or self.env.user.lang).env
        note = env._("[Left out: only pictures kept here are printed]")
        return keep_local(content, own, self._itss_read_picture, note), kind

    @api.model
    def _itss_read_picture(self, url):
        """Return a picture kept here that the user may see.

        :param str url: its address
        :return: ``data:`` URI, or ``None``
        """
        try:
            content = self._itss_find_picture(url)
            return content and self._itss_make_data_uri(content)
        # pictures are broken in many ways, and none of them stops a print
        except (UserError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None

    @api.model
    def _itss_find_picture(self, url):
        """Return the bytes of a picture kept here, or ``None``.

        :raise UserError: the user may not see it
        """
        parts = urlsplit(url)
        own = urlsplit(self._get_report_url())
        if parts.scheme or parts.netloc:
            if (parts.scheme or own.scheme, parts.netloc) != (own.scheme, own.netloc):
                return None
        if static := STATIC_PATH.fullmatch(parts.path):
            with file_open(static[1], "rb", filter_ext=(".gif", ".jpeg", ".jpg", ".png")) as file:
                return file.read()
        match = next(filter(None, (path.fullmatch(parts.path) for path in PICTURE_PATHS)), None)
        if not match:
            return None
        place = {"res_model": "ir.attachment", "field": "raw", **match.groupdict()}
        token = re.search(r"(?:^|&)access_token=([\w-]+)", parts.query)
        return self._itss_read_binary(**place, access_token=token and token[1])

    @api.model
    def _itss_read_binary(self, res_model, res_id, field, access_token):
        if int(res_id) > MAX_INTEGER:
            return None
        # whoever prints may approve as superuser, and still sees no more than without
        record = self.env(su=False)["ir.binary"]._find_record(
            res_model=res_model, res_id=int(res_id), access_token=access_token, field=field
        )
        if record._name == "ir.attachment":
            return record.raw if record.type == "binary" else None
        if field not in record._fields or record._fields[field].type != "binary":
            return None
        content = record.with_context(bin_size=False)[field]
        return content and base64.b64decode(content)

    @api.model
    def _itss_make_data_uri(self, content):
        """Return a picture as ``data:`` URI, as the converter can show it."""
        kind = guess_mimetype(content)
        if kind not in PICTURES:
            return None
        with Image.open(io.BytesIO(content)) as picture:
            is_large = max(picture.size) > MAX_PIXELS or len(content) > MAX_BYTES
            if is_large or kind == "image/webp":
                picture.thumbnail((MAX_PIXELS, MAX_PIXELS))
                has_alpha = picture.mode in ("RGBA", "LA", "P")
                kind = "image/png" if has_alpha else "image/jpeg"
                output = io.BytesIO()
                picture.convert("RGBA" if has_alpha else "RGB").save(
                    output, kind.removeprefix("image/").upper()
                )
                content = output.getvalue()
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"

    # -------------------------------------------------------------------------
    # The signed PDF
    # -------------------------------------------------------------------------

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
