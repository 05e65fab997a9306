"""Pages of gateways and terminals: what each says of itself, commands with their states, what was refused; search."""

import io
import json

import pytest

from collector import accounts, db, equipment, gateways
from collector.gateways import fleet
from collector.gateways.models import Refusal, TerminalStatus
from tests.collector.people import Person, acts
from tests.collector.site import BASE, CT, PASSWORD, now_ms
from tests.collector.test_labels import picture

DAY_MS = 86_400_000


@pytest.fixture
def admin(site):
    """The administrator, signed in, in a hospital whose terminals have spoken."""
    said = {"version": "0.3.1", "slot": "b", "heap_free": 61440}
    TerminalStatus.insert(terminal_id="ct-01", ts_ms=now_ms(), body=json.dumps(said)).execute()
    with db.write():
        Refusal.add("A01", "gw-1", "ct-01", "replayed", 3, now_ms())
        Refusal.add("A01", "gw-2", "mri-01", "counterfeit", 1, now_ms())
    person = Person(site, "admin")
    person.sign_in()
    return person


def test_a_terminal_shows_what_it_says_of_itself_and_what_was_refused(admin):
    assert all(word in admin.get("/terminals").text for word in ("ct-01", "mri-01", "gw-1", "0.3.1"))
    page = admin.get("/terminals/ct-01").text
    assert all(word in page for word in ("heap_free", "61440", "replayed", "A-0001")) and "counterfeit" not in page
    page = admin.get("/gateways").text
    assert all(word in page for word in ("gw-1", "gw-2", "replayed", "counterfeit"))


def test_a_command_is_sent_with_its_reason_and_shows_every_step(admin, site):
    admin.post("/terminals/ct-01/commands", "/terminals/ct-01", verb="identify", reason="which box is it?")
    page = admin.get("/terminals/ct-01").text
    assert "which box is it?" in page and 'data-command="queued"' in page
    with site.app.app_context():
        (command,) = fleet.open_commands(gateways.Gateway.get(gateway_id="gw-1"), now_ms())
        with db.write():
            fleet.change(command, "done", now_ms(), {"blinked": 5})
    page = admin.get("/terminals/ct-01").text
    assert 'data-command="done"' in page and "blinked" in page
    assert acts("command.send") == [("admin", "terminal ct-01", "done")]


@pytest.mark.parametrize("given", [{"verb": "identify", "reason": " "}, {"verb": "format", "reason": "x"}, {}])
def test_a_command_without_verb_or_reason_is_not_sent(admin, given):
    admin.post("/terminals/ct-01/commands", "/terminals/ct-01", **given)
    assert "Not sent" in admin.get("/terminals/ct-01").text and acts("command.send") == []


def test_a_technician_sees_and_commands_the_terminals_inside_the_scope_only(site, admin):
    equipment.add_equipment(CT | {"asset_number": "M-1", "department": "Surgery", "name": "MRI"}, now_ms())
    equipment.bind("mri-01", "M-1", now_ms())
    user = accounts.add_administrator("wang", PASSWORD, now_ms(), "technician")
    accounts.give_scope(user, "department", 1, "Radiology", "", now_ms() - 1, None)
    wang = Person(site, "wang")
    wang.sign_in()
    for page in ("/terminals", "/gateways", "/search?q=0"):
        assert "mri-01" not in wang.get(page).text and "gw-2" not in wang.get(page).text, page
    assert wang.get("/terminals/ct-01").status_code == 200 and wang.get("/terminals/mri-01").status_code == 404
    for terminal_id, status in (("ct-01", 302), ("mri-01", 404)):
        given = {"verb": "identify", "reason": "mine?"}
        answer = wang.post(f"/terminals/{terminal_id}/commands", "/terminals/ct-01", **given)
        assert answer.status_code == status
    assert acts("command.send") == [("wang", "terminal ct-01", "done")]


@pytest.mark.parametrize("asked", ["A-0001", "s-1", "Room 1", "CT", "ct-01"])
def test_search_finds_asset_and_serial_number_name_room_and_terminal(admin, asked):
    answer = admin.get(f"/search?q={asked}")
    if answer.status_code == 302:
        assert answer.headers["Location"] == "/equipment/1"
    else:
        assert "A-0001" in answer.text or "/terminals/ct-01" in answer.text


@pytest.mark.parametrize("asked", ["", "%", "_", "'; DROP TABLE equipment", "<script>", "x" * 500])
def test_search_takes_every_text_as_text(admin, asked):
    answer = admin.get("/search?q=" + asked)
    assert answer.status_code == 200 and "<script>" not in answer.text and "A-0001" not in answer.text


def test_whatever_is_refused_has_a_reference_that_stands_in_the_log(site, caplog):
    caplog.set_level("INFO", "collector")
    accounts.add_administrator("wang", PASSWORD, now_ms(), "operator")
    wang = Person(site, "wang")
    wang.sign_in()
    for method, path, status in (
        ("GET", "/audit", 403), ("GET", "/nowhere", 404), ("DELETE", "/events", 405), ("POST", "/events/report", 400),
    ):  # fmt: skip
        answer = wang.client.open(path, method=method, base_url=BASE, headers={"User-Agent": wang.agent})
        assert answer.status_code == status
        reference = answer.text.split("<code>")[1].split("</code>")[0]
        assert f"{reference}: {method} {path} answered {status}" in caplog.text
    for method, path, status, body in (
        ("GET", "/api/v1/equipment/999", 404, None), ("GET", "/api/v1/people", 404, None),
        ("DELETE", "/api/v1/equipment", 405, None), ("POST", "/api/v1/equipment", 401, b"{}"),
        ("GET", "/api/v1/events?severity=bad", 422, None),
    ):  # fmt: skip
        headers = site.bearer("token") if status != 401 else {}
        answer = site.client.open(path, method=method, base_url=BASE, data=body, headers=headers)
        assert answer.status_code == status, answer.text
        told = f"{method} {path.partition('?')[0]} answered {status}"
        assert f"{answer.json['reference']}: {told}" in caplog.text


def test_the_look_is_chosen_and_kept(admin):
    assert 'data-bs-theme="dark"' not in admin.get("/").text
    answer = admin.post("/look", "/account", look="dark", next="/terminals")
    assert answer.headers["Location"] == "/terminals"
    assert 'data-bs-theme="dark"' in admin.get("/").text
    admin.post("/look", "/account", look="mauve")
    assert 'data-bs-theme="dark"' in admin.get("/").text


def test_how_a_terminal_was_put_up_is_written_down_with_a_photo(admin, site):
    def record(**said):
        fields = {"installed_on": "2026-03-01", "clamp": "cabinet 2, feeder Q3", "phase": "L2"} | said
        answer = admin.post("/terminals/ct-01/installations", "/terminals/ct-01", **fields)
        return admin.get(answer.headers["Location"]).text

    assert "Nobody has written down" in admin.get("/terminals/ct-01").text
    page = record(photo=(picture(size=(300, 200)), "clamp.jpg"), note="arrow towards the scanner")
    assert "cabinet 2, feeder Q3" in page and "phase L2" in page and "arrow towards the scanner" in page
    for path in ("/terminals/ct-01/installations/1/photo", "/api/v1/terminals/ct-01/installations/1/photo"):
        assert admin.get(path).data[:2] == b"\xff\xd8"
    for wrong, word in (
        ({"installed_on": "2093-01-01"}, "no day up to today"), ({"clamp": " "}, "where the clamp"),
        ({"phase": "L9"}, "is no phase"), ({"note": "x" * 301}, "this one has 301"),
        ({"photo": (io.BytesIO(b"%PDF-1.7"), "a.jpg")}, "is none of"),
    ):  # fmt: skip
        page = record(**wrong)
        assert word in page and page.count("cabinet 2") == 2, wrong  # the text, and what the photo shows
    page = record(clamp="cabinet 3")
    assert page.index("cabinet 3") < page.index("cabinet 2"), "the newest first, earlier ones stay"
    assert admin.get("/terminals/mri-01/installations/1/photo").status_code == 404
    assert site.rows("SELECT count(*) FROM audit_row WHERE action = 'terminal.install'") == [(2,)]
