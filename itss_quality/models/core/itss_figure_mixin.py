from datetime import datetime

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.durations import get_midnight, get_tz


class ItssFigureMixin(models.AbstractModel):
    """Records that figures are taken from: whoever reports on a topic finds them by this mixin.

    Figures of a period count what was true when it ended, whenever they are asked for. So a model
    names the fields it counts that may change later; what they have said stays, with its time.

    All methods read the company's records, whoever asks (superuser mode).
    """

    _name = "itss.figure.mixin"
    _description = "Records That Figures Are Taken From"

    # topics of the management review that the records tell of, and their place among others there
    _figure_topics = {}
    # fields that figures count as they were on a day
    _dated_fields: tuple[str, ...] = ()
    # {state: field with the day or moment it was reached}, of records brought along from elsewhere
    _state_stamps: dict[str, str] = {}

    @api.model
    def _get_figures(self, period):
        """Return what the records of a period say, read at once for all topics.

        Whatever happens after the period changes none of it.

        :param period: ``tools.figures.Period``
        :return: dict of topics, each with a list of ``tools.figures.Figure``
        """
        raise NotImplementedError

    @api.model
    def _get_figure_domain(self, period):
        """Return the domain of the records behind the figures of a period."""
        raise NotImplementedError

    @api.model
    def _get_figure_label(self):
        """Return what the records are called, for the button that opens them."""
        raise NotImplementedError

    # -------------------------------------------------------------------------
    # What changes is noted
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if self.env.su and self._state_stamps:
            # users enter no stamps
            self._note_facts(fact for record in records for fact in record._get_stamped_facts())
        return records

    def write(self, vals):
        before = self._get_dated_values(vals)
        result = super().write(vals)
        if before:
            self._note_changes(before, self._get_dated_values(vals))
        return result

    def unlink(self):
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        facts = self.env["itss.figure.fact"].sudo().search(domain)
        result = super().unlink()
        facts.unlink()
        return result

    def _is_dated(self):
        """Whether what the fields say now counts in figures, so that a change is noted."""
        return True

    def _get_dated_values(self, vals):
        """Return what those fields say that writing ``vals`` may change, as they are stored.

        :return: ``{(record, name): text}``, in superuser mode
        """
        names = [name for name in self._dated_fields if name in vals or self._fields[name].compute]
        values = {}
        for record in self.sudo() if names else ():
            for name in names if record._is_dated() else ():
                field = self._fields[name]
                # of a record the id
                raw = field.convert_to_cache(record[name], record)
                value = field.convert_to_column(raw, record)
                values[record, name] = "" if value is None else str(value)
        return values

    def _note_changes(self, before, after):
        """Note what changed just now, and before the first change what was true up to it.

        :param before: what :meth:`_get_dated_values` said before the change
        :param after: what it says now; what doesn't count yet is left alone
        """
        changed = [key for key in before if after.get(key, before[key]) != before[key]]
        if not changed:
            return
        now = fields.Datetime.now()
        ids = {record.id for record, _name in changed}
        noted = set(
            self.env["itss.figure.fact"]
            .sudo()
            ._read_group(
                [("res_model", "=", self._name), ("res_id", "in", [*ids])], ["res_id", "name"]
            )
        )
        first = [key for key in changed if (key[0].id, key[1]) not in noted]
        self._note_facts(
            [
                *((*key, before[key], key[0]._get_birth(now)) for key in first),
                *((*key, after[key], now) for key in changed),
            ]
        )

    def _note_facts(self, facts):
        """Keep facts, each given as record, name of the field, text and moment."""
        self.env["itss.figure.fact"].sudo().create(
            [
                {
                    "company_id": record.company_id.id,
                    "res_model": record._name,
                    "res_id": record.id,
                    "name": name,
                    "value": value,
                    "at": at,
                }
                for record, name, value, at in facts
            ]
        )

    def _get_birth(self, now):
        """Return since when the record exists; the database's clock may run ahead."""
        return min(self.create_date or now, now)

    def _get_stamped_facts(self):
        """Return the states that the stamps of the record tell of, the oldest first.

        :return: list of facts as :meth:`_note_facts` takes them; none without any stamp
        """
        self.ensure_one()
        reached = sorted(
            (
                (self._get_moment(self[name]), state)
                for state, name in self._state_stamps.items()
                if self[name]
            ),
            key=lambda step: step[0],
        )
        if not reached:
            return []
        if reached[-1][1] != self.state:
            # when it came to be so is not known: not before the last thing that is
            reached = [step for step in reached if step[1] != self.state]
            last = reached[-1][0] if reached else self.create_date
            reached.append((last, self.state))
        birth = min(self.create_date, reached[0][0])
        return [
            (self, "state", state, moment)
            for moment, state in [(birth, self._initial_state), *reached]
        ]

    def _get_moment(self, stamp):
        """Return the moment of a stamp: a day begins where the company is."""
        if isinstance(stamp, datetime):
            return stamp
        return get_midnight(self.company_id, stamp)

    # -------------------------------------------------------------------------
    # What was true at a moment
    # -------------------------------------------------------------------------

    @api.model
    def _get_past(self, domain, moment):
        """Return records as they were at a moment, as a table for queries.

        It has the columns of the model, and for each dated field two more: what it said then
        (``state_then``) and since when (``state_since``; empty if it has never changed).

        :param domain: which records, by what does not change
        :param datetime moment: UTC; what happened from then on is left out
        :return: ``SQL``, in parentheses
        """
        records = self.sudo().with_context(active_test=False)
        records.flush_model()
        self.env["itss.figure.fact"].flush_model()
        query = records._search(domain)
        columns, joins = [], []
        for name in self._dated_fields:
            columns.append(self._get_past_columns(name, moment))
            joins.append(self._get_past_join(name, moment))
        return SQL(
            "(SELECT %s.*%s FROM %s %s WHERE %s)",
            SQL.identifier(self._table),
            SQL("").join(columns),
            query.from_clause,
            SQL(" ").join(joins),
            query.where_clause or SQL("TRUE"),
        )

    @api.model
    def _get_past_columns(self, name, moment):
        fact = SQL.identifier(f"{name}_fact")
        return SQL(
            """,
            (CASE WHEN %(fact)s.at IS NULL THEN %(column)s::text
                  ELSE NULLIF(%(fact)s.value, '') END)::%(type)s AS %(then)s,
            CASE WHEN %(fact)s.at < %(moment)s THEN %(fact)s.at END AS %(since)s""",
            fact=fact,
            column=SQL.identifier(self._table, name),
            type=SQL(self._fields[name].column_type[1]),
            then=SQL.identifier(f"{name}_then"),
            moment=moment,
            since=SQL.identifier(f"{name}_since"),
        )

    @api.model
    def _get_past_join(self, name, moment):
        # the last one before; else the first, as nothing else is known of the time before it
        return SQL(
            """
            LEFT JOIN (
                  SELECT DISTINCT ON (res_id) res_id, at, value
                    FROM itss_figure_fact
                   WHERE res_model = %(model)s AND name = %(name)s
                ORDER BY res_id,
                         at >= %(moment)s,
                         CASE WHEN at < %(moment)s THEN at END DESC,
                         CASE WHEN at < %(moment)s THEN id END DESC,
                         at, id
            ) AS %(fact)s ON %(fact)s.res_id = %(table)s.id""",
            model=self._name,
            table=SQL.identifier(self._table),
            name=name,
            moment=moment,
            fact=SQL.identifier(f"{name}_fact"),
        )

    @api.model
    def _get_past_deadlines(self, domain, company, name):
        """Return records with each deadline that lies in a span of days, as a table for queries.

        The query has the table ``span`` (see ``tools.indicators``). A deadline that was in force when
        it passed stays one, whenever it is put off after that; the record comes with each of its
        deadlines, with the columns of :meth:`_get_past` as of the end of the span, and with ``deadline``
        and ``due_at``, the moment when that day is over.

        :param domain: which records, by what does not change
        :param company: in whose time zone days end
        :param str name: the dated field of the deadline
        :return: ``SQL``, in parentheses
        """
        ends_at = SQL(
            "((due.deadline + 1)::timestamp AT TIME ZONE %s AT TIME ZONE 'UTC')",
            get_tz(company),
        )
        return SQL(
            """
            (SELECT past.*, due.deadline, %(ends_at)s AS due_at
               FROM %(past)s AS past CROSS JOIN LATERAL (
                    SELECT NULLIF(value, '')::date AS deadline,
                           CASE WHEN row_number() OVER dated > 1 THEN at END AS at,
                           lead(at) OVER dated AS put_off_at
                      FROM itss_figure_fact
                     WHERE res_model = %(model)s AND name = %(name)s AND res_id = past.id
                    WINDOW dated AS (ORDER BY at, id)
                 UNION ALL
                    SELECT past.%(column)s, NULL, NULL
                     WHERE past.%(since)s IS NULL AND NOT EXISTS (
                           SELECT FROM itss_figure_fact
                            WHERE res_model = %(model)s AND name = %(name)s AND res_id = past.id)
               ) AS due
              WHERE due.deadline >= span.date_from AND due.deadline <= span.date_to
                AND (due.at IS NULL OR due.at < span.end_at)
                AND (due.put_off_at IS NULL OR due.put_off_at >= %(ends_at)s))
            """,
            ends_at=ends_at,
            past=self._get_past(domain, SQL("span.end_at")),
            model=self._name,
            name=name,
            column=SQL.identifier(name),
            since=SQL.identifier(f"{name}_since"),
        )

    @api.model
    def _get_since(self, states, moment):
        """Return since when a record has been in one of some states, without interruption, at a moment.

        :param moment: ``SQL``
        :return: ``SQL`` over the table ``fact``, with the columns of :meth:`_get_past`; NULL if it wasn't
        """
        facts = SQL(
            "FROM itss_figure_fact WHERE res_model = %s AND name = 'state' AND res_id = fact.id"
            " AND at < %s",
            self._name,
            moment,
        )
        return SQL(
            """
            CASE WHEN fact.state_then IN %(states)s THEN COALESCE(
                (SELECT min(at) %(facts)s AND value IN %(states)s AND at >= COALESCE(
                    (SELECT max(at) %(facts)s AND value NOT IN %(states)s), '-infinity')),
                fact.create_date) END
            """,
            states=tuple(states),
            facts=facts,
        )

    @api.model
    def _get_moved_domain(self, period, name):
        """Return the domain of records that a dated moment puts into a period, or may have put.

        :param str name: the Datetime field; what it said then has to be asked as well
        """
        facts = self.env["itss.figure.fact"].sudo()
        moved = facts._search(
            Domain("company_id", "=", period.company.id)
            & Domain("res_model", "=", self._name)
            & Domain("name", "=", name)
        )
        return period.get_domain(name) | Domain("id", "in", moved.subselect("res_id"))

    @api.model
    def _read_past(self, domain, moment, **columns):
        """Return what a query over the records as they were at a moment gives, a dict per row.

        :param columns: ``SQL`` by name; what aggregates them all gives one row
        """
        return self.env.execute_query_dict(
            SQL(
                "SELECT %s FROM %s AS past",
                SQL(", ").join(
                    SQL("%s AS %s", column, SQL.identifier(name))
                    for name, column in columns.items()
                ),
                self._get_past(domain, moment),
            )
        )

    @api.model
    def _count_past(self, domain, moment, **conditions):
        """Return how many records fulfilled conditions at a moment.

        :param conditions: ``SQL`` by name, with the columns of :meth:`_get_past`
        :return: dict of the counts
        """
        [counts] = self._read_past(
            domain,
            moment,
            **{
                name: SQL("count(*) FILTER (WHERE %s)", condition)
                for name, condition in conditions.items()
            },
        )
        return counts

    @api.model
    def _search_past(self, domain, moment, states):
        """Return the records that were in one of some states at a moment."""
        rows = self._read_past(domain, moment, id=SQL("id"), state=SQL("state_then"))
        return self.browse(row["id"] for row in rows if row["state"] in states)
