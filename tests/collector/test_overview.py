"""The overview of many: a page at a time, what needs a person first, the same questions however many there are."""

import pytest

from collector import accounts, db, equipment, gateways
from collector.dashboard import overview as rooms
from tests.collector.site import CT, block, now_ms

MANY = 130  # besides the one that is there
SILENT, LIVE = "Z silent", "A live"


@pytest.fixture
def many(site):
    """A hospital with MANY machines that never spoke, one that is live and one that is silent."""
    now = now_ms()
    with db.write():
        for at in range(MANY - 2):
            equipment.add_equipment(CT | {"asset_number": f"B-{at:04}", "name": f"CT {at:04}"}, now)
        for terminal_id, name in (("t-silent", SILENT), ("t-live", LIVE)):
            equipment.add_equipment(CT | {"asset_number": name, "name": name}, now)
            gateways.add_terminal(site.data_dir, terminal_id, bytes(32), now)
            gateways.assign_terminal(terminal_id, "gw-1")
            equipment.bind(terminal_id, name, now)
    site.upload(block(count=1, terminal_id="t-silent", start_ms=now - 3_600_000), block(count=1, terminal_id="t-live"))
    return site


def asked(site, page):
    return site.get(f"/api/v1/overview?page={page}", **site.bearer("token")).json


def test_a_page_holds_its_part_and_the_counts_are_of_all(many):
    pages = [asked(many, page) for page in (1, 2, 3)]
    names = [one["name"] for page in pages for one in page["equipment"]]
    assert [len(page["equipment"]) for page in pages] == [rooms.PER_PAGE, rooms.PER_PAGE, MANY + 1 - 2 * rooms.PER_PAGE]
    assert len(set(names)) == MANY + 1 and (names[0], names[-1]) == (SILENT, LIVE)
    assert names[1:-1] == sorted(names[1:-1])
    assert all(page["counts"] == {"silent": 1, "never": MANY - 1, "late": 0, "live": 1} for page in pages)
    assert [(page["page"], page["pages"]) for page in pages] == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("page, got", [("0", 1), ("-1", 1), ("99", 3), ("x", 1), ("", 1)])
def test_a_page_that_is_not_there_is_the_nearest(many, page, got):
    many.sign_in()
    assert f"Page {got} of 3" in many.get(f"/?page={page}").text
    assert page != "99" or asked(many, page)["page"] == got


def test_pages_lead_to_each_other(many):
    many.sign_in()
    first, second = many.get("/").text, many.get("/?page=2").text
    assert "/?page=2" in first and 'rel="prev"' not in first and "Page 1 of 3" in first
    assert "/?page=1" in second and "/?page=3" in second and 'data-url="/api/v1/overview?page=2"' in second


def test_the_number_of_questions_does_not_grow_with_the_equipment(many, server):
    if server is not None:
        pytest.skip("the questions are the same; SQLite's driver counts them")
    asked_sql = []
    with many.app.app_context():
        db.database.connect(reuse_if_open=True)
        db.database.connection().set_trace_callback(asked_sql.append)
        rooms.overview(accounts.EVERYTHING, many.app.config["SETTINGS"], now_ms())
        db.database.connection().set_trace_callback(None)
    assert 3 <= len(asked_sql) <= 8, asked_sql


def test_a_machine_is_as_fresh_as_the_channels_that_are_its_own(site):
    now = now_ms()
    for asset, group in (("A-2", "supply"), ("A-3", "surroundings")):
        equipment.add_equipment(CT | {"asset_number": asset, "name": asset}, now)
        equipment.bind("mri-01", asset, now, 0, group)
    climate, current = {"temperature_c": [2100]}, {"current_a": [5000]}
    site.upload(
        block(first=1, count=1, terminal_id="mri-01", start_ms=now - 3_600_000, columns=climate),
        block(first=9, count=1, terminal_id="mri-01", start_ms=now - 1000, columns=current),
        gateway="gw-2",
    )
    states = {one["name"]: one["state"] for one in asked(site, 1)["equipment"]}
    assert states == {"A-2": "live", "A-3": "silent", "CT 1": "never"}
    assert asked(site, 1)["counts"] == {"silent": 1, "never": 1, "late": 0, "live": 1}
