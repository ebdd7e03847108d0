"""The plan as a PDF from a real server with a real converter, read back as text and as a picture."""

import base64
import re
import subprocess
from pathlib import Path

import openpyxl
import pytest
from prints import download, look_at_pages, plain, read_pages

TABLE = Path(__file__).parent / "data" / "plan_2025.xlsx"
REPORT = "itss_quality.itss_plan_report_pdf"
COMPANY = "示范运维服务有限公司"
NAME = "2026年运维服务质量管理计划"
NUMBER = "TEST-ITSS-0418"
SIGNERS = ["张质量", "李运维", "王总"]
# many short sections, so that some page would end with a heading if nothing prevented it
SECTIONS = range(1, 61)
ACTIVITIES = "".join(f"<h3>6.{index} 活动</h3><p>第{index}项要求。</p>" for index in SECTIONS)


def table_rows():
    """The rows of the real table of 2025, as texts."""
    rows = list(openpyxl.load_workbook(TABLE).active.iter_rows(values_only=True))
    start = next(index for index, row in enumerate(rows) if row[0] == "编号")
    return [[str(cell) for cell in row] for row in rows[start + 1 :]]


def create_plan(client, **values):
    """A draft with the real table, in the company of the user."""
    lines = [
        {
            "sequence": sequence,
            "number": number,
            "name": name,
            "measures": measures,
            "responsible_text": responsible,
            "supporting_text": supporting,
            "responsible_title": title,
            "date_text": date,
        }
        for sequence, (number, name, measures, responsible, supporting, title, date) in enumerate(
            table_rows()
        )
    ]
    values = {
        "name": NAME,
        "number": NUMBER,
        "year": 2026,
        "change_note": "首次发布",
        "purpose": "<p>提高服务质量。</p>",
        "activities": ACTIVITIES,
        "line_ids": [(0, 0, line) for line in lines],
        **values,
    }
    [plan_id] = client.call("itss.plan", "create", [values])
    return plan_id


@pytest.fixture
def approve(rpc):
    """Take a plan through its three signatures: approve(server, plan_id) → client of its preparer."""

    def sign(server, plan_id):
        preparer = rpc(server, "quality")
        preparer.call("itss.plan", "action_submit", [plan_id])
        rpc(server, "ops").call("itss.plan", "action_review", [plan_id])
        rpc(server, "boss").call("itss.plan", "action_approve", [plan_id])
        return preparer

    return sign


def read_english(rpc, server, login):
    """Let a user of the demonstration company, which has Chinese only, work in English."""
    admin = rpc(server, "admin")
    english = [["code", "=", "en_US"]]
    [lang] = admin.call("res.lang", "search", english, context={"active_test": False})
    admin.call("res.lang", "write", [lang], {"active": True})
    user = rpc(server, login)
    user.call("res.users", "write", [user.uid], {"lang": "en_US"})


def test_signed_pdf(odoo_server, rpc, approve, tmp_path):
    """Approval keeps a PDF in the preparer's language, whatever the approver's; prints are that one."""
    server = odoo_server(demo=True)
    plan_id = create_plan(rpc(server, "quality"))
    read_english(rpc, server, "boss")
    client = approve(server, plan_id)
    [plan] = client.call("itss.plan", "read", [plan_id], ["signed_pdf", "signed_pdf_name"])
    assert plan["signed_pdf_name"].startswith(NUMBER) and plan["signed_pdf_name"].endswith(
        "_V1.0.pdf"
    )
    content = base64.b64decode(plan["signed_pdf"])

    cover, history, *chapters = pages = read_pages(content)
    for words in (COMPANY, NAME, NUMBER, "V1.0", "受控文件", "编制", "审核", "批准", *SIGNERS):
        assert words in cover
    for words in ("变更履历", "编制", "审核", "批准", "V1.0", "首次发布", *SIGNERS):
        assert words in history
    assert len(chapters) > 2
    for number, page in enumerate(pages[1:], 2):
        assert NUMBER in page and "V1.0" in page and COMPANY in page
        assert f"第{number}页" in page and f"共{len(pages)}页" in page
    # each row stands on one page, below the table's headings
    for row in table_rows():
        [page] = [page for page in chapters if plain(row[2]) in page]
        assert "措施及要求" in page and plain(row[1]) in page
    for index in SECTIONS:
        assert any(f"6.{index}活动第{index}项要求。" in page for page in chapters), (
            "a heading left behind"
        )

    assert download(rpc(server, "boss"), REPORT, plan_id) == content, (
        "printed again as it was signed"
    )

    fonts = subprocess.check_output(["pdffonts", "-"], input=content).decode().splitlines()[2:]
    assert fonts
    for font in fonts:  # embedded, and its characters can be told
        assert re.search(r" yes +(yes|no) +yes ", font), font
    cover, history, *chapters = look_at_pages(content, tmp_path)
    for words in (COMPANY, "质量管理计划", NUMBER, "V1.0", "编制", "审核", "批准"):
        assert words in cover
    for words in ("变更履历", "编制", "审核", "批准", "首次发布"):
        assert words in history
    for words in ("内审", "管理评审", "客户满意度调查", "体系文件", "各有关部门", "运维部经理"):
        assert words in "".join(chapters)


def test_drafts_and_several_plans(odoo_server, rpc):
    """Printed from the menu: a draft is marked on every page, and several plans make one file."""
    server = odoo_server(demo=True)
    client = rpc(server, "quality")
    first = create_plan(client)
    # a row longer than a page, and text that looks like HTML
    measures = "\n".join(f"{index}. 措施 <b>{index}</b>" for index in range(1, 121))
    second = create_plan(
        client,
        number="TEST-ITSS-0419",
        line_ids=[(0, 0, {"number": "1", "name": "长措施", "measures": measures})],
    )
    pages = read_pages(download(client, REPORT, first))
    assert all("草稿" in page for page in pages)
    assert not any("受控文件" in page for page in pages)
    both = read_pages(download(client, REPORT, first, second))
    assert both[: len(pages)] == pages
    rest = "".join(both[len(pages) :])
    assert NUMBER not in rest and "TEST-ITSS-0419" in rest
    for index in range(1, 121):
        assert f"{index}.措施<b>{index}</b>" in rest
    assert f"共{len(both) - len(pages)}页" in both[-1]


@pytest.fixture
def reviewed_plan(rpc):
    """Take a plan up to the signature that is missing: reviewed_plan(server) → id."""

    def prepare(server):
        client = rpc(server, "quality")
        plan_id = create_plan(client)
        client.call("itss.plan", "action_submit", [plan_id])
        rpc(server, "ops").call("itss.plan", "action_review", [plan_id])
        return plan_id

    return prepare


# what stands in for the converter: none at all, and one that fails without a word
CONVERTERS = {
    "missing": None,
    "silent": '#!/bin/sh\n[ "$1" = --version ] && echo "wkhtmltopdf 0.12.6" && exit 0\nexit 1\n',
}


@pytest.mark.parametrize("script", CONVERTERS.values(), ids=CONVERTERS)
def test_no_converter(odoo_server, rpc, reviewed_plan, tmp_path, monkeypatch, script):
    """Without a working wkhtmltopdf approval is refused in clear words, and nothing of it remains."""
    if script:
        (tmp_path / "wkhtmltopdf").write_text(script)
        (tmp_path / "wkhtmltopdf").chmod(0o755)
    with monkeypatch.context() as context:
        context.setenv("PATH", str(tmp_path))
        server = odoo_server(demo=True)
    plan_id = reviewed_plan(server)
    with pytest.raises(rpc.Error, match="(?i)wkhtmltopdf") as refused:
        rpc(server, "boss").call("itss.plan", "action_approve", [plan_id])
    assert refused.value.name == "odoo.exceptions.UserError"
    [plan] = rpc(server, "quality").call(
        "itss.plan", "read", [plan_id], ["state", "approved_by_id", "signed_pdf_name"]
    )
    assert (plan["state"], plan["approved_by_id"], plan["signed_pdf_name"]) == (
        "reviewed",
        False,
        False,
    )
