from odoo.tests import new_test_user, tagged

from ..common import ItssCommon, RpcCase

# what a role may do with a callback: r read, w write what agents may write, a record an attempt,
# c correct, d delete; of a ticket of somebody else, of one's own, and in another company
MATRIX = {
    "t_staff": {"other": "", "foreign": ""},
    "t_desk": {"other": "rwa", "foreign": ""},
    "t_ops": {"other": "rwa", "foreign": ""},
    "t_quality": {"other": "rwac", "foreign": ""},
    "t_boss": {"other": "r", "foreign": ""},
    "t_admin": {"other": "rwac", "foreign": ""},
    "t_outsider": {"other": "", "foreign": ""},
    "t_engineer": {"other": "", "own": "r", "foreign": ""},
    "t_solver": {"other": "rwa", "own": "r", "foreign": ""},
    "t_foreign": {"other": "", "foreign": "rwac"},
    "t_customer": {"other": "", "foreign": ""},
}
READERS = {"t_desk", "t_ops", "t_quality", "t_boss", "t_admin", "t_solver"}


@tagged("post_install", "-at_install")
class TestCallbackAccessOverRpc(ItssCommon, RpcCase):
    """Each role × read, write, attempt, correct, delete × others', own and foreign callbacks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_helpdesk()
        # an engineer who is an agent, too, and solved a ticket
        cls.solver = cls.make_user("t_solver", "service_desk", cls.dep_desk)
        colleague = cls.make_user("t_colleague", None)
        new_test_user(cls.env, "t_customer", groups="base.group_portal")
        cls.team.user_ids |= cls.solver | colleague
        cls.other = cls.make_callback(user_id=colleague.id)
        cls.done = cls.make_callback(user_id=colleague.id)
        cls.done.with_user(cls.agent).register_attempt("reached", is_solved="yes", score=50)
        cls.own = {
            "t_engineer": cls.make_callback(),
            "t_solver": cls.make_callback(user_id=cls.solver.id),
        }
        cls.foreign = cls._make_foreign_callback()
        cls.foreign_done = cls._make_foreign_callback()
        cls.foreign_done.register_attempt("reached", is_solved="yes", score=50)

    @classmethod
    def _make_foreign_callback(cls):
        cls.other_company.itss_callback_since = False
        ticket = cls.env["helpdesk.ticket"].create(
            {
                "name": "foreign",
                "user_id": False,
                "description": "x",
                "company_id": cls.other_company.id,
                "stage_id": cls.stage_done.id,
            }
        )
        return ticket.itss_callback_ids

    def _is_allowed(self, *call, **kwargs):
        """Whether a call is let through: neither access rules nor the model refuse it."""
        refusals = "AccessError|UserError|NotFound|Forbidden"
        return self.is_allowed(*call, refusals=refusals, **kwargs)

    def _get_rights(self, login, callback, done):
        model = "itss.callback"
        rights = ""
        if self._is_allowed(login, model, "read", callback.ids, ["is_solved", "score", "comment"]):
            rights += "r"
        if self._is_allowed(login, model, "write", callback.ids, {"phone": "1"}):
            rights += "w"
        if self._is_allowed(login, model, "register_attempt", callback.ids, "busy"):
            rights += "a"
        if self._is_allowed(login, model, "correct", done.ids, "why", score=60):
            rights += "c"
        if self._is_allowed(login, model, "unlink", callback.ids):
            rights += "d"
        return rights

    def test_callbacks(self):
        for login, cases in MATRIX.items():
            for case, expected in cases.items():
                callback, done = {
                    "other": lambda login: (self.other, self.done),
                    "own": lambda login: (self.own[login], self.own[login]),
                    "foreign": lambda login: (self.foreign, self.foreign_done),
                }[case](login)
                with self.subTest(login=login, case=case):
                    self.assertEqual(self._get_rights(login, callback, done), expected)

    def test_nobody_writes_what_the_methods_write(self):
        for login in MATRIX:
            for model, record in (
                ("itss.callback", self.other),
                ("itss.callback.attempt", self.done.attempt_ids),
            ):
                field = "state" if model == "itss.callback" else "note"
                with self.subTest(login=login, model=model):
                    self.assertFalse(
                        self._is_allowed(login, model, "write", record.ids, {field: "done"})
                    )
                    self.assertFalse(self._is_allowed(login, model, "unlink", record.ids))
                    self.assertFalse(self._is_allowed(login, model, "create", [{}]))

    def test_attempts_and_figures_are_read_by_who_reads_callbacks(self):
        [attempt] = self.done.attempt_ids.ids
        for login in MATRIX:
            with self.subTest(login=login):
                self.assertEqual(
                    self._is_allowed(login, "itss.callback.attempt", "read", [attempt], ["note"]),
                    login in READERS,
                )
                self.assertEqual(
                    self._is_allowed(
                        login, "itss.callback.report", "read", self.done.ids, ["score"]
                    ),
                    login in READERS,
                )

    def test_the_ledger_is_for_who_reads_all_callbacks(self):
        for login in MATRIX:
            with self.subTest(login=login):
                self.assertEqual(
                    self._is_allowed(login, "itss.callback.ledger", "create", [{}]),
                    login in READERS | {"t_foreign"},
                )

    def test_the_dialog_is_for_the_service_desk(self):
        agents = {"t_desk", "t_ops", "t_quality", "t_admin", "t_solver"}
        for login in MATRIX:
            with self.subTest(login=login):
                self.assertEqual(
                    self._is_allowed(login, "itss.callback", "action_call", self.other.ids),
                    login in agents,
                )
                vals = {"callback_id": self.other.id}
                self.assertEqual(
                    self._is_allowed(login, "itss.callback.call", "create", [vals]), login in agents
                )

    def test_the_token_is_nobody_s(self):
        for login in MATRIX:
            with self.subTest(login=login):
                self.assertFalse(
                    self._is_allowed(login, "itss.callback", "read", self.other.ids, ["link_token"])
                )
                self.assertFalse(
                    self._is_allowed(login, "itss.callback", "read", self.other.ids, ["link_url"])
                )

    def test_private_methods_stay_private(self):
        for method in ("_finish", "_answer_by_link", "_open", "_cancel", "_send_links"):
            self.assertFalse(self._is_allowed("t_admin", "itss.callback", method, self.other.ids))
