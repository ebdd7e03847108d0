"""What holds for every model of the addon: those that come later are tested without a line here."""

import itertools

from lxml import etree

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ...tools.records import concrete_models
from ..common import ItssCommon

# by these names the web client's bell opens its lists
ACTIVITY_FILTERS = (
    "filter_activities_my",
    "activities_overdue",
    "activities_today",
    "activities_upcoming_all",
)

# whoever may read them at all reads those of the whole company
SHARED = (
    "itss.audit.checklist",
    "itss.audit.checklist.line",
    "itss.complaint.category",
    "itss.complaint.severity",
    "itss.former.head",
    "itss.indicator",
)
# typed in with so many places, and never computed
TYPED_IN = {
    ("itss.plan", "satisfaction_target"),
    ("itss.survey.round", "target"),
    ("itss.survey.round", "target_response_rate"),
    ("itss.survey.round", "dissatisfied_below"),
    ("itss.survey.round", "sample_share"),
}
# read-only fields that the steps don't set, and that are guarded in another way
GUARDED = ("state", "source_model", "source_id", "receipt_ids", *models.MAGIC_COLUMNS)
# fields beside the settings that no figure depends on, and why
BEHIND_NO_FIGURE = {
    "itss_callback_script": "words that an agent may use",
    "itss_complaint_alias_id": "where mails come in",
    "itss_complaint_alias_name": "where mails come in",
    "itss_callback_switched_at": "when a switch was turned, which is a row of the journal as well",
    "itss_leader_id": "the team's own leader by another name",
}
# whatever of ours stands on them is a setting
SETTINGS = ("res.company", "helpdesk.ticket.team", "helpdesk.ticket.stage")


class RegistryCommon(ItssCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = (
            cls.staff_user
            | cls.desk_user
            | cls.ops_user
            | cls.quality_user
            | cls.manager_user
            | cls.admin_user
        )

    def each_model(self, mixin="base", users=None):
        """Return a subtest and an empty recordset for each of the addon's models, as each user."""
        names = [name for name in concrete_models(self.env, mixin) if name.startswith("itss.")]
        self.assertTrue(names, f"nothing inherits from {mixin}")
        return [
            (self.subTest(model=name, user=user.login), self.env[name].with_user(user))
            for name in names
            for user in users or self.env.user
        ]


@tagged("post_install", "-at_install")
class TestEveryWorkflow(RegistryCommon):
    """itss.workflow.mixin, in every model that inherits it."""

    def test_steps_lead_from_states_to_states_and_name_roles(self):
        for subtest, records in self.each_model("itss.workflow.mixin"):
            with subtest:
                states = {*records._fields["state"].get_values(self.env)}
                self.assertLessEqual({records._initial_state, *records._locked_states}, states)
                for step, groups in records._transitions.items():
                    self.assertLessEqual({*step}, states)
                    self.assertTrue(groups)
                    for group in groups:
                        self.assertTrue(self.env.ref(group).exists())
                for names in (
                    records._stamp_fields,
                    records._locked_fields,
                    records._reason_fields.values(),
                    *records._required_fields.values(),
                ):
                    self.assertFalse({*names} - {*records._fields})

    def test_a_step_is_refused_that_is_not_in_the_table_or_another_role_s(self):
        for subtest, records in self.each_model("itss.workflow.mixin", self.roles):
            with subtest:
                states = records._fields["state"].get_values(self.env)
                for old, new in itertools.permutations(states, 2):
                    groups = records._transitions.get((old, new), ())
                    if not any(records.env.user.has_group(group) for group in groups):
                        record = records.new({"state": old, "company_id": self.company.id})
                        self.assertTrue(record._get_step_refusal(new), f"{old} → {new}")

    def test_nobody_writes_what_the_steps_and_the_server_set(self):
        for subtest, records in self.each_model("itss.workflow.mixin", self.roles):
            with subtest:
                stamps = [name for name in records._fields if records._is_stamp(name)]
                # what no form lets anybody enter, beside what no user reaches at all
                readonly = {
                    name
                    for name, field in records._fields.items()
                    if field.store and field.readonly and field.groups != fields.NO_ACCESS
                }
                self.assertFalse(readonly - {*stamps, *GUARDED})
                for name, (operation, write) in itertools.product(
                    stamps, {"write": records.write, "create": records.create}.items()
                ):
                    # who may do nothing at all is refused for that
                    may = records.has_access(operation)
                    refusals = UserError if may else (AccessError, UserError)
                    words = "can't be entered" if may else ""
                    with self.assertRaisesRegex(refusals, words, msg=f"{operation} {name}"):
                        write({name: False})


@tagged("post_install", "-at_install")
class TestEveryFigure(RegistryCommon):
    def test_it_is_kept_as_it_is_and_rounded_by_who_shows_it(self):
        found = {
            (name, field.name)
            for name, model in self.env.registry.items()
            for field in model._fields.values()
            if "itss_quality" in field._modules
            and field.type == "float"
            and field.store
            and field.get_digits(self.env)
        }
        self.assertEqual(found, TYPED_IN)


@tagged("post_install", "-at_install")
class TestEveryDocument(RegistryCommon):
    """itss.document.mixin and those above it, in the form of every model that inherits them."""

    def find_form(self, records):
        view = self.env["ir.ui.view"].browse(
            self.env["ir.ui.view"].default_view(records._name, "form")
        )
        return view, etree.fromstring(records.get_view(view.id, "form")["arch"])

    def test_the_mixins_forms_are_within_its_own(self):
        views = {
            "itss.document.mixin": "itss_document_mixin_view_form",
            "itss.distribution.mixin": "itss_distribution_mixin_view_form",
            "itss.report.mixin": "itss_report_mixin_view_form",
        }
        for mixin, name in views.items():
            for subtest, records in self.each_model(mixin):
                with subtest:
                    view, arch = self.find_form(records)
                    while (
                        view.inherit_id
                        and view.get_external_id()[view.id] != f"itss_quality.{name}"
                    ):
                        view = view.inherit_id
                    self.assertEqual(view, self.env.ref(f"itss_quality.{name}"))
                    # what its modifiers need comes along by itself
                    fields = {*arch.xpath("//field[not(ancestor::field)]/@name")}
                    self.assertLessEqual({"can_submit", "can_revise", "signed_pdf_name"}, fields)
                    # who signs is asked with it
                    self.assertEqual(
                        len(arch.xpath("//field[@name='warning'][not(ancestor::field)]")), 1
                    )

    def test_the_mixins_forms_speak_the_reader_s_language(self):
        self.load_chinese()
        for subtest, records in self.each_model("itss.document.mixin"):
            with subtest:
                _view, arch = self.find_form(records.with_context(lang="zh_CN"))
                self.assertEqual(arch.xpath("//page[@name='signatures']/@string"), ["签署"])
                for button in arch.xpath("//header/button"):
                    for words in (button.get("string"), button.get("confirm", "您")):
                        self.assertRegex(words, "[一-鿿]")


@tagged("post_install", "-at_install")
class TestEverySetting(RegistryCommon):
    """itss.setting.mixin: what stands behind a figure leaves old and new value in the journal."""

    def each_setting(self):
        for name in concrete_models(self.env, "itss.setting.mixin"):
            for setting in self.env[name]._itss_get_setting_names():
                field = self.env[name]._fields[setting]
                yield self.subTest(model=name, setting=setting), field

    def test_each_field_is_a_setting_or_it_is_said_why_not(self):
        left = {*BEHIND_NO_FIGURE}
        for model in SETTINGS:
            settings = self.env[model]._itss_get_setting_names()
            for name in self.env[model]._fields:
                if name.startswith("itss_"):
                    with self.subTest(model=model, field=name):
                        self.assertNotEqual(
                            name in settings,
                            name in BEHIND_NO_FIGURE,
                            "either it is declared with setting=…, or it is said why not",
                        )
                    left.discard(name)
        self.assertFalse(left, "not there any more")

    def test_each_is_told_in_the_reader_s_language(self):
        self.load_chinese()
        for subtest, field in self.each_setting():
            model = self.env[field.model_name].with_context(lang="zh_CN")
            if "itss" not in f"{model._name} {field.name}":
                continue  # its words are Odoo's
            with subtest:
                words = [model._itss_get_setting_label(field.name)]
                if field.type in ("boolean", "selection"):
                    values = field.get_values(self.env) if field.type == "selection" else (0, 1)
                    words += [model._itss_say_value(field.name, value) for value in values]
                for word in words:
                    self.assertRegex(word, "[一-鿿]")

    def test_nothing_changes_a_setting_behind_the_journal_s_back(self):
        for subtest, field in self.each_setting():
            with subtest:
                self.assertTrue(field.store and not field.translate)
                self.assertTrue(field.readonly or not field.related)
                if field.type == "many2one":
                    self.assertEqual(field.ondelete, "restrict")

    def test_each_change_of_the_company_s_leaves_a_row(self):
        company = self.company
        for name in company._itss_get_setting_names():
            field = company._fields[name]
            if field.type not in ("boolean", "integer", "float", "selection"):
                continue
            with self.subTest(name):
                old = company[name]
                if field.type == "selection":
                    [new, *_rest] = {*field.get_values(self.env)} - {old}
                else:
                    new = not old if field.type == "boolean" else old + 1
                company[name] = new
                row = self.env["itss.journal"].search([("res_model", "=", "res.company")])[0]
                self.assertEqual(row.res_id, company.id)
                self.assertEqual(row.values["name"], name)
                self.assertEqual((row.values["old"], row.values["new"]), (old, company[name]))


@tagged("post_install", "-at_install")
class TestEveryModel(RegistryCommon):
    """Access to every model: by role, and within the company."""

    def test_it_is_granted_to_roles_only(self):
        for subtest, records in self.each_model():
            with subtest:
                grants = self.env["ir.model.access"].search(
                    [("model_id.model", "=", records._name)]
                )
                self.assertTrue(grants)
                self.assertTrue(all(grants.mapped("group_id")), "granted to everybody")

    def test_it_ends_at_the_company(self):
        for subtest, records in self.each_model():
            if records._transient:
                continue  # the user's own, by Odoo
            with subtest:
                rules = self.env["ir.rule"].search([("model_id.model", "=", records._name)])
                rule = rules.filtered(
                    lambda rule: not rule.groups and "company_ids" in rule.domain_force
                )
                self.assertTrue(rule)
                self.assertTrue(rule.perm_read and rule.perm_write and rule.perm_create)

    def test_each_role_that_may_read_it_has_a_rule_that_says_which(self):
        for subtest, records in self.each_model(users=self.roles):
            if records._transient or not records.has_access("read"):
                continue
            with subtest:
                rules = records.env["ir.rule"]._get_rules(records._name, "read").sudo()
                of_role = rules.groups & records.env.user.all_group_ids
                self.assertEqual(not of_role, records._name in SHARED)

    def test_what_it_is_called_by_is_one_line(self):
        for subtest, records in self.each_model():
            with subtest:
                name = records._rec_name
                if name and records._fields[name].type == "char":
                    vals = records._clean_names({name: "a\r\nBcc: b\u2028"})
                    self.assertEqual(vals[name], "a Bcc: b")

    def test_no_secret_of_it_opens_the_portal_s_chatter(self):
        for subtest, records in self.each_model("mail.thread"):
            with subtest:
                self.assertNotIn(records._mail_post_token_field, records._fields)
                self.assertNotIsInstance(records, self.env.registry["portal.mixin"])

    def test_the_bell_finds_its_filters(self):
        for subtest, records in self.each_model("mail.activity.mixin"):
            with subtest:
                views = self.env["ir.ui.view"].search(
                    [
                        ("model", "=", records._name),
                        ("type", "=", "search"),
                        ("mode", "=", "primary"),
                    ]
                )
                for view in [*views.ids, False]:
                    arch = etree.fromstring(records.get_view(view, "search")["arch"])
                    filters = {
                        node.get("name"): node.get("domain") for node in arch.xpath("//filter")
                    }
                    for name in ACTIVITY_FILTERS:
                        domain = safe_eval(filters[name], {"uid": self.env.uid})
                        records.search_count(domain)


@tagged("post_install", "-at_install")
class TestEveryAction(RegistryCommon):
    """What the menus and buttons open, as each role."""

    def find_actions(self, user):
        """Return the addon's window actions that the user's groups allow."""
        actions = self.env["ir.actions.act_window"].search([])
        names = actions.get_external_id()
        return actions.filtered(
            lambda action: (
                names[action.id].startswith("itss_quality.")
                and (not action.group_ids or action.group_ids & user.all_group_ids)
            )
        )

    def open(self, action, user):
        """Load the views of a window action and read what they show, as the web client does."""
        records = self.env[action.res_model].with_user(user)
        values = {
            "uid": user.id,
            "active_id": False,
            "active_ids": [],
            "allowed_company_ids": user.company_ids.ids,
            "context_today": lambda: fields.Date.context_today(records),
        }
        context = safe_eval(action.context or "{}", values)
        records = records.with_context(**context)
        loaded = records.get_views(
            [*action.views, (action.search_view_id.id, "search")], {"action_id": action.id}
        )
        views = {kind: etree.fromstring(view["arch"]) for kind, view in loaded["views"].items()}
        filters = views.pop("search").xpath("//filter/@name | //field/@name")
        for key in context:
            if key.startswith("search_default_"):
                self.assertIn(key.removeprefix("search_default_"), filters)
        domain = safe_eval(action.domain or "[]", values)
        for kind, arch in views.items():
            if kind in ("graph", "pivot"):
                groups = [
                    f"{name}:month" if records._fields[name].type in ("date", "datetime") else name
                    for name in arch.xpath("//field[not(@type='measure')]/@name")
                ]
                records.formatted_read_group(domain, groups, ["__count"])
            elif kind != "form":
                names = {name for name in arch.xpath("//field/@name") if name in records._fields}
                records.web_search_read(domain, dict.fromkeys(names, {}), limit=80)
            elif records.has_access("create"):
                records.onchange({}, [], {})

    def test_it_opens_for_each_role_that_may_read_what_it_shows(self):
        for user in self.roles:
            for action in self.find_actions(user):
                if self.env[action.res_model].with_user(user).has_access("read"):
                    with self.subTest(action=action.xml_id, user=user.login):
                        self.open(action, user)

    def test_each_role_may_read_what_its_menus_show(self):
        for user in self.roles:
            actions = self.find_actions(user)
            menus = self.env["ir.ui.menu"].with_user(user)
            menus = menus.browse(menus._visible_menu_ids()).sudo()
            shown = {menu.action for menu in menus} & {*actions}
            self.assertTrue(shown)
            for action in shown:
                with self.subTest(action=action.xml_id, user=user.login):
                    self.assertTrue(self.env[action.res_model].with_user(user).has_access("read"))
