"""An internal audit in a real browser, in Chinese: from the plan line to the closed audit.

The pictures are made as those of test_story.py.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from web_client import (
    choose,
    draw_signature,
    fill,
    give_reason,
    offers,
    open_tab,
    press,
    record_id,
    save,
    sign,
    wait_for_state,
)

TABLET = {"width": 820, "height": 1180}
TALL = {"width": 1280, "height": 1400}
CHINA = ZoneInfo("Asia/Shanghai")
DEPARTMENTS = {"质量部": "孙人事", "运维部": "孙人事", "人力资源部": "周服务"}
LINE_FIELDS = ["department_id", "result", "evidence", "judged_by_id"]
FACTS = "抽查10张已关闭工单，其中4张没有回访记录，违反24小时回访的规定。"


def enter_time(page, name, moment):
    """Type a moment into the selected row of a list."""
    field = f".o_selected_row .o_field_widget[name={name}]"
    page.click(f"{field} input, {field} button")
    page.fill(f"{field} input", f"{moment:%Y年%m月%d日 %H:%M:%S}")
    page.keyboard.press("Escape")  # the calendar that has opened


def check_width(page):
    """Nothing sticks out of the screen, and a finger meets every button."""
    assert page.evaluate("document.documentElement.scrollWidth") <= TABLET["width"]
    low = page.evaluate(
        """[...document.querySelectorAll("button[name=action_judge]")]
            .map((button) => button.getBoundingClientRect().height)
            .filter((height) => height && height < 38)"""
    )
    assert not low, "buttons too small for a finger"


@pytest.fixture
def admin(demo_server, rpc):
    return rpc(demo_server, "admin")


@pytest.fixture
def audit_line(demo_server, rpc, admin):
    """An approved plan of this year with a line for the internal audit → id of the line."""
    names = {"质量部": "quality", "运维部": "operations", "人力资源部": "staff"}
    ids = [admin.ref(f"itss_quality.demo_department_{names[name]}") for name in DEPARTMENTS]
    now = datetime.now(CHINA)
    line = {
        "number": "5",
        "kind": "audit",
        "name": "内审",
        "measures": "按规定要求制订审核计划，实施现场审核，跟踪不符合项。",
        "date_text": f"{now.year}年{now.month}月",
        "responsible_department_ids": [[6, 0, ids[:1]]],
        "supporting_department_ids": [[6, 0, ids[1:]]],
    }
    quality = rpc(demo_server, "quality")
    plan = {
        "name": f"{now.year}年专项质量管理计划",
        "year": now.year,
        "change_note": "首次发布",
        "purpose": "<p>提高服务质量</p>",
        "line_ids": [[0, 0, line]],
    }
    [plan_id] = quality.call("itss.plan", "create", [plan])
    quality.call("itss.plan", "action_submit", [plan_id])
    rpc(demo_server, "ops").call("itss.plan", "action_review", [plan_id])
    rpc(demo_server, "boss").call("itss.plan", "action_approve", [plan_id])
    [line_id] = quality.call("itss.plan.line", "search", [["plan_id", "=", plan_id]])
    return line_id


def plan_audit(page, now):
    """Fill in what the plan line can't know: the team and the schedule."""
    choose(page, "lead_auditor_id", "张质量")
    for auditor in ("孙人事", "周服务"):
        choose(page, "auditor_ids", auditor)
    open_tab(page, "schedule")
    for hour, (department, auditor) in enumerate(DEPARTMENTS.items(), 9):
        page.click(".o_field_widget[name=schedule_ids] .o_field_x2many_list_row_add a")
        enter_time(page, "start", now.replace(hour=hour))
        enter_time(page, "stop", now.replace(hour=hour + 1))
        choose(page, "department_id", department, within=".o_selected_row")
        choose(page, "auditor_ids", auditor, within=".o_selected_row")
        page.fill(".o_selected_row [name=topic] input", "计划、过程与记录")
    save(page)


def open_checklist(page, show, audit):
    """Open an auditor's own questions from the audit, as cards."""
    show(page, f"itss-audits/{audit}")
    page.click(".oe_stat_button[name=action_view_lines]")
    page.wait_for_selector(".o_searchview_facet:has-text('我负责判定的')")
    page.wait_for_selector(".o_kanban_view .o_kanban_record:not(.o_kanban_ghost)")


def judge_rest(client, audit, seen):
    """Judge what else is the user's own, one question after the other → how many."""
    mine = [
        ["audit_id", "=", audit],
        ["auditor_id.user_id", "=", client.uid],
        ["id", "not in", seen],
    ]
    lines = client.call("itss.audit.line", "search_read", mine, ["auditor_id"])
    for line in lines:
        values = {"evidence": f"{line['auditor_id'][1]}查阅了记录。", "result": "conforming"}
        client.call("itss.audit.line", "write", [line["id"]], values)
    return len(lines)


def judge(page, verdict):
    """Tap the verdict on the open question; what was typed is saved with it."""
    page.click(f".o_form_statusbar button[name=action_judge]:has(span:text-is('{verdict}'))")
    page.wait_for_selector(f".ribbon:has-text('{verdict}')")


def hold_meeting(page, show, audit, kind, minutes, signer=None):
    show(page, f"itss-audits/{audit}")
    page.click(".oe_stat_button[name=action_view_meetings]")
    page.wait_for_selector(".o_list_view")
    page.click(".o_list_button_add")
    page.click(".o_field_widget[name=kind] input")
    page.click(f".o_select_menu_item:has-text('{kind}')")
    page.click(".o_field_widget[name=minutes] .odoo-editor-editable")
    page.keyboard.type(minutes)
    open_tab(page, "attendance")
    rows = page.locator(".o_field_widget[name=attendance_ids] .o_data_row")
    rows.nth(2).wait_for()
    if signer:
        page.click(f".o_data_row .o_data_cell[name=name]:has-text('{signer}')")
        draw_signature(page)
        page.click(".modal .o_form_button_save")
        page.wait_for_selector(".modal", state="detached")
    else:
        rows.nth(0).locator("[name=is_present] input").click()
    save(page)
    return record_id(page)


def test_from_the_plan_line_to_the_closed_audit(
    demo_server, sign_in, show, screenshot, rpc, admin, audit_line
):
    now = datetime.now(CHINA).replace(minute=0, second=0, microsecond=0)

    # the quality officer plans it from the line of the plan
    quality = sign_in("quality")
    show(quality, f"itss-plan-lines/{audit_line}")
    press(quality, "action_start_work")
    tags = quality.locator(".o_field_widget[name=department_ids] .o_tag")
    tags.nth(2).wait_for()
    assert sorted(tags.all_inner_texts()) == sorted(DEPARTMENTS)
    plan_audit(quality, now)
    audit = record_id(quality)
    sign(quality, "action_submit", "submitted")
    deputy = sign_in("deputy")
    show(deputy, f"itss-audits/{audit}")
    sign(deputy, "action_review", "reviewed")
    boss = sign_in("boss")
    show(boss, f"itss-audits/{audit}")
    sign(boss, "action_approve", "approved")
    show(quality, f"itss-audits/{audit}")
    press(quality, "action_prepare_lines")
    quality.wait_for_selector(".o_list_view .o_group_header")
    hold_meeting(quality, show, audit, "预备会议", "确定审核组分工、检查表和日程。")
    minutes = "介绍审核目的、范围、准则和日程。"
    meeting = hold_meeting(quality, show, audit, "首次会议", minutes, "张质量")
    signed = [["meeting_id", "=", meeting], ["signature", "!=", False]]
    [person] = admin.call("itss.attendance", "search_read", signed, ["name", "is_present"])
    assert person["name"] == "张质量" and person["is_present"]
    show(quality, f"itss-audits/{audit}")
    sign(quality, "action_start", "in_progress")

    # two auditors work on it at the same time, one of them on a tablet
    tablet, desk = sign_in("staff"), sign_in("desk")
    tablet.set_viewport_size(TABLET)
    open_checklist(tablet, show, audit)
    check_width(tablet)
    # without evidence a card offers one verdict only
    only = tablet.locator(".o_kanban_record button[name=action_judge]:only-child").first
    assert "符合" in only.inner_text()
    tablet.click(".o_kanban_record:has-text('运维部') .fw-bold >> nth=0")
    fill(tablet, "evidence", FACTS)
    line = record_id(tablet)
    check_width(tablet)
    open_checklist(desk, show, audit)
    desk.click(".o_kanban_record:has-text('人力资源部') .fw-bold >> nth=0")
    fill(desk, "evidence", "查阅培训计划及签到表三份，内容齐全。")
    other_line = record_id(desk)
    with ThreadPoolExecutor() as pool:
        rest = [
            pool.submit(judge_rest, rpc(demo_server, login), audit, [line, other_line])
            for login in ("staff", "desk")
        ]
        judge(tablet, "严重不符合")
        judge(desk, "符合")
        judged = [future.result() for future in rest]
    lines = admin.call("itss.audit.line", "search_read", [["audit_id", "=", audit]], LINE_FIELDS)
    assert len(lines) == sum(judged) + 2 and {found["judged_by_id"][1] for found in lines} == {
        "孙人事",
        "周服务",
    }
    for found in lines:
        auditor = DEPARTMENTS[found["department_id"][1]]
        assert found["judged_by_id"][1] == auditor
        if found["id"] not in (line, other_line):
            assert (found["result"], found["evidence"]) == ("conforming", f"{auditor}查阅了记录。")
    results = {found["id"]: (found["result"], found["evidence"]) for found in lines}
    assert results[line] == ("major", FACTS)
    assert results[other_line] == ("conforming", "查阅培训计划及签到表三份，内容齐全。")
    screenshot(tablet, "audit_checklist_tablet")

    # the nonconformity is raised from the question, with what was typed there
    press(tablet, "action_raise_nonconformity")
    tablet.wait_for_selector(".o_field_widget[name=facts] textarea")
    assert tablet.input_value(".o_field_widget[name=facts] textarea") == FACTS
    fill(tablet, "position", "服务台值班员")
    fill(tablet, "clause", "8.2")
    check_width(tablet)
    save(tablet)
    nonconformity = record_id(tablet)
    sign(tablet, "action_raise", "raised")
    assert not offers(tablet, "action_confirm"), "the auditor does not confirm it"
    todo = [["res_model", "=", "itss.nonconformity"], ["res_id", "=", nonconformity]]
    [asked] = admin.call("mail.activity", "search_read", todo, ["user_id"])
    assert asked["user_id"][1] == "李运维"

    # the head of the audited department confirms it and plans the correction
    head = sign_in("ops")
    show(head, f"itss-nonconformities/{nonconformity}")
    sign(head, "action_confirm", "confirmed")
    press(head, "action_raise_improvement")
    head.wait_for_selector(".o_field_widget[name=problem]")
    choose(head, "owner_id", "李运维")
    fill(head, "root_cause", "工单关闭后没有回访提醒。")
    open_tab(head, "measure")
    fill(head, "action", "工单关闭后自动生成回访任务并提醒。")
    save(head)
    improvement = record_id(head)

    # the audit on site ends, the report is written, signed, issued and read
    hold_meeting(quality, show, audit, "末次会议", "通报审核结果和不符合项。")
    show(quality, f"itss-audits/{audit}")
    press(quality, "action_open_report")
    quality.wait_for_selector(".o_field_widget[name=summary]")
    fill(quality, "summary", "审核按计划完成，受审部门配合良好。")
    fill(quality, "conclusion", "服务质量管理总体符合要求并有效运行，回访需要改进。")
    fill(quality, "recommendations", "运维部在整改期限内完善回访提醒，质量部跟踪验证。")
    save(quality)
    report = record_id(quality)
    sign(quality, "action_submit", "submitted")
    show(deputy, f"itss-audit-reports/{report}")
    sign(deputy, "action_review", "reviewed")
    show(boss, f"itss-audit-reports/{report}")
    sign(boss, "action_approve", "approved")
    show(head, f"itss-audit-reports/{report}")
    press(head, "action_confirm_read")
    head.wait_for_selector(".o_field_widget[name=read_text]:has-text('1/4')")

    # it stays open until the nonconformity is corrected, verified and closed
    show(quality, f"itss-audits/{audit}")
    wait_for_state(quality, "follow_up")
    quality.wait_for_selector(".o_field_widget[name=missing]:has-text('1 个不符合项未关闭')")
    show(quality, f"itss-improvements/{improvement}")
    press(quality, "action_plan")
    wait_for_state(quality, "planned")
    show(head, f"itss-improvements/{improvement}")
    press(head, "action_start")
    wait_for_state(head, "in_progress")
    open_tab(head, "measure")
    fill(head, "completion", "提醒已上线，连续两周抽查全部回访。")
    save(head)
    press(head, "action_finish")
    wait_for_state(head, "to_verify")
    show(quality, f"itss-improvements/{improvement}")
    press(quality, "action_verify")
    give_reason(quality, "核对提醒设置，抽查两周回访记录。")
    wait_for_state(quality, "closed")
    show(quality, f"itss-nonconformities/{nonconformity}")
    fill(quality, "verification", "抽查10张工单，均在24小时内回访。")
    save(quality)
    sign(quality, "action_close", "closed")
    quality.set_viewport_size(TALL)
    screenshot(quality, "nonconformity_form")
    show(quality, f"itss-audits/{audit}")
    sign(quality, "action_close", "closed")
    screenshot(quality, "audit_form")
    show(quality, f"itss-plan-lines/{audit_line}")
    wait_for_state(quality, "done")
