from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.records import concrete_models

# what a row says of a setting: which one, of what, and its value before and after in words
WORDS = ("label", "record", "old_words", "new_words")


class ItssJournal(models.Model):
    """Facts as they happened, one per row, each written in the transaction of its fact.

    Rows are only added: the database refuses to change or delete one, whoever asks. Whoever
    journals locks nothing that others need.
    """

    _name = "itss.journal"
    _description = "Journal"
    _inherit = ["itss.guard.mixin"]
    _order = "id desc"
    _rec_name = "event"
    # who did it, and when, is what the row says
    _log_access = False

    at = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Changed by",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    # empty: it concerns all companies
    company_id = fields.Many2one("res.company", readonly=True, ondelete="restrict")
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record ID", model_field="res_model", readonly=True, aggregator=None
    )
    event = fields.Selection(
        [("start", "Records Begin"), ("setting", "Setting Changed")], required=True, readonly=True
    )
    values = fields.Json(readonly=True)
    label = fields.Char(string="Setting", compute="_compute_words", search="_search_label")
    record = fields.Char(string="Of", compute="_compute_words")
    old_words = fields.Char(string="Old Value", compute="_compute_words")
    new_words = fields.Char(string="New Value", compute="_compute_words")

    _record_idx = models.Index("(res_model, res_id)")
    _company_idx = models.Index("(company_id, at)")

    def init(self):
        """Let the database itself refuse what changes or deletes a row, and note when rows begin."""
        super().init()
        table = SQL.identifier(self._table)
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION itss_journal_refuse() RETURNS trigger AS $$
                BEGIN
                    RAISE EXCEPTION 'Rows of the journal are only added.'
                        USING ERRCODE = 'restrict_violation';
                END;
                $$ LANGUAGE plpgsql;
                DROP TRIGGER IF EXISTS itss_journal_keep_rows ON %(table)s;
                CREATE TRIGGER itss_journal_keep_rows BEFORE UPDATE OR DELETE ON %(table)s
                    FOR EACH ROW EXECUTE FUNCTION itss_journal_refuse();
                DROP TRIGGER IF EXISTS itss_journal_keep_all ON %(table)s;
                CREATE TRIGGER itss_journal_keep_all BEFORE TRUNCATE ON %(table)s
                    FOR EACH STATEMENT EXECUTE FUNCTION itss_journal_refuse();
                INSERT INTO %(table)s (at, user_id, res_model, event)
                    SELECT now() AT TIME ZONE 'UTC', %(user)s, %(model)s, 'start'
                    WHERE NOT EXISTS (SELECT FROM %(table)s);
                """,
                table=table,
                user=api.SUPERUSER_ID,
                model=self._name,
            )
        )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("values")
    @api.depends_context("lang", "tz")
    def _compute_words(self):
        for row in self:
            words = row._get_words()
            for name in WORDS:
                row[name] = words.get(name) or False

    @api.model
    def _search_label(self, operator, value):
        if operator != "ilike":
            return NotImplemented
        # as the reader sees it, or as it was called when it was written
        called = self._find_settings(str(value)) or [("", "")]
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "(%(label)s ILIKE %(pattern)s OR (%(model)s, %(name)s) IN %(called)s)",
                label=SQL("%s->>'label'", SQL.identifier(alias, "values")),
                pattern=f"%{value}%",
                model=SQL.identifier(alias, "res_model"),
                name=SQL("%s->>'name'", SQL.identifier(alias, "values")),
                called=tuple(called),
            )
        )

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    def _get_words(self):
        """Return what the row says, in the reader's language and the company's time zone.

        The words that were written with it stand for what is not there any more.
        """
        self.ensure_one()
        values = self.values or {}
        model = self.env.get(self.res_model)
        if self.event != "setting" or not isinstance(
            model, self.env.registry["itss.setting.mixin"]
        ):
            return values
        tz = self.sudo().company_id.resource_calendar_id.tz or self.env.context.get("tz")
        record = model.sudo().with_context(tz=tz).browse(self.res_id)
        return {**values, **record._itss_tell_change(values)}

    @api.model
    def _find_settings(self, words):
        """Return model and name of each setting that is called so in the reader's language."""
        return [
            (model, name)
            for model in concrete_models(self.env, "itss.setting.mixin")
            for name in self.env[model]._itss_get_setting_names()
            if words.lower() in self.env[model]._itss_get_setting_label(name).lower()
        ]

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.private
    @api.model_create_multi
    def create(self, vals_list):
        """Append rows: who and when is said by the server."""
        stamp = {"at": fields.Datetime.now(), "user_id": self.env.uid}
        return super().create([{**vals, **stamp} for vals in vals_list])

    # there is nothing to do above
    # pylint: disable-next=method-required-super
    def write(self, vals):
        """Refuse: a row never changes.

        :raise UserError: always
        """
        raise self._get_refusal()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_at_uninstall(self):
        raise self._get_refusal()

    def _get_refusal(self):
        return UserError(self.env._("Rows of the journal never change, and nobody deletes them."))

    # -------------------------------------------------------------------------
    # What others call
    # -------------------------------------------------------------------------

    @api.model
    def _log(self, event, facts):
        """Append a row per fact, by the current user, whatever that user may do otherwise.

        :param str event: one of the selection, to which areas add their own
        :param list facts: of tuples: a record, and a dict of what to keep of it (JSON)
        """
        self.sudo().create(
            [
                {
                    "company_id": self._get_company(record).id,
                    "res_model": record._name,
                    "res_id": record.id,
                    "event": event,
                    "values": values,
                }
                for record, values in facts
            ]
        )

    @api.model
    def _get_company(self, record):
        """Return the company that a fact about a record belongs to; none if it is all companies'."""
        companies = self.env["res.company"]
        if record._name == companies._name:
            return record
        return record.sudo().company_id if "company_id" in record._fields else companies

    @api.model
    def _get_beginning(self, company):
        """Return since when facts of a company are journalled: a Datetime, UTC."""
        domain = [("company_id", "in", (company.id, False))]
        [(beginning,)] = self.sudo()._read_group(domain, aggregates=["at:min"])
        return beginning
