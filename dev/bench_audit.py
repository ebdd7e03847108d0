"""The figure of internal audits: their checklists, one copy per audited department."""

from odoo.fields import Command

from bench_figures import database, figure, median_times_in_turn

DEPARTMENTS = 30
QUESTIONS = 200
AUDITORS = 5
PREPARED_FIELDS = [
    "audit_id",
    "department_id",
    "auditor_id",
    "sequence",
    "checklist_line_id",
    "section",
    "clause",
    "question",
    "method",
]


@database()
def audit_of_30_departments(env):
    """An audit with its team, its schedule and one checklist; nothing is prepared yet."""
    team = env["hr.employee"].create(
        [
            {
                "name": f"内审员 {number}",
                "itss_auditor_since": "2020-01-01",
                "itss_auditor_certificate": "NSY",
            }
            for number in range(AUDITORS + 1)
        ]
    )
    heads = env["hr.employee"].create([{"name": f"负责人 {n}"} for n in range(DEPARTMENTS)])
    departments = env["hr.department"].create(
        [{"name": f"部门 {number}", "manager_id": head.id} for number, head in enumerate(heads, 1)]
    )
    checklist = env["itss.audit.checklist"].create(
        {
            "name": "内审检查表",
            "line_ids": [
                Command.create(
                    {
                        "sequence": number,
                        "section": "process",
                        "clause": f"{number // 20}.{number % 20}",
                        "question": f"第 {number} 项工作是否按要求执行？有无记录？",
                        "method": "查阅记录，抽样三份",
                    }
                )
                for number in range(QUESTIONS)
            ],
        }
    )
    auditors = env["hr.employee.public"].browse(team[1:].ids)
    env["itss.audit"].create(
        {
            "date_start": "2025-09-15",
            "date_end": "2025-09-19",
            "lead_auditor_id": team[0].id,
            "auditor_ids": [Command.set(auditors.ids)],
            "department_ids": [Command.set(departments.ids)],
            "checklist_ids": [Command.set(checklist.ids)],
            "schedule_ids": [
                Command.create(
                    {
                        "department_id": department.id,
                        "auditor_ids": [Command.set(auditors[number % AUDITORS].ids)],
                        "start": "2025-09-15 01:00:00",
                        "stop": "2025-09-15 03:00:00",
                    }
                )
                for number, department in enumerate(departments)
            ],
        }
    )


@figure(3, "audit_of_30_departments")
def audit_lines(env):
    """Preparing an audit of 30 departments × 200 questions / creating as many lines by the ORM."""
    audit = env["itss.audit"].search([])
    lines = audit._prepare_lines()
    assert len(lines) == DEPARTMENTS * QUESTIONS
    vals_list = [
        {name: values[name] for name in PREPARED_FIELDS}
        for values in lines.read(PREPARED_FIELDS, load=None)
    ]
    env.cr.rollback()

    def prepare():
        audit._prepare_lines()

    def create():
        env["itss.audit.line"].create(vals_list)

    return median_times_in_turn((env, prepare), (env, create), runs=5, warm_up=1)
