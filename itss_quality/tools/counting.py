"""The queries by which a measure's facts are counted, and listed."""

from odoo.fields import Domain
from odoo.tools import SQL

from .indicators import COMPANY, Count


def count_facts(env, ask, facts):
    """Return what was counted, for all spans and scopes by one query.

    :param env: environment in superuser mode
    :param ask: ``Ask``
    :param facts: ``Facts``
    :return: ``{(number of the span, kind of scope, id): Count}``; without those nothing counts for.
        The company's id is 0
    """
    counts = _count(env, ask, facts)
    for kind in _get_kinds(ask, facts.shared_scopes):
        counts |= _count(env, ask, facts, kind)
    if facts.out_of:
        whole = count_facts(env, ask, facts.out_of)
        counts = {
            key: count._replace(numerator=counts.get(key, Count()).denominator)
            for key, count in whole.items()
        }
    return counts


def list_facts(env, ask, facts):
    """Return the query of the records behind a figure, those left out with the reason among them.

    :return: ``SQL`` with the columns ``number`` (of the span), ``res_model``, ``res_id``, ``is_counted``,
        ``is_in_denominator``, ``reason``, ``amount``
    """
    own = SQL(
        """
        SELECT number, %s AS res_model, id AS res_id, is_counted AND left_out IS NULL AS is_counted,
               left_out IS NULL AND %s AS is_in_denominator, left_out AS reason, amount
          FROM %s
        """,
        facts.model,
        not facts.out_of,
        _get_rows(env, ask, facts, ()),
    )
    if not facts.out_of:
        return own
    whole = list_facts(env, ask, facts.out_of)
    return SQL(
        "%s UNION ALL SELECT number, res_model, res_id, FALSE, is_in_denominator, reason, amount"
        " FROM (%s) AS whole",
        own,
        whole,
    )


def _get_kinds(ask, scopes):
    if ask.scope:
        return ()
    return [kind for kind in scopes if ask.scopes is None or kind in ask.scopes]


def _count(env, ask, facts, shared=None):
    """Count by the scopes a record has one of, or by one kind that it may have several of."""
    if ask.scope and ask.scope[0] not in {COMPANY, *facts.scopes, *facts.shared_scopes}:
        # the facts don't know whose they are
        return {}
    kinds = [shared] if shared else _get_kinds(ask, facts.scopes)
    columns = [SQL.identifier(f"{kind}_scope") for kind in kinds]
    sets = [SQL("(number, %s)", column) for column in columns]
    if not shared and (ask.scope or ask.scopes is None or COMPANY in ask.scopes):
        sets.insert(0, SQL("(number)"))
    if not sets:
        return {}
    rows = env.execute_query(
        SQL(
            """
            SELECT number,
                   SUM(CASE WHEN is_counted THEN amount * weight ELSE 0 END)::float8,
                   SUM(weight)::float8,
                   SUM(weight)::int8%s
              FROM %s
             WHERE left_out IS NULL
          GROUP BY GROUPING SETS (%s)
            """,
            SQL("").join(SQL(", %s, GROUPING(%s)", column, column) for column in columns),
            _get_rows(env, ask, facts, kinds),
            SQL(", ").join(sets),
        )
    )
    return dict(_read_row(ask, kinds, row) for row in rows if _is_known(kinds, row))


def _is_known(kinds, row):
    """Whether a row is the company's, or one of a scope that the records name."""
    scopes = row[4:]
    return all(
        scopes[2 * place] is not None or scopes[2 * place + 1] for place in range(len(kinds))
    )


def _read_row(ask, kinds, row):
    number, numerator, denominator, n, *scopes = row
    kind, scope_id = ask.scope or (COMPANY, 0)
    for place, name in enumerate(kinds):
        scope, is_summed_up = scopes[2 * place : 2 * place + 2]
        if not is_summed_up:
            kind, scope_id = name, scope
    return (number, kind, scope_id), Count(numerator, denominator, n)


def _get_rows(env, ask, facts, kinds):
    """Return the records of the spans as the table ``rows``, each with the ids of its scopes."""
    env.flush_all()
    scopes = {**facts.scopes, **facts.shared_scopes}
    joins, columns = [], []
    for kind in kinds:
        scope = scopes[kind]
        if kind in facts.shared_scopes:
            joins.append(SQL("CROSS JOIN LATERAL unnest(%s) AS shared (id)", scope))
            scope = SQL("shared.id")
        columns.append(SQL(", %s AS %s", scope, SQL.identifier(f"{kind}_scope")))
    return SQL(
        """
        (SELECT span.number, fact.id, (%(left_out)s) AS left_out,
                COALESCE(%(counted)s, FALSE) AS is_counted,
                (%(amount)s) AS amount, (%(weight)s) AS weight%(columns)s
           FROM %(spans)s CROSS JOIN %(table)s %(joins)s
          WHERE %(is_in)s AND %(narrowed)s) AS rows
        """,
        left_out=facts.left_out,
        counted=facts.counted,
        amount=facts.amount or SQL("1"),
        weight=facts.weight or SQL("1"),
        columns=SQL("").join(columns),
        spans=ask.get_span_table(),
        table=facts.table,
        joins=SQL(" ").join(joins),
        is_in=facts.is_in,
        narrowed=_narrow(env, ask, facts),
    )


def _narrow(env, ask, facts):
    """Return the condition of the records of the scope and the domain that are asked for."""
    conditions = [SQL("TRUE")]
    if ask.scope and ask.scope[0] != COMPANY:
        kind, scope_id = ask.scope
        if kind in facts.shared_scopes:
            conditions.append(SQL("%s = ANY(%s)", scope_id, facts.shared_scopes[kind]))
        elif kind in facts.scopes:
            conditions.append(SQL("%s = %s", facts.scopes[kind], scope_id))
        else:
            conditions.append(SQL("FALSE"))
    domain = Domain(ask.domain)
    if not domain.is_true():
        records = env[facts.model].with_context(active_test=False)
        conditions.append(SQL("fact.id IN %s", records._search(domain).subselect()))
    return SQL(" AND ").join(conditions)
