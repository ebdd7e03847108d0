from datetime import timedelta

from lxml import etree

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.durations import get_today, get_tz
from ...tools.figures import Figure
from ...tools.public import public
from ...tools.records import concrete_models
from .itss_review import ORGANISERS

# what a review needs, in the order in which it is reported
KINDS = [
    ("previous_actions", "Follow-up of Earlier Reviews"),
    ("changes", "Internal and External Changes"),
    ("objectives", "Achievement of Objectives"),
    ("processes", "Process Performance"),
    ("nonconformities", "Nonconformities and Corrective Actions"),
    ("measurements", "Monitoring and Measurement Results"),
    ("audits", "Audit Results"),
    ("feedback", "Feedback of Interested Parties"),
    ("improvements", "Suggestions for Improvement"),
]
# the records that a topic leads to first, where its figures begin with others
LEADING = {"feedback": "itss.complaint"}
# the department that usually reports, a field of the company; else the quality department
DEPARTMENTS = {
    "processes": "itss_operations_department_id",
    "measurements": "itss_operations_department_id",
    "feedback": "itss_operations_department_id",
    "objectives": "itss_operations_department_id",
}
ORGANISER_FIELDS = {"department_id", "suggestions"}
FROZEN_FIELDS = {"department_id", "text"}
# how long before the meeting a topic report is due
DAYS_BEFORE = 1


class ItssReviewInput(models.Model):
    """Input of a management review (评审输入): a department's topic report beside the figures that
    the records of the period give.
    """

    _name = "itss.review.input"
    _description = "Management Review Input"
    _inherit = ["itss.guard.mixin", "mail.thread", "itss.todo.mixin"]
    _order = "review_id, sequence, id"
    _rec_name = "kind"
    _check_company_auto = True

    _mail_post_access = "read"
    _stamp_fields = ("review_id", "kind", "figures", "is_frozen")

    review_id = fields.Many2one("itss.review", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    review_state = fields.Selection(related="review_id.state", string="Review Status")
    sequence = fields.Integer(compute="_compute_sequence", store=True, precompute=True)
    kind = fields.Selection(KINDS, string="Topic", required=True, readonly=True)
    department_id = fields.Many2one(
        "hr.department",
        string="Reporting Department",
        check_company=True,
        index=True,
        tracking=True,
        help="Writes the topic report, and sees no other one.",
    )
    text = fields.Text(string="Topic Report", help="The present state, as the department sees it.")
    suggestions = fields.Text(
        string="Problems and Suggestions", help="What the meeting found, and suggests."
    )
    figures = fields.Json(string="Figure Values", readonly=True, copy=False)
    figures_html = fields.Html(string="Figures", compute="_compute_figures")
    figures_text = fields.Text(string="Figures in Short", compute="_compute_figures")
    is_frozen = fields.Boolean(
        string="Frozen",
        readonly=True,
        copy=False,
        help="The review was held: text and figures stay as they were.",
    )
    can_write_text = fields.Boolean(compute="_compute_can_write")
    can_write_suggestions = fields.Boolean(compute="_compute_can_write")
    can_change_department = fields.Boolean(compute="_compute_can_write")

    _kind_unique = models.UniqueIndex("(review_id, kind)", "The review has this input already.")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for one in self:
            # a department need not see the review to know which one it reports to
            one.display_name = f"{one.review_id.sudo().number or ''} {kinds[one.kind]}".strip()

    @api.depends("kind")
    def _compute_sequence(self):
        order = [kind for kind, _label in KINDS]
        for one in self:
            one.sequence = order.index(one.kind) if one.kind in order else len(order)

    @api.depends("figures")
    @api.depends_context("lang")
    def _compute_figures(self):
        for one in self:
            figures = one._get_printed_figures()
            one.figures_html = self.env["ir.qweb"]._render(
                "itss_quality.itss_review_figures", {"figures": figures}
            )
            one.figures_text = "\n".join(figure["line"] for figure in figures)

    @api.depends("is_frozen", "review_id.report_ids.state")
    @api.depends_context("uid")
    def _compute_can_write(self):
        is_organiser = self._is_organiser()
        for one in self:
            writable = bool(one.id) and one.has_access("write")
            one.can_write_text = writable and not one.is_frozen
            one.can_change_department = one.can_write_text and is_organiser
            one.can_write_suggestions = (
                writable and is_organiser and not one.review_id._is_output_frozen()
            )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su:
            self.check_access("write")
            self._check_writable(vals)
        return super().write(vals)

    def _check_writable(self, vals):
        """Refuse what is not the user's to write, or not any more.

        :raise UserError: frozen text, or a report that is being signed
        :raise AccessError: a department writes its text alone
        """
        if not ORGANISER_FIELDS.isdisjoint(vals) and not self._is_organiser():
            raise AccessError(
                self.env._("A department writes the text of its topic report, and nothing else.")
            )
        if not FROZEN_FIELDS.isdisjoint(vals):
            for one in self.filtered("is_frozen"):
                raise UserError(
                    self.env._(
                        "“%(input)s” was reviewed: its topic report can't change any more.",
                        input=one.display_name,
                    )
                )
        if "suggestions" in vals:
            self.review_id._check_output_open()

    @api.model
    def _is_organiser(self):
        return any(map(self.env.user.has_group, ORGANISERS))

    # -------------------------------------------------------------------------
    # Topic reports
    # -------------------------------------------------------------------------

    @api.model
    def _get_default_department(self, review, kind):
        """Return who reports on a topic: who did so last time, else the one whose work it is."""
        before = review.previous_id.input_ids.filtered(lambda one: one.kind == kind)
        company = review.company_id
        usual = company[DEPARTMENTS.get(kind, "itss_quality_department_id")]
        return before.department_id or usual or company.itss_quality_department_id

    def _get_unwritten(self):
        """Return the topics that nobody has reported on yet."""
        return self.filtered(lambda one: not (one.text or "").strip())

    def _ask_reports(self):
        """Ask the heads of the departments for the reports still to write (superuser mode)."""
        for one in self._get_unwritten():
            user = one.department_id.manager_id.user_id.filtered("active")
            due = one.review_id._get_meeting_day() - timedelta(days=DAYS_BEFORE)
            one._ask(
                user,
                lambda env: env._("Write the topic report for the management review"),
                date_deadline=max(due, get_today(one.company_id)),
            )

    # -------------------------------------------------------------------------
    # Figures
    # -------------------------------------------------------------------------

    @api.model
    def _get_sources(self, kind):
        """Return the models whose records tell of a topic, in the order of their figures."""
        topics = {model: self.env[model]._figure_topics for model in self._get_figure_models()}
        sources = [model for model in topics if kind in topics[model]]
        return sorted(sources, key=lambda model: topics[model][kind])

    @api.model
    def _get_figure_models(self):
        return concrete_models(self.env, "itss.figure.mixin")

    def _update_figures(self):
        """Take the figures from the records of the period of the review (superuser mode).

        Each model reads once for all topics, in the language and the time zone of the company:
        what is kept as evidence is the same, whoever pressed the button.
        """
        for review, inputs in self.grouped("review_id").items():
            company = review.company_id
            lang = company.partner_id.lang or self.env.lang
            inputs = inputs.with_context(lang=lang, tz=get_tz(company))
            period = inputs.review_id._get_period()
            figures = {
                model: inputs.env[model]._get_figures(period) for model in self._get_figure_models()
            }
            for one in inputs:
                one.figures = [
                    figure.to_json(one.env)
                    for model in self._get_sources(one.kind)
                    for figure in figures[model][one.kind]
                ]

    def _get_printed_figures(self):
        """Return the texts of the figures, as they are printed."""
        self.ensure_one()
        return [Figure(**figure).get_texts() for figure in self.figures or []]

    # -------------------------------------------------------------------------
    # VIEWS
    # -------------------------------------------------------------------------

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Put the buttons into the form that lead to the records behind the figures."""
        arch, view = super()._get_view(view_id, view_type, **options)
        for place in arch.iterfind(".//div[@name='records']"):
            for kind in self._fields["kind"].get_values(self.env):
                for model in self._get_sources(kind):
                    etree.SubElement(
                        place,
                        "button",
                        {
                            "name": "action_open_records",
                            "type": "object",
                            "string": self.env[model]._get_figure_label(),
                            "class": "btn-secondary",
                            "context": repr({"source": model}),
                            "invisible": f"kind != {kind!r}",
                        },
                    )
        return arch, view

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record", context=("source",))
    def action_open_records(self):
        """Open the records behind the figures, as far as the user may see them.

        The context names their model, as ``source``; else those open that say most of the topic.

        :return: window action
        """
        self.check_access("read")
        sources = self._get_sources(self.kind)
        model = self.env.context.get("source")
        if model not in sources:
            model = LEADING.get(self.kind, sources[0])
        period = self.review_id.sudo()._get_period()
        return {
            "type": "ir.actions.act_window",
            "name": self.env["ir.model"]._get(model).sudo().name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": list(self.env[model]._get_figure_domain(period)),
            "context": {"create": False},
        }
