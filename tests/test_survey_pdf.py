"""Prints of a survey from a real server with a real converter, read back as text and as a picture."""

import base64
import re
import subprocess

import pytest
from prints import count_colors, download, look_at_pages, plain, read_pages

REPORT = "itss_quality.itss_survey_report_document"
SCHEME = "itss_quality.itss_survey_scheme_document"
COMPANY = "示范运维服务有限公司"
SIGNERS = ["张质量", "李运维", "王总"]
# the company's words for the sections, in their order
SECTIONS = ["目的", "时间", "对象", "方法", "样本与回收率", "指标与计算", "统计", "分析", "建议"]
CONCLUSION = "客户对工程师的技术水平和服务态度评价较高。"
# itss_bar_met, itss_bar_missed, itss_bar_too_few, and the mark of the target
BARS = {(0x86, 0xA9, 0xCF), (0xE5, 0xA3, 0x5C), (0xB5, 0xB5, 0xB5)}
TARGET = (0xB3, 0x26, 0x1E)


@pytest.fixture
def approved_report(rpc):
    """End the demonstration's running survey and have its report signed: → id of the report."""

    def sign(server):
        client = rpc(server, "quality")
        chinese = {"context": {"lang": "zh_CN"}}
        [round_id] = client.call("itss.survey.round", "search", [["state", "=", "running"]])
        client.call("itss.survey.round", "action_end", [round_id], **chinese)
        texts = {"conclusion": CONCLUSION, "causes": "夜班人员不足。", "measures": "增加夜间值班。"}
        client.call("itss.survey.round", "write", [round_id], texts)
        action = client.call("itss.survey.round", "action_open_report", [round_id], **chinese)
        report_id = action["res_id"]
        client.call("itss.survey.report", "action_submit", [report_id])
        rpc(server, "ops").call("itss.survey.report", "action_review", [report_id])
        rpc(server, "boss").call("itss.survey.report", "action_approve", [report_id])
        [round_] = client.call("itss.survey.round", "read", [round_id], ["state"])
        assert round_["state"] == "closed"
        return report_id

    return sign


def test_signed_report(odoo_server, rpc, approved_report, tmp_path):
    """From the running survey to the signed summary report, in Chinese, with its charts."""
    server = odoo_server(demo=True)
    client = rpc(server, "quality")
    report_id = approved_report(server)
    names = ["number", "signed_pdf", "signed_pdf_name", "score", "score_count", "round_id"]
    [report] = client.call("itss.survey.report", "read", [report_id], names)
    assert report["signed_pdf_name"].startswith(report["number"])
    content = base64.b64decode(report["signed_pdf"])

    cover, history, *chapters = pages = read_pages(content)
    for words in (COMPANY, report["number"], "V1.0", "受控文件", *SIGNERS):
        assert words in cover
    assert "变更履历" in history
    text = "".join(chapters)
    for number, page in enumerate(pages[1:], 2):
        assert report["number"] in page and COMPANY in page
        assert f"第{number}页" in page and f"共{len(pages)}页" in page
    places = [re.search(rf"{index}\.\w*{name}", text) for index, name in enumerate(SECTIONS, 1)]
    assert all(places), dict(zip(SECTIONS, places, strict=True))
    assert [place.start() for place in places] == sorted(place.start() for place in places)
    assert f"{report['score']:.2f}" in text and f"n={report['score_count']}" in text
    assert plain(CONCLUSION) in text
    # nothing is left in English
    assert not re.search("[A-Za-z]{6}", re.sub(r"[A-Z]{2}-\d{4}-\d{4}", "", text)), text

    # each question stands beside its average and its n
    results = client.call(
        "itss.survey.result",
        "search_read",
        [["round_id", "=", report["round_id"][0]], ["dimension", "=", "question"]],
        ["name", "score", "n"],
        context={"lang": "zh_CN"},
    )
    assert results
    for result in results:
        line = f"{plain(result['name'])}{result['score']:.2f}{result['n']}"
        assert any(line in page for page in chapters), line

    fonts = subprocess.check_output(["pdffonts", "-"], input=content).decode().splitlines()[2:]
    assert fonts
    for font in fonts:  # embedded, and its characters can be told
        assert re.search(r" yes +(yes|no) +yes ", font), font
    read = "".join(look_at_pages(content, tmp_path)[2:])
    for words in ("样本与回收率", "置信区间", "满意度分布"):
        assert words in read
    colors = [count_colors(path) for path in sorted(tmp_path.glob("page-*.png"))]
    assert any(sum(page.get(color, 0) for color in BARS) > 10_000 for page in colors), "no bars"
    assert any(page.get(TARGET, 0) > 100 for page in colors), "no mark of the target"


def make_round(client, *questions):
    """A draft round of a questionnaire with one section and these questions."""
    section = {"title": "服务", "is_page": True, "question_type": False, "sequence": 1}
    lines = [section, *({**question, "sequence": 2} for question in questions)]
    values = {
        "title": "客户满意度问卷",
        "survey_type": "itss",
        "question_and_page_ids": [(0, 0, line) for line in lines],
    }
    [survey_id] = client.call("survey.survey", "create", [values])
    [round_id] = client.call(
        "itss.survey.round", "create", [{"name": "面谈调查", "survey_id": survey_id}]
    )
    return round_id


def make_matrix(title, rows, columns=5):
    return {
        "title": title,
        "question_type": "matrix",
        "matrix_row_ids": [(0, 0, {"value": f"{title}第{row}行。"}) for row in range(1, rows + 1)],
        "suggested_answer_ids": [
            (0, 0, {"value": f"选项{column}", "answer_score": column})
            for column in range(1, columns + 1)
        ],
    }


def test_paper_sheet(odoo_server, rpc, tmp_path):
    """The questionnaire begins on a page of its own, and no question is torn apart without need."""
    client = rpc(odoo_server(demo=True), "quality")
    text = {"title": "您的建议", "question_type": "text_box"}
    # a matrix of many boxes is no reason to begin a new page
    content = download(client, SCHEME, make_round(client, text, make_matrix("短表", 12)))
    scheme, sheet = read_pages(content)
    assert "面谈调查" in scheme and "短表第1行" not in scheme
    assert "1.您的建议" in sheet and "短表第12行" in sheet
    _scheme, seen = look_at_pages(content, tmp_path)
    assert "您的建议" in seen and "选项5" in seen

    # two that do not fit on one page stand on two; one that fits on none is printed whole
    matrices = [make_matrix("甲表", 20), make_matrix("乙表", 20), make_matrix("长表", 90)]
    _scheme, *sheets = read_pages(download(client, SCHEME, make_round(client, *matrices)))
    for title in ("甲表", "乙表"):
        [page] = [page for page in sheets if f"{title}第1行" in page]
        assert f"{title}第20行" in page
    whole = "".join(sheets)
    for row in range(1, 91):
        assert whole.count(f"长表第{row}行。") == 1, row
