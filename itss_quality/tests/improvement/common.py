from odoo.tests import Form

from ..common import ItssCommon


class ImprovementCommon(ItssCommon):
    def _raise_from_line(self):
        line = self.approve(self.make_plan()).line_ids
        action = line.with_user(self.quality_user).action_raise_improvement()
        form = Form(
            self.env["itss.improvement"]
            .with_user(self.quality_user)
            .with_context(**action["context"])
        )
        form.name = "加快响应"
        form.problem = "夜间响应慢"
        return line, form.save()

    def _planned(self, owner):
        _line, improvement = self._raise_from_line()
        improvement.write(
            {"action": "增加值班", "owner_id": owner.id, "date_deadline": "2025-12-01"}
        )
        improvement.action_plan()
        return improvement

    def _to_verify(self, owner):
        improvement = self._planned(owner).with_user(owner)
        improvement.action_start()
        improvement.completion = "已增加两人"
        improvement.action_finish()
        return improvement

    def _closed(self, owner):
        improvement = self._to_verify(owner)
        self.verify(improvement)
        return improvement
