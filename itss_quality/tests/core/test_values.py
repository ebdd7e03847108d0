"""What is entered over RPC, whatever it is, is taken or refused in words."""

import math
from collections import Counter

from odoo.exceptions import UserError
from odoo.models import MAGIC_COLUMNS
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_public import MISSING, PublicCommon

NO_TEXTS = (True, 1, [], ["x"], {"a": 1}, "\ud800", "a\x00b")
NO_NUMBERS = (True, "", "1", "abc", [], ["x"], {"a": 1}, math.nan, math.inf, 1e308)
NO_DAYS = (True, 1, [], ["x"], {"a": 1}, "abc", "2025-13-45", "9999-12-31", "0001-01-01", "\x00")
NO_IDS = (True, -1, 0, 1.5, 2**31, "", "1", "abc", [], [1], [1, "x"], {"a": 1})
NO_RECORDS = (
    (True, 1, "", "abc", ["x"], ["1"], [2**31], [None], [[]], [1, [4, 1]], {"a": 1})
    + ([[9, 1, 1]], [["x", 1, 1]], [[0]], [[0, 0, [1]]], [[0, [1], {}]], [[1, "x", {}]])
    + ([[1, 1]], [[2, {"a": 1}]], [[3, 2**31]], [[4, "x"]], [[6, 0, 1]], [[6, 0, ["x"]]])
    + ([[0, 0, {"no_such_field": 1}]], [[0, 0, {"id": "x"}]])
)
# what fields of a type don't take
WRONG = {
    "binary": (True, 1, [], ["x"], {"a": 1}, "x", "中", "\ud800"),
    "boolean": (1, 1.5, "", "abc", [], ["x"], {"a": 1}),
    "char": NO_TEXTS,
    "date": NO_DAYS,
    "datetime": NO_DAYS,
    "float": NO_NUMBERS,
    "html": NO_TEXTS,
    "integer": (*NO_NUMBERS, 1.5, 2**31),
    "json": (math.nan, [math.inf], "a\x00b", {"a": ["\x00"]}, {"\ud800": 1}),
    "many2many": NO_RECORDS,
    "many2one": NO_IDS,
    "many2one_reference": NO_IDS,
    "monetary": NO_NUMBERS,
    "one2many": NO_RECORDS,
    "reference": (True, 1, "", "abc", "abc,1", "res.users,x", "res.users,1,1", ["x"], {"a": 1}),
    "selection": (True, 1, "no such option", [], ["x"], {"a": 1}, "\x00"),
    "text": NO_TEXTS,
}
# what they take, and what may yet be nonsense
ODD = {
    "binary": ("AAAA",),
    "boolean": (True,),
    "char": ("", "很\r\n" * 999),
    "date": ("1900-01-01", "2999-12-31"),
    "datetime": ("1900-01-01 00:00:00", "2999-12-31"),
    "float": (-1, 1e14),
    "html": ("<p", "很" * 9999),
    "integer": (-1, 2**31 - 1),
    "json": ("x", [1], {"a": 1}),
    "many2many": ([[1, MISSING, {}], [2, MISSING], [3, MISSING]], [[0, 0, {}]]),
    "many2one": (MISSING,),
    "many2one_reference": (MISSING,),
    "monetary": (-1, 1e14),
    "one2many": ([[1, MISSING, {}], [2, MISSING], [3, MISSING]], [[0, 0, {}]]),
    "reference": (f"res.users,{MISSING}",),
    "text": ("", "很\r\n" * 9999),
}


# what is no dict of values, and no list of names
NO_VALUES = (None, True, 1, "x", ["x"], [["name"]], {"no_such_field": 1})
NO_NAMES = (None, True, 1, [1], [["x"]], [None])
NO_SPECS = (None, True, 1, "x", ["x"], {"display_name": 1}, {"no_such_field": {}})
# what a form or a dialog may be opened with
CONTEXTS = (
    {"active_id": "x", "active_ids": 5, "active_model": ["x"]},
    {"active_id": [1], "active_ids": ["x"], "active_model": "no.such.model"},
    {"active_id": {"a": 1}, "active_ids": {"a": 1}, "active_model": False},
    {"active_id": MISSING, "active_ids": [2**40], "active_model": "res.users"},
    {"default_no_such_field": ["x"], "default_": 1, "bin_size": "x"},
)


@tagged("post_install", "-at_install")
class TestEveryValue(PublicCommon):
    """Values of any type for every field of every model, dialogs included."""

    def each_sample(self):
        """Yield a record of each model, as a user who may write it, if anybody may."""
        for model in self.get_models():
            users = [self.admin_user, *self.users]
            may = [user for user in users if self.env[model].with_user(user).has_access("write")]
            yield self.get_sample(model).with_user((may or users)[0])

    def each_field(self):
        """Yield (record, field) for each field that the addon has a part in."""
        for sample in self.each_sample():
            for field in sample._fields.values():
                if "itss_quality" in (field._module, *field._modules):
                    yield sample, field

    def find_calls(self, sample, field, value):
        """Return (method, arguments, context) of all ways to enter a value.

        What only the server sets, no form starts with anyway.
        """
        name, vals = field.name, {field.name: value}
        calls = [
            ("write", [sample.ids, vals], {}),
            ("onchange", [sample.ids, vals, [name], {name: {}}], {}),
            ("create", [[vals]], {}),
            ("onchange", [[], vals, [name], {name: {}}], {}),
        ]
        if sample._takes_default(name):
            context = {f"default_{name}": value}
            calls += [
                ("default_get", [[name]], context),
                ("onchange", [[], {}, [], {name: {}}], context),
                ("create", [[{}]], context),
            ]
        return calls

    def assert_words(self, records, method, arguments, context=None):
        """A call is refused in words, before anything is done."""
        with (
            self.subTest(model=records._name, call=f"{method} {arguments} {context}"[:300]),
            self.assertRaises(UserError),
        ):
            call_kw(records.browse(), method, arguments, {"context": context})

    def test_a_value_of_the_wrong_type_is_refused(self):
        turns = Counter()
        for sample, field in self.each_field():
            for value in WRONG[field.type]:
                # one way for each value; the next field of the type goes on with the next
                calls = self.find_calls(sample, field, value)
                self.assert_words(sample, *calls[turns[field.type] % len(calls)])
                turns[field.type] += 1
        self.assertGreater(turns.total(), 5000)

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_model")
    def test_an_odd_one_of_the_right_type_is_taken_or_refused_in_words(self):
        turns = Counter()
        for sample, field in self.each_field():
            if sample._is_stamp(field.name):
                continue
            for value in (False, *ODD.get(field.type, ())):
                key = (field.type, repr(value))
                calls = self.find_calls(sample, field, value)[:2]
                for method, arguments, context in calls if value is False else [calls[turns[key]]]:
                    self.call(sample.env.user, sample._name, method, *arguments, context=context)
                turns[key] = not turns[key]

    def test_what_is_no_values_and_no_names_is_refused(self):
        for sample in self.each_sample():
            for value in NO_VALUES:
                self.assert_words(sample, "create", [value])
                self.assert_words(sample, "write", [sample.ids, value])
                self.assert_words(sample, "onchange", [[], value, [], {}])
            for value in NO_NAMES:
                self.assert_words(sample, "default_get", [value])
                self.assert_words(sample, "onchange", [[], {}, value, {}])
            for value in NO_SPECS:
                self.assert_words(sample, "onchange", [[], {}, [], value])
            for ids in (["x"], [True], [-1], [2**40], [None], [[1]]):
                self.assert_words(sample, "write", [ids, {}])
                self.assert_words(sample, "onchange", [ids, {}, [], {}])
                self.assert_words(sample, "unlink", [ids])

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_model")
    def test_a_form_opens_or_refuses_in_words_whatever_the_context_says(self):
        for sample in self.each_sample():
            names = [name for name in sample._fields if name not in MAGIC_COLUMNS]
            spec = {name: {} for name in names}
            for context in CONTEXTS:
                arguments = (sample.env.user, sample._name)
                self.call(*arguments, "default_get", names, context=context)
                self.call(*arguments, "onchange", [], {}, [], spec, context=context)

    def test_a_refusal_names_the_field_in_the_user_s_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env.ref("base.module_itss_quality")._update_translations(["zh_CN"])
        plan = self.make_plan().with_context(lang="zh_CN")
        for vals, words in (
            ({"name": ["x"]}, "“.*名称.*”必须是文本"),
            ({"year": "x"}, "“.*”必须是整数"),
            ({"approver_id": "1"}, "“.*”必须是记录"),
            ({"line_ids": [[9]]}, "“.*”必须是记录列表"),
            ({"number": "\x00"}, "“.*”必须是文本"),
        ):
            with self.subTest(vals), self.assertRaisesRegex(UserError, words):
                plan.write(vals)
