from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.indicators import COMPANY, Count, get_status

STATUSES = [("no_data", "No Data"), ("met", "Met"), ("near", "Near"), ("missed", "Missed")]
# what a new version of a frozen value changes in the one before
FOLLOWED = {"is_latest"}


class ItssIndicatorValue(models.Model):
    """Value of an indicator in a period: of the company, or of one of its departments, teams …

    It is computed anew while the period is open, and frozen some days after its end. From then on
    nothing changes it; a correction is a version of its own, with a reason.
    """

    _name = "itss.indicator.value"
    _description = "Value of an Indicator"
    _inherit = ["itss.guard.mixin"]
    _order = "date_from desc, indicator_id, scope, scope_id, version desc"
    _rec_name = "indicator_id"

    indicator_id = fields.Many2one("itss.indicator", required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    scope = fields.Selection(
        [
            (COMPANY, "Company"),
            ("department", "Department"),
            ("team", "Team"),
            ("engineer", "Engineer"),
            ("customer", "Customer"),
        ],
        required=True,
        readonly=True,
        default=COMPANY,
    )
    # of the record in the field that the kind of scope has; the company's values have 0
    scope_id = fields.Integer(required=True, readonly=True, default=0, aggregator=None)
    department_id = fields.Many2one(
        "hr.department", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    team_id = fields.Many2one(
        "helpdesk.ticket.team", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    engineer_id = fields.Many2one(
        "res.users", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    customer_id = fields.Many2one(
        "res.partner", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    numerator = fields.Float(readonly=True)
    denominator = fields.Float(readonly=True)
    value = fields.Float(readonly=True, aggregator="avg")
    n = fields.Integer(string="n", readonly=True)
    target = fields.Float(readonly=True, aggregator="avg")
    status = fields.Selection(STATUSES, required=True, readonly=True, default="no_data")
    computed_at = fields.Datetime(string="Computed on", required=True, readonly=True)
    is_frozen = fields.Boolean(string="Frozen", readonly=True)
    version = fields.Integer(required=True, readonly=True, default=1, aggregator=None)
    is_latest = fields.Boolean(string="Latest Version", readonly=True, default=True)
    previous_id = fields.Many2one(
        "itss.indicator.value", string="Version Before", readonly=True, index="btree_not_null"
    )
    reason = fields.Text(string="Reason of the Correction", readonly=True)
    corrected_by_id = fields.Many2one("res.users", string="Corrected by", readonly=True)

    _version_unique = models.UniqueIndex(
        "(indicator_id, scope, scope_id, date_from, date_to, version)",
        "The indicator has a value for this period already.",
    )
    _period_index = models.Index("(indicator_id, date_to, scope) WHERE is_latest")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.model
    def _get_scope_fields(self):
        """Return the field of each kind of scope but the company, by its kind."""
        kinds = self._fields["scope"].get_values(self.env)
        return {kind: self._fields[f"{kind}_id"] for kind in kinds if kind != COMPANY}

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        """Refuse what would change a frozen value, whoever asks.

        :raise UserError: a value is frozen
        """
        if not vals.keys() <= FOLLOWED:
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        self._check_open()

    def _check_open(self):
        for value in self:
            if value.is_frozen:
                raise UserError(
                    self.env._(
                        "The value of “%(indicator)s” is frozen: only a correction with a reason "
                        "follows it.",
                        indicator=value.indicator_id.sudo().display_name,
                    )
                )

    # -------------------------------------------------------------------------
    # What is computed
    # -------------------------------------------------------------------------

    @api.model
    def _keep(self, indicator, spans, counts):
        """Keep what was counted for the open periods of an indicator (superuser mode).

        :param spans: list of first and last days
        :param counts: as ``tools.counting`` says
        """
        wanted = {
            (spans[number], kind, scope_id): count
            for (number, kind, scope_id), count in counts.items()
        }
        for span in spans:
            wanted.setdefault((span, COMPANY, 0), Count())
        kept = {
            ((value.date_from, value.date_to), value.scope, value.scope_id): value
            for value in self.search(
                [
                    ("indicator_id", "=", indicator.id),
                    ("date_from", "in", [date_from for date_from, _date_to in spans]),
                    ("is_latest", "=", True),
                ]
            )
        }
        new = []
        for key, count in wanted.items():
            vals = self._prepare_count_vals(indicator, key[0], count)
            if key not in kept:
                new.append({**self._prepare_key_vals(indicator, *key), **vals})
            elif not kept[key].is_frozen:
                kept[key].write(vals)
        # nothing counts for these any more
        gone = [value for key, value in kept.items() if key not in wanted]
        self.union(*gone).filtered(lambda value: not value.is_frozen).unlink()
        self.create(new)
        self._clear_missing(indicator)

    @api.model
    def _prepare_key_vals(self, indicator, span, kind, scope_id):
        vals = {
            "indicator_id": indicator.id,
            "company_id": indicator.company_id.id,
            "scope": kind,
            "scope_id": scope_id,
            "date_from": span[0],
            "date_to": span[1],
        }
        return vals if kind == COMPANY else {**vals, f"{kind}_id": scope_id}

    @api.model
    def _prepare_count_vals(self, indicator, span, count):
        value = count.get_value(indicator.unit)
        return {
            **count._asdict(),
            "value": value,
            "target": indicator.target,
            "status": get_status(value, indicator.target, indicator.tolerance, indicator.direction),
            "computed_at": fields.Datetime.now(),
            "is_frozen": indicator.company_id._itss_is_frozen(span[1]),
        }

    @api.model
    def _clear_missing(self, indicator):
        """Take out the zeros that stand for no value: averages would count them."""
        self.flush_model()
        self.env.cr.execute(
            "UPDATE itss_indicator_value SET value = NULL"
            " WHERE indicator_id = %s AND n = 0 AND value IS NOT NULL",
            (indicator.id,),
        )
        self.invalidate_model(["value"])
