import re

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path
from odoo.tools.translate import TranslationModuleReader

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|%%")


@tagged("post_install", "-at_install")
class TestTranslation(TransactionCase):
    """zh_CN is complete, and says nothing the addon no longer says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.catalogue = polib.pofile(file_path("itss_quality/i18n/zh_CN.po"))
        cls.sources = {
            source.strip()
            for _module, _type, _name, _id, source, _value, _comments in TranslationModuleReader(
                cls.env.cr, modules=["itss_quality"]
            )
        }

    def test_every_string_is_translated(self):
        done = {
            entry.msgid.strip()
            for entry in self.catalogue
            if entry.msgstr and not entry.fuzzy and not entry.obsolete
        }
        self.assertFalse(sorted(self.sources - done), "strings without a Chinese translation")

    def test_no_translation_is_fuzzy_or_stale(self):
        self.assertFalse([entry.msgid for entry in self.catalogue if entry.fuzzy])
        self.assertFalse([entry.msgid for entry in self.catalogue.obsolete_entries()])
        known = {entry.msgid.strip() for entry in self.catalogue}
        self.assertFalse(sorted(known - self.sources), "translations of strings that are gone")

    def test_placeholders_survive_translation(self):
        for entry in self.catalogue:
            with self.subTest(source=entry.msgid):
                self.assertEqual(
                    sorted(PLACEHOLDER.findall(entry.msgid)),
                    sorted(PLACEHOLDER.findall(entry.msgstr)),
                )

    def test_the_glossary_s_terms_are_used(self):
        glossary = {
            "Quality Management Plan": "质量管理计划",
            "Internal Audit": "内审",
            "Management Review": "管理评审",
            "Management Representative": "管理者代表",
            "Service Desk": "服务台",
            "Satisfaction Survey": "满意度调查",
            "Improvement": "服务改进",
            "Responsible Departments": "责任部门",
            "Supporting Departments": "配合部门",
        }
        chinese = {entry.msgid: entry.msgstr for entry in self.catalogue}
        for english, term in glossary.items():
            self.assertEqual(chinese.get(english), term, english)
