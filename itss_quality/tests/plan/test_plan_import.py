import base64
import zipfile
from datetime import date, datetime
from io import BytesIO

from openpyxl import Workbook, load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...tools.plan_excel import HEADINGS
from ...tools.plan_kind import guess_kind
from ..common import ItssCommon

CHINESE = [names[0] for names in HEADINGS.values()]
ENGLISH = [names[1] for names in HEADINGS.values()]
TITLE = "2025年运维服务质量管理计划 (YNTD-ITSS-0417)"
ALL = "各有关部门"
MANAGER, REPRESENTATIVE = "运维部经理", "管理者代表"
# the 2025 plan's table with its oddities: no row 7, <p> tags, stray signs, half-width brackets
REAL_ROWS = [
    [
        1,
        "运维服务质量目标策划分解",
        "1. 组织制定; 2. 进行分解。",
        "运维部",
        "质量部",
        MANAGER,
        "2025年1月",
    ],
    [
        2,
        "质量信息反馈",
        "1. 加强联系, 主动征求意见; 5. 处理用户投诉;",
        "运维部",
        "质量部",
        MANAGER,
        "全年",
    ],
    [
        3,
        "运维服务能力管理体系过程控制",
        "1. 做到有章可循、有据可查;",
        "运维部",
        "质量部",
        MANAGER,
        "全年",
    ],
    [4, "客户满意度调查", "质量部每年进行调查。", "运维部、质量部", ALL, "质量部", "2025年10月"],
    [
        5,
        "内审",
        "选好内审员;\n现场审核",
        "质量部",
        ALL,
        REPRESENTATIVE,
        "2025年10月(外审前进行一次)",
    ],
    [
        6,
        "管理评审",
        "<p>1. 编制</p> <p>2. 提交；</p>",
        "质量部",
        ALL,
        REPRESENTATIVE,
        "2025年10月 (外审前进行一次)",
    ],
    [
        8,
        "运维服务质量目标实施效果分析评价",
        "<p>1. 评价。</p>",
        "运维部",
        ALL,
        MANAGER,
        "2025年10月底",
    ],
    [9, "体系文件的持续修订", "持续修订、改进。", "质量部", ALL, REPRESENTATIVE, "全年"],
]
PLAIN_ROW = ["1", "内审", "", "质量部", "", "", "2025年10月"]
CELL_FIELDS = (
    "number",
    "name",
    "measures",
    "responsible_department_ids",
    "supporting_department_ids",
    "responsible_text",
    "supporting_text",
    "supporting_all",
    "responsible_id",
    "responsible_title",
    "date_text",
    "date_start",
    "date_end",
    "all_year",
    "before_external_audit",
    "kind",
)


def make_book(rows=(PLAIN_ROW,), headings=CHINESE, title=TITLE, change=None):
    """Return the bytes of a workbook with the title in row 1, headings in row 2, rows from row 3."""
    book = Workbook()
    sheet = book.active
    sheet.append([title])
    sheet.merge_cells("A1:G1")
    sheet.append(headings)
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    return save(book)


def save(book):
    content = BytesIO()
    book.save(content)
    return content.getvalue()


class PlanImportCommon(ItssCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan(lines=0)
        cls.employee = cls.env["hr.employee"].search([("user_id", "=", cls.quality_user.id)])

    def make_wizard(self, content, user=None, **vals):
        return (
            self.env["itss.plan.import"]
            .with_user(user or self.quality_user)
            .create(
                {
                    "plan_id": self.plan.id,
                    "file": base64.b64encode(content),
                    "filename": "plan.xlsx",
                    **vals,
                }
            )
        )

    def import_book(self, content, **vals):
        """Import a workbook and return the lines of the plan."""
        wizard = self.make_wizard(content, **vals)
        wizard.action_preview()
        wizard.action_import()
        return wizard.plan_id.line_ids.sorted("sequence")

    def export(self, plan):
        report = self.env["report.itss_quality.plan_xlsx"].with_user(self.quality_user)
        return report.with_context(active_model="itss.plan").create_xlsx_report(plan.ids, {})[0]

    def assertRefused(self, content, *parts, **vals):
        """Assert that a file is refused with all these words, and that nothing has changed."""
        self.make_line(self.plan, name="existing")
        departments = self.env["hr.department"].search_count([])
        with self.assertRaises(UserError) as raised:
            self.make_wizard(content, **vals).action_import()
        for part in parts:
            self.assertIn(part, str(raised.exception))
        self.env.invalidate_all()
        self.assertEqual(self.plan.line_ids.mapped("name"), ["existing"])
        self.assertEqual(self.env["hr.department"].search_count([]), departments)
        self.assertFalse(self.env["itss.plan"].search_count([("id", "!=", self.plan.id)]))
        return str(raised.exception)


@tagged("post_install", "-at_install")
class TestPlanImport(PlanImportCommon):
    """The chapter-7 table comes in from Excel without loss."""

    def test_real_table(self):
        lines = self.import_book(make_book(REAL_ROWS))
        self.assertEqual(lines.mapped("number"), ["1", "2", "3", "4", "5", "6", "8", "9"])
        self.assertEqual(lines.mapped("name"), [row[1] for row in REAL_ROWS])
        self.assertEqual(lines.mapped("date_text"), [row[6] for row in REAL_ROWS])
        self.assertEqual(lines.mapped("responsible_title"), [row[5] for row in REAL_ROWS])
        self.assertEqual(
            lines.mapped("kind"),
            [
                "objectives",
                "feedback",
                "process_control",
                "survey",
                "audit",
                "review",
                "evaluation",
                "documents",
            ],
        )
        self.assertEqual(
            lines.mapped("all_year"), [False, True, True, False, False, False, False, True]
        )
        self.assertEqual(lines.filtered("before_external_audit").mapped("number"), ["5", "6"])
        self.assertEqual(
            [(line.date_start, line.date_end) for line in lines[:1] | lines[3] | lines[6]],
            [
                (date(2025, 1, 1), date(2025, 1, 31)),
                (date(2025, 10, 1), date(2025, 10, 31)),
                (date(2025, 10, 31), date(2025, 10, 31)),
            ],
        )
        self.assertEqual(
            lines[3].responsible_department_ids, self.dep_operations | self.dep_quality
        )
        self.assertEqual(lines[0].supporting_department_ids, self.dep_quality)
        self.assertEqual(lines.mapped("responsible_text"), [row[3] for row in REAL_ROWS])
        self.assertEqual(lines.mapped("supporting_text"), [row[4] for row in REAL_ROWS])
        self.assertFalse(lines[3].supporting_department_ids)
        self.assertTrue(lines[3].supporting_all)
        self.assertEqual(lines[4].measures, "选好内审员;\n现场审核")
        self.assertEqual(lines[5].measures, "1. 编制\n2. 提交；", "a line per paragraph")

    def test_new_plan_takes_year_and_name_from_the_file(self):
        wizard = self.make_wizard(
            make_book(REAL_ROWS, title=TITLE.replace("2025", "2026")), plan_id=False
        )
        wizard.action_preview()
        self.assertEqual((wizard.year, wizard.name), (2026, "2026年运维服务质量管理计划"))
        action = wizard.action_import()["params"]["next"]
        plan = self.env["itss.plan"].browse(action["res_id"])
        self.assertEqual((plan.year, plan.name, plan.state), (2026, wizard.name, "draft"))
        self.assertEqual(plan.company_id, self.company)
        self.assertEqual(plan.line_ids[1].date_start, date(2026, 1, 1), "全年 is the plan's year")

    def test_new_plan_with_year_and_name_entered(self):
        wizard = self.make_wizard(make_book(REAL_ROWS), plan_id=False, year=2027, name="Ours")
        plan_id = wizard.action_import()["params"]["next"]["res_id"]
        plan = self.env["itss.plan"].browse(plan_id)
        self.assertEqual((plan.year, plan.name), (2027, "Ours"))

    def test_year_of_most_dates_without_title(self):
        wizard = self.make_wizard(make_book(REAL_ROWS, title=""), plan_id=False)
        wizard.action_preview()
        self.assertEqual((wizard.year, wizard.name), (2025, False))

    def test_columns_in_any_order_and_language_in_any_sheet(self):
        def move_to_second_sheet(sheet):
            sheet.parent.move_sheet(sheet.parent.create_sheet("Cover"), -1)

        rows = [row[::-1] for row in REAL_ROWS]
        lines = self.import_book(make_book(rows, ENGLISH[::-1], change=move_to_second_sheet))
        self.assertEqual(lines.mapped("name"), [row[1] for row in REAL_ROWS])

    def test_synonyms_and_spacing_of_headings(self):
        headings = ["序 号", "项目", "措施", "责任\n部门", "配合部门：", "责任人", "实施日期"]
        self.assertEqual(self.import_book(make_book(headings=headings)).name, "内审")

    def test_columns_and_sheets_not_read_are_told(self):
        def add_sheet(sheet):
            other = sheet.parent.create_sheet("2024")
            other.append(CHINESE)

        wizard = self.make_wizard(
            make_book([[*PLAIN_ROW, "x"]], [*CHINESE, "备注"], change=add_sheet)
        )
        wizard.action_preview()
        self.assertIn("column H (备注)", wizard.notes)
        self.assertIn("“2024”", wizard.notes)

    def test_numbers_and_dates_of_excel_become_the_text_one_reads(self):
        formats = ["General", "yyyy-mm-dd", 'yyyy"年"m"月"', 'm"月"d"日"', "mmm-yy", "yyyy"]

        def set_formats(sheet):
            for row, number_format in enumerate(formats, 3):
                sheet.cell(row, 7).number_format = number_format
            # Chinese Excel writes the format of 2025年10月 by this number alone
            sheet.cell(9, 7).number_format = "General"

        numbers = [1, 1.0, 7.1, "7.1", "007", 0.5, 2]
        rows = [[number, *PLAIN_ROW[1:6], datetime(2025, 10, 1)] for number in numbers]
        lines = self.import_book(make_book(rows, change=set_formats))
        self.assertEqual(lines.mapped("number"), ["1", "1", "7.1", "7.1", "007", "0.5", "2"])
        self.assertEqual(
            lines.mapped("date_text")[1:6],
            ["2025-10-01", "2025年10月", "10月1日", "2025-10", "2025年"],
        )

    def test_line_breaks_of_all_programs(self):
        row = [
            "1",
            "内审",
            "a_x000D_\nb_x000B_c\nd<br/>e<P class='x'>f</P>",
            "质量部",
            "",
            "",
            "全年",
        ]
        self.assertEqual(self.import_book(make_book([row])).measures, "a\nb\nc\nd\ne\nf")

    def test_dates_of_chinese_excel(self):
        content = make_book([[*PLAIN_ROW[:6], 45931]])
        with zipfile.ZipFile(BytesIO(content)) as archive:
            styles = archive.read("xl/styles.xml").decode()
        start = styles.index("<cellXfs")
        styles = styles[:start] + styles[start:].replace('numFmtId="0"', 'numFmtId="57"', 1)
        lines = self.import_book(replace_member(content, "xl/styles.xml", styles))
        self.assertEqual(lines.date_text, "2025年10月")

    def test_vertical_merges_count_for_each_row(self):
        def merge(sheet):
            sheet.merge_cells("D3:D5")
            sheet.merge_cells("F4:F5")

        rows = [["1", "a", "", "质量部"], ["2", "b", "", "", "", "经理"], ["3", "c"]]
        lines = self.import_book(make_book(rows, change=merge))
        self.assertEqual(lines.responsible_department_ids, self.dep_quality)
        self.assertEqual([len(line.responsible_department_ids) for line in lines], [1, 1, 1])
        self.assertEqual(lines.mapped("responsible_title"), [False, "经理", "经理"])

    def test_empty_merged_cells_do_no_harm(self):
        content = make_book([["1", "内审"]], change=lambda sheet: sheet.merge_cells("D3:E3"))
        self.assertEqual(self.import_book(content).name, "内审")

    def test_headings_in_two_merged_rows(self):
        def merge(sheet):
            sheet.insert_rows(2)
            for column in "ABCFG":
                sheet[f"{column}2"] = sheet[f"{column}3"].value
                sheet.merge_cells(f"{column}2:{column}3")
            sheet["D2"] = "部门"
            sheet.merge_cells("D2:E2")

        self.assertEqual(self.import_book(make_book(change=merge)).name, "内审")

    def test_blank_rows_and_notes_below_the_table(self):
        def add_note(sheet):
            sheet["A7"] = "注：每季度检查"
            sheet.merge_cells("A7:G7")

        wizard = self.make_wizard(make_book([PLAIN_ROW, [], PLAIN_ROW], change=add_note))
        wizard.action_preview()
        self.assertEqual(wizard.line_ids.mapped("row"), [3, 5])
        self.assertIn("Row 7", wizard.notes)
        self.assertIn("注：每季度检查", wizard.notes)

    def test_preview_says_what_to_look_at(self):
        rows = [
            ["1", "a", "", "", "", "", ""],
            ["2", "b", "", "质量部", "质量部、外包商", "", "待定"],
            ["3", "c", "", "新部门", ALL, "", "2024年10月"],
            PLAIN_ROW,
        ]
        wizard = self.make_wizard(make_book(rows))
        wizard.action_preview()
        warnings = wizard.line_ids.mapped("warning")
        self.assertIn("no responsible department", warnings[0])
        self.assertIn("no planned date", warnings[0])
        self.assertIn("“外包商” is no department", warnings[1])
        self.assertIn("not understood", warnings[1])
        self.assertIn("no department “新部门”", warnings[2])
        self.assertIn("outside the plan's year 2025", warnings[2])
        self.assertFalse(warnings[3])
        self.assertEqual((wizard.line_count, wizard.warning_count), (4, 3))
        self.assertEqual(wizard.missing_departments, "新部门")
        self.assertEqual(wizard.line_ids[3].date_end, date(2025, 10, 31))
        self.assertEqual(wizard.line_ids[3].responsible_department_ids, self.dep_quality)

    def test_replace_and_append(self):
        self.make_line(self.plan, name="before", sequence=70)
        content = make_book()
        lines = self.import_book(content, mode="append")
        self.assertEqual(lines.mapped("name"), ["before", "内审"])
        lines = self.import_book(content, mode="replace")
        self.assertEqual(lines.mapped("name"), ["内审"])

    def test_replaced_lines_continue_what_they_continued(self):
        old = self.make_line(self.make_plan(lines=0, year=2024))
        line = self.make_line(self.plan)
        line.sudo().write({"previous_id": old.id, "carried_over": True})
        lines = self.import_book(make_book([PLAIN_ROW, ["2", *PLAIN_ROW[1:]]]))
        self.assertEqual(lines.mapped("previous_id"), old)
        self.assertEqual(lines.mapped("carried_over"), [True, False])

    def test_import_is_told_in_the_plan(self):
        self.import_book(make_book())
        self.assertIn("1 lines imported from “plan.xlsx”", self.plan.message_ids[0].body)

    def test_kinds_of_the_template(self):
        for name, kind in {
            "Internal audit": "audit",
            "Analysis and evaluation of how far the quality objectives were met": "evaluation",
            "Training of internal auditors": "training",
            "内审员培训": "training",
            "满意度评价": "survey",
            "供应商评价": "other",
            "": "other",
        }.items():
            with self.subTest(name=name):
                self.assertEqual(guess_kind(name), kind)


@tagged("post_install", "-at_install")
class TestPlanImportNames(PlanImportCommon):
    """Departments and persons are found by their names."""

    def import_cells(self, responsible="质量部", supporting="", in_charge="", **vals):
        row = ["1", "内审", "", responsible, supporting, in_charge, ""]
        return self.import_book(make_book([row]), **vals)

    def test_signs_that_separate_departments(self):
        both = self.dep_operations | self.dep_quality
        for text in (
            "运维部、质量部",
            "运维部,质量部",
            "运维部；质量部。",
            "运维部/质量部",
            "运维部\n质量部",
            "运维部和质量部",
        ):
            with self.subTest(text=text):
                self.assertEqual(self.import_cells(text).responsible_department_ids, both)

    def test_signs_inside_names(self):
        it = self.make_department("IT/O&M, 和平")
        line = self.import_cells("it/o&m, 和平、质量部")
        self.assertEqual(line.responsible_department_ids, it | self.dep_quality)

    def test_full_name_tells_departments_of_one_name_apart(self):
        twin = self.make_department("质量部")
        twin.parent_id = self.dep_operations
        self.assertRefused(
            make_book(), "Row 3, column D (责任部门)", "More than one department is called “质量部”"
        )
        self.assertEqual(self.import_cells("运维部 / 质量部").responsible_department_ids, twin)

    def test_departments_of_other_companies_are_not_found(self):
        self.make_department("外部", self.other_company)
        self.assertRefused(
            make_book([["1", "a", "", "外部"]]), "no department “外部” in Cloud Service Co"
        )

    def test_missing_departments_are_created_on_demand(self):
        rows = [
            ["1", "a", "", "新部门、质量部"],
            ["2", "b", "", "新部门"],
            ["3", "c", "", "Lab"],
            ["4", "d", "", "LAB"],
        ]
        lines = self.import_book(make_book(rows), create_missing_departments=True)
        new = lines[1].responsible_department_ids
        self.assertEqual((new.name, new.company_id), ("新部门", self.company))
        self.assertEqual(lines[0].responsible_department_ids, new | self.dep_quality)
        self.assertEqual(lines[2].responsible_department_ids, lines[3].responsible_department_ids)

    def test_department_created_since_the_preview(self):
        wizard = self.make_wizard(make_book([["1", "a", "", "新部门"]]))
        wizard.action_preview()
        department = self.make_department("新部门")
        wizard.action_import()
        self.assertEqual(self.plan.line_ids.responsible_department_ids, department)

    def test_supporting_departments_and_text(self):
        line = self.import_cells(supporting="运维部、各有关部门")
        self.assertEqual(line.supporting_department_ids, self.dep_operations)
        self.assertEqual(line.supporting_text, "运维部、各有关部门")
        line = self.import_cells(supporting="外包商, 其他部门")
        self.assertFalse(line.supporting_department_ids)
        self.assertEqual(line.supporting_text, "外包商, 其他部门", "as printed")

    def test_person_in_charge(self):
        employee = self.employee
        line = self.import_cells(in_charge=employee.name)
        self.assertEqual((line.responsible_id, line.responsible_title), (employee, False))
        self.env.invalidate_all()
        wizard = self.env["itss.plan.import"].with_user(self.quality_user).search([], limit=1)
        self.assertEqual(wizard.line_ids.in_charge, employee.name, "readable without HR rights")
        line = self.import_cells(in_charge="质量部")
        self.assertEqual((line.responsible_id.id, line.responsible_title), (False, "质量部"))

    def test_person_whose_name_is_not_unique_stays_text(self):
        for _twin in range(2):
            self.env["hr.employee"].create({"name": "李伟", "company_id": self.company.id})
        wizard = self.make_wizard(make_book([[*PLAIN_ROW[:5], "李伟", "全年"]]))
        wizard.action_preview()
        self.assertIn("2 employees are called “李伟”", wizard.line_ids.warning)
        wizard.action_import()
        self.assertEqual(self.plan.line_ids.responsible_title, "李伟")

    def test_number_of_queries_does_not_grow_with_the_rows(self):
        def count(rows):
            rows = [
                [*PLAIN_ROW[:3], "质量部", "运维部", f"经理{row}", "2025年10月"]
                for row in range(rows)
            ]
            wizard = self.make_wizard(make_book(rows))
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            wizard.action_preview()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(10), count(90))


@tagged("post_install", "-at_install")
class TestPlanImportRefusals(PlanImportCommon):
    """A bad file gives a message with row and column, and changes nothing."""

    def test_no_file(self):
        self.assertRefused(b"", "Please choose the Excel file")

    def test_not_a_workbook(self):
        self.assertRefused(b"number,name\n1,audit\n", "can't be read", ".xlsx")

    def test_zip_that_is_no_workbook(self):
        content = BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("hello.txt", "hello")
        self.assertRefused(content.getvalue(), "can't be read")

    def test_damaged_workbook(self):
        self.assertRefused(
            replace_member(make_book(), "xl/worksheets/sheet1.xml", "<worksheet"), "can't be read"
        )

    def test_old_or_protected_workbook(self):
        self.assertRefused(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel format", "password"
        )

    def test_file_too_big(self):
        self.assertRefused(
            b"PK" + bytes(11 * 1024 * 1024), "too big: 12 MB, where 10 MB are allowed"
        )

    def test_bomb_of_zeros(self):
        content = BytesIO(make_book())
        with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/media/image1.png", bytes(100 * 1024 * 1024))
        self.assertLess(len(content.getvalue()), 200_000)
        self.assertRefused(content.getvalue(), "unpacks to more than 30 MB")

    def test_no_table(self):
        self.assertRefused(make_book(headings=["a", "b"]), "No plan table was found", "责任部门")

    def test_missing_columns(self):
        message = self.assertRefused(
            make_book(headings=CHINESE[:5]), "Row 2", "“负责人” (Person in charge)"
        )
        self.assertIn("“计划实施日期” (Planned date)", message)

    def test_heading_twice(self):
        message = self.assertRefused(
            make_book(headings=[*CHINESE, "责任部门"]), "Row 2, column H (责任部门)"
        )
        self.assertIn("first in column D", message)

    def test_no_lines(self):
        self.assertRefused(make_book([]), "Row 2", "no lines below")

    def test_unknown_department(self):
        self.assertRefused(
            make_book([PLAIN_ROW, ["2", "b", "", "质量部、新部门"]]),
            "Row 4, column D (责任部门)",
            "no department “新部门”",
            "Create Missing Departments",
        )

    def test_everybody_is_not_responsible(self):
        content = make_book([[*PLAIN_ROW[:3], ALL]])
        self.assertRefused(
            content, "Row 3, column D (责任部门)", ALL, create_missing_departments=True
        )

    def test_ten_thousand_rows(self):
        self.assertRefused(make_book([PLAIN_ROW] * 10_000), "more than 5000 rows", "Row 50")

    def test_one_row_too_many(self):
        self.assertRefused(make_book([PLAIN_ROW] * 5001), "Row 5003", "more than 5000 rows")

    def test_formulas(self):
        rows = [["=ROW()-2", *PLAIN_ROW[1:]], [*PLAIN_ROW[:6], "=TODAY()"]]
        self.assertRefused(
            make_book(rows),
            "Row 3, column A (编号): The cell holds a formula",
            "Row 4, column G (计划实施日期)",
            "paste it back as values",
        )

    def test_formula_elsewhere_does_no_harm(self):
        content = make_book([[*PLAIN_ROW, "=1+1"]], change=lambda sheet: sheet.cell(1, 9, "=NOW()"))
        self.assertEqual(self.import_book(content).name, "内审")

    def test_excel_errors(self):
        self.assertRefused(
            make_book([[*PLAIN_ROW[:2], "#REF!"]]), "Row 3, column C (措施及要求)", "#REF!"
        )

    def test_cells_merged_across_columns(self):
        content = make_book(change=lambda sheet: sheet.merge_cells("D3:E3"))
        self.assertRefused(content, "Row 3, column D (责任部门)", "merged", "Unmerge")

    def test_missing_work_item(self):
        content = make_book([PLAIN_ROW, ["2", "", "some measures"]])
        self.assertRefused(content, "Row 4, column B (工作项目): The work item is missing")

    def test_number_that_may_be_january_or_october(self):
        message = self.assertRefused(make_book([[*PLAIN_ROW[:6], 2025.1]]), "Row 3, column G")
        self.assertIn("January as well as October", message)

    def test_bad_corrections(self):
        headings = [*CHINESE, "kind", "date_start", "date_end", "all_year"]
        for extras, column in {
            ("party",): "H (kind)",
            ("", "soon"): "I (date_start)",
            ("", "", "2025-02-30"): "J (date_end)",
            ("", "2025-12-01", "2025-11-01"): "J (date_end)",
            ("", "", "", "maybe"): "K (all_year)",
        }.items():
            with self.subTest(extras=extras):
                self.plan.line_ids.unlink()
                self.assertRefused(
                    make_book([[*PLAIN_ROW, *extras]], headings), f"Row 3, column {column}"
                )

    def test_many_problems_are_cut_short(self):
        message = self.assertRefused(
            make_book([["1", "", "x"]] * 50), "Row 3", "Row 22", "and 30 more"
        )
        self.assertNotIn("Row 23", message)

    def test_last_row_wrong_means_nothing_is_imported(self):
        self.assertRefused(make_book([*REAL_ROWS, ["10", "", "x"]]), "Row 11")

    def test_plan_that_is_no_draft(self):
        self.make_line(self.plan)
        self.plan.action_submit()
        with self.assertRaisesRegex(UserError, "no draft any more"):
            self.make_wizard(make_book()).action_import()
        wizard = self.make_wizard(make_book(), plan_id=False)
        wizard.action_preview()
        wizard.plan_id = self.plan
        with self.assertRaisesRegex(UserError, "no draft any more"):
            wizard.action_import()

    def test_import_happens_once(self):
        wizard = self.make_wizard(make_book())
        wizard.action_import()
        with self.assertRaisesRegex(UserError, "imported already"):
            wizard.action_import()
        self.assertEqual(len(self.plan.line_ids), 1)

    def test_only_the_quality_department_imports(self):
        for user in (
            self.ops_user,
            self.desk_user,
            self.manager_user,
            self.staff_user,
            self.outsider,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.make_wizard(make_book(), user=user)

    def test_plan_of_another_company(self):
        content = make_book()
        with self.assertRaises(AccessError):
            self.make_wizard(content, user=self.foreign_user).action_import()


@tagged("post_install", "-at_install")
class TestPlanExport(PlanImportCommon):
    """Export and import give the same plan back, cell by cell."""

    def read_cells(self, content):
        sheet = load_workbook(BytesIO(content)).worksheets[0]
        return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]

    def assertRoundTrip(self, lines):
        content = self.export(self.plan)
        expected = [[line[field] for field in CELL_FIELDS] for line in lines]
        copy = self.make_plan(lines=0)
        copies = self.import_book(content, plan_id=copy.id)
        for line, values in zip(copies, expected, strict=True):
            for field, value in zip(CELL_FIELDS, values, strict=True):
                self.assertEqual(line[field], value, f"{field} of {line.name}")
        self.assertEqual(self.read_cells(self.export(copy)), self.read_cells(content))

    def test_round_trip_of_the_real_table(self):
        self.assertRoundTrip(self.import_book(make_book(REAL_ROWS)))

    def test_printed_cells(self):
        self.import_book(make_book(REAL_ROWS))
        cells = self.read_cells(self.export(self.plan))
        self.assertEqual(cells[0][:7], ENGLISH)
        for row, expected in zip(cells[1:], REAL_ROWS, strict=True):
            self.assertEqual(row[0], str(expected[0]))
            self.assertEqual(row[1], expected[1])
            self.assertEqual(row[3:7], expected[3:7])
            self.assertEqual(row[7:], [None] * len(row[7:]), "nothing to correct")

    def test_round_trip_of_corrections(self):
        employee = self.employee
        twin = self.make_department("运维部")
        twin.parent_id = self.dep_quality
        common = {"plan_id": self.plan.id, "name": "内审", "date_text": "2025年10月"}
        lines = self.plan.line_ids.create(
            [
                {**common, "sequence": 1, "kind": "training"},
                {**common, "sequence": 2, "date_start": "2025-10-08", "date_end": "2025-10-09"},
                {**common, "sequence": 3, "date_start": False},
                {**common, "sequence": 4, "before_external_audit": True},
                {**common, "sequence": 5, "date_text": "全年", "all_year": False},
                {**common, "sequence": 6, "date_text": "待定", "date_end": "2025-06-30"},
                {
                    **common,
                    "sequence": 7,
                    "date_text": False,
                    "date_start": "2025-06-01",
                    "date_end": "2025-06-30",
                },
                {
                    **common,
                    "sequence": 8,
                    "responsible_id": employee.id,
                    "responsible_title": MANAGER,
                },
                {**common, "sequence": 9, "responsible_id": employee.id},
                {
                    **common,
                    "sequence": 10,
                    "responsible_department_ids": [(6, 0, self.dep_quality.ids)],
                    "responsible_text": "质量、外包商",
                    "supporting_department_ids": [(6, 0, twin.ids)],
                    "supporting_text": "运维部、一线",
                },
                {**common, "sequence": 11, "supporting_text": "全公司", "supporting_all": True},
            ]
        )
        self.assertRoundTrip(lines)

    def test_round_trip_of_texts_excel_might_read_as_something_else(self):
        texts = [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "1.0",
            "007",
            "TRUE",
            "http://a.b",
            "a\nb\n\nc",
            "<b>x</b> & <5%",
        ]
        lines = self.plan.line_ids.create(
            [
                {
                    "plan_id": self.plan.id,
                    "sequence": index,
                    "number": text,
                    "name": text,
                    "measures": text,
                    "date_text": text,
                }
                for index, text in enumerate(texts)
            ]
        )
        self.assertRoundTrip(lines)
        sheet = load_workbook(BytesIO(self.export(self.plan))).worksheets[0]
        types = {cell.data_type for row in sheet.iter_rows(min_row=4, max_col=3) for cell in row}
        self.assertEqual(types, {"s"}, "never a formula")

    def test_layout(self):
        self.import_book(make_book(REAL_ROWS))
        sheet = load_workbook(BytesIO(self.export(self.plan))).worksheets[0]
        self.assertEqual(sheet["A1"].value, self.plan.name)
        self.assertIn(self.plan.number, sheet["A2"].value)
        self.assertIn(self.plan.version, sheet["A2"].value)
        self.assertEqual(sheet.freeze_panes, "A4")
        self.assertEqual(sheet.print_title_rows, "$3:$3")
        self.assertEqual(sheet.page_setup.orientation, "landscape")
        self.assertTrue(sheet.sheet_properties.pageSetUpPr.fitToPage)
        self.assertEqual(sheet.page_setup.fitToHeight, 0, "one page wide, as long as it gets")
        self.assertTrue(sheet["C4"].alignment.wrap_text)
        self.assertTrue(sheet.column_dimensions["H"].hidden)
        self.assertFalse(sheet.column_dimensions["G"].hidden)

    def test_name_that_looks_like_a_formula(self):
        self.plan.name = "=HYPERLINK(1)"
        sheet = load_workbook(BytesIO(self.export(self.plan))).worksheets[0]
        self.assertEqual((sheet["A1"].value, sheet["A1"].data_type), ("=HYPERLINK(1)", "s"))

    def test_number_that_is_no_sheet_name(self):
        self.plan.number = "QP/2025[1]*" + "x" * 40
        self.assertTrue(load_workbook(BytesIO(self.export(self.plan))))

    def test_text_longer_than_a_cell(self):
        self.make_line(self.plan, number="4", measures="长" * 32_768)
        with self.assertRaisesRegex(
            UserError, "“4 内审” can't be exported.*32,767.*Measures and requirements"
        ):
            self.export(self.plan)

    def test_headings_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        report = self.env["report.itss_quality.plan_xlsx"].with_context(lang="zh_CN")
        self.assertEqual(list(report._get_headings().values()), CHINESE)

    def test_empty_template(self):
        wizard = self.make_wizard(b"")
        action = wizard.with_context(active_ids=self.plan.ids).action_download_template()
        self.assertEqual(action["report_type"], "xlsx")
        report = self.env["ir.actions.report"].with_user(self.quality_user)
        content = report._render_xlsx(action["report_name"], None, action["data"])[0]
        self.assertEqual(self.read_cells(content)[0][:7], ENGLISH)
        self.assertEqual(len(self.read_cells(content)), 1)

    def test_report_file_name(self):
        report = self.env.ref("itss_quality.itss_plan_xlsx_action")
        self.assertEqual(report.binding_model_id.model, "itss.plan")
        self.assertIn("object.version", report.print_report_name)


def replace_member(content, name, text):
    """Return the workbook with one of its members replaced."""
    changed = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.namelist():
            new.writestr(member, text if member == name else old.read(member))
    return changed.getvalue()
