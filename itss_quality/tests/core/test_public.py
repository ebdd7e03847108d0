"""What is called from outside: whatever it is given, it answers in words."""

import inspect
import json
import typing
from contextlib import closing, contextmanager, suppress

from psycopg2 import IntegrityError

from odoo.exceptions import RedirectWarning, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.json import json_default

from ...tools.values import READERS
from ..samples import SampleCommon

OURS = "odoo.addons.itss_quality."
MISSING = 2**31 - 1
NO_IDS = (None, "abc", {"a": 1}, ["x"], [True], [2**40], [-1], [0], [[1]], [1.5])
WRONG = (
    None,
    False,
    True,
    [],
    ["x"],
    {},
    {"a": 1},
    10**400,
    -1,
    1e308,
    "\x00",
    "\ud800",
    "x" * 9999,
)


class PublicCommon(SampleCommon):
    @contextmanager
    def only_words(self, user, *call):
        """What is called may refuse, in words; it is undone."""
        with (
            self.subTest(user=user.login, call=f"{call!r}"[:300]),
            closing(self.env.cr.savepoint()),
        ):
            # what a rule of the database forbids, the web client's route tells in words
            with suppress(UserError, RedirectWarning, IntegrityError):
                yield
                self.env.flush_all()

    def call(self, user, model, name, *args, **kwargs):
        with self.only_words(user, model, name, args, kwargs):
            result = call_kw(self.env[model].with_user(user), name, list(args), kwargs)
            json.dumps(result, default=json_default)

    @classmethod
    def find_methods(cls):
        """Return (model, name) of each method of ours that can be called over RPC.

        What Odoo's models have, too, is theirs to check: create, write, copy…
        """
        found = []
        for model, registered in sorted(cls.env.registry.items()):
            names = {
                name
                for base in registered.__mro__
                if base.__module__.startswith(OURS)
                for name, value in vars(base).items()
                if not name.startswith("_") and inspect.isfunction(value)
            }
            for name in sorted(names):
                bases = [base for base in registered.__mro__ if name in vars(base)]
                is_private = any(getattr(vars(base)[name], "_api_private", False) for base in bases)
                is_odoo = not all(base.__module__.startswith(OURS) for base in bases)
                if not is_private and not is_odoo:
                    found.append((model, name))
        return found


@tagged("post_install", "-at_install")
class TestEveryPublicMethod(PublicCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.methods = cls.find_methods()

    def test_each_model_has_a_sample_that_others_stand_for(self):
        for model in self.get_models():
            with self.subTest(model=model):
                self.assertTrue(self.get_sample(model))
                self.assertNotEqual(self.make_sample(model), self.get_sample(model))

    def test_it_checks_what_it_is_given(self):
        self.assertGreater(len(self.methods), 100)
        for model, name in self.methods:
            registered = self.env.registry[model]
            for base in registered.__mro__:
                if base.__module__.startswith(OURS) and name in vars(base):
                    with self.subTest(method=f"{base.__module__}.{name}", model=model):
                        self.assertTrue(getattr(vars(base)[name], "itss_public", False))

    def test_each_argument_says_its_type_and_no_list_is_a_text(self):
        tried = 0
        for model, name in self.methods:
            method = getattr(self.env.registry[model], name)
            arguments = [*inspect.signature(method).parameters.values()][1:]
            right = arguments and self.get_arguments(model, name)
            for position, argument in enumerate(arguments):
                kinds = typing.get_args(argument.annotation) or (argument.annotation,)
                with self.subTest(model=model, method=name, argument=argument.name):
                    self.assertLessEqual({*kinds}, {*READERS, type(None)})
                    for value in (["x"], {"a": 1}, "\x00"):
                        wrong = [*right[:position], value, *right[position + 1 :]]
                        with self.assertRaisesRegex(UserError, argument.name):
                            getattr(self.get_sample(model), name)(*wrong)
                        tried += 1
        self.assertGreater(tried, 30)

    def get_samples(self, model):
        """Return two records of a model, or one if it is not ours."""
        sample = self.get_sample(model)
        return sample | self.make_sample(model) if model.startswith("itss.") else sample

    @mute_logger("odoo.sql_db")
    def test_records_that_are_none_or_not_the_right_ones_are_told_in_words(self):
        concrete = [one for one in self.methods if not self.env[one[0]]._abstract]
        samples = {model: self.get_samples(model) for model in dict(concrete)}
        for model, name in concrete:
            records = samples[model]
            arguments = self.get_arguments(model, name)
            for user in self.users:
                for ids in (records[:1].ids, records.ids):
                    self.call(user, model, name, ids, *arguments)
            for user in (self.staff_user, self.quality_user):
                for ids in ([], [MISSING]):
                    self.call(user, model, name, ids, *arguments)
            for ids in NO_IDS:
                self.call(self.admin_user, model, name, ids, *arguments)

    def get_arguments(self, model, name):
        """Return arguments of the right types."""
        method = getattr(self.env.registry[model], name)
        values = {"outcome": "reached", "result": "effective", "is_solved": "yes", "year": 2031}
        values |= {"score": 80, "date_deadline": "2031-01-01", "next_call": None}
        values |= {"received_at": "2025-01-01 00:00:00", "numerator": 1, "denominator": 2}
        values |= {"date_from": "2025-01-01", "date_to": "2025-01-31", "scope": None}
        names = [*inspect.signature(method).parameters][1:]
        return [values.get(one, "样本") for one in names]

    @mute_logger("odoo.sql_db")
    def test_arguments_of_any_type_are_told_in_words(self):
        tried = 0
        for model, name in self.methods:
            right = [] if self.env[model]._abstract else self.get_arguments(model, name)
            if not right:
                continue
            ids = self.get_sample(model).ids
            for user in (self.desk_user, self.quality_user, self.admin_user):
                for position in range(len(right)):
                    for value in WRONG:
                        wrong = [*right]
                        wrong[position] = value
                        self.call(user, model, name, ids, *wrong)
                        tried += 1
                self.call(user, model, name, ids, *right, "one more")
                self.call(user, model, name, ids)
        self.assertGreater(tried, 100)

    def test_a_refusal_names_the_argument_in_the_user_s_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env.ref("base.module_itss_quality")._update_translations(["zh_CN"])
        callback = self.make_callback().with_user(self.agent).with_context(lang="zh_CN")
        for arguments, words in (
            ((["reached"],), "outcome”必须是文本"),
            (("reached", "yes", "80"), "“score”必须是数字"),
            (("call_later", None, None, None, "soon"), "“next_call”必须是"),
        ):
            with self.subTest(arguments), self.assertRaisesRegex(UserError, words):
                callback.register_attempt(*arguments)
        with self.assertRaisesRegex(UserError, "请先选择"):
            callback.browse().action_call()
        with self.assertRaisesRegex(UserError, "只选择一条"):
            (callback | self.make_callback().with_env(callback.env)).action_call()
