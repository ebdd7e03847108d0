"""The whole story of an annual plan in a real browser, in Chinese, on the demonstration data.

The pictures in the app's description and the README are screenshots of this test; refresh them with

    ITSS_SCREENSHOTS=itss_quality/static/description dev/test system story

Without the variable they go to a temporary folder. They are for people to look at and are compared with nothing.
"""

from pathlib import Path

from web_client import (
    choose,
    confirm,
    offers,
    open_tab,
    press,
    read_pdf,
    record_id,
    save,
    sign,
    wait_for_state,
)

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "data" / "plan_2025.xlsx"
NUMBERS = ["1", "2", "3", "4", "5", "6", "8", "9"]


def import_table(page):
    press(page, "action_import_lines")
    page.set_input_files(".modal .o_field_widget[name=file] input[type=file]", TABLE)
    page.click(".modal button[name=action_preview]")
    page.wait_for_selector(f".modal .o_data_row >> nth={len(NUMBERS) - 1}")


def report_progress(page, percent, text):
    """Fill in the dialog that a department reports with."""
    press(page, "action_report")
    page.fill(".modal .o_field_widget[name=percent] input", percent)
    page.fill(".modal .o_field_widget[name=text] textarea", text)


def test_annual_plan(sign_in, show, screenshot):
    """Prepared and imported by quality, reviewed by ops, approved by boss, printed, and reported on."""
    page = sign_in("quality")
    show(page, "itss-plans")
    assert "新建" in page.text_content(".o_list_button_add")
    page.click(".o_list_button_add")
    page.fill(".o_field_widget[name=year] input", "2025")
    page.fill(".o_field_widget[name=external_audit_date] input", "2025-11-15")
    open_tab(page, "signatures")
    choose(page, "reviewer_id", "李运维")
    choose(page, "approver_id", "王总")
    open_tab(page, "lines")
    save(page)
    assert not offers(page, "action_approve"), "a draft is submitted first"
    import_table(page)
    screenshot(page, "plan_import")
    page.click(".modal button[name=action_import]")
    page.wait_for_selector(".modal", state="detached")
    numbers = page.locator("[name=line_ids] .o_data_row td[name=number]")
    numbers.nth(len(NUMBERS) - 1).wait_for()
    assert numbers.all_text_contents() == NUMBERS
    page.locator(".o_notification_close").first.click()
    screenshot(page, "plan_draft")
    sign(page, "action_submit", "submitted")
    assert not offers(page, "action_review"), "who prepared it does not review it"
    plan_id = record_id(page)

    page = sign_in("ops")
    show(page, f"itss-plans/{plan_id}")
    assert not offers(page, "action_approve")
    sign(page, "action_review", "reviewed")

    page = sign_in("boss")
    show(page, f"itss-plans/{plan_id}")
    sign(page, "action_approve", "approved")
    page.wait_for_selector("button[name=action_open_signed_pdf]")
    for path in (
        f"/web/content/itss.plan/{plan_id}/signed_pdf",
        f"/report/pdf/itss_quality.itss_plan_report_pdf/{plan_id}",
    ):
        text = read_pdf(page, path)
        assert all(name in text for name in ("张质量", "李运维", "王总", "体系文件的持续修订"))

    page = sign_in("ops")
    show(page, f"itss-plans/{plan_id}")
    page.click("[name=line_ids] .o_data_row >> nth=0 >> button[name=get_formview_action]")
    report_progress(page, "30", "部门质量目标初稿已完成。")
    confirm(page)
    wait_for_state(page, "in_progress")


def test_running_plan(demo_server, sign_in, show, rpc, screenshot):
    """What the departments, the quality department and the administrator see while a plan runs."""
    page = sign_in("staff")
    show(page, "itss-my-lines")
    lines = page.locator(".o_data_row")
    lines.first.wait_for()
    screenshot(page, "my_lines")
    lines.filter(has_text="运维服务人员质量培训").click()
    report_progress(page, "80", "第二期培训已举办，参加32人，考核合格率97%。")
    screenshot(page, "progress_report")
    confirm(page)
    open_tab(page, "reports")
    page.wait_for_selector("[name=report_ids] .o_data_row >> nth=1")
    screenshot(page, "plan_line")

    page = sign_in("quality")
    show(page, "itss-progress-reports")
    page.locator(".o_data_row:has-text('第二期培训已举办'):has-text('人力资源部')").click()
    page.wait_for_selector(".o_form_view .o_field_widget[name=text]:has-text('第二期培训已举办')")
    assert not page.query_selector("[name=text] textarea"), "a report is read, not changed"
    show(page, "itss-plan-lines")
    screenshot(page, "plan_lines")
    for view in ("kanban", "graph", "pivot", "calendar", "activity"):
        page.click(f".o_switch_view.o_{view}")
        page.wait_for_selector(f".o_{view}_view")
        if view in ("kanban", "graph"):
            screenshot(page, f"plan_{view}")
    show(page, "itss-plans")
    page.click("button[name=action_new_from_template]")
    page.wait_for_selector("[name=line_ids] .o_data_row >> nth=7")
    show(page, "itss-plans")
    page.click(".o_data_row >> nth=0")
    page.wait_for_selector(".o_form_view [name=line_ids] .o_data_row")
    screenshot(page, "plan_form")
    show(page, "itss-improvements")
    page.click(".o_data_row >> nth=0")
    page.wait_for_selector(".o_form_view")
    screenshot(page, "improvement")

    page = sign_in("admin")
    # whoever administers works in the main company and has a look at the demonstration company
    [company] = rpc(demo_server, "admin").call(
        "res.company", "search", [["name", "=", "示范运维服务有限公司"]]
    )
    page.context.add_cookies([{"name": "cids", "value": str(company), "url": demo_server.url}])
    page.goto("/odoo/settings")
    page.click(".settings_tab .tab[data-key=itss_quality]")
    department = page.locator("[name=itss_quality_department_id] input")
    department.wait_for()
    assert department.input_value() == "质量部"
    screenshot(page, "settings")
