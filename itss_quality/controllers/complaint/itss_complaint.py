from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import content_disposition, request, route
from odoo.tools import plaintext2html

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from ...models.complaint.itss_complaint import MOST_PER_HOUR
from ...tools.typed_text import clean_line, clean_text

PAGE = 20
MAX_TEXT = 20000
MAX_SUBJECT = 200
MAX_FILES = 5
MAX_FILE = 10 * 1024 * 1024


class ItssComplaintPortal(CustomerPortal):
    """The customer's own complaints at /my/complaints.

    Portal users have no access to the model: each page finds the record by its complainant, and
    shows what is meant for the customer.
    """

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "complaint_count" in counters:
            values["complaint_count"] = self._get_complaints().search_count(self._get_own_domain())
        return values

    @route(
        ["/my/complaints", "/my/complaints/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def list_complaints(self, page=1, **_kw):
        """Show the customer's complaints, the newest first.

        :param int page: of 20 complaints
        :return: the page
        """
        complaints = self._get_complaints()
        domain = self._get_own_domain()
        pages = pager(
            url="/my/complaints", total=complaints.search_count(domain), page=page, step=PAGE
        )
        values = {
            **self._prepare_portal_layout_values(),
            "complaints": complaints.search(domain, limit=PAGE, offset=pages["offset"]),
            "page_name": "complaint",
            "pager": pages,
            "default_url": "/my/complaints",
        }
        return request.render("itss_quality.portal_complaints", values)

    @route("/my/complaints/new", type="http", auth="user", website=True, methods=["GET"])
    def show_new_complaint(self, **_kw):
        """Show the form of a new complaint.

        :return: the page
        """
        return self._render_new({})

    @route(
        "/my/complaints/new", type="http", auth="user", website=True, methods=["POST"], csrf=True
    )
    def file_complaint(self, name="", description="", category_id="", **_kw):
        """Register a complaint of the customer, with attachments.

        :param name: subject
        :param description: plain text
        :param category_id: id of an ``itss.complaint.category``, or empty
        :return: redirection to the complaint; the form again, with status 422 when something is
            missing or a file is too large, with 429 when the customer has filed too many
        """
        name = clean_line(name, MAX_SUBJECT)
        text = clean_text(description, MAX_TEXT)
        files = [file for file in request.httprequest.files.getlist("attachments") if file.filename]
        contents = [
            (clean_line(file.filename, MAX_SUBJECT), file.read(MAX_FILE + 1))
            for file in files[: MAX_FILES + 1]
        ]
        error = None
        if not name or not text:
            error = request.env._("Please enter a subject, and what has happened.")
        elif len(files) > MAX_FILES or any(len(content) > MAX_FILE for _name, content in contents):
            error = request.env._(
                "Please attach at most %(count)s files of at most %(size)s MB each.",
                count=MAX_FILES,
                size=MAX_FILE // 1024 // 1024,
            )
        entered = {"name": name, "description": text, "category_id": category_id}
        if error:
            return self._render_new(entered, error, 422)
        if self._get_complaints()._has_filed_enough(request.env.user.partner_id):
            error = request.env._(
                "We have received %(count)s complaints from you within the last hour, and look into "
                "each of them. What you have entered is still here: please send it later, or call us.",
                count=MOST_PER_HOUR,
            )
            return self._render_new(entered, error, 429)
        complaint = self._create_complaint(name, text, category_id, contents)
        return request.redirect(f"/my/complaints/{complaint.id}?received=1")

    @route(
        "/my/complaints/<int:complaint_id>", type="http", auth="user", website=True, methods=["GET"]
    )
    def show_complaint(self, complaint_id, received="", **_kw):
        """Show one of the customer's complaints: its status, and the answer once there is one.

        :param int complaint_id: id of the ``itss.complaint``
        :param received: "1" right after it was filed
        :return: the page
        :raise NotFound: no such complaint, or not the customer's
        """
        return self._render_complaint(self._find(complaint_id), is_received=received == "1")

    @route(
        "/my/complaints/<int:complaint_id>/dissatisfied",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        csrf=True,
    )
    def reopen_complaint(self, complaint_id, reason="", **_kw):
        """Take up again a complaint whose answer does not satisfy the customer.

        :param int complaint_id: id of the ``itss.complaint``
        :param reason: what is still wrong, required
        :return: redirection to the complaint; the page again with status 422 when it can't be
        :raise NotFound: no such complaint, or not the customer's
        """
        complaint = self._find(complaint_id)
        try:
            complaint._reopen_by_customer(clean_text(reason, MAX_TEXT))
        except UserError as error:
            return self._render_complaint(complaint, str(error), 422)
        return request.redirect(f"/my/complaints/{complaint.id}")

    @route(
        "/my/complaints/<int:complaint_id>/files/<int:attachment_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def download_file(self, complaint_id, attachment_id, **_kw):
        """Give the customer a file back that came with the complaint.

        :param int complaint_id: id of the ``itss.complaint``
        :param int attachment_id: id of one of its files
        :return: the file, as a download
        :raise NotFound: no such complaint or file, or not the customer's
        """
        complaint = self._find(complaint_id)
        file = complaint.customer_file_ids.filtered(lambda file: file.id == attachment_id)
        if not file:
            raise NotFound()
        headers = [
            # never shown by the browser: a customer's page may hold anything
            ("Content-Type", "application/octet-stream"),
            ("Content-Disposition", content_disposition(file.name)),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(file.raw, headers)

    # -------------------------------------------------------------------------
    # What the pages share
    # -------------------------------------------------------------------------

    def _get_complaints(self):
        return request.env["itss.complaint"].sudo()

    def _get_own_domain(self):
        return [("partner_id", "=", request.env.user.partner_id.id)]

    def _find(self, complaint_id):
        complaint = self._get_complaints().search(
            [("id", "=", complaint_id), *self._get_own_domain()]
        )
        if not complaint:
            raise NotFound()
        return complaint

    def _create_complaint(self, name, text, category_id, contents):
        partner = request.env.user.partner_id
        company = partner.company_id or request.env.company
        categories = self._get_categories(company)
        category = categories.filtered(lambda one: str(one.id) == category_id)
        complaint = (
            self._get_complaints()
            .with_company(company)
            .create(
                {
                    "name": name,
                    "description": plaintext2html(text),
                    "channel": "portal",
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "category_id": category.id,
                }
            )
        )
        complaint.customer_file_ids = complaint.customer_file_ids.create(
            [
                {
                    "name": name,
                    "raw": content,
                    "res_model": complaint._name,
                    "res_id": complaint.id,
                }
                for name, content in contents
            ]
        )
        return complaint

    def _get_categories(self, company):
        categories = request.env["itss.complaint.category"].sudo()
        return categories.search([("company_id", "in", (company.id, False))])

    def _render_new(self, entered, error=None, status=200):
        company = request.env.user.partner_id.company_id or request.env.company
        values = {
            **self._prepare_portal_layout_values(),
            "categories": self._get_categories(company),
            "entered": entered,
            "error": error,
            "page_name": "complaint",
        }
        response = request.render("itss_quality.portal_complaint_new", values)
        response.status_code = status
        return response

    def _render_complaint(self, complaint, error=None, status=200, is_received=False):
        values = {
            **self._prepare_portal_layout_values(),
            "complaint": complaint,
            "error": error,
            "is_received": is_received,
            "page_name": "complaint",
        }
        response = request.render("itss_quality.portal_complaint", values)
        response.status_code = status
        return response
