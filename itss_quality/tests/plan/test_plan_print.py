import base64
import io
from contextlib import contextmanager
from unittest.mock import patch

from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from ..common import ItssCommon
from ..prints import by_class, text

REPORT = "itss_quality.itss_plan_report_pdf"
LIVE, SIGNED = b"%PDF live", b"%PDF signed"


@tagged("post_install", "-at_install")
class TestPlanPrint(ItssCommon):
    """The printed plan as HTML; tests/test_plan_pdf.py looks at the PDF."""

    def print_plan(self, plans, user=None, **context):
        """Return the print of plans as a tree."""
        reports = self.env["ir.actions.report"].with_user(user or self.quality_user)
        content, kind = reports.with_context(**context)._render_qweb_html(REPORT, plans.ids)
        self.assertEqual(kind, "html")
        return html.fromstring(content.decode())

    def revise(self, plan, note):
        """Approve a new revision of a plan."""
        action = plan.with_user(self.quality_user).action_new_revision()
        revision = self.env["itss.plan"].browse(action["res_id"]).with_user(self.quality_user)
        revision.change_note = note
        return self.approve(revision)

    def cell_texts(self, rows):
        return [[text(cell) for cell in row.iterchildren("td")] for row in rows]

    # -------------------------------------------------------------------------
    # Cover, head and foot
    # -------------------------------------------------------------------------

    @freeze_time("2025-01-07 10:00:00")
    def test_the_cover_carries_number_version_and_signers(self):
        plan = self.approve(
            self.make_plan(name="2025年质量管理计划", number="QM-01", version="V2.0")
        )
        [cover] = by_class(self.print_plan(plan), "itss_cover")
        for words in (
            "Cloud Service Co",
            "2025年质量管理计划",
            "QM-01",
            "V2.0",
            "Controlled Document",
        ):
            self.assertIn(words, text(cover))
        [signers] = by_class(cover, "itss_cover_signers")
        self.assertEqual(
            self.cell_texts(signers.iter("tr")),
            [
                [user.name, "01/07/2025"]
                for user in (self.quality_user, self.ops_user, self.manager_user)
            ],
        )

    def test_what_is_not_approved_says_so_on_each_page(self):
        plan = self.make_plan()
        for step, user in (
            ("submit", self.quality_user),
            ("review", self.ops_user),
            ("approve", self.manager_user),
        ):
            page = self.print_plan(plan)
            for place in ("itss_cover", "itss_head"):
                self.assertIn("Draft – not approved", text(by_class(page, place)[0]), plan.state)
            self.assertNotIn("Controlled Document", text(page))
            getattr(plan.with_user(user), f"action_{step}")()
        self.assertNotIn("not approved", text(self.print_plan(plan)))

    def test_an_unsigned_cover_leaves_its_lines_empty(self):
        [signers] = by_class(self.print_plan(self.make_plan()), "itss_cover_signers")
        self.assertEqual(self.cell_texts(signers.iter("tr")), [["", ""]] * 3)

    def test_head_and_foot_identify_every_page(self):
        plan = self.make_plan(name="年度计划", number="QM-01", version="V2.0")
        [document] = by_class(self.print_plan(plan), "itss_document")
        [head] = by_class(document, "itss_head")
        [foot] = by_class(document, "itss_foot")
        self.assertIn("Document No.: QM-01 Version: V2.0", text(head))
        self.assertIn("年度计划", text(foot))
        self.assertTrue(by_class(foot, "itss_page") and by_class(foot, "itss_pages"))

    def test_a_closed_plan_still_is_a_controlled_document(self):
        plan = self.approve(self.make_plan())
        plan.with_user(self.quality_user).write({"state": "closed", "closing_note": "年度结束"})
        self.assertIn("Controlled Document", text(self.print_plan(plan)))

    # -------------------------------------------------------------------------
    # Revision history
    # -------------------------------------------------------------------------

    @freeze_time("2025-01-07 10:00:00")
    def test_the_history_lists_every_revision(self):
        first = self.approve(self.make_plan(change_note="首次发布"))
        second = self.revise(first, "增加一次内审\n调整日期")
        names = [user.name for user in (self.quality_user, self.ops_user, self.manager_user)]
        signed = [part for name in names for part in (name, "01/07/2025")]
        for plan, rows in (
            (first, [["V1.0", *signed, "首次发布"]]),
            (second, [["V1.0", *signed, "首次发布"], ["V1.1", *signed, "增加一次内审 调整日期"]]),
        ):
            [history] = by_class(self.print_plan(plan), "itss_history")
            [body] = history.iter("tbody")
            self.assertEqual(self.cell_texts(body), rows)

    def test_a_replaced_revision_says_so(self):
        plan = self.approve(self.make_plan())
        self.revise(plan, "修订")
        [cover] = by_class(self.print_plan(plan), "itss_cover")
        self.assertIn("Superseded", text(cover))
        self.assertNotIn("Controlled Document", text(cover))

    # -------------------------------------------------------------------------
    # Chapters and table
    # -------------------------------------------------------------------------

    def test_chapters_come_in_the_plan_s_order(self):
        plan = self.make_plan(
            purpose="<p>目的甲</p>",
            scope="<p>范围乙</p>",
            reference_documents="<p>文件丙</p>",
            terms=False,
            roles="<p>职责丁</p>",
            activities="<p>活动戊</p>",
            satisfaction_target=96.5,
        )
        page = self.print_plan(plan)
        self.assertEqual(
            [text(heading) for heading in page.iter("h2")],
            [
                "Revision History",
                "1. Purpose",
                "2. Scope",
                "3. References",
                "4. Terms and Definitions",
                "5. Roles and Responsibilities",
                "6. Service Quality Management Activities",
                "7. O&M Service Quality Management Plan",
            ],
        )
        chapters = [text(chapter) for chapter in by_class(page, "itss_text")]
        self.assertEqual(chapters[:5], ["目的甲", "范围乙", "文件丙", "None", "职责丁"])
        self.assertRegex(chapters[5], r"average customer satisfaction .*≥ 96\.5 活动戊$")

    def test_every_line_is_printed_as_entered(self):
        plan = self.make_plan(lines=0)
        numbers = ["1", "2", "3", "4", "5", "6", "8", "9"]  # there is no row 7
        for number in numbers:
            self.make_line(
                plan,
                number=number,
                name=f"工作项目{number}",
                date_text="2025年10月 (外审前进行一次)",
            )
        plan.line_ids[0].write(
            {
                "responsible_department_ids": [
                    (6, 0, (self.dep_operations | self.dep_quality).ids)
                ],
                "responsible_text": "运维部、质量部",
                "supporting_text": "各有关部门",
                "responsible_title": "管理者代表",
                "measures": "1. 制定目标；\n2. 分解目标。",
            }
        )
        [table] = by_class(self.print_plan(plan), "itss_plan_table")
        [body] = table.iter("tbody")
        rows = self.cell_texts(body)
        self.assertEqual([row[0] for row in rows], numbers)
        self.assertEqual(
            rows[0][1:],
            [
                "工作项目1",
                "1. 制定目标； 2. 分解目标。",
                "运维部、质量部",
                "各有关部门",
                "管理者代表",
                "2025年10月 (外审前进行一次)",
            ],
        )
        self.assertEqual(len(body[0][2].xpath(".//br")), 1, "line breaks are kept")
        self.assertEqual(len(table.xpath("./thead/tr/th")), 7)

    def test_a_line_without_anything_leaves_its_cells_empty(self):
        plan = self.make_plan(lines=0)
        self.make_line(plan, number=False, date_text=False, responsible_department_ids=False)
        [table] = by_class(self.print_plan(plan), "itss_plan_table")
        [body] = table.iter("tbody")
        self.assertEqual(self.cell_texts(body), [["", "内审", "", "", "", "", ""]])

    # -------------------------------------------------------------------------
    # Bad input
    # -------------------------------------------------------------------------

    def test_text_of_users_is_printed_and_not_run(self):
        attack = "<script>alert(1)</script><b>粗体</b>"
        plan = self.make_plan(
            lines=0, name=attack, number=attack, version=attack, change_note=attack
        )
        self.make_line(
            plan,
            number=attack,
            name=attack,
            measures=attack,
            date_text=attack,
            responsible_title=attack,
            supporting_text=attack,
            responsible_text=attack,
        )
        page = self.print_plan(plan)
        [document] = by_class(page, "itss_document")
        self.assertFalse(document.xpath(".//script | .//b"))
        [table] = by_class(document, "itss_plan_table")
        self.assertEqual(text(table).count(attack), 7)
        for place in ("itss_cover", "itss_head", "itss_foot", "itss_history"):
            self.assertIn(attack, text(by_class(document, place)[0]))

    def test_chapters_are_sanitised(self):
        attack = '<p onclick="alert(1)">目的</p><script>alert(1)</script><img src="x" onerror="alert(1)"/>'
        plan = self.make_plan(purpose=attack)
        [document] = by_class(self.print_plan(plan), "itss_document")
        self.assertIn("目的", text(document))
        self.assertFalse(document.xpath(".//script | .//@onclick | .//@onerror"))

    # -------------------------------------------------------------------------
    # Who prints, and in which language
    # -------------------------------------------------------------------------

    def test_whoever_may_read_the_plan_prints_it_whole(self):
        plan = self.make_plan(lines=0)
        employee = self.env["hr.employee"].create({"name": "王工", "company_id": self.company.id})
        self.make_line(plan, number="1", responsible_department_ids=[(6, 0, self.dep_staff.ids)])
        self.make_line(plan, number="2", responsible_id=employee.id)
        self.approve(plan)
        # the approver has gone to a company the reader knows nothing of
        self.manager_user.sudo().write(
            {"company_ids": [(6, 0, self.other_company.ids)], "company_id": self.other_company.id}
        )
        self.manager_user.partner_id.sudo().company_id = self.other_company
        self.env.invalidate_all()
        own = plan.line_ids.with_user(self.staff_user).search([("plan_id", "=", plan.id)])
        self.assertEqual(own.mapped("number"), ["1"])
        self.env.invalidate_all()
        page = self.print_plan(plan, self.staff_user)
        [table] = by_class(page, "itss_plan_table")
        self.assertEqual(len(table.xpath("./tbody/tr")), 2)
        self.assertIn("王工", text(table))
        self.assertIn(self.manager_user.name, text(by_class(page, "itss_cover")[0]))

    def test_others_do_not_print(self):
        plan = self.make_plan(lines=0)
        self.make_line(plan, responsible_department_ids=[(6, 0, self.dep_staff.ids)])
        with self.assertRaises(AccessError):
            self.print_plan(plan, self.staff_user)  # a draft
        self.approve(plan)
        for user in (self.outsider, self.foreign_user):
            with self.assertRaises(AccessError):
                self.print_plan(plan, user)

    @freeze_time("2025-01-07 10:00:00")
    def test_the_print_speaks_the_reader_s_language(self):
        self.env["res.lang"]._activate_lang("zh_CN").date_format = "%Y年%m月%d日"
        plan = self.approve(self.make_plan())
        page = self.print_plan(plan, lang="zh_CN")
        [article] = by_class(page, "itss_article")
        self.assertEqual(article.get("lang"), "zh-CN")
        self.assertIn("2025年01月07日", text(by_class(article, "itss_cover_signers")[0]))

    def test_several_plans_make_one_file(self):
        plans = self.make_plan(number="QM-01") | self.make_plan(number="QM-02")
        page = self.print_plan(plans)
        [article] = by_class(page, "itss_article")
        covers = [text(cover) for cover in by_class(article, "itss_cover")]
        self.assertEqual(["QM-01" in cover for cover in covers], [True, False])
        self.assertIn("QM-02", covers[1])

    def test_the_file_is_named_after_the_document(self):
        plan = self.make_plan(number="QM/01", version="V1.0")
        name = safe_eval(self.env.ref(REPORT).print_report_name, {"object": plan})
        self.assertTrue(name.startswith("QM_01_") and name.endswith("_V1.0"), name)

    # -------------------------------------------------------------------------
    # The signed PDF
    # -------------------------------------------------------------------------

    def test_without_the_converter_nothing_is_approved(self):
        plan = self.make_plan()
        plan.action_submit()
        plan.with_user(self.ops_user).action_review()
        reports = type(self.env["ir.actions.report"])
        boss = plan.with_user(self.manager_user).with_context(force_report_rendering=True)
        with patch.object(reports, "get_wkhtmltopdf_state", return_value="install"):
            with self.assertRaises(UserError) as refused:
                boss.action_approve()
        self.assertIn("Wkhtmltopdf", str(refused.exception))
        self.assertEqual(plan.state, "reviewed")
        self.assertFalse(plan.approved_by_id or plan.approved_date or plan.signed_pdf)

    def print_pdf(self, plans, user=None):
        """Return the file of plans, where a converter makes one of whatever is not kept."""
        reports = self.env["ir.actions.report"].with_user(user or self.quality_user)
        reports = reports.with_context(force_report_rendering=True)
        with (
            patch.object(type(reports), "get_wkhtmltopdf_state", return_value="ok"),
            patch.object(type(reports), "_run_wkhtmltopdf", return_value=LIVE),
        ):
            content, kind = reports._render_qweb_pdf(REPORT, plans.ids)
        self.assertEqual(kind, "pdf")
        return content

    def test_an_approved_document_is_printed_as_it_was_signed(self):
        plan = self.make_plan()
        self.assertEqual(self.print_pdf(plan), LIVE)
        self.approve(plan)
        self.assertEqual(
            self.print_pdf(plan), base64.b64decode(plan.signed_pdf), "one number, one content"
        )
        plan.with_user(self.manager_user).action_close()
        self.assertEqual(self.print_pdf(plan), base64.b64decode(plan.signed_pdf))
        with self.assertRaises(AccessError):
            self.print_pdf(plan, self.outsider)

    def test_a_superseded_document_is_printed_anew_with_its_mark(self):
        plan = self.approve(self.make_plan())
        self.revise(plan, "调整日期")
        self.assertEqual(plan.state, "superseded")
        self.assertEqual(self.print_pdf(plan), LIVE)
        self.assertIn("Superseded", text(self.print_plan(plan)))

    def test_a_document_approved_before_it_was_kept_is_printed_anew(self):
        plan = self.approve(self.make_plan())
        plan.sudo().signed_pdf = False
        self.assertEqual(self.print_pdf(plan), LIVE)

    def test_signed_documents_and_drafts_are_printed_together_in_their_order(self):
        plans = self.make_plan(number="QM-01") | self.make_plan(number="QM-02")
        self.approve(plans[1]).sudo().signed_pdf = base64.b64encode(SIGNED)
        merged = []

        @contextmanager
        def merge(_self, streams, _handler):
            merged.extend(stream.getvalue() for stream in streams)
            yield io.BytesIO(b"%PDF merged")

        with patch.object(type(self.env["ir.actions.report"]), "_merge_pdfs", merge):
            self.assertEqual(self.print_pdf(plans), b"%PDF merged")
        self.assertEqual(merged, [LIVE, SIGNED])
