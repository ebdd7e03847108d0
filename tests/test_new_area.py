"""A new area is a folder of its own: number, steps, work of a plan line, prints, menu.

The README says where each thing goes; this area is added to a copy of the addon as it says, and no
file of another area is touched.
"""

import io
import re
import shutil
from pathlib import Path

import openpyxl
import pytest
from prints import download, read_pages

import servers
from environment import ADDON, LOGS

SAMPLE = Path(__file__).parent / "data" / "sample"
# the only files of the addon that a new area touches
TOUCHED = ("__init__.py", "__manifest__.py", "i18n/itss_quality.pot", "i18n/zh_CN.po")
DATA = (
    "ir.model.access.csv",
    "rules_sample.xml",
    "itss_sample_report.xml",
    "itss_sample_views.xml",
)


@pytest.fixture
def server(environment, tmp_path):
    """A server of the demonstration whose addon has one area more."""
    addon = tmp_path / ADDON.name
    shutil.copytree(ADDON, addon, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    shutil.copytree(SAMPLE, addon / "sample", ignore=shutil.ignore_patterns("zh_CN.po"))
    init, manifest, *catalogues = (addon / name for name in TOUCHED)
    init.write_text(init.read_text() + "from . import sample\n")
    entries = "".join(f'        "sample/{name}",\n' for name in DATA)
    text, count = re.subn(
        r"(    \"data\": \[\n.*?)(    \],\n)", rf"\1{entries}\2", manifest.read_text(), flags=re.S
    )
    assert count == 1
    manifest.write_text(text)
    for catalogue in catalogues:
        catalogue.write_text(f"{catalogue.read_text()}\n{(SAMPLE / 'zh_CN.po').read_text()}")
    config = tmp_path / "odoo.conf"
    config.write_text(
        servers.CONFIG.read_text().replace(
            f"addons_path = {servers.ROOT}", f"addons_path = {tmp_path}"
        )
    )
    name = "itss_new_area"
    log = LOGS / "new_area.log"
    environment.copy_database(environment.template_database(demo=True), name)
    environment.install(name, "-u", ADDON.name, "--i18n-overwrite", log=log, config=config)
    with environment.Server(name, log=log, config=config) as running:
        yield running
    environment.drop_database(name)


def test_a_new_area_stands_in_a_folder_of_its_own(server, rpc):
    quality, ops, boss = (rpc(server, login) for login in ("quality", "ops", "boss"))
    chinese = {"context": {"lang": "zh_CN"}}
    line = {"number": "10", "kind": "sample", "name": "工单抽样"}
    [plan] = quality.call("itss.plan", "create", [{"year": 2027, "line_ids": [[0, 0, line]]}])
    for client, step in ((quality, "submit"), (ops, "review"), (boss, "approve")):
        client.call("itss.plan", f"action_{step}", [plan])
    [line] = quality.call("itss.plan.line", "search", [["plan_id", "=", plan]])

    # the line starts it, knows its words, and counts it
    [shown] = quality.call("itss.plan.line", "read", [line], ["start_label"], **chinese)
    assert shown["start_label"] == "开始抽样"
    action = quality.call("itss.plan.line", "action_start_work", [line])
    assert action["res_model"] == "itss.sample"
    starts = {key.removeprefix("default_"): value for key, value in action["context"].items()}
    [sample] = quality.call("itss.sample", "create", [starts])
    [shown] = quality.call("itss.plan.line", "read", [line], ["work_count"])
    assert shown["work_count"] == 1

    # it has a number of the year, and its steps are guarded
    [record] = quality.call("itss.sample", "read", [sample], ["number", "name", "company_id"])
    assert re.fullmatch(r"SM-\d{4}-0001", record["number"]) and record["name"] == "工单抽样"
    for client, state in ((quality, "closed"), (ops, "taken")):
        with pytest.raises(rpc.Error):
            client.call("itss.sample", "write", [sample], {"state": state})
    quality.call("itss.sample", "write", [sample], {"state": "taken"})
    assert read_state(quality, line) == "in_progress"
    quality.call("itss.sample", "write", [sample], {"state": "closed"})
    assert read_state(quality, line) == "done"
    with pytest.raises(rpc.Error):
        quality.call("itss.sample", "write", [sample], {"name": "x"})

    # it is printed, exported, and found by its menu and by what is to do
    [page] = read_pages(download(quality, "itss_quality.itss_sample_document", sample))
    assert record["number"] in page and record["company_id"][1] in page
    content = quality.get(f"{quality.url}/report/xlsx/itss_quality.sample_xlsx/{sample}").content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert record["number"] in [cell.value for row in sheet.iter_rows() for cell in row]
    menus = quality.call("ir.ui.menu", "load_menus", False, **chinese)
    assert "抽样" in [menu["name"] for menu in menus.values()]
    views = quality.call("itss.sample", "get_views", [[False, "search"]])
    assert "filter_activities_my" in views["views"]["search"]["arch"]


def read_state(client, line):
    [record] = client.call("itss.plan.line", "read", [line], ["state"])
    return record["state"]
