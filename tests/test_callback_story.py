"""Callbacks in a real browser, in Chinese: the agent, the customer, and what the others see of it.

The pictures are made as those of test_story.py.
"""

import io
import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from playwright.sync_api import expect

from web_client import press

LEDGER = [
    "工单号",
    "客户",
    "联系人",
    "工程师",
    "解决时间",
    "回访时间",
    "是否24h内",
    "是否解决",
    "评分",
    "意见",
    "回访人",
]
PHONE = {"width": 390, "height": 844}
VERDICT = ["ticket_name", "state", "last_outcome", "is_solved", "score", "comment"]


@pytest.fixture
def solve(rpc):
    """Have 李运维 solve a ticket: solve(server, name, contact, hours=0, **values) → its callback.

    Some hours ago, for a contact with these values in a company of its own.
    """

    def make(server, name, contact, hours=0, **values):
        admin = rpc(server, "admin")
        [engineer] = admin.call("res.users", "search", [["login", "=", "ops"]])
        teams = admin.call("helpdesk.ticket.team", "search", [["name", "=", "平台运维组"]])
        company = admin.ref("itss_quality.demo_company")
        if not teams:
            team = {"name": "平台运维组", "company_id": company, "user_id": engineer}
            teams = admin.call("helpdesk.ticket.team", "create", [team | {"user_ids": [engineer]}])
        partner = {"name": "春城商贸有限公司", "is_company": True, "lang": "zh_CN"}
        [customer] = admin.call("res.partner", "create", [partner])
        partner = {"name": contact, "parent_id": customer, "lang": "zh_CN", **values}
        [partner_id] = admin.call("res.partner", "create", [partner])
        ticket = {
            "name": name,
            "description": "上午开始无法使用，请尽快处理。",
            "company_id": company,
            "team_id": teams[0],
            "user_id": engineer,
            "partner_id": partner_id,
            "partner_name": contact,
            "partner_email": values.get("email"),
            "stage_id": admin.ref("helpdesk_mgmt.helpdesk_ticket_stage_done"),
            "closed_date": f"{datetime.now(timezone.utc) - timedelta(hours=hours):%F %T}",
        }
        tickets = admin.call("helpdesk.ticket", "create", [ticket])
        [callback] = admin.call("itss.callback", "search", [["ticket_id", "in", tickets]])
        return callback

    return make


def tab_to(page, name):
    """Press Tab until a field has the focus."""
    focus = "document.activeElement.closest('.o_field_widget')?.getAttribute('name')"
    for _press in range(30):
        if page.evaluate(focus) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not lead to {name}")


def choose(page, name, arrows):
    """Choose an option so many steps from the one that is chosen, or from the first of none."""
    tab_to(page, name)
    for _press in range(arrows):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")


def type_into(page, name, text):
    tab_to(page, name)
    page.keyboard.insert_text(text)


def read(mail):
    return mail.get_body(["html"]).get_content()


def wait_for_call(page, ticket):
    page.wait_for_selector(f".modal .o_field_widget[name=ticket_name]:has-text('{ticket}')")


def test_an_agent_clears_five_calls_with_the_keyboard(
    demo_server, sign_in, show, rpc, solve, screenshot
):
    admin = rpc(demo_server, "admin")
    names = ["门禁系统无法刷卡", "邮箱无法登录", "考勤机离线", "报表打印空白", "视频会议无声音"]
    # older than any other call that waits, the first one the oldest
    callbacks = [
        solve(demo_server, name, "林主管", hours=480 - number, phone=f"1398888000{number}")
        for number, name in enumerate(names)
    ]
    [desk] = admin.call("res.users", "search", [["login", "=", "desk"]])
    admin.call("itss.callback", "write", callbacks, {"user_id": desk})
    page = sign_in("desk")
    show(page, "itss-my-calls")
    page.wait_for_selector(f".o_data_row:has-text('{names[0]}')")
    screenshot(page, "callback_console")

    page.keyboard.press("Alt+q")
    wait_for_call(page, names[0])
    choose(page, "is_solved", 0)
    choose(page, "stars", 4)
    expect(page.locator(".modal .o_field_widget[name=score] input")).to_have_value("100")
    type_into(page, "comment", "处理很快")
    screenshot(page, "callback_dialog")
    page.keyboard.press("Alt+q")

    wait_for_call(page, names[1])
    choose(page, "outcome", 1)
    page.wait_for_selector(".modal .o_field_widget[name=is_solved]", state="detached")
    type_into(page, "comment", "中午没人")
    page.keyboard.press("Alt+q")

    wait_for_call(page, names[2])
    choose(page, "outcome", 5)
    later = datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0) + timedelta(hours=3)
    tab_to(page, "next_call")
    # the field opens its calendar, and takes no key before
    page.wait_for_selector(".o_datetime_picker")
    page.keyboard.type(f"{later:%Y年%m月%d日 %H:%M:%S}")
    page.keyboard.press("Tab")
    page.keyboard.press("Alt+q")

    wait_for_call(page, names[3])
    choose(page, "is_solved", 1)
    type_into(page, "score", "40")
    type_into(page, "comment", "还是空白")
    page.keyboard.press("Alt+q")

    wait_for_call(page, names[4])
    choose(page, "is_solved", 0)
    choose(page, "stars", 2)
    page.keyboard.press("Alt+x")
    page.wait_for_selector(".modal", state="detached")
    page.wait_for_selector(f".o_data_row:has-text('{names[4]}')", state="detached")

    records = admin.call("itss.callback", "read", callbacks, [*VERDICT, "next_call", "user_id"])
    assert [[record[field] for field in VERDICT] for record in records] == [
        [names[0], "done", "reached", "yes", 100, "处理很快"],
        [names[1], "pending", "no_answer", False, 0, False],
        [names[2], "pending", "call_later", False, 0, False],
        [names[3], "done", "reached", "no", 40, "还是空白"],
        [names[4], "done", "reached", "yes", 60, False],
    ]
    assert {record["user_id"][0] for record in records} == {desk}
    assert records[2]["next_call"] == f"{later.astimezone(timezone.utc):%F %T}"
    attempts = admin.call(
        "itss.callback.attempt",
        "search_read",
        [["callback_id", "in", callbacks]],
        ["outcome", "note"],
        order="id",
    )
    assert [(attempt["outcome"], attempt["note"]) for attempt in attempts] == [
        ("reached", "处理很快"),
        ("no_answer", "中午没人"),
        ("call_later", False),
        ("reached", "还是空白"),
        ("reached", False),
    ]


def test_a_customer_answers_once_on_the_phone_in_chinese(
    odoo_server, smtp_sink, browser, rpc, solve, screenshot
):
    server = odoo_server(*smtp_sink.arguments, demo=True)
    callback = solve(server, "会议室投影无信号", "何女士", email="he@customer.example.com")
    admin = rpc(server, "admin")
    admin.run_scheduled_action("itss_quality.ir_cron_itss_callback_link")
    admin.run_scheduled_action("mail.ir_cron_mail_scheduler_action")
    # helpdesk_mgmt has told of the closed ticket, too
    [mail] = [
        message
        for message in smtp_sink.messages
        if message.recipients == ["he@customer.example.com"] and "/itss/callback/" in read(message)
    ]
    text = read(mail)
    assert "解决" in mail["subject"] and "何女士" in text and "您好" in text
    path = re.search(r"/itss/callback/\d+/[\w-]+", text)[0]

    def check_width():
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    page = browser(server)
    page.set_viewport_size(PHONE)
    page.goto(path)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    check_width()
    screenshot(page, "callback_page")
    page.click("label[for=solved_no]")
    page.click("label[for=stars_2]")
    page.fill("textarea[name=comment]", "投影还是没有信号")
    page.click("button[type=submit]")
    page.wait_for_selector("h1:has-text('谢谢')")
    check_width()
    screenshot(page, "callback_thanks")
    assert page.goto(path).status == 410
    assert page.text_content("h1") == "我们已收到您的答复。"
    check_width()

    [record] = admin.call("itss.callback", "read", [callback], [*VERDICT, "channel", "ticket_id"])
    assert [record[field] for field in VERDICT[1:]] == ["done", False, "no", 40, "投影还是没有信号"]
    assert record["channel"] == "link"
    [ticket] = admin.call("helpdesk.ticket", "read", [record["ticket_id"][0]], ["closed"])
    assert not ticket["closed"], "the ticket is open again"


def test_the_ledger_and_what_others_see(demo_server, sign_in, show, rpc, solve, screenshot):
    callback = solve(demo_server, "机房温湿度告警", "沈经理", phone="13988880009")
    desk = rpc(demo_server, "desk")
    verdict = {"is_solved": "yes", "score": 80, "comment": "及时，谢谢"}
    desk.call("itss.callback", "register_attempt", [callback], "reached", **verdict)
    [record] = desk.call("itss.callback", "read", [callback], ["ticket_number", "ticket_id"])

    page = sign_in("quality")
    show(page, "itss-callbacks")
    page.click("[data-menu-xmlid='itss_quality.menu_itss_callbacks']")
    page.click("[data-menu-xmlid='itss_quality.menu_itss_callback_ledger']")
    page.wait_for_selector(".modal button[name=action_export]")
    screenshot(page, "callback_ledger")
    with page.expect_download() as download:
        page.click(".modal button[name=action_export]")
    content = io.BytesIO(download.value.path().read_bytes())
    sheets = openpyxl.load_workbook(content, read_only=True).worksheets
    rows = [list(row) for row in sheets[0].iter_rows(values_only=True)]
    # what follows says more about each of them
    assert rows[2][: len(LEDGER)] == LEDGER
    [row] = [row for row in rows[3:] if row[0] == record["ticket_number"]]
    assert row[1:4] == ["春城商贸有限公司", "沈经理", "李运维"]
    now = datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)
    assert all(timedelta() <= now - moment < timedelta(minutes=10) for moment in row[4:6])
    assert row[6 : len(LEDGER)] == ["是", "是", 80, "及时，谢谢", "周服务"]
    assert [sheet.title for sheet in sheets[2:]] == ["生效的设置"]

    show(page, f"itss-callbacks/{callback}")
    screenshot(page, "callback_form")
    press(page, "action_correct")
    page.fill(".modal .o_field_widget[name=score] input", "60")
    page.fill(".modal .o_field_widget[name=reason] input", "坐席点错了")
    page.click(".modal button[name=action_correct]")
    page.wait_for_selector(".o-mail-Message-body:has-text('80.0 → 60.0')")
    show(page, "itss-callback-analysis")
    page.wait_for_selector(".o_pivot_view td")
    screenshot(page, "callback_analysis")

    page = sign_in("admin")
    page.goto(f"/odoo/helpdesk.ticket/{record['ticket_id'][0]}")
    page.wait_for_selector("button[name=action_itss_view_callbacks] .badge")
    screenshot(page, "ticket_callback")
