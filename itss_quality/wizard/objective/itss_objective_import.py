import re

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.objective_excel import is_nothing, parse_completion, parse_value, read_objectives
from ...tools.public import public

SEPARATORS = re.compile(r"[/、,，;；\n]+")


class ItssObjectiveImport(models.TransientModel):
    """Reads a countermeasure table (目标展开对策表) from an Excel file, all of it or nothing."""

    _name = "itss.objective.import"
    _description = "Import Countermeasure Table"
    _inherit = ["itss.import.mixin"]

    objective_id = fields.Many2one(
        "itss.objective", required=True, readonly=True, ondelete="cascade"
    )
    replace = fields.Boolean(
        string="Replace the Objectives",
        default=True,
        help="Otherwise those of the file are added.",
    )

    def _get_file_request(self):
        return self.env._("Please choose the Excel file with the countermeasure table.")

    # -------------------------------------------------------------------------
    # Reading
    # -------------------------------------------------------------------------

    def _read_vals(self):
        """Return the values of the objectives in the file.

        :raise UserError: with everything that is wrong, by row and column
        """
        columns, rows = self._read_file(read_objectives)
        if not rows:
            raise UserError(self.env._("There are no rows below the headings."))
        known = self._get_known()
        vals_list, problems = [], []
        for number, row in rows:
            vals, refused = self._read_row(row, known)
            problems += [
                columns.get(field, columns["objective"]).refuse(number, reason)
                for field, reason in refused
            ]
            vals_list.append({**vals, "sequence": 10 * (len(vals_list) + 1)})
        if problems:
            raise self._get_refusal(problems)
        return vals_list

    def _get_known(self):
        """Return what the cells may name: indicators, departments and users by their names."""
        objective = self.objective_id
        company = objective.company_id
        indicators = self.env["itss.indicator"].search([("company_id", "=", company.id)])
        by_name = {}
        for lang, _name in self.env["res.lang"].get_installed():
            for indicator in indicators.with_context(lang=lang):
                by_name.setdefault(self._fold(indicator.name), indicator.with_env(self.env))
        for line in objective.parent_id.line_ids | objective.line_ids:
            by_name[self._fold(line.name)] = line.indicator_id
        departments = self.env["hr.department"].search([("company_id", "=", company.id)])
        users = self.env["res.users"].search(
            [("share", "=", False), ("company_ids", "in", company.ids)]
        )
        return {
            "indicator": {**{self._fold(one.code): one for one in indicators}, **by_name},
            "department": {one.name: one for one in departments},
            "user": users.grouped("name"),
        }

    def _fold(self, text):
        return re.sub(r"\s", "", text or "").casefold()

    def _read_row(self, row, known):
        """Return the values of a row, and pairs of a field and why its cell is refused."""
        indicator = known["indicator"].get(self._fold(row.get("code") or row["objective"]))
        if not row["objective"]:
            return {}, [("objective", self.env._("The objective is missing."))]
        if not indicator:
            reason = self.env._(
                "No indicator is called “%(name)s”. Please use its name or its code, or make one.",
                name=row["objective"],
            )
            return {}, [("objective", reason)]
        vals = {
            "objective_id": self.objective_id.id,
            "indicator_id": indicator.id,
            "name": row["objective"],
            "countermeasure": row.get("countermeasure") or False,
            "check_result": row.get("check_result") or False,
        }
        parent_line = self.objective_id.parent_id.line_ids.filtered(
            lambda line: line.indicator_id == indicator
        )[:1]
        if parent_line:
            vals["parent_line_id"] = parent_line.id
        refused = []
        for field, read in (
            ("target", self._read_target),
            ("baseline", self._read_baseline),
            ("responsible", self._read_responsible),
            ("deadline", self._read_deadline),
        ):
            try:
                vals.update(read(row.get(field) or "", indicator, known))
            except ValueError as error:
                refused.append((field, error.args[0]))
        return vals, refused

    def _read_target(self, text, indicator, known):
        value = parse_value(text)
        if not value:
            raise ValueError(
                self.env._("“%(text)s” is no target value such as ≥ 95 %%.", text=text)
            )
        direction, number = value
        if direction and direction != indicator.direction:
            raise ValueError(
                self.env._(
                    "“%(text)s”: of “%(indicator)s” %(direction)s.",
                    text=text,
                    indicator=indicator.name,
                    direction=dict(indicator._fields["direction"]._description_selection(self.env))[
                        indicator.direction
                    ],
                )
            )
        if not self._takes_plan_target(indicator):
            return {"target": number}
        plan_target = self.objective_id.plan_line_id.sudo().plan_id.satisfaction_target
        if number != plan_target:
            raise ValueError(
                self.env._(
                    "The plan's target is %(target)s: it is changed there.",
                    target=f"{plan_target:g}",
                )
            )
        return {"from_plan": True}

    def _takes_plan_target(self, indicator):
        objective = self.objective_id
        plan_indicator = objective.line_ids._find_plan_indicator(objective.company_id)
        is_first = objective.level == "company" and indicator == plan_indicator
        return is_first and bool(objective.plan_line_id)

    def _read_baseline(self, text, indicator, known):
        if is_nothing(text):
            return {"baseline": 0, "has_baseline": False}
        value = parse_value(text)
        if not value:
            raise ValueError(self.env._("“%(text)s” is no value such as 93.5 %%.", text=text))
        return {"baseline": value[1], "has_baseline": True}

    def _read_responsible(self, text, indicator, known):
        vals = {}
        departments = self.env["hr.department"]
        for name in filter(None, map(str.strip, SEPARATORS.split(text))):
            users = known["user"].get(name, self.env["res.users"])
            if name in known["department"]:
                departments |= known["department"][name]
            elif len(users) == 1 and "owner_id" not in vals:
                vals["owner_id"] = users.id
            elif len(users) > 1:
                raise ValueError(self.env._("Several users are called “%s”.", name))
            elif users:
                raise ValueError(self.env._("An objective has one owner."))
            else:
                raise ValueError(
                    self.env._("“%s” is no department and no user of the company.", name)
                )
        own = self.objective_id.department_id
        if own and departments - own:
            raise ValueError(
                self.env._("This is the table of %(department)s.", department=own.name)
            )
        if not own:
            vals["department_ids"] = departments.ids
        return vals

    def _read_deadline(self, text, indicator, known):
        if not text:
            return {"date_deadline": False}
        day = parse_completion(text, self.objective_id.year)
        if not day:
            raise ValueError(self.env._("“%(text)s” is no day such as 2025-10-31.", text=text))
        return {"date_deadline": day}

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    @public(on="record")
    def action_import(self):
        """Take all objectives of the file, or none.

        :return: client action that tells the result and closes the dialog
        :raise UserError: with everything that is wrong; nothing is written
        :raise AccessError: the user may not change the objectives
        """
        objective = self.objective_id
        objective.check_access("write")
        objective._check_locked({"line_ids": True})
        vals_list = self._read_vals()
        if self.replace:
            objective.line_ids.unlink()
        objective.line_ids.create(vals_list)
        objective.message_post(
            body=self.env._(
                "%(count)s objectives imported from “%(file)s”.",
                count=len(vals_list),
                file=self.filename or "",
            )
        )
        message = self.env._("%s objectives imported.", len(vals_list))
        return self._notify(message, {"type": "ir.actions.client", "tag": "soft_reload"})
