"""Satisfaction surveys in a real browser, in Chinese: the customer, the quality officer, the agent.

The pictures are made as those of test_story.py.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import requests

import servers
from web_client import choose, offers, press, read_pdf, save, sign

PHONE = {"width": 390, "height": 844}
TALL = {"width": 1280, "height": 1050}
CHINA = ZoneInfo("Asia/Shanghai")
LINK = re.compile(r"/itss/survey/(\d+)/([\w-]+)")
DEMO_ROUND = "itss_quality.demo_survey_current"
SEND = "itss_quality.ir_cron_itss_survey_send"
# what tells that something went wrong, in whatever window
TROUBLE = ".o_error_dialog, .o_notification:has(.bg-danger), .o_form_view_error"


def read(mail):
    return mail.get_body(["html"]).get_content()


def find_links(messages):
    """Return the path of the survey link by the address it was sent to."""
    found = [(message.recipients, LINK.search(read(message))) for message in messages]
    return {recipients[0]: match[0] for recipients, match in found if match}


@pytest.fixture
def make_round(rpc):
    """Start a survey of new contacts: make_round(server, names, **values) → id of the round.

    Each has an address of its name at customer.example.com, and speaks Chinese.
    """

    def make(server, names, **values):
        admin, quality = rpc(server, "admin"), rpc(server, "quality")
        partners = [
            {
                "name": name,
                "lang": "zh_CN",
                "phone": f"1397777000{number}",
                "email": f"contact{number}@customer.example.com",
            }
            for number, name in enumerate(names)
        ]
        contacts = admin.call("res.partner", "create", partners)
        round_ = {
            "name": "专项满意度调查",
            "survey_id": admin.ref("itss_quality.itss_survey_questionnaire"),
            "participant_ids": [[0, 0, {"partner_id": contact}] for contact in contacts],
            **values,
        }
        [round_id] = quality.call("itss.survey.round", "create", [round_])
        quality.call("itss.survey.round", "action_start", [round_id])
        return round_id

    return make


class Customer(requests.Session):
    """Whoever holds a link, and calls Odoo's questionnaire as its page does."""

    def __init__(self, server, path):
        super().__init__()
        self.trust_env = False
        self.server = server
        page = self.get(f"{server.url}{path}", timeout=60)
        assert page.status_code == 200, page.text
        self.tokens = re.search(r"/survey/([\w-]+/[\w-]+)$", page.url)[1]

    def step(self, name, **params):
        reply = self.post(
            f"{self.server.url}/survey/{name}/{self.tokens}",
            json={"jsonrpc": "2.0", "method": "call", "params": params},
            timeout=60,
        ).json()
        assert "error" not in reply, reply
        return reply["result"][1]


class Questionnaire:
    """The questionnaire that comes with the addon, as an administrator reads it."""

    def __init__(self, admin):
        survey = admin.ref("itss_quality.itss_survey_questionnaire")
        fields = ["question_type", "is_page", "page_id", "suggested_answer_ids", "matrix_row_ids"]
        self.questions = admin.call(
            "survey.question", "search_read", [["survey_id", "=", survey]], fields, order="sequence"
        )
        choices = [["question_id.survey_id", "=", survey], ["answer_score", ">", 0]]
        self.choices = {
            (choice["question_id"][0], choice["answer_score"]): str(choice["id"])
            for choice in admin.call(
                "survey.question.answer", "search_read", choices, ["question_id", "answer_score"]
            )
        }
        self.pages = [question["id"] for question in self.questions if question["is_page"]]

    def get_answers(self, mark, page=None):
        """Return the answers of whoever gives everything the same mark, by question."""
        answers = {}
        for question in self.questions:
            if question["is_page"] or (page and question["page_id"][0] != page):
                continue
            choice = self.choices.get((question["id"], mark))
            if question["question_type"] == "matrix":
                answers[question["id"]] = {str(row): [choice] for row in question["matrix_row_ids"]}
            elif choice:
                answers[question["id"]] = choice
        return answers

    def get_page(self, mark, page):
        """Return what the customer's page sends."""
        answers = self.get_answers(mark, page)
        return {"page_id": page, **{str(question): answers[question] for question in answers}}

    def get_form(self, mark, **values):
        """Return what the agent's page sends."""
        form = dict(values)
        for question, answer in self.get_answers(mark).items():
            if isinstance(answer, dict):
                form |= {f"q{question}-{row}": chosen[0] for row, chosen in answer.items()}
            else:
                form[f"q{question}"] = answer
        return form

    def fill_in(self, customer, mark, pages=None):
        """Answer the pages from the first one on."""
        assert "error" not in customer.step("begin")
        for page in self.pages if pages is None else pages:
            assert "error" not in customer.step("submit", **self.get_page(mark, page))


def wait_for_stat(page, name, number):
    page.wait_for_selector(f".oe_stat_button[name={name}]:has-text('{number}')")


# -------------------------------------------------------------------------
# The customer
# -------------------------------------------------------------------------


def test_a_customer_answers_on_the_phone_in_chinese(
    odoo_server, smtp_sink, browser, rpc, make_round, screenshot
):
    server = odoo_server(*smtp_sink.arguments, demo=True)
    admin = rpc(server, "admin")
    round_id = make_round(server, ["何女士", "高先生"])
    admin.run_scheduled_action(SEND)
    links = find_links(smtp_sink.messages)
    assert len(links) == len(smtp_sink.messages) == 2, "no mail to anybody else"
    path = links["contact0@customer.example.com"]
    [mail] = [
        message
        for message in smtp_sink.messages
        if message.recipients[0] in "contact0@" + message["To"]
    ][:1]
    text = read(mail)
    assert "专项满意度调查" in mail["Subject"] and "何女士" in text and "您" in text

    def check_width():
        """Nothing sticks out of the screen, neither the page nor what can be scrolled inside."""
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        wide = page.evaluate(
            """[...document.querySelectorAll("main *")]
                .filter((node) => node.scrollWidth > window.innerWidth).map((node) => node.className)"""
        )
        assert not wide

    # whatever language the browser asks for
    page = browser(server, locale="en-US")
    page.set_viewport_size(PHONE)
    page.goto(path)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.wait_for_selector("h1:has-text('满意度')")
    check_width()
    page.click("button[value=start]")
    questions = page.locator(".js_question-wrapper")
    questions.nth(3).wait_for()
    check_width()
    screenshot(page, "survey_phone")
    for number, choice in enumerate(("非常满意", "满意", "不适用", "一般")):
        questions.nth(number).locator(f"label:has(span:text-is('{choice}'))").click()
    page.click("button[value=next]:visible >> nth=0")

    rows = page.locator(".o_survey_question_matrix tbody tr")
    rows.nth(3).wait_for()
    check_width()
    for number in range(4):
        rows.nth(number).locator("td").nth(1).click()
    page.click("button[value=next]:visible >> nth=0")

    page.wait_for_selector("textarea")
    check_width()
    page.click("label:has(span:text-is('非常满意'))")
    page.fill("textarea", "夜间响应 <b>太慢</b>")
    page.click("button[value=finish]:visible >> nth=0")
    page.click(".modal .btn-primary")
    page.wait_for_selector("h1:has-text('谢谢')")
    check_width()

    assert page.goto(path).status == 410
    assert "感谢您" in page.text_content("h1")
    check_width()
    domain = [["round_id", "=", round_id], ["email", "=", "contact0@customer.example.com"]]
    fields = ["state", "channel", "score", "interviewer_id"]
    [record] = admin.call("itss.survey.participant", "search_read", domain, fields)
    assert record["state"] == "answered" and record["channel"] == "email"
    # (100 + 80 + 2·60 + 80 + 2·100) / 7: one question is not applicable
    assert record["score"] == pytest.approx(580 / 7)

    page.goto(f"{links['contact1@customer.example.com']}/decline")
    check_width()
    page.click("button[type=submit]")
    page.wait_for_selector("h1:has-text('感谢')")
    [state] = admin.call(
        "itss.survey.round", "read", [round_id], ["answered_count", "declined_count", "sent_count"]
    )
    assert (state["answered_count"], state["declined_count"], state["sent_count"]) == (1, 1, 0)


def test_who_submits_at_the_same_time_is_counted_once(odoo_server, smtp_sink, rpc, make_round):
    """A customer's two browsers and an agent send their answers in the same moment."""
    server = odoo_server(*smtp_sink.arguments, "--db_maxconn=40", demo=True)
    admin, desk = rpc(server, "admin"), rpc(server, "desk")
    names = ["甲", "乙", "丙", "丁", "戊"]
    round_id = make_round(server, names)
    admin.run_scheduled_action(SEND)
    questionnaire = Questionnaire(admin)
    *first_pages, last_page = questionnaire.pages
    token = re.search(r'csrf_token: "(\w+)"', desk.get(f"{server.url}/odoo").text)[1]
    for path in find_links(smtp_sink.messages).values():
        browsers = [Customer(server, path) for _number in range(2)]
        questionnaire.fill_in(browsers[0], 1, first_pages)
        start = threading.Barrier(3)
        form = questionnaire.get_form(
            5, channel="phone", day=f"{datetime.now(CHINA):%F}", then="close", csrf_token=token
        )
        entry = f"{server.url}/itss/survey/entry/{LINK.search(path)[1]}"

        def submit(customer, start=start):
            start.wait()
            customer.step("submit", **questionnaire.get_page(1, last_page))

        def enter(entry=entry, form=form, start=start):
            start.wait()
            # an agent who comes too late is told so
            assert desk.post(entry, data=form, timeout=60).status_code in (200, 410)

        with ThreadPoolExecutor() as pool:
            for call in [*(pool.submit(submit, one) for one in browsers), pool.submit(enter)]:
                call.result()

    statement = """
        SELECT participant.state, participant.interviewer_id IS NOT NULL AS entered, answer.state,
               COUNT(*), COUNT(DISTINCT (line.question_id, line.matrix_row_id)),
               MIN(choice.answer_score), MAX(choice.answer_score)
          FROM itss_survey_participant AS participant
          JOIN survey_user_input AS answer ON answer.id = participant.user_input_id
          JOIN survey_user_input_line AS line ON line.user_input_id = answer.id
          JOIN survey_question_answer AS choice ON choice.id = line.suggested_answer_id
         WHERE participant.round_id = %s
      GROUP BY participant.id, answer.id"""
    rows = servers.query(server.database, statement, round_id)
    assert len(rows) == len(names)
    for state, entered, answer_state, lines, questions, low, high in rows:
        assert (state, answer_state, lines, questions) == ("answered", "done", 9, 9)
        assert low == high == (5 if entered else 1), "one of them, and not a mixture"
    [[answers]] = servers.query(
        server.database, "SELECT COUNT(*) FROM survey_user_input WHERE itss_round_id = %s", round_id
    )
    assert answers == len(names)


# -------------------------------------------------------------------------
# The quality officer
# -------------------------------------------------------------------------


@pytest.fixture
def survey_line(rpc):
    """Add an approved plan of this year: survey_line(server) → id of its line for a survey."""

    def make(server):
        admin, quality = rpc(server, "admin"), rpc(server, "quality")
        department = admin.ref("itss_quality.demo_department_quality")
        line = {
            "number": "4",
            "kind": "survey",
            "name": "客户满意度专项调查",
            "date_text": "全年",
            "responsible_department_ids": [[6, 0, [department]]],
        }
        plan = {"name": "专项计划", "year": datetime.now(CHINA).year, "line_ids": [[0, 0, line]]}
        [plan_id] = quality.call("itss.plan", "create", [plan])
        quality.call("itss.plan", "action_submit", [plan_id])
        rpc(server, "ops").call("itss.plan", "action_review", [plan_id])
        rpc(server, "boss").call("itss.plan", "action_approve", [plan_id])
        [line_id] = quality.call("itss.plan.line", "search", [["plan_id", "=", plan_id]])
        return line_id

    return make


def test_from_the_plan_line_to_the_approved_report(
    odoo_server, smtp_sink, browser, show, rpc, survey_line
):
    """Launched, sent, reminded, answered, ended and analysed by quality; three people sign."""
    server = odoo_server(*smtp_sink.arguments, demo=True)
    admin = rpc(server, "admin")
    line_id = survey_line(server)
    page = browser(server, "quality")
    show(page, f"itss-plan-lines/{line_id}")
    press(page, "action_start_work")
    page.wait_for_selector(".o_form_statusbar .o_arrow_button_current[data-value=draft]")
    assert "客户满意度调查" in page.input_value(
        ".o_field_widget[name=name] input, .o_field_widget[name=name] textarea"
    )
    save(page)
    assert not offers(page, "action_start"), "nobody can be asked yet"
    press(page, "action_propose_participants")
    count = page.locator(".modal .o_field_widget[name=customer_count]")
    count.get_by_text("6").wait_for()
    page.click(".modal button[name=action_propose]")
    wait_for_stat(page, "action_view_participants", 6)
    page.click(".oe_stat_button[name=action_view_participants]")
    lines = page.locator(".o_list_view .o_data_row")
    lines.nth(5).wait_for()
    nobody = lines.filter(has_text="罗师傅")
    assert nobody.locator("[name=is_address_missing] input").is_checked(), "shown, not dropped"
    page.go_back()
    sign(page, "action_start", "running")
    assert not offers(page, "action_propose_participants"), "whom it asks is settled"
    round_id = int(re.search(r"/(\d+)$", page.url)[1])

    admin.run_scheduled_action(SEND)
    links = find_links(smtp_sink.messages)
    assert len(links) == len(smtp_sink.messages) == 4, "the four with an address"
    admin.run_scheduled_action(SEND)
    assert len(smtp_sink.messages) == 4, "nobody gets it twice"
    questionnaire = Questionnaire(admin)
    paths = sorted(links.items())
    for (_address, path), mark in zip(paths[:3], (5, 5, 2), strict=True):
        questionnaire.fill_in(Customer(server, path), mark)
    servers.query(
        server.database,
        "UPDATE itss_survey_participant SET last_mail_at = last_mail_at - INTERVAL '6 days', "
        "delivered_at = delivered_at - INTERVAL '6 days', sent_at = sent_at - INTERVAL '6 days' "
        "WHERE round_id = %s AND sent_at IS NOT NULL",
        round_id,
    )
    admin.run_scheduled_action(SEND)
    [reminder] = smtp_sink.messages[4:]
    assert reminder.recipients == [paths[3][0]], "only who has not answered"

    page.reload()
    press(page, "action_refresh")
    page.wait_for_selector("[name=verdict]:has-text('有效答卷不足')")
    wait_for_stat(page, "action_view_missing", 3)
    page.click(".oe_stat_button[name=action_view_missing]")
    lines = page.locator(".o_list_view .o_data_row")
    lines.nth(2).wait_for()
    assert lines.count() == 3
    page.click(".o_facet_remove")
    page.click(".o_switch_view.o_kanban")
    page.wait_for_selector(".o_kanban_group:has-text('已答复') .o_kanban_record >> nth=2")
    show(page, f"itss-surveys/{round_id}")
    page.click(".o_notebook_headers a[name=figures]")
    page.wait_for_selector("[name=result_ids] .o_data_row:has-text('响应速度'):has-text('80.00')")

    sign(page, "action_end", "analysing")
    wait_for_stat(page, "action_view_improvements", 3)
    page.click(".o_notebook_headers a[name=analysis]")
    page.fill("[name=conclusion] textarea", "平均满意度80分，未达到95分的目标。")
    page.fill("[name=causes] textarea", "夜间值班人员不足。")
    page.fill("[name=measures] textarea", "增加一名夜间值班人员（运维部）。")
    press(page, "action_open_report")
    page.click(".o_notebook_headers a[name=signatures]")
    choose(page, "reviewer_id", "李运维")
    choose(page, "approver_id", "王总")
    sign(page, "action_submit", "submitted")
    [report_id] = admin.call("itss.survey.report", "search", [["round_id", "=", round_id]])
    with pytest.raises(rpc.Error, match="AccessError|UserError"):
        rpc(server, "quality").call("itss.survey.report", "action_review", [report_id])

    page = browser(server, "ops")
    show(page, f"itss-survey-reports/{report_id}")
    assert not offers(page, "action_approve")
    sign(page, "action_review", "reviewed")
    page = browser(server, "boss")
    show(page, f"itss-survey-reports/{report_id}")
    sign(page, "action_approve", "approved")
    page.wait_for_selector("button[name=action_open_signed_pdf]")
    text = read_pdf(page, f"/web/content/itss.survey.report/{report_id}/signed_pdf")
    for words in ("张质量", "李运维", "王总", "80.00", "夜间值班人员不足", "响应速度"):
        assert words in text

    page.click(".oe_stat_button[name=action_open_subject]")
    page.wait_for_selector(".o_arrow_button_current[data-value=closed]")
    [line] = admin.call("itss.plan.line", "read", [line_id], ["state", "date_done"])
    assert (line["state"], bool(line["date_done"])) == ("done", True)
    admin.run_scheduled_action("itss_quality.ir_cron_itss_survey_results")
    domain = [["source_model", "=", "itss.survey.participant"], ["state", "=", "draft"]]
    [proposal] = admin.call("itss.improvement", "search_read", domain, ["problem"])
    assert "40.0" in proposal["problem"], "the dissatisfied customer"


# -------------------------------------------------------------------------
# The agent, and everybody else
# -------------------------------------------------------------------------


def test_an_interviewer_enters_what_customers_say(demo_server, sign_in, show, rpc, screenshot):
    admin = rpc(demo_server, "admin")
    page = sign_in("desk")
    show(page, "itss-survey-calls")
    calls = page.locator(".o_data_row")
    calls.first.wait_for()
    waiting = calls.count()
    calls.filter(has_text="钟主管").locator("button[name=action_enter]").click()
    page.wait_for_selector(".o_itss_survey_entry")
    assert "13808710021" in page.text_content("h1")
    assert page.input_value("select[name=channel]") == "phone"
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    screenshot(page, "survey_entry")
    page.click("button[value=close]")
    page.wait_for_selector(".alert-danger")

    def say(question, choice):
        page.click(f"fieldset:has-text('{question}') label:text-is('{choice}')")

    page.select_option("#channel", "interview")
    say("响应速度", "满意")
    say("技术水平", "非常满意")
    say("服务态度", "非常满意")
    say("处理结果", "满意")
    say("总体满意程度", "非常满意")
    for row in page.locator(".o_itss_survey_entry tbody tr").all():
        row.locator("input").nth(0).check()
    page.fill(".o_itss_survey_entry textarea", "希望提前通知巡检时间")
    page.click("button[value=close]")
    page.wait_for_selector(".o_arrow_button_current[data-value=answered]")

    domain = [["contact_name", "=", "钟主管"]]
    fields = ["state", "channel", "score", "interviewer_id"]
    [record] = admin.call("itss.survey.participant", "search_read", domain, fields)
    assert (record["state"], record["channel"]) == ("answered", "interview")
    assert record["interviewer_id"][1] == "周服务"
    # (80 + 100 + 100 + 2·80 + 100 + 2·100) / 8
    assert record["score"] == 92.5
    page.click(".oe_stat_button[name=action_view_answer]")
    page.wait_for_selector(".o_data_row:has-text('希望提前通知巡检时间')")

    # the next sheets, one after the other, until none is left
    show(page, "itss-survey-calls")
    calls.nth(waiting - 2).wait_for()
    calls.filter(has_text="黄经理").locator("button[name=action_enter]").click()
    names = []
    while page.wait_for_selector(".o_itss_survey_entry, .o_form_view").get_attribute("method"):
        names.append(page.text_content("h1").split("·")[0].strip())
        say("总体满意程度", "非常满意")
        with page.expect_navigation():
            page.click("button[value=next]")
    assert names[0] == "黄经理" and len(names) == len(set(names)) == waiting - 1
    [state] = admin.call(
        "itss.survey.round", "read", [admin.ref(DEMO_ROUND)], ["answered_count", "waiting_count"]
    )
    assert (state["answered_count"], state["waiting_count"]) == (8 + waiting, 0)


def test_the_figures_and_the_board_of_the_running_survey(
    demo_server, sign_in, show, rpc, screenshot
):
    admin = rpc(demo_server, "admin")
    page = sign_in("quality")
    show(page, f"itss-surveys/{admin.ref(DEMO_ROUND)}")
    page.wait_for_selector("[name=answered_count]")
    screenshot(page, "survey_round")
    page.set_viewport_size(TALL)
    page.click(".o_notebook_headers a[name=figures]")
    page.wait_for_selector("[name=result_ids] .o_data_row")
    screenshot(page, "survey_figures")
    page.click(".oe_stat_button[name=action_view_results]")
    page.wait_for_selector(".o_list_view .o_data_row")
    page.click(".o_switch_view.o_graph")
    page.wait_for_selector(".o_graph_view canvas")
    show(page, "itss-surveys")
    page.click(".o_switch_view.o_kanban")
    page.wait_for_selector(".o_kanban_record")


def test_each_role_finds_its_way_through_the_survey_menus(demo_server, sign_in, show):
    """Every menu, every kind of view, the first records, their tabs and buttons: no error."""
    for login in ("desk", "ops", "quality", "boss", "staff"):
        walk_through_survey_menus(sign_in(login), show, login)
    # nor was anything refused behind the scenes
    log = demo_server.log.read_text("utf-8")
    assert not [line for line in servers.records(log, "WARNING|ERROR|CRITICAL") if "http" in line]


def walk_through_survey_menus(page, show, login):
    pending = set()

    def count(request):
        if re.search("/web/(dataset|action)/", request.url):
            pending.add(request)

    page.on("request", count)
    page.on("requestfinished", lambda request: pending.discard(request))
    page.on("requestfailed", lambda request: pending.discard(request))

    def check(place):
        page.wait_for_timeout(300)
        while pending:
            page.wait_for_timeout(50)
        assert not page.query_selector(TROUBLE), f"{login} at {place}"

    show(page, "itss-surveys")
    page.click("[data-menu-xmlid='itss_quality.menu_itss_surveys']")
    menus = page.locator(".o-dropdown--menu [data-menu-xmlid^='itss_quality.menu_itss_survey']")
    menus.first.wait_for()
    names = [menu.get_attribute("data-menu-xmlid") for menu in menus.all()]
    page.keyboard.press("Escape")
    assert "itss_quality.menu_itss_survey_round" in names
    assert ("itss_quality.menu_itss_survey_missing" in names) == (
        login in ("desk", "ops", "quality")
    )
    assert ("itss_quality.menu_itss_survey_questionnaire" in names) == (login == "quality")
    for name in names:
        page.click("[data-menu-xmlid='itss_quality.menu_itss_surveys']")
        page.click(f".o-dropdown--menu [data-menu-xmlid='{name}']")
        page.wait_for_selector(".o_list_view")
        check(name)
        for view in page.locator(".o_switch_view").all():
            view.click()
            check(name)
        if page.query_selector(".o_switch_view.o_list"):
            page.click(".o_switch_view.o_list")
        page.wait_for_selector(".o_list_view .o_data_row")
        url = page.url
        for number in range(min(page.locator(".o_data_row").count(), 2)):
            page.locator(".o_data_row").nth(number).locator("td[name]").first.click()
            page.wait_for_selector(".o_form_view")
            for tab in page.locator(".o_notebook_headers a").all():
                tab.click()
            check(f"{name}, record {number}")
            form = page.url
            buttons = page.locator(".oe_stat_button").all()
            for action in [button.get_attribute("name") for button in buttons]:
                page.click(f".oe_stat_button[name={action}]")
                check(f"{name}, record {number}, {action}")
                row = page.query_selector(".o_list_view .o_data_row td[name]")
                # figures have no form of their own
                if row and action != "action_view_results":
                    row.click()
                    page.wait_for_selector(".o_form_view")
                    check(f"{name}, record {number}, {action}, first record")
                page.goto(form)
                page.wait_for_selector(".o_form_view")
            page.goto(url)
            page.wait_for_selector(".o_list_view .o_data_row")


def test_the_demonstration_writes_to_nobody(odoo_server, smtp_sink, rpc):
    """Its scheduled actions find nothing to do, today and until after the deadline."""
    server = odoo_server(*smtp_sink.arguments, demo=True)
    admin = rpc(server, "admin")
    round_id = admin.ref(DEMO_ROUND)

    def look():
        fields = ["state", "reminder_count", "final_notice_at", "score", "improvement_ids"]
        return admin.call("itss.survey.participant", "search_read", [], fields, order="id")

    def run():
        for name in ("send", "results"):
            admin.run_scheduled_action(f"itss_quality.ir_cron_itss_survey_{name}")
        admin.run_scheduled_action("mail.ir_cron_mail_scheduler_action")

    run()
    # what was to be sent before has nothing to do with surveys
    del smtp_sink.messages[:]
    before = look()
    assert len(before) == 32
    assert {one["state"] for one in before} == {"to_send", "sent", "answered", "declined", "failed"}
    for days in (5, 7, 3):
        servers.query(
            server.database,
            f"UPDATE itss_survey_participant SET sent_at = sent_at - INTERVAL '{days} days', "
            f"last_mail_at = last_mail_at - INTERVAL '{days} days' WHERE round_id = %s",
            round_id,
        )
        servers.query(
            server.database,
            f"UPDATE itss_survey_round SET date_start = date_start - {days}, "
            f"date_end = date_end - {days} WHERE id = %s",
            round_id,
        )
        run()
    assert not smtp_sink.messages
    assert look() == before
    fields = ["state", "score", "score_count", "verdict", "sending_error", "is_late"]
    [round_] = admin.call("itss.survey.round", "read", [round_id], fields)
    assert (round_["state"], round_["score_count"], round_["sending_error"]) == (
        "running",
        8,
        False,
    )
    assert round_["is_late"], "the deadline has been passed in the end"
