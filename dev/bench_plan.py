"""The figures of plans: importing them, and opening the list of their lines."""

import base64
import functools
import io

import openpyxl
from lxml import etree

from bench_figures import database, figure, median_time


@database()
def plan(env):
    """As it is after the installation: each figure makes what it needs."""


@figure(3, "plan")
def plan_import(env):
    """importing a plan of 2,000 lines from Excel / creating the same lines in one call"""
    department = env["hr.department"].create({"name": "运维部"})
    rows = [
        (
            str(number),
            f"工作项目 {number}",
            "1、按计划实施。\n2、保留记录。",
            "运维部",
            "各有关部门",
            "运维部经理",
            "2025年10月底",
        )
        for number in range(1, 2001)
    ]
    workbook = openpyxl.Workbook()
    workbook.active.append(
        ("编号", "工作项目", "措施及要求", "责任部门", "配合部门", "负责人", "计划实施日期")
    )
    for row in rows:
        workbook.active.append(row)
    content = io.BytesIO()
    workbook.save(content)
    plan = env["itss.plan"].create({"name": "2025", "year": 2025})

    def import_file():
        values = {
            "plan_id": plan.id,
            "filename": "plan.xlsx",
            "file": base64.b64encode(content.getvalue()),
        }
        env["itss.plan.import"].create(values).action_import()
        assert len(plan.line_ids) == len(rows)

    def create_lines():
        env["itss.plan.line"].create(
            [
                {
                    "plan_id": plan.id,
                    "number": number,
                    "name": name,
                    "measures": measures,
                    "responsible_department_ids": [(6, 0, department.ids)],
                    "supporting_text": supporting,
                    "responsible_title": title,
                    "date_text": date,
                }
                for number, name, measures, _responsible, supporting, title, date in rows
            ]
        )

    return median_time(env, import_file), median_time(env, create_lines)


@figure(2, "plan")
def plan_line_list(env):
    """opening the list of 20,000 plan lines / opening that of 20,000 employees"""
    make_lines_and_employees(env, env["hr.department"].create({"name": "运维部"}))
    env = env(user=env.ref("base.user_admin"))
    return time_lists(env, env)


@figure(2, "plan")
def plan_line_list_of_participant(env):
    """the same list for a participant, whose rule looks at departments / that of 20,000 employees"""
    department = env["hr.department"].create({"name": "运维部"})
    groups = env.ref("itss_quality.group_itss_user") | env.ref("base.group_user")
    user = env["res.users"].create(
        {"name": "参与人", "login": "participant", "group_ids": [(6, 0, groups.ids)]}
    )
    env["hr.employee"].create(
        {"name": "参与人", "user_id": user.id, "department_id": department.id}
    )
    make_lines_and_employees(env, department)
    return time_lists(env(user=user), env(user=env.ref("base.user_admin")))


def make_lines_and_employees(env, department, count=20_000):
    """Make running plans with lines of one department, and as many employees."""
    plans = env["itss.plan"].create(
        [{"name": f"{year}", "year": year, "state": "approved"} for year in range(2015, 2025)]
    )
    # Lines as they come from an import; the employees' list shows an activity for some rows, so
    # does ours.
    env["itss.plan.line"].with_context(tracking_disable=True).create(
        [
            {
                "plan_id": plan.id,
                "number": str(number),
                "name": f"工作项目 {number}",
                "responsible_department_ids": [(6, 0, department.ids)],
                "responsible_title": "运维部经理",
                "date_text": f"{plan.year}年10月",
            }
            for plan in plans
            for number in range(count // len(plans))
        ]
    )
    employees = count - env["hr.employee"].search_count([])
    multiply_employee(
        env, env["hr.employee"].create({"name": "员工", "department_id": department.id}), employees
    )
    env.flush_all()
    env.cr.execute("ANALYZE")


def time_lists(lines_env, employees_env):
    return tuple(
        median_time(env, functools.partial(open_list, env[model]), runs=15)
        for env, model in ((lines_env, "itss.plan.line"), (employees_env, "hr.employee"))
    )


def open_list(model):
    """What the web client asks the server for when it opens a list."""
    arch = etree.fromstring(model.get_view(view_type="list")["arch"])
    specification = {}
    for node in arch.iterfind("./field"):
        field = model._fields[node.get("name")]
        specification[field.name] = {"fields": {"display_name": {}}} if field.relational else {}
    result = model.web_search_read([], specification, limit=80, count_limit=10_001)
    assert (len(result["records"]), result["length"]) == (80, 10_001)


def multiply_employee(env, employee, count):
    """Copy an employee in SQL: the ORM draws a picture for each, which takes minutes for 20,000."""
    env.flush_all()
    sources = {
        "resource_resource": employee.resource_id.id,
        "hr_employee": employee.id,
        "hr_version": employee.current_version_id.id,
    }
    copies = {table: f"{source} + number" for table, source in sources.items()}
    replaced = {
        "resource_resource": {},
        "hr_employee": {"resource_id": copies["resource_resource"], "current_version_id": "NULL"},
        "hr_version": {"employee_id": copies["hr_employee"]},
    }
    for table, source in sources.items():
        values = {"id": copies[table], **replaced[table]}
        env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
        )
        columns = {f'"{name}"': values.get(name, f'"{name}"') for (name,) in env.cr.fetchall()}
        env.cr.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
            f"FROM {table}, generate_series(1, {count - 1}) number WHERE id = {source}"
        )
    env.cr.execute(
        "UPDATE hr_employee SET current_version_id = v.id FROM hr_version v WHERE v.employee_id = hr_employee.id"
    )
    env.invalidate_all()
