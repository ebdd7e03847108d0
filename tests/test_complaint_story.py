"""A complaint in a real browser, in Chinese: from the customer's words to an effective measure.

The pictures are made as those of test_story.py.
"""

import re
import threading

import pytest

from web_client import (
    confirm,
    fill,
    give_reason,
    offers,
    open_tab,
    press,
    record_id,
    save,
    wait_for_label,
)


@pytest.fixture
def admin(demo_server, rpc):
    return rpc(demo_server, "admin")


def test_a_major_complaint_from_the_customer_s_words_to_an_effective_measure(
    demo_server, browser, sign_in, show, screenshot, rpc, admin
):
    # the customer files it in the portal
    customer = browser(demo_server)
    customer.set_viewport_size({"width": 390, "height": 844})
    customer.goto("/web/login")
    customer.fill("input[name=login]", "customer")
    customer.fill("input[name=password]", "customer")
    customer.click("button[type=submit]")
    customer.wait_for_url(re.compile("/my"))
    customer.goto("/my/complaints")
    customer.click("text=提交投诉")
    customer.fill("#name", "夜间报修无人接听")
    customer.select_option("#category_id", label="响应不及时")
    customer.fill("#description", "昨晚十点报修，电话响了半小时没有人接。")
    screenshot(customer, "complaint_portal")
    customer.click("form.o_itss_complaint button[type=submit]")
    customer.wait_for_selector("text=昨晚十点报修")
    path = re.sub(r"^.*(?=/my/)", "", customer.url).split("?")[0]
    complaint = int(path.rsplit("/", 1)[1])

    # the desk acknowledges it
    desk = sign_in("desk")
    show(desk, f"itss-complaints/{complaint}")
    press(desk, "action_acknowledge")
    wait_for_label(desk, "已受理")

    # the quality department finds it major, analyses and answers it
    quality = sign_in("quality")
    show(quality, f"itss-complaints/{complaint}")
    for field in ("impact", "urgency"):
        quality.check(f".o_field_widget[name={field}] input[data-value=high]")
    save(quality)
    quality.wait_for_selector(".ribbon:has-text('重大')")
    press(quality, "action_investigate")
    wait_for_label(quality, "调查中")
    open_tab(quality, "answer")
    fill(quality, "investigation", "值班电话未转接，记录显示当晚值班员外出处理故障。")
    fill(quality, "root_cause", "值班员外出时没有转接规定。")
    fill(quality, "resolution", "向您致歉。今后值班员外出时电话自动转接备班人员。")
    save(quality)

    # without a measure it can't be answered
    press(quality, "action_resolve")
    quality.click(".modal footer .btn-primary")
    quality.wait_for_selector(".modal .modal-body:has-text('至少需要一项已计划的服务改进')")
    confirm(quality)
    press(quality, "action_raise_improvement")
    quality.wait_for_selector(".o_field_widget[name=source_name], .o_field_widget[name=problem]")
    fill(quality, "name", "值班电话自动转接")
    open_tab(quality, "measure")
    fill(quality, "action", "设置自动转接并写入值班制度。")
    ops = rpc(demo_server, "ops")
    save(quality)
    improvement = record_id(quality)
    admin.call(
        "itss.improvement",
        "write",
        [improvement],
        {"owner_id": ops.uid, "date_deadline": "2099-01-01"},
    )
    show(quality, f"itss-improvements/{improvement}")
    press(quality, "action_plan")
    wait_for_label(quality, "已计划")
    show(quality, f"itss-complaints/{complaint}")
    screenshot(quality, "complaint_form")
    press(quality, "action_resolve")
    confirm(quality)
    wait_for_label(quality, "已答复")

    # the customer reads the answer, the callback closes the complaint
    customer.reload()
    customer.wait_for_selector("text=今后值班员外出时电话自动转接备班人员")
    agent = rpc(demo_server, "agent")
    [callback] = agent.call("itss.callback", "search", [["complaint_id", "=", complaint]])
    # it is the quality department that calls back after a major one, not the desk
    desk.goto(f"/odoo/itss-callbacks/{callback}")
    desk.wait_for_selector(".o_form_view")
    assert not offers(desk, "action_call")
    caller = sign_in("admin")
    caller.goto(f"/odoo/itss-callbacks/{callback}")
    press(caller, "action_call")
    caller.wait_for_selector(
        ".modal .o_field_widget[name=ticket_name]:has-text('夜间报修无人接听')"
    )
    caller.check(".modal .o_field_widget[name=is_solved] input[data-value=yes]")
    caller.check(".modal .o_field_widget[name=stars] input[data-value='5']")
    caller.click(".modal button[name=action_save]")
    caller.wait_for_selector(".modal", state="detached")
    show(quality, f"itss-complaints/{complaint}")
    wait_for_label(quality, "已关闭")

    # the measure is carried out by its owner, verified and checked by somebody else
    owner = sign_in("ops")
    show(owner, f"itss-improvements/{improvement}")
    press(owner, "action_start")
    wait_for_label(owner, "进行中")
    open_tab(owner, "measure")
    fill(owner, "completion", "已设置自动转接，连续两周抽查有效。")
    save(owner)
    press(owner, "action_finish")
    wait_for_label(owner, "待验证")
    show(quality, f"itss-improvements/{improvement}")
    press(quality, "action_verify")
    give_reason(quality, "核对转接设置，夜间拨打三次均接通。")
    wait_for_label(quality, "已关闭")
    press(quality, "action_check")
    quality.check(".modal .o_field_widget[name=result] input[data-value=effective]")
    quality.fill(".modal .o_field_widget[name=note] textarea", "一个月内夜间电话全部接通。")
    quality.click(".modal button[name=action_confirm]")
    quality.wait_for_selector(".o_field_widget[name=effectiveness]:has-text('有效')")
    screenshot(quality, "improvement_effective")
    # and from there back to the customer's words
    press(quality, "action_open_source")
    open_tab(quality, "complaint")
    quality.wait_for_selector(".o_field_widget[name=description]:has-text('昨晚十点报修')")


def test_of_two_who_resolve_at_once_one_wins_and_the_other_is_told(demo_server, rpc, admin):
    quality = rpc(demo_server, "quality")
    company = admin.ref("itss_quality.demo_company")
    [complaint] = quality.call(
        "itss.complaint",
        "create",
        [
            {
                "name": "重复报修",
                "description": "<p>同一问题报修三次</p>",
                "company_id": company,
                "category_id": admin.ref("itss_quality.itss_complaint_category_result"),
                "investigation": "已核实",
                "resolution": "已更换设备",
            }
        ],
    )
    quality.call("itss.complaint", "action_investigate", [complaint])
    clients = [rpc(demo_server, login) for login in ("quality", "ops")]
    start, results = threading.Barrier(2), []

    def resolve(client):
        start.wait()
        try:
            client.call("itss.complaint", "action_resolve", [complaint])
            results.append("resolved")
        except rpc.Error as error:
            results.append(error.message)

    threads = [threading.Thread(target=resolve, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert results.count("resolved") == 1, results
    [refusal] = [result for result in results if result != "resolved"]
    assert "重复报修" in refusal
    [state] = quality.call("itss.complaint", "read", [complaint], ["state"])
    assert state["state"] == "resolved"
    callbacks = quality.call("itss.callback", "search", [["complaint_id", "=", complaint]])
    assert len(callbacks) == 1


def test_each_role_opens_its_screens_of_complaints_and_improvements(sign_in, show):
    for login in ("desk", "ops", "quality", "boss", "staff"):
        page = sign_in(login)
        for path in ("itss-complaints", "itss-improvements"):
            show(page, path)
            assert not page.query_selector(".o_error_dialog, .modal .alert-danger"), (login, path)
