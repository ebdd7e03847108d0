from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.counting import count_facts, list_facts
from ...tools.indicators import COMPANY, Count, Facts, Measure

# states of lines and improvements in which they wait for their deadline
UNFINISHED = ("planned", "in_progress")


class ItssMeasureMixin(models.AbstractModel):
    """Ways to measure: from which records, and what of them counts.

    Each area brings its own: it adds to ``method``, to :meth:`_get_measures`, and a method
    ``_measure_<method>(ask)`` that answers for all asked periods and scopes by one grouped query::

        def _measure_callback_rate(self, ask):
            return self._count(ask, Facts("itss.callback", …))

    Here stand those of the areas that know no indicators, and what is entered.
    """

    _name = "itss.measure.mixin"
    _description = "Ways to Measure"

    method = fields.Selection(
        [
            ("improvement_on_time", "Improvements in Time"),
            ("plan_on_time", "Plan Lines in Time"),
            ("objective_met", "Objectives Met"),
            ("manual", "Entered with Evidence"),
        ],
        string="Measured By",
        required=True,
        default="manual",
    )

    @api.model
    def _get_measures(self):
        """Return the measures that the areas bring, with words in the language of the environment.

        :return: ``{method: tools.indicators.Measure}``; the method is the code of the indicator, too
        """
        return {
            "improvement_on_time": Measure(
                "itss.improvement",
                self.env._("Improvements in Time"),
                self.env._("Finished by their deadline / deadlines in the period"),
                self.env._("Improvements"),
                target=95,
                sequence=170,
            ),
            "plan_on_time": Measure(
                "itss.plan.line",
                self.env._("Plan Lines in Time"),
                self.env._("Lines done by their due date / due in the period"),
                self.env._("Quality plan"),
                target=95,
                sequence=180,
            ),
            "objective_met": Measure(
                "itss.evaluation.line",
                self.env._("Objectives Met"),
                self.env._("Objective lines met / evaluated"),
                self.env._("Evaluation of objectives"),
                frequency="year",
                sequence=190,
            ),
        }

    @api.model
    def _get_reasons(self):
        """Return why a record of a period does not count, in words, by the codes of facts."""
        return {
            "cancelled": self.env._("Cancelled"),
            "no_data": self.env._("No data"),
            "not_due": self.env._("Not due yet"),
            "replaced": self.env._("Replaced by a revision"),
        }

    def _count(self, ask, facts):
        """Answer with a measure's facts: count them, or list the records.

        :param ask: ``tools.indicators.Ask``
        :param facts: ``tools.indicators.Facts``
        :return: as ``tools.counting`` says
        """
        if ask.wants_facts:
            return facts
        answer = list_facts if ask.wants_records else count_facts
        return answer(self.env, ask, facts)

    def _count_company(self, ask, facts):
        """Return what was counted for the company as a whole, in the only span that is asked for.

        :return: ``tools.indicators.Count``
        """
        return self._count(ask, facts).get((0, COMPANY, 0), Count())

    # -------------------------------------------------------------------------
    # Measures
    # -------------------------------------------------------------------------

    def _measure_objective_met(self, ask):
        self.env["itss.evaluation"].flush_model()
        # what a revision replaces counts until the revision is approved
        table = SQL(
            """
            (SELECT line.id, line.result, evaluation.department_id, evaluation.approved_date,
                    revision.approved_date AS replaced_date
               FROM itss_evaluation_line AS line
               JOIN itss_evaluation AS evaluation ON evaluation.id = line.evaluation_id
          LEFT JOIN itss_evaluation AS revision ON revision.previous_id = evaluation.id
              WHERE evaluation.company_id = %s AND evaluation.approved_date IS NOT NULL) AS fact
            """,
            ask.company.id,
        )
        return self._count(
            ask,
            Facts(
                "itss.evaluation.line",
                table,
                is_in=SQL("fact.approved_date BETWEEN span.date_from AND span.date_to"),
                counted=SQL("fact.result = 'met'"),
                left_out=SQL(
                    """
                    CASE WHEN fact.replaced_date <= span.date_to THEN 'replaced'
                         WHEN fact.result = 'no_data' THEN 'no_data'
                     END
                    """
                ),
                scopes={"department": SQL("fact.department_id")},
            ),
        )

    def _measure_manual(self, ask):
        self.ensure_one()
        # of what was entered for the same the last one counts
        table = SQL(
            """
            (SELECT DISTINCT ON (date_from, date_to, department_id) *
               FROM itss_indicator_entry
              WHERE indicator_id = %s
           ORDER BY date_from, date_to, department_id, id DESC) AS fact
            """,
            self.id,
        )
        return self._count(
            ask,
            Facts(
                "itss.indicator.entry",
                table,
                is_in=SQL("fact.date_from >= span.date_from AND fact.date_to <= span.date_to"),
                amount=SQL("fact.numerator / fact.denominator"),
                weight=SQL("fact.denominator"),
                scopes={"department": SQL("fact.department_id")},
            ),
        )

    def _measure_improvement_on_time(self, ask):
        facts = self._get_deadline_facts(
            ask, "itss.improvement", "date_deadline", UNFINISHED, ("to_verify", "closed")
        )
        return self._count(
            ask,
            facts._replace(
                # nobody was promised what was not planned yet
                is_in=SQL("fact.create_date < span.end_at AND fact.state_then != 'draft'"),
                scopes={"department": SQL("fact.department_id_then")},
            ),
        )

    def _measure_plan_on_time(self, ask):
        facts = self._get_deadline_facts(ask, "itss.plan.line", "date_end", UNFINISHED, ("done",))
        plans = self.env["itss.plan"]
        domain = Domain("company_id", "=", ask.company.id)
        department = self.env["itss.plan.line"]._fields["responsible_department_ids"]
        return self._count(
            ask,
            facts._replace(
                table=SQL(
                    "%s JOIN LATERAL %s AS plan ON plan.id = fact.plan_id",
                    facts.table,
                    plans._get_past(domain, SQL("span.end_at")),
                ),
                # of all revisions the one that was in force then
                is_in=SQL("plan.state_then IN ('approved', 'closed')"),
                shared_scopes={
                    "department": SQL(
                        "ARRAY(SELECT %s FROM %s WHERE %s = fact.id)",
                        SQL.identifier(department.column2),
                        SQL.identifier(department.relation),
                        SQL.identifier(department.column1),
                    )
                },
            ),
        )

    # -------------------------------------------------------------------------
    # What measures share
    # -------------------------------------------------------------------------

    @api.model
    def _get_past_facts(self, ask, model, domain=Domain.TRUE):
        """Return a company's records as they were when the span ended, as the table ``fact``.

        :param str model: one with ``itss.figure.mixin``
        :param domain: which records, by what does not change
        :return: ``SQL``, an item of a FROM clause
        """
        domain = Domain("company_id", "=", ask.company.id) & domain
        return SQL("LATERAL %s AS fact", self.env[model]._get_past(domain, SQL("span.end_at")))

    @api.model
    def _get_deadline_facts(self, ask, model, deadline, open_states, done_states):
        """Return facts of records that are to be done by a deadline in the span.

        :param str model: one with ``itss.figure.mixin`` and a workflow
        :param str deadline: the dated field of the deadline
        :param open_states: states in which it waits for the deadline
        :param done_states: states in which it is done; what is in no state of either kind is left out
        """
        records = self.env[model]
        domain = Domain("company_id", "=", ask.company.id)
        return Facts(
            model,
            SQL("LATERAL %s AS fact", records._get_past_deadlines(domain, ask.company, deadline)),
            is_in=SQL("TRUE"),
            counted=SQL("%s < fact.due_at", records._get_since(done_states, SQL("span.end_at"))),
            left_out=SQL(
                """
                CASE WHEN fact.state_then NOT IN %s THEN 'cancelled'
                     WHEN fact.state_then IN %s AND fact.due_at > %s THEN 'not_due'
                 END
                """,
                (*open_states, *done_states),
                tuple(open_states),
                fields.Datetime.now(),
            ),
        )
