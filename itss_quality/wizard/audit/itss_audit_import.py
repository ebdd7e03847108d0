from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.checklist_excel import read_checklist
from ...tools.public import public

# headings by which a column is known in a file of any language
HEADINGS = {
    "section": ("Section", "章节", "类别", "方面", "过程"),
    "clause": ("Clause", "条款", "条款号"),
    "question": ("What to Check", "Question", "检查内容", "检查项目", "审核内容"),
    "method": ("How to Check", "检查方法", "审核方法"),
}
CHINESE_SECTIONS = {
    "人员": "people",
    "资源": "resources",
    "技术": "technology",
    "过程": "process",
    "质量": "quality",
    "项目阶段": "project",
}


class ItssAuditImport(models.TransientModel):
    """Reads the questions of a checklist from an Excel file, all or none (内审检查表)."""

    _name = "itss.audit.import"
    _description = "Import Checklist Questions"
    _inherit = ["itss.import.mixin"]

    checklist_id = fields.Many2one(
        "itss.audit.checklist", required=True, readonly=True, ondelete="cascade"
    )
    replace = fields.Boolean(
        string="Replace the Questions", help="Otherwise those of the file are added."
    )

    def _get_file_request(self):
        return self.env._("Please choose the Excel file with the questions.")

    def _read_vals(self):
        """Return the values of the questions in the file.

        :raise UserError: with everything that is wrong, by row and column
        """
        names = self.env["itss.audit.checklist.line"].fields_get(list(HEADINGS), ["string"])
        headings = {field: (*words, names[field]["string"]) for field, words in HEADINGS.items()}
        columns, rows = self._read_file(read_checklist, headings)
        if not rows:
            raise UserError(self.env._("There are no rows below the headings."))
        sections = self._get_sections()
        vals_list, problems = [], []
        for number, row in rows:
            if not row["question"]:
                reason = self.env._("The question is missing.")
                problems.append(columns["question"].refuse(number, reason))
            section = row.get("section") or "process"
            key = sections.get(section.casefold())
            if not key:
                reason = self.env._(
                    "“%(section)s” is no section; there are: %(sections)s.",
                    section=section,
                    sections=", ".join(self._get_section_names()),
                )
                problems.append(columns["section"].refuse(number, reason))
            vals_list.append(
                {
                    "checklist_id": self.checklist_id.id,
                    "sequence": len(vals_list) + 1,
                    "section": key,
                    "clause": row.get("clause"),
                    "question": row["question"],
                    "method": row.get("method"),
                }
            )
        if problems:
            raise self._get_refusal(problems)
        return vals_list

    def _get_section_names(self):
        field = self.env["itss.audit.checklist.line"]._fields["section"]
        return [name for _key, name in field._description_selection(self.env)]

    def _get_sections(self):
        """Return the sections by the names a file may give them."""
        field = self.env["itss.audit.checklist.line"]._fields["section"]
        english = field._description_selection(self.with_context(lang="en_US").env)
        names = {key: key for key, _name in english}
        for selection in (english, field._description_selection(self.env)):
            names.update({name.casefold(): key for key, name in selection})
        return {**CHINESE_SECTIONS, **names}

    @public(on="record")
    def action_import(self):
        """Take all questions of the file into the checklist, or none.

        :return: client action that tells the result and closes the dialog
        :raise UserError: with everything that is wrong; nothing is written
        :raise AccessError: missing role (quality department only)
        """
        checklist = self.checklist_id
        checklist.check_access("write")
        vals_list = self._read_vals()
        if self.replace:
            checklist.line_ids.unlink()
        checklist.line_ids.create(vals_list)
        checklist.message_post(
            body=self.env._(
                "%(count)s questions imported from “%(file)s”.",
                count=len(vals_list),
                file=self.filename or "",
            )
        )
        message = self.env._("%s questions imported.", len(vals_list))
        return self._notify(message, {"type": "ir.actions.client", "tag": "soft_reload"})
