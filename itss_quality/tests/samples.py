"""One record of every model, for tests of what holds for all of them."""

from datetime import timedelta

from odoo import Command, fields

from ..tools.records import concrete_models
from .common import ItssCommon


class SampleCommon(ItssCommon):
    """A company with a helpdesk; records of any model are made when they are asked for.

    They are made as superuser, with what is required only. A new model needs a line here only where
    that is not enough.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        cls.company.itss_auditor_check = "warn"
        cls.samples = {}
        cls.relations = {
            "hr.department": cls.dep_operations,
            "hr.employee": cls.employee(cls.quality_user),
            "hr.employee.public": cls.env["hr.employee.public"].browse(
                cls.employee(cls.quality_user).id
            ),
            "res.company": cls.company,
            "res.partner": cls.contact,
            "res.users": cls.quality_user,
            "survey.survey": cls.env.ref("itss_quality.itss_survey_questionnaire"),
        }
        # how to make those for which what is required is not enough
        cls.special = {
            "itss.attendance": lambda: cls.create_sample("itss.attendance", name="样本"),
            "itss.audit": cls._make_audit,
            "itss.audit.report": lambda: cls.create_sample(
                "itss.audit.report", audit_id=cls._make_audit(state="in_progress").id
            ),
            "helpdesk.ticket": cls.make_ticket,
            "itss.callback": cls.make_callback,
            "itss.complaint.severity": cls._take_severity,
            "itss.indicator": lambda: cls.create_sample("itss.indicator", code=cls._take_code()),
            "itss.indicator.entry": lambda: cls.create_sample(
                "itss.indicator.entry", indicator_id=cls.make_sample("itss.indicator").id
            ),
            "itss.indicator.record": lambda: cls.create_sample(
                "itss.indicator.record",
                res_model="itss.indicator",
                res_id=cls.get_sample("itss.indicator").id,
            ),
            "itss.indicator.value": lambda: cls.create_sample(
                "itss.indicator.value", indicator_id=cls.make_sample("itss.indicator").id
            ),
            "itss.meeting": lambda: cls.create_sample(
                "itss.meeting", audit_id=cls.get_sample("itss.audit").id
            ),
            "itss.nonconformity": lambda: cls.create_sample(
                "itss.nonconformity",
                grade="minor",
                audit_line_id=cls.create_sample("itss.audit.line", result="minor").id,
            ),
            "itss.objective": cls._make_objective,
            "itss.evaluation": lambda: cls.create_sample(
                "itss.evaluation", objective_id=cls._make_objective(state="approved").id
            ),
            "itss.plan.import.line": lambda: cls.create_sample(
                "itss.plan.import.line", vals={"name": "样本"}
            ),
            "itss.plan.work.choice": lambda: cls.create_sample(
                "itss.plan.work.choice", work_model="itss.audit"
            ),
            "itss.receipt": lambda: cls.create_sample(
                "itss.receipt",
                res_model="itss.audit.report",
                res_id=cls.make_sample("itss.audit.report").id,
            ),
            "itss.review.input": lambda: cls.create_sample("itss.review").input_ids[0],
            "itss.review.report": lambda: cls.create_sample(
                "itss.review.report", review_id=cls.create_sample("itss.review", state="held").id
            ),
            "itss.step.reason": lambda: cls.create_sample(
                "itss.step.reason",
                res_model="itss.plan",
                res_id=cls.get_sample("itss.plan").id,
                new_state="submitted",
            ),
            "itss.survey.participant": lambda: cls.create_sample(
                "itss.survey.participant",
                partner_id=cls.env["res.partner"].create({"name": "样本"}).id,
            ),
            "itss.survey.report": lambda: cls.create_sample(
                "itss.survey.report",
                round_id=cls.create_sample("itss.survey.round", state="analysing").id,
            ),
            "itss.survey.result": lambda: cls.create_sample(
                "itss.survey.result", round_id=cls.create_sample("itss.survey.round").id
            ),
        }

    def setUp(self):
        super().setUp()
        # a test's records are gone after it
        self.samples.clear()

    @classmethod
    def _make_audit(cls, **vals):
        return cls.create_sample(
            "itss.audit",
            lead_auditor_id=cls.employee(cls.quality_user_2).id,
            auditor_ids=[Command.set(cls.employee(cls.quality_user).ids)],
            department_ids=[Command.set(cls.dep_operations.ids)],
            **vals,
        )

    @classmethod
    def _make_objective(cls, **vals):
        # a company has one set of objectives a year
        year = 2030 + cls.env["itss.objective"].search_count([])
        return cls.create_sample("itss.objective", year=year, **vals)

    @classmethod
    def _take_severity(cls):
        # a company has them all from the beginning
        taken = cls.samples.get("itss.complaint.severity", cls.env["itss.complaint.severity"])
        domain = [("company_id", "=", cls.company.id), ("id", "not in", taken.ids)]
        return taken.search(domain, limit=1)

    @classmethod
    def _take_code(cls):
        # each one's own, among all companies
        return (
            f"sample_{cls.env['itss.indicator'].with_context(active_test=False).search_count([])}"
        )

    @classmethod
    def get_models(cls):
        """Return the names of the addon's models with records, wizards included."""
        return [
            name
            for name in concrete_models(cls.env, "base")
            if name.startswith("itss.") and not cls.env[name]._table_query and cls.env[name]._auto
        ]

    @classmethod
    def get_sample(cls, model):
        """Return the record of a model, the same each time."""
        if model not in cls.samples:
            if model in cls.relations:
                cls.samples[model] = cls.relations[model]
            else:
                cls.samples[model] = cls.make_sample(model)
        return cls.samples[model]

    @classmethod
    def make_sample(cls, model):
        """Make another record of a model."""
        with cls.env.cr.savepoint():
            return cls.special.get(model, lambda: cls.create_sample(model))()

    @classmethod
    def create_sample(cls, model, **vals):
        records = cls.env[model]
        for name, field in records._fields.items():
            if name in vals or not field.store or name in ("id", "create_uid", "write_uid"):
                continue
            if name == "company_id" and not field.related:
                vals[name] = cls.company.id
            elif field.required and not (field.default or field.compute or field.related):
                vals[name] = cls.get_value(field)
        return records.create(vals)

    @classmethod
    def get_value(cls, field):
        match field.type:
            case "many2one":
                return cls.get_sample(field.comodel_name).id
            case "many2many":
                return [Command.set(cls.get_sample(field.comodel_name).ids)]
            case "selection":
                return field.get_values(cls.env)[0]
            case "integer" | "float" | "many2one_reference":
                return 1
            case "date":
                return fields.Date.today()
            case "datetime":
                hours = 1 if field.name == "stop" else 0
                return fields.Datetime.now() + timedelta(hours=hours)
        return "样本"
