"""Prints of an internal audit from a real server with a real converter, read back as text and seen.

Every form of requirements.md for the audit: plan, checklist, meeting record, nonconformity report,
distribution table, report.
"""

import base64
import io
import re
import subprocess

import pytest
from PIL import Image, ImageDraw
from prints import count_colors, download, look_at_pages, plain, read_pages

COMPANY = "示范运维服务有限公司"
CHINESE = {"context": {"lang": "zh_CN", "tz": "Asia/Shanghai"}}
FACTS = "抽查10张已关闭工单，其中4张没有回访记录。"
INK = (20, 60, 160)
HEADINGS = ("检查内容", "检查方法", "记录/证据", "结果")


def draw_signature():
    """A signature as the pointer draws it."""
    picture = Image.new("RGBA", (400, 150), (255, 255, 255, 0))
    points = [(20 + 9 * step, 75 + 50 * (-1) ** step) for step in range(40)]
    ImageDraw.Draw(picture).line(points, fill=INK, width=6)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


def check_fonts(content):
    """Every font is embedded, and its characters can be told: nothing is printed as a box."""
    fonts = subprocess.check_output(["pdffonts", "-"], input=content).decode().splitlines()[2:]
    assert fonts
    for font in fonts:
        assert re.search(r" yes +(yes|no) +yes ", font), font


def check_pages(content, *words):
    """Return the pages' texts, after a look at what each page must have."""
    check_fonts(content)
    pages = read_pages(content)
    for number, page in enumerate(pages, 1):
        if "受控文件" in page and number == 1:
            continue  # a cover
        assert COMPANY in page
        assert f"第{number}页" in page and f"共{len(pages)}页" in page
    text = "".join(pages)
    for word in words:
        assert plain(word) in text, word
    # nothing is left in English but the company's own abbreviations
    left = re.sub(r"[A-Z]{2}-\d{4}-\d{4}", "", text)
    assert not re.search("[A-Za-z]{4}", left), re.findall("[A-Za-z]{4,}", left)
    return pages


class Audit:
    """The demonstration company's audit of two departments, made over RPC step by step."""

    def __init__(self, rpc, server):
        self.admin = rpc(server, "admin")
        logins = ("quality", "deputy", "boss", "staff", "desk", "ops")
        self.clients = {login: rpc(server, login) for login in logins}
        self.quality = self.clients["quality"]

    def call(self, login, model, method, *args, **kwargs):
        return self.clients[login].call(model, method, *args, **{**CHINESE, **kwargs})

    def employee(self, name):
        return self.admin.ref(f"itss_quality.demo_employee_{name}")

    def department(self, name):
        return self.admin.ref(f"itss_quality.demo_department_{name}")

    def plan(self):
        """Plan it and have the plan signed."""
        schedule = [
            {
                "department_id": self.department(department),
                "auditor_ids": [[6, 0, [self.employee(auditor)]]],
                "start": f"2026-10-12 0{hour}:00:00",
                "stop": f"2026-10-12 0{hour + 2}:00:00",
                "topic": "计划、过程与记录",
                "location": "三楼会议室",
            }
            for hour, (department, auditor) in enumerate(
                (("operations", "staff"), ("staff", "desk")), 1
            )
        ]
        values = {
            "name": "2026年内部审核",
            "change_note": "首次发布",
            "date_start": "2026-10-12",
            "date_end": "2026-10-13",
            "lead_auditor_id": self.employee("quality"),
            "auditor_ids": [[6, 0, [self.employee("staff"), self.employee("desk")]]],
            "department_ids": [[6, 0, [self.department("operations"), self.department("staff")]]],
            "project_names": "市第一医院运维项目",
            "schedule_ids": [[0, 0, line] for line in schedule],
        }
        [self.id] = self.call("quality", "itss.audit", "create", [values])
        self.call("quality", "itss.audit", "action_submit", [self.id])
        self.call("deputy", "itss.audit", "action_review", [self.id])
        self.call("boss", "itss.audit", "action_approve", [self.id])
        self.call("quality", "itss.audit", "action_prepare_lines", [self.id])
        self.call("quality", "itss.audit", "action_start", [self.id])

    def judge(self):
        """Judge every question: the first of O&M major and raised, the second an observation."""
        ids = self.call("quality", "itss.audit.line", "search", [["audit_id", "=", self.id]])
        rows = self.call("quality", "itss.audit.line", "read", ids, ["department_id", "auditor_id"])
        rows.sort(key=lambda row: row["department_id"][1] != "运维部")
        auditors = {self.employee("staff"): "staff", self.employee("desk"): "desk"}
        self.lines = len(rows)
        for row in rows:
            values = {
                "evidence": "查阅2026年1月至9月的记录共三份，编号齐全。",
                "result": "conforming",
            }
            if row is rows[0]:
                values = {"evidence": FACTS, "result": "major"}
            elif row is rows[1]:
                values = {"evidence": "备班名单未张贴在值班室。", "result": "observation"}
            login = auditors[row["auditor_id"][0]]
            self.call(login, "itss.audit.line", "write", [row["id"]], values)
        values = {
            "audit_line_id": rows[0]["id"],
            "grade": "major",
            "clause": "8.2",
            "criterion": "工单解决后24小时内回访。",
            "facts": FACTS,
            "position": "值班工程师",
        }
        [self.nonconformity] = self.call("staff", "itss.nonconformity", "create", [values])
        self.call("staff", "itss.nonconformity", "action_raise", [self.nonconformity])
        self.call("ops", "itss.nonconformity", "action_confirm", [self.nonconformity])

    def meet(self):
        """Hold the meetings; one person has signed the sheet of the first."""
        self.meetings = []
        for kind in ("opening", "closing", "preparatory"):
            people = [
                {"employee_id": self.employee(name), "is_present": name != "sales"}
                for name in ("quality", "staff", "desk", "ops", "sales")
            ]
            people[0]["signature"] = draw_signature() if kind == "opening" else False
            values = {
                "audit_id": self.id,
                "kind": kind,
                "start": "2026-10-12 00:30:00",
                "stop": "2026-10-12 01:00:00",
                "location": "三楼会议室",
                "chair_id": self.employee("quality"),
                "minutes": "<p>介绍审核目的、范围、准则和日程。</p><ul><li>确认陪同人员</li></ul>",
                "attendance_ids": [[0, 0, person] for person in people],
            }
            self.meetings += self.call("quality", "itss.meeting", "create", [values])

    def report(self):
        """Write the report and have it signed and issued."""
        action = self.call("quality", "itss.audit", "action_open_report", [self.id])
        self.report_id = action["res_id"]
        texts = {
            "summary": "审核按计划完成，受审部门配合良好。",
            "conclusion": "服务质量管理总体符合要求并有效运行，回访需要改进。",
            "recommendations": "运维部在整改期限内完善回访提醒，质量部跟踪验证。",
        }
        self.call("quality", "itss.audit.report", "write", [self.report_id], texts)
        self.call("quality", "itss.audit.report", "action_submit", [self.report_id])
        self.call("deputy", "itss.audit.report", "action_review", [self.report_id])
        self.call("boss", "itss.audit.report", "action_approve", [self.report_id])

    def correct(self):
        """Correct the nonconformity, have that verified, and close it."""
        head = self.clients["ops"]
        action = self.call(
            "ops", "itss.nonconformity", "action_raise_improvement", [self.nonconformity]
        )
        values = {
            "root_cause": "工单关闭后没有回访提醒。",
            "correction": "补做4张工单的回访。",
            "action": "工单关闭后自动生成回访任务并提醒。",
            "owner_id": head.uid,
        }
        context = {**action["context"], **CHINESE["context"]}
        [improvement] = self.call("ops", "itss.improvement", "create", [values], context=context)
        self.call("quality", "itss.improvement", "action_plan", [improvement])
        self.call("ops", "itss.improvement", "action_start", [improvement])
        done = {"completion": "提醒已上线，连续两周抽查全部回访。"}
        self.call("ops", "itss.improvement", "write", [improvement], done)
        self.call("ops", "itss.improvement", "action_finish", [improvement])
        verified = {"state": "closed", "verification": "核对提醒设置，抽查两周回访记录。"}
        self.call("quality", "itss.improvement", "write", [improvement], verified)
        seen = {"verification": "抽查10张工单，均在24小时内回访。"}
        self.call("quality", "itss.nonconformity", "write", [self.nonconformity], seen)
        self.call("quality", "itss.nonconformity", "action_close", [self.nonconformity])


@pytest.fixture
def audit(odoo_server, rpc):
    """An audit from its plan to the closed nonconformity."""
    audit = Audit(rpc, odoo_server(demo=True))
    audit.plan()
    audit.judge()
    audit.meet()
    audit.report()
    audit.correct()
    return audit


def test_every_form_of_an_audit_is_printed_in_chinese(audit, tmp_path):
    quality = audit.quality

    def check(report, record_id, *words):
        content = download(quality, f"itss_quality.{report}", record_id)
        (tmp_path / f"{report}.pdf").write_bytes(content)
        return content, check_pages(content, *words)

    sections = ("目的", "审核范围", "审核准则", "方法", "频次和时机", "审核组", "日程")
    people = ("张质量", "赵副总", "王总", "孙人事", "周服务")
    content, pages = check("itss_audit_plan_document", audit.id, *sections, *people)
    for words in ("2026年内部审核", "V1.0", "受控文件", "编制", "审核", "批准"):
        assert words in pages[0]
    assert "三楼会议室" in pages[-1] and "市第一医院运维项目" in "".join(pages)

    # a long table goes on over the pages, its headings on each, every question on one of them
    content, pages = check("itss_audit_checklist_document", audit.id, "严重不符合", "观察项", FACTS)
    departments = ("人力资源部", "运维部")
    assert len(pages) > len(departments)
    for page in pages:
        assert all(heading in page for heading in HEADINGS)
        assert any(plain(f"部门：{name}·内审员：") in page for name in departments)
    assert "".join(pages).count("查阅2026年1月至9月的记录共三份") == audit.lines - 2

    words = (
        "首次会议",
        "签到",
        "职务",
        "签名",
        "介绍审核目的",
        "确认陪同人员",
        "质量部经理",
        "市场部",
    )
    content, pages = check("itss_meeting_document", audit.meetings[0], *words)
    (tmp_path / "meeting").mkdir()
    seen = look_at_pages(content, tmp_path / "meeting")
    assert "首次会议" in seen[0] and "签到" in "".join(seen)
    inked = 0
    for path in (tmp_path / "meeting").glob("page-*.png"):
        colors = count_colors(path).items()
        inked += sum(count for (red, _green, blue), count in colors if blue > red + 60)
    assert inked > 300, "the signature is not there"

    words = (
        "受审岗位",
        "值班工程师",
        "审核依据",
        FACTS,
        "严重不符合",
        "8.2",
        "原因分析",
        "纠正措施",
    )
    more = (
        "自动生成回访任务",
        "完成情况",
        "提醒已上线",
        "验证",
        "抽查10张工单",
        "孙人事",
        "李运维",
    )
    check("itss_nonconformity_document", audit.nonconformity, *words, *more)

    content, pages = check("itss_audit_distribution_document", audit.id, "8.2", "合计")
    assert "运维部11" in pages[0]

    sections = (
        "目的",
        "审核范围",
        "审核准则",
        "方法",
        "审核过程",
        "结果",
        "结论",
        "建议",
        "发放对象",
    )
    content, pages = check("itss_audit_report_document", audit.report_id, *sections, FACTS)
    text = "".join(pages)
    places = [re.search(rf"{index}\.{name}", text) for index, name in enumerate(sections, 1)]
    assert all(places), dict(zip(sections, places, strict=True))
    assert "备班名单未张贴" in text and "不符合项分布表" in text
    fields = ["signed_pdf", "signed_pdf_name"]
    [signed] = quality.call("itss.audit.report", "read", [audit.report_id], fields)
    assert signed["signed_pdf_name"].endswith("_V1.0.pdf")
    (tmp_path / "report").mkdir()
    content = base64.b64decode(signed["signed_pdf"])
    cover = read_pages(content)[0]
    assert "受控文件" in cover and "王总" in cover
    seen = look_at_pages(content, tmp_path / "report")
    for words in ("内部审核", "张质量", "赵副总"):
        assert words in seen[0]
    rest = "".join(seen[1:])
    for words in ("审核过程", "严重不符合", "服务质量管理总体符合要求"):
        assert words in rest


def test_an_audited_department_prints_no_checklist(audit):
    response = audit.clients["ops"].get(
        f"{audit.quality.url}/report/pdf/itss_quality.itss_audit_checklist_document/{audit.id}"
    )
    assert response.status_code in (403, 500) and not response.content.startswith(b"%PDF")
