"""A company that has worked with an earlier version updates the addon: nothing is lost.

The earlier version stands packed beside this file, as it was released, without its tests and
pictures. A new version that changes what is stored packs the one before in the same way.
"""

import tarfile

import pytest
import requests

import servers
from environment import ADDON, LOGS

EARLIER = "itss_quality-19.0.1.5.0.tar.xz"
TABLES = "SELECT relname FROM pg_class WHERE relname LIKE 'itss\\_%' AND relkind = 'r'"
# what an expert asks to see, and what customers hold in their hands
EVIDENCE = {
    "signed documents": """
        SELECT res_model, res_id, checksum FROM ir_attachment
         WHERE res_model LIKE 'itss.%' AND res_field = 'signed_pdf' ORDER BY 1, 2
    """,
    "numbers": """
        SELECT 'plan', id, number FROM itss_plan UNION ALL
        SELECT 'audit', id, number FROM itss_audit UNION ALL
        SELECT 'complaint', id, number FROM itss_complaint UNION ALL
        SELECT 'nonconformity', id, number FROM itss_nonconformity UNION ALL
        SELECT 'improvement', id, number FROM itss_improvement ORDER BY 1, 2
    """,
    "states": """
        SELECT 'line', id, state FROM itss_plan_line UNION ALL
        SELECT 'callback', id, state FROM itss_callback UNION ALL
        SELECT 'audit', id, state FROM itss_audit UNION ALL
        SELECT 'review', id, state FROM itss_review UNION ALL
        SELECT 'round', id, state FROM itss_survey_round UNION ALL
        SELECT 'report', id, state FROM itss_survey_report ORDER BY 1, 2
    """,
    "verdicts": "SELECT id, is_solved, score, done_at FROM itss_callback ORDER BY id",
    "answers": "SELECT id, score, is_scored, state FROM itss_survey_participant ORDER BY id",
    "work on lines": """
        SELECT 'audit', id, plan_line_id FROM itss_audit UNION ALL
        SELECT 'review', id, plan_line_id FROM itss_review UNION ALL
        SELECT 'round', id, plan_line_id FROM itss_survey_round ORDER BY 1, 2
    """,
    "meetings": "SELECT id, kind, audit_id, review_id, start FROM itss_meeting ORDER BY id",
    "reading": "SELECT res_model, res_id, user_id, read_at FROM itss_receipt ORDER BY id",
}
# what is only added to: an update notes the settings that it makes, and its demonstration has new tickets
GROWING = {
    "itss_journal": """
        SELECT id, at, user_id, res_model, res_id, event, values::text FROM itss_journal ORDER BY id
    """,
    "itss_ticket_worker_rel": "SELECT ticket_id, user_id FROM itss_ticket_worker_rel ORDER BY 1, 2",
}
LINKS = {
    "callback": "SELECT id, link_token FROM itss_callback WHERE state = 'link_sent'",
    "survey": "SELECT id, link_token FROM itss_survey_participant WHERE state = 'sent'",
}


# the demonstration writes to nobody
SEND_LINK = """
    UPDATE itss_callback
       SET state = 'link_sent', link_token = 'dGhlLWN1c3RvbWVycy1saW5r', link_sent_at = now() AT TIME ZONE 'UTC'
     WHERE id = (SELECT min(id) FROM itss_callback WHERE state = 'pending' AND ticket_id IS NOT NULL)
"""


@pytest.fixture
def earlier(environment, tmp_path_factory, rpc):
    """A database of the demonstration made by the earlier version, with a plan signed in it."""
    folder = tmp_path_factory.mktemp("earlier")
    with tarfile.open(servers.ROOT / "tests" / "data" / EARLIER) as archive:
        archive.extractall(folder, filter="data")
    config = folder / "odoo.conf"
    text = servers.CONFIG.read_text().replace(
        f"addons_path = {servers.ROOT}", f"addons_path = {folder}"
    )
    config.write_text(text)
    name = "itss_earlier"
    environment.create_database(name)
    arguments = ("-i", ADDON.name, *environment.DEMO)
    log = LOGS / "earlier.log"
    environment.install(name, *arguments, log=log, config=config)
    with servers.Server(name, log=log, config=config) as server:
        vals = {"year": 2027, "line_ids": [[0, 0, {"number": "1", "name": "内审"}]]}
        [plan] = rpc(server, "quality").call("itss.plan", "create", [vals])
        for login, step in (("quality", "submit"), ("ops", "review"), ("boss", "approve")):
            rpc(server, login).call("itss.plan", f"action_{step}", [plan])
        servers.query(name, SEND_LINK)
        paths = [
            f"/itss/{page}/{record_id}/{token}"
            for page, query in LINKS.items()
            for record_id, token in servers.query(name, query)
        ]
        links = open_links(server, paths)
    yield name, links
    environment.drop_database(name)


def look(database):
    """Return the number of rows of each table, and the evidence."""
    tables = [table for [table] in servers.query(database, TABLES)]
    rows = {table: servers.query(database, f"SELECT count(*) FROM {table}") for table in tables}
    return rows, {what: servers.query(database, query) for what, query in EVIDENCE.items()}


def open_links(server, paths):
    """Return what customers see behind their links: path → status."""
    session = requests.Session()
    session.trust_env = False  # the server is on this machine
    return {path: session.get(f"{server.url}{path}", timeout=60).status_code for path in paths}


def test_an_update_keeps_records_evidence_and_links(earlier):
    database, links = earlier
    assert {path.split("/")[2] for path, status in links.items() if status == 200} == set(LINKS)
    rows, evidence = look(database)
    growing = {table: servers.query(database, query) for table, query in GROWING.items()}
    rows = {table: count for table, count in rows.items() if table not in GROWING}
    assert all(evidence.values()), "the demonstration has something of each"
    servers.install(database, "-u", ADDON.name, "--i18n-overwrite", log=LOGS / "upgrade.log")
    new_rows, new_evidence = look(database)
    assert {table: new_rows.get(table) for table in rows} == rows
    assert new_evidence == evidence
    for table, query in GROWING.items():
        assert growing[table]
        assert {*growing[table]} <= {*servers.query(database, query)}
    # measured by now, for every company
    companies = "SELECT count(*) FROM res_company"
    assert servers.query(database, "SELECT count(DISTINCT company_id) FROM itss_indicator") == (
        servers.query(database, companies)
    )
    with servers.Server(database, log=LOGS / "upgraded.log") as server:
        assert open_links(server, links) == links
