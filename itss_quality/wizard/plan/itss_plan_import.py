import re
from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ...tools.durations import get_today
from ...tools.excel import Problem
from ...tools.plan_excel import EXTRA_FIELDS, NONE, read_plan_table
from ...tools.plan_kind import guess_kind
from ...tools.plan_names import SEPARATOR, fold_name, names_everybody, split_names
from ...tools.public import public
from .itss_plan_import_line import get_line_dates

GROUP_QUALITY = "itss_quality.group_itss_quality"
DATE_FIELDS = ("date_start", "date_end")
FLAG_FIELDS = ("all_year", "before_external_audit", "supporting_all")


class ItssPlanImport(models.TransientModel):
    """Wizard that reads the plan's table (plan chapter 7) from Excel, all or nothing."""

    _name = "itss.plan.import"
    _description = "Import of the Plan's Table"
    _inherit = ["itss.import.mixin"]
    # from the file alone
    _stamp_fields = ("responsible_column",)

    state = fields.Selection(
        [("upload", "Choose the File"), ("preview", "Check the Lines"), ("done", "Imported")],
        default="upload",
        required=True,
        readonly=True,
    )
    plan_id = fields.Many2one(
        "itss.plan",
        domain="[('state', '=', 'draft')]",
        help="A plan in draft. Leave it empty to create a new plan.",
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    year = fields.Integer(help="Year of the new plan. Leave it empty to take it from the file.")
    name = fields.Char(help="Name of the new plan. Leave it empty to take it from the file.")
    mode = fields.Selection(
        [("replace", "Replace the plan's lines"), ("append", "Add to the plan's lines")],
        string="Lines",
        default="replace",
        required=True,
    )
    create_missing_departments = fields.Boolean()
    sheet = fields.Char(readonly=True)
    responsible_column = fields.Json(readonly=True)
    notes = fields.Text(readonly=True)
    line_ids = fields.One2many("itss.plan.import.line", "wizard_id", readonly=True)
    line_count = fields.Integer(compute="_compute_summary")
    warning_count = fields.Integer(compute="_compute_summary")
    missing_departments = fields.Text(compute="_compute_summary")
    existing_count = fields.Integer(compute="_compute_existing_count")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("plan_id")
    @api.depends_context("company")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.plan_id.company_id or self.env.company

    @api.depends("plan_id")
    def _compute_existing_count(self):
        for wizard in self:
            wizard.existing_count = len(wizard.plan_id.line_ids)

    @api.depends("line_ids.warning", "line_ids.unknown_departments")
    def _compute_summary(self):
        for wizard in self:
            lines = wizard.line_ids
            wizard.line_count = len(lines)
            wizard.warning_count = len(lines.filtered("warning"))
            names = dict.fromkeys(name for line in lines for name in line._get_unknown())
            wizard.missing_departments = SEPARATOR.join(names)

    # -------------------------------------------------------------------------
    # Reading the file
    # -------------------------------------------------------------------------

    def _get_file_request(self):
        return self.env._("Please choose the Excel file with the plan's table.")

    def _prepare_plan_vals(self, table):
        """Return year and name of the new plan, from the file where the user gave none."""
        if self.plan_id:
            return {}
        first_line = table.title.partition("\n")[0]
        return {
            "year": self.year or self._guess_year(table),
            "name": self.name or re.sub(r"\s*[(（][^()（）]*[)）]$", "", first_line) or False,
        }

    def _guess_year(self, table):
        """Return the year the title names, else the one most dates name, else this year."""
        year = re.compile(r"(?<!\d)20\d\d(?!\d)")
        dates = " ".join(row["date_text"] for row in table.rows)
        years = year.findall(table.title)[:1] or year.findall(dates)
        return (
            int(Counter(years).most_common(1)[0][0]) if years else get_today(self.env.company).year
        )

    def _get_year(self):
        return self.plan_id.year or self.year

    # -------------------------------------------------------------------------
    # Preparing the lines
    # -------------------------------------------------------------------------

    def _prepare_preview_lines(self, table):
        """Return the values of the preview lines of all rows.

        :param PlanTable table: the table as read
        :raise UserError: with the row and column of each problem
        """
        departments = self._get_departments(self.company_id)
        employees = self._get_employees(table)
        lines, problems = [], []
        for row in table.rows:
            line = {"wizard_id": self.id, "row": row["row"], "remarks": []}
            line["vals"] = self._prepare_line_vals(row)
            self._match_responsible(line, row, departments)
            self._match_supporting(line, row, departments)
            self._match_in_charge(line, row, employees)
            if corrections := [field for field in EXTRA_FIELDS if row.get(field)]:
                line["remarks"].append(
                    self.env._(
                        "Hidden columns correct this row: %(columns)s.",
                        columns=", ".join(corrections),
                    )
                )
            for field, reason in self._get_row_problems(line, row, departments):
                problems.append(table.columns[field].refuse(row["row"], reason))
            lines.append({**line, "remarks": "\n".join(line["remarks"])})
        if problems:
            raise self._get_refusal(problems)
        return lines

    def _prepare_line_vals(self, row):
        """Return the plan line's values that need no look-up; what hidden columns say wins."""
        no_date_text = row.get("no_date_text") == "TRUE"
        vals = {
            "number": row["number"] or False,
            "name": row["name"],
            "measures": row["measures"] or False,
            "responsible_text": row["responsible"] or False,
            "supporting_text": row["supporting"] or False,
            "date_text": not no_date_text and row["date_text"] or False,
            "kind": row.get("kind") or guess_kind(row["name"]),
        }
        for field in filter(row.get, DATE_FIELDS):
            vals[field] = row[field] != NONE and row[field]
        for field in filter(row.get, FLAG_FIELDS):
            vals[field] = row[field] == "TRUE"
        return vals

    def _match_responsible(self, line, row, departments):
        text = row.get("responsible_department_ids") or row["responsible"]
        ids, rest = split_names(text.removeprefix(NONE), departments)
        line["vals"]["responsible_department_ids"] = ids
        line["unknown_departments"] = rest

    def _match_supporting(self, line, row, departments):
        """Set the supporting departments; what is none (各有关部门) stays in the text."""
        text = row.get("supporting_department_ids") or row["supporting"]
        ids, rest = split_names(text.removeprefix(NONE), departments)
        line["vals"]["supporting_department_ids"] = ids
        line["remarks"] += [
            self.env._("“%s” is no department and is kept as text.", name)
            for name in rest
            if not names_everybody(name)
        ]

    def _match_in_charge(self, line, row, employees):
        """Set the person in charge; a text that is nobody's name is a title (运维部经理)."""
        text, name = row["in_charge"], row.get("responsible_id") or row["in_charge"]
        found = employees.get(name, [])
        line["vals"]["responsible_id"] = len(found) == 1 and found[0]
        line["vals"]["responsible_title"] = (len(found) != 1 or name != text) and text or False
        if len(found) > 1:
            line["remarks"].append(
                self.env._(
                    "%(count)s employees are called “%(name)s”.", count=len(found), name=name
                )
            )

    def _get_row_problems(self, line, row, departments):
        """Return (field of the table, reason) of what can't be imported from this row."""
        problems = []
        for name in line["unknown_departments"]:
            if names_everybody(name):
                reason = self.env._("“%s” names no department. Name each responsible one.", name)
                problems.append(("responsible", reason))
            elif departments.get(fold_name(name)):
                reason = self.env._(
                    "More than one department is called “%s”. Enter its full name, with the "
                    "departments above it.",
                    name,
                )
                problems.append(("responsible", reason))
        kinds = self.env["itss.plan.line"]._fields["kind"].get_values(self.env)
        if line["vals"]["kind"] not in kinds:
            problems.append(("kind", self.env._("“%s” is no kind of plan line.", row["kind"])))
        start, end = get_line_dates(line["vals"], self._get_year())[:2]
        if start and end and start > end:
            field = "date_end" if row.get("date_end") else "date_start"
            problems.append((field, self.env._("The line would end before it starts.")))
        return problems

    # -------------------------------------------------------------------------
    # Looking up names
    # -------------------------------------------------------------------------

    @api.model
    def _get_departments(self, company):
        """Return the ids of a company's departments by folded name and folded full name."""
        departments = self.env["hr.department"].search([("company_id", "in", (company.id, False))])
        found = defaultdict(set)
        # names can be translated, and the file be written in the other language
        for records in (departments, departments.with_context(lang=None)):
            for department in records:
                found[fold_name(department.name)].add(department.id)
                found[fold_name(department.complete_name)].add(department.id)
        return found

    def _get_employees(self, table):
        """Return the ids of the company's employees named in the table, by name."""
        names = {row.get(field) for row in table.rows for field in ("in_charge", "responsible_id")}
        domain = [
            ("company_id", "=", self.company_id.id),
            ("name", "in", list(filter(None, names))),
        ]
        found = defaultdict(list)
        for employee in self.env["hr.employee"].search_fetch(domain, ["name"]):
            found[employee.name].append(employee.id)
        return found

    def _create_departments(self):
        """Create the missing departments as the quality department asked for.

        :return: ids of all departments by folded name
        :raise UserError: there are some, and nobody asked for their creation
        :raise AccessError: the user is not of the quality department
        """
        departments = self._get_departments(self.company_id)
        missing = {}
        for line in self.line_ids:
            for name in line._get_unknown():
                if not departments.get(fold_name(name)):
                    missing.setdefault(fold_name(name), (name, line))
        if missing and not self.create_missing_departments:
            raise self._get_refusal(
                [self._get_missing_problem(name, line) for name, line in missing.values()]
            )
        if missing and not self.env.user.has_group(GROUP_QUALITY):
            raise AccessError(self.env._("Only the quality department may create departments."))
        # who writes the plan need not be HR officer; here, and by name only, they may create some
        vals_list = [
            {"name": name, "company_id": self.company_id.id} for name, _line in missing.values()
        ]
        created = self.env["hr.department"].sudo().create(vals_list)
        departments.update(zip(missing, ({department.id} for department in created), strict=True))
        return departments

    # -------------------------------------------------------------------------
    # Importing
    # -------------------------------------------------------------------------

    def _prepare_plan_lines(self, plan, departments):
        """Return the values of the plan lines: what the preview shows, and the new departments."""
        start = max(plan.line_ids.mapped("sequence"), default=0)
        vals_list = []
        for index, line in enumerate(self.line_ids.sorted(), 1):
            new = [departments[fold_name(name)] for name in line._get_unknown()]
            ids = {*line.vals["responsible_department_ids"], *(id_ for ids in new for id_ in ids)}
            vals_list.append(
                {
                    **line.vals,
                    "plan_id": plan.id,
                    "sequence": start + 10 * index,
                    "responsible_department_ids": [Command.set(ids)],
                    "supporting_department_ids": [
                        Command.set(line.vals["supporting_department_ids"])
                    ],
                }
            )
        return vals_list

    def _remove_lines(self, plan):
        """Delete the plan's lines.

        :return: by number and name the stamps of those that continue a line of another plan
        """
        stamps = {
            (line.number, line.name): {
                "previous_id": line.previous_id.id,
                "carried_over": line.carried_over,
            }
            for line in plan.line_ids
            if line.previous_id
        }
        plan.line_ids.unlink()
        return stamps

    def _check_plan(self):
        if self.plan_id.state not in (False, "draft"):
            raise UserError(
                self.env._(
                    "“%(plan)s” is no draft any more. Lines are imported into drafts only: send "
                    "the plan back or make a new revision.",
                    plan=self.plan_id.display_name,
                )
            )

    # -------------------------------------------------------------------------
    # Messages
    # -------------------------------------------------------------------------

    def _get_missing_problem(self, name, line):
        letter, heading = self.responsible_column or (None, None)
        reason = self.env._(
            "There is no department “%(name)s” in %(company)s. Correct the name, or switch on "
            "“Create Missing Departments”.",
            name=name,
            company=self.company_id.name,
        )
        return Problem(reason, line.row, letter, heading)

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_preview(self):
        """Read the file and show each row as it will be imported.

        :return: window action on this wizard
        :raise UserError: the file can't be read or a row is wrong, with row and column
        """
        self._check_plan()
        headings = self.env["report.itss_quality.plan_xlsx"]._get_headings()
        table = self._read_file(read_plan_table, headings)
        column = table.columns["responsible"]
        self.write(
            {
                **self._prepare_plan_vals(table),
                "state": "preview",
                "sheet": table.sheet,
                "notes": "\n".join(self._format_problem(note) for note in table.notes),
            }
        )
        lines = self._prepare_preview_lines(table)
        # what comes from the file nobody enters
        wizard = self.sudo()
        wizard.responsible_column = [column.letter, column.heading]
        wizard.line_ids.unlink()
        wizard.line_ids.create(lines)
        return self._reopen()

    @public(on="record")
    def action_back(self):
        """Go back to choosing the file.

        :return: window action on this wizard
        """
        self.state = "upload"
        return self._reopen()

    @public(on="record")
    def action_import(self):
        """Write the lines of the preview into the plan, or into a new one.

        :return: client action that tells the result and shows the plan
        :raise UserError: departments are missing, or the plan is no draft; nothing is written
        :raise AccessError: the user may not write plans
        """
        if self.state == "done":
            raise UserError(self.env._("This file has been imported already."))
        if self.state == "upload":
            self.action_preview()
        self._check_plan()
        departments = self._create_departments()
        plan = self.plan_id or self._create_plan()
        replace = self.mode == "replace"
        stamps = self._remove_lines(plan) if replace else {}
        lines = self.env["itss.plan.line"].create(self._prepare_plan_lines(plan, departments))
        for line in lines if stamps else ():
            # a line that comes back goes on continuing what it continued before; only a step of
            # the workflow may say so
            line.sudo().write(stamps.get((line.number, line.name), {}))
        self.state = "done"
        plan.message_post(
            body=self.env._(
                "%(count)s lines imported from “%(file)s”, sheet “%(sheet)s”.",
                count=len(lines),
                file=self.filename or "",
                sheet=self.sheet,
            )
        )
        message = self.env._(
            "%(count)s lines imported into “%(plan)s”.", count=len(lines), plan=plan.display_name
        )
        close = {"type": "ir.actions.act_window_close"}
        return self._notify(message, close if self.plan_id else plan.get_formview_action())

    @public(on="model")
    def action_download_template(self):
        """Download an empty table to fill in.

        :return: report action
        """
        report = self.env.ref("itss_quality.itss_plan_xlsx_action")
        return report.report_action(None, data={"template": True}, config=False)

    def _create_plan(self):
        vals = {"year": self.year, "company_id": self.company_id.id}
        if self.name:
            vals["name"] = self.name
        return self.env["itss.plan"].create(vals)

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import the Plan's Table"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }
