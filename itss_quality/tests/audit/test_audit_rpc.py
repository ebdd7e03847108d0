from odoo import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import FORGED, RpcCase
from .common import NOW, AuditCommon

# t_auditor audits, t_quality leads, t_head heads the audited department, t_quality_2 is the
# management representative, t_ops works in the audited department
LOGINS = (
    "t_ops",
    "t_auditor",
    "t_head",
    "t_quality",
    "t_quality_2",
    "t_boss",
    "t_admin",
)
AUDIT_STEPS = {
    ("draft", "submitted"): {"t_quality", "t_quality_2", "t_admin"},
    ("submitted", "reviewed"): {"t_quality_2"},
    ("submitted", "draft"): {"t_quality", "t_quality_2", "t_admin"},
    ("reviewed", "approved"): {"t_boss", "t_admin"},
    ("reviewed", "draft"): {"t_quality", "t_quality_2", "t_boss", "t_admin"},
    ("approved", "in_progress"): {"t_quality", "t_quality_2", "t_admin"},
    ("follow_up", "closed"): {"t_quality", "t_quality_2", "t_admin"},
    ("approved", "cancelled"): {"t_boss", "t_admin"},
    ("in_progress", "cancelled"): {"t_boss", "t_admin"},
}
AUDIT_REASONS = {
    ("approved", "cancelled"): "cancel_reason",
    ("in_progress", "cancelled"): "cancel_reason",
    ("submitted", "draft"): "rejection_reason",
    ("reviewed", "draft"): "rejection_reason",
}
NONCONFORMITY_STEPS = {
    ("draft", "raised"): {"t_auditor", "t_quality"},
    ("raised", "confirmed"): {"t_head", "t_ops"},
    ("raised", "disputed"): {"t_head", "t_ops"},
    ("disputed", "confirmed"): {"t_quality_2"},
    ("disputed", "withdrawn"): {"t_quality_2"},
    ("confirmed", "closed"): {"t_auditor", "t_quality", "t_quality_2", "t_admin"},
}
NONCONFORMITY_REASONS = {
    ("raised", "disputed"): "dispute_reason",
    ("disputed", "confirmed"): "decision_reason",
    ("disputed", "withdrawn"): "decision_reason",
}
REPORT_STEPS = {
    ("draft", "submitted"): {"t_quality", "t_quality_2", "t_admin"},
    # nobody has signed before
    ("submitted", "reviewed"): {"t_quality", "t_quality_2", "t_boss", "t_admin"},
    ("submitted", "draft"): {"t_quality", "t_quality_2", "t_boss", "t_admin"},
    ("reviewed", "approved"): {"t_boss", "t_admin"},
    ("reviewed", "draft"): {"t_quality", "t_quality_2", "t_boss", "t_admin"},
}
# letters: r read, w write (the field given), d delete
MATRIX = {
    "itss.audit": {
        "t_staff": "r",
        "t_desk": "r",
        "t_ops": "r",
        "t_auditor": "r",
        "t_head": "r",
        "t_quality": "rw",
        "t_quality_2": "rw",
        "t_boss": "rw",
        "t_admin": "rw",
        "t_foreign": "",
        "t_outsider": "",
    },
    "itss.audit.line": {
        "t_staff": "",
        "t_desk": "",
        "t_ops": "",
        "t_auditor": "rw",
        "t_head": "",
        "t_quality": "rw",
        "t_quality_2": "r",
        "t_boss": "r",
        "t_admin": "r",
        "t_foreign": "",
        "t_outsider": "",
    },
    "itss.nonconformity": {
        "t_staff": "",
        "t_desk": "r",
        "t_ops": "r",
        "t_auditor": "r",
        "t_head": "r",
        "t_quality": "r",
        "t_quality_2": "r",
        "t_boss": "r",
        "t_admin": "r",
        "t_foreign": "",
        "t_outsider": "",
    },
    "itss.meeting": {
        "t_staff": "",
        "t_desk": "",
        "t_ops": "",
        "t_auditor": "r",
        "t_head": "",
        "t_quality": "rw",
        "t_quality_2": "rw",
        "t_boss": "r",
        "t_admin": "rw",
        "t_foreign": "",
        "t_outsider": "",
    },
    "itss.audit.report": {
        "t_staff": "",
        "t_desk": "",
        "t_ops": "",
        "t_auditor": "r",
        "t_head": "",
        "t_quality": "rw",
        "t_quality_2": "rw",
        "t_boss": "r",
        "t_admin": "rw",
        "t_foreign": "",
        "t_outsider": "",
    },
}
WRITES = {
    "itss.audit": {"reviewer_id": False},
    "itss.audit.line": {"evidence": "x"},
    "itss.nonconformity": {"facts": "x"},
    "itss.meeting": {"minutes": "x"},
    "itss.audit.report": {"conclusion": "x"},
}


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestAuditOverRpc(AuditCommon, RpcCase):
    """Audits over the web client's own route: who may do what, whatever the buttons say."""

    logins = LOGINS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.itss_management_representative_id = cls.employee(cls.quality_user_2)

    def at(self, audit, state):
        """Put an audit that has everything into a state."""
        audit.sudo().state = state
        return audit

    def prepare_audit(self, state):
        """Return an audit of which nothing is missing, prepared by somebody who takes no step."""
        audit = self.make_audit()
        if state in ("draft", "submitted", "reviewed", "approved"):
            if state == "approved":
                audit.sudo()._prepare_lines()
            return self.at(audit, state)
        self.at(audit, "in_progress").sudo()._prepare_lines()
        self.meet(audit)
        self.judge(audit.line_ids)
        if state in ("follow_up", "closed"):
            report = self.write_report(audit)
            report.sudo().state = "approved"
        return self.at(audit, state)

    @mute_logger("odoo.http")
    def test_every_step_of_an_audit_from_every_state_as_every_role(self):
        states = dict(self.env["itss.audit"]._fields["state"].selection)
        audits = {state: self.prepare_audit(state) for state in states}
        self.walk(audits, AUDIT_STEPS, AUDIT_REASONS)

    @mute_logger("odoo.http")
    def test_every_step_of_a_nonconformity_from_every_state_as_every_role(self):
        states = list(dict(self.env["itss.nonconformity"]._fields["state"].selection))
        checklist = self.checklist.copy(
            {"line_ids": [Command.create({"question": state, "clause": "1"}) for state in states]}
        )
        audit = self.start(
            self.make_audit(self.dep_operations, checklist_ids=[Command.set(checklist.ids)])
        )
        records = {}
        for line, state in zip(audit.line_ids, states, strict=True):
            self.judge(line, "minor")
            nonconformity = (
                self.env["itss.nonconformity"]
                .with_user(self.auditor_user)
                .create(
                    {
                        "audit_line_id": line.id,
                        "clause": "1",
                        "criterion": "x",
                        "facts": "x",
                        "position": "x",
                        "verification": "x",
                    }
                )
            )
            nonconformity.sudo().state = state
            if state == "confirmed":
                self.correct(nonconformity, close=False)
            records[state] = nonconformity
        self.walk(records, NONCONFORMITY_STEPS, NONCONFORMITY_REASONS)

    @mute_logger("odoo.http")
    def test_every_step_of_a_report_from_every_state_as_every_role(self):
        records = {}
        for state in dict(self.env["itss.audit.report"]._fields["state"].selection):
            report = self.write_report(self.prepare_audit("in_progress"))
            report.sudo().state = state
            records[state] = report
        self.walk(records, REPORT_STEPS, AUDIT_REASONS)

    def test_the_context_of_a_call_does_nothing(self):
        audit = self.make_audit()
        for user, method in (
            (self.quality_user, "action_submit"),
            (self.quality_user_2, "action_review"),
            (self.manager_user, "action_approve"),
            (self.quality_user, "action_prepare_lines"),
            (self.quality_user, "action_start"),
        ):
            self.assert_context_does_nothing(user, audit, method)
        nonconformity = self.raise_nonconformity(audit.line_ids[0])
        head = nonconformity.department_id.manager_id.user_id
        self.assert_context_does_nothing(head, nonconformity, "action_confirm")

    def test_a_new_version_of_a_checklist_is_what_the_old_one_makes_it(self):
        self.rpc_as(
            self.quality_user,
            self.checklist._name,
            "action_new_version",
            self.checklist.ids,
            context=FORGED,
        )
        version = self.checklist.search([("previous_id", "=", self.checklist.id)])
        self.assertEqual(
            (version.version, version.is_used, version.name),
            (self.checklist.version + 1, False, self.checklist.name),
        )

    def test_who_is_not_qualified_becomes_no_auditor_by_the_context(self):
        self.company.itss_auditor_check = "refuse"
        audit = self.make_audit()
        stranger = self.employee(self.staff_user)
        self.assert_rpc_refused(
            self.quality_user,
            audit._name,
            "write",
            audit.ids,
            {"auditor_ids": [Command.set(stranger.ids)]},
            error="UserError",
            context={"itss_revision": True},
        )

    @mute_logger("odoo.http")
    def test_each_role_reads_and_writes_what_is_its_own(self):
        audit = self.start(self.make_audit(self.dep_operations))
        self.meet(audit, ["opening"])
        line = audit.line_ids[0]
        nonconformity = self.raise_nonconformity(line)
        report = self.env["itss.audit.report"].create(
            {"audit_id": audit.id, "company_id": self.company.id}
        )
        # a draft plan is nobody's but its maker's
        records = (line, nonconformity, audit.meeting_ids, report, audit)
        for login in MATRIX["itss.audit"]:
            for record in records:
                refusals = "AccessError|UserError"
                got = self.get_rights(login, record, WRITES[record._name], refusals=refusals)
                with self.subTest(login=login, model=record._name):
                    expected = MATRIX[record._name][login]
                    if login == "t_staff" and record == audit:
                        expected = ""  # the department is not audited this time
                    self.assertEqual(got.replace("d", ""), expected)
                    if record._name != "itss.meeting" and record._name != "itss.audit.report":
                        self.assertNotIn("d", got)

    @mute_logger("odoo.http")
    def test_private_methods_are_no_way_round(self):
        audit = self.prepare_audit("in_progress")
        self.sign_in(self.quality_user)
        for method in ("_follow_report", "_prepare_lines", "_apply_step"):
            with self.subTest(method):
                self.assert_refused(audit, method, audit.ids)
        self.assert_refused(audit, "write", audit.ids, {"date_closed": "2025-01-01"})
        self.assert_refused(audit, "write", audit.ids, {"signed_pdf": "eA=="})

    @mute_logger("odoo.http")
    def test_independence_holds_over_rpc(self):
        self.sign_in(self.quality_user)
        own = self.auditor.department_id
        audit = self.make_audit()
        vals = {
            "audit_id": audit.id,
            "department_id": own.id,
            "auditor_ids": [[6, 0, self.auditor.ids]],
            "start": NOW,
            "stop": "2025-09-15 05:00:00",
        }
        count = len(audit.schedule_ids)
        self.assert_refused(self.env["itss.audit.schedule"], "create", [vals])
        self.auditor.department_id = self.dep_staff
        line = audit.schedule_ids.filtered(lambda one: one.department_id == self.dep_operations)
        self.assert_refused(line, "write", line.ids, {"department_id": self.dep_staff.id})
        self.assertEqual(len(audit.schedule_ids), count)
