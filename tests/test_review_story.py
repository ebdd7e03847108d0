"""A management review in a real browser, in Chinese: last year's, from its plan line to its report.

The way from a new review to its issued report is an Odoo tour; here the demonstration company's
file is looked at as a certification expert would. The pictures are made as those of test_story.py.
"""

from datetime import date

from web_client import open_tab

HEADINGS = (
    "以往评审措施的跟踪",
    "内外部变化",
    "目标实现情况",
    "过程绩效",
    "不符合项与纠正措施",
    "监视和测量结果",
    "审核结果",
    "相关方反馈",
    "改进建议",
)


def test_the_file_of_last_year_s_review(sign_in, show, screenshot):
    page = sign_in("quality")
    show(page, "itss-reviews")
    page.click(".o_data_row:has-text('2025年管理评审')")
    page.wait_for_selector(".o_form_view .o_statusbar_status")
    open_tab(page, "inputs")
    inputs = page.locator("[name=input_ids] .o_data_row")
    assert inputs.count() == len(HEADINGS)
    for row, heading in zip(inputs.all_inner_texts(), HEADINGS, strict=True):
        assert heading in row
    assert "n = " in inputs.nth(2).inner_text(), "every average is shown with its n"
    page.set_viewport_size({"width": 1280, "height": 1300})
    screenshot(page, "review_form")
    open_tab(page, "decisions")
    assert page.locator("[name=decision_ids] .o_data_row:has-text('已关闭')").count() == 3
    page.click(".oe_stat_button[name=action_open_report]")
    page.wait_for_selector(".o_breadcrumb:has-text('2025年管理评审报告')")
    open_tab(page, "recipients")
    page.wait_for_selector("[name=receipt_ids] .o_data_row")
    assert page.locator("[name=receipt_ids] .o_data_row").count() == 5


def test_the_next_review_takes_the_decisions_over(sign_in, show, demo_server, rpc):
    page = sign_in("quality")
    quality = rpc(demo_server, "quality")
    [line] = quality.call(
        "itss.plan.line",
        "search",
        [["kind", "=", "review"], ["plan_state", "=", "approved"], ["state", "=", "planned"]],
    )
    show(page, f"itss-plan-lines/{line}")
    page.click("button[name=action_start_work]")
    page.wait_for_selector(".o_form_view .o_field_widget[name=agenda]")
    page.click(".o_form_button_save")
    page.wait_for_selector(".o_form_button_save", state="hidden")
    open_tab(page, "inputs")
    first = page.locator("[name=input_ids] .o_data_row").first
    assert "夜间增设一名备值班人员" in first.inner_text()
    evaluation = page.locator("[name=input_ids] .o_data_row", has_text="目标实现情况")
    # the demonstration evaluates this year's objectives in October; before, there is no zero
    told = "目标达成数" if date.today().month > 10 else "期间内没有已批准的评价"
    assert told in evaluation.inner_text()
