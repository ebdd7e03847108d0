import base64

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.excel import ExcelError


class ItssImportMixin(models.AbstractModel):
    """Dialog that takes what stands in an Excel file, all or nothing.

    Whatever is wrong is told at once, each with its row and column.
    """

    _name = "itss.import.mixin"
    _description = "Import from Excel"
    _inherit = ["itss.guard.mixin"]

    # of the problems of a file so many are listed
    _max_problems = 20

    file = fields.Binary(string="Excel File", attachment=False)
    filename = fields.Char()

    # -------------------------------------------------------------------------
    # Hooks
    # -------------------------------------------------------------------------

    def _get_file_request(self):
        """Return the words that ask for the file, when there is none."""
        raise NotImplementedError

    # -------------------------------------------------------------------------
    # Reading
    # -------------------------------------------------------------------------

    def _read_file(self, read, *args):
        """Return what a function of ``tools/`` reads in the uploaded file.

        :param read: function of the file's bytes and of ``args``
        :raise UserError: with everything that is wrong, by row and column
        """
        if not self.file:
            raise UserError(self._get_file_request())
        content = base64.b64decode(self.with_context(bin_size=False).file)
        try:
            return read(content, *args)
        except ExcelError as error:
            raise self._get_refusal(error.problems) from error

    # -------------------------------------------------------------------------
    # Messages
    # -------------------------------------------------------------------------

    def _get_refusal(self, problems):
        """Return the UserError that lists Problems: the first of them, when there are many."""
        lines = [self.env._("Nothing was imported. Please correct this first:")]
        lines += [f"• {self._format_problem(one)}" for one in problems[: self._max_problems]]
        if len(problems) > self._max_problems:
            lines.append(self.env._("… and %s more.", len(problems) - self._max_problems))
        return UserError("\n".join(lines))

    def _format_problem(self, problem):
        """Return the reason of a Problem and its place in the file."""
        reason = problem.reason
        if not isinstance(reason, str):
            reason = self.env._(reason)
        place = {**problem._asdict(), "reason": reason}
        if problem.column:
            return self.env._("Row %(row)s, column %(column)s (%(heading)s): %(reason)s", **place)
        if problem.row:
            return self.env._("Row %(row)s: %(reason)s", **place)
        return reason

    def _notify(self, message, next_action):
        """Return the client action that tells the result and goes on with another action."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message, "next": next_action},
        }
