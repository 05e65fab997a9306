"""Terminals that a flasher made: taken once over the network or from a sealed file, refused by code, nothing leaked."""

import json
import logging
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from collector import accounts, gateways
from collector.__main__ import main
from collector.gateways import registration
from firmware.protocol.identity import identity_in
from firmware.protocol.seal import gateway_key
from flasher import handover
from tests.collector.register import everything
from tests.collector.site import now_ms

SECRET = bytes(range(100, 132)).hex()
LINE = {"ts_ms": 1_790_000_000_000, "technician": "lin", "action": "provision", "result": "done"}
VECTOR = json.loads((Path(__file__).parents[1] / "vectors/handover.json").read_text())


def told(**changed):
    identity = {"terminal_id": "ct-09", "secret": SECRET}
    return {**handover.registration(identity, "pico_w", "0.1.0", "gw-1", [LINE]), **changed}


@pytest.fixture
def token(site):
    with site.app.app_context():
        site.credentials["flasher"] = accounts.add_token("bench", now_ms(), accounts.PROVISION, 30)
    return "flasher"


def post(site, body, token="flasher"):
    return site.post("/api/v1/terminals", body, token)


def test_a_terminal_is_registered_assigned_and_its_journal_kept(site, token):
    answer = post(site, told())
    assert (answer.status_code, answer.json) == (201, {"terminal_id": "ct-09", "new": True})
    with site.app.app_context():
        gateway = gateways.Gateway.get(gateways.Gateway.gateway_id == "gw-1")
        assert "ct-09" in gateways.terminal_keys(site.data_dir, gateway)
        assert gateways.journal_of("ct-09") == [LINE]


def test_the_same_again_changes_nothing_and_only_new_lines_are_added(site, token):
    post(site, told())
    second = {**LINE, "action": "verify"}
    answer = post(site, told(journal=[LINE, second]))
    assert (answer.status_code, answer.json["new"]) == (200, False)
    with site.app.app_context():
        assert gateways.journal_of("ct-09") == [LINE, second]


@pytest.mark.parametrize(
    "change,status,code",
    [
        ({"secret": "00" * 32, "terminal_id": "ct-01"}, 409, "terminal_known"),
        ({"gateway_id": "gw-9"}, 422, "gateway_unknown"),
        ({"secret": "00"}, 400, "registration_invalid"),
        ({"secret": "no hex"}, 400, "registration_invalid"),
        ({"terminal_id": "a b"}, 400, "registration_invalid"),
        ({"journal": [LINE] * 1001}, 400, "registration_invalid"),
        ({"journal": 7}, 400, "registration_invalid"),
        ({"more": 1}, 400, "registration_invalid"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_its_code(site, token, change, status, code):
    answer = post(site, told(**change))
    assert (answer.status_code, answer.json["title"]) == (status, code)
    assert answer.content_type == "application/problem+json" and answer.json["detail"]
    assert site.rows("SELECT count(*) FROM registration") == [(0,)]


def test_a_revoked_terminal_does_not_come_back(site, token):
    post(site, told())
    with site.app.app_context():
        gateways.revoke_terminal("ct-09", now_ms())
    assert post(site, told()).json["title"] == "terminal_revoked"


def test_only_a_token_that_may_provision_and_is_not_too_old_registers(site, token):
    assert post(site, told(), None).json["title"] == "token_missing"
    assert post(site, told(), "gw-1").json["title"] == "token_wrong"
    assert post(site, told(), "token").json["title"] == "token_scope"
    site.sign_in()
    assert post(site, told(), None).json["title"] == "token_missing"  # a person's session is no token
    with site.app.app_context():
        site.credentials["old"] = accounts.add_token("old", now_ms() - 31 * 86_400_000, accounts.PROVISION, 30)
        assert accounts.token_of(site.credentials["flasher"], now_ms()).scope == "provision"
    assert post(site, told(), "old").json["title"] == "token_wrong"
    assert post(site, told()).status_code == 201


def test_a_token_that_may_provision_reads_nothing(site, token):
    assert site.get("/api/v1/overview", **site.bearer("flasher")).status_code == 403


def test_the_secret_is_in_no_answer_no_log_and_not_plain_in_the_database(site, token, caplog):
    caplog.set_level(logging.DEBUG)
    said = "".join(post(site, told(**change)).text for change in ({}, {}, {"gateway_id": "x"}, {"journal": 1}))
    assert SECRET not in said + caplog.text
    stored = everything(site.data_dir)
    assert stored and bytes.fromhex(SECRET) not in stored and SECRET.encode() not in stored


@pytest.fixture
def collector(data_dir):
    def run(*words):
        done = CliRunner().invoke(main, ["--data", str(data_dir), *map(str, words)])
        return done.exit_code, done.output

    return run


def test_many_files_are_imported_and_a_refused_one_leaves_the_others_be(collector, data_dir, tmp_path):
    public = collector("handover", "key")[1]
    stranger = registration.handover_public(tmp_path / "another")
    sealed = handover.sealed(told(), public)
    contents = {
        "good": sealed,
        "other": handover.sealed(told(terminal_id="ct-10"), public),
        "again": handover.sealed(told(), public),
        "tampered": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "cut": sealed[:40],
        "foreign": handover.sealed(told(terminal_id="ct-11"), stranger),
        "noise": b"PK\3\4 and so on",
    }
    files = [tmp_path / f"{name}.handover" for name in contents]
    for file, content in zip(files, contents.values(), strict=True):
        file.write_bytes(content)
    status, said = collector("terminal", "import", *files)
    lines = {line.split("\t")[0].rpartition("/")[2].partition(".")[0]: line for line in said.splitlines()}
    assert status == 1 and "4 of 7 files were refused" in said
    assert lines["good"].endswith("ct-09\tregistered") and lines["other"].endswith("ct-10\tregistered")
    assert "known already" in lines["again"]
    assert "another collector, or changed" in lines["tampered"] and "another collector" in lines["foreign"]
    assert "no hand-over file" in lines["noise"] and "refused" in lines["cut"]
    assert "ct-11" not in collector("terminal", "list")[1]
    assert json.loads(collector("terminal", "journal", "ct-09")[1]) == LINE
    assert SECRET not in said


def test_the_sealed_file_is_byte_for_byte_the_published_one(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / registration.HANDOVER_KEY).write_text(VECTOR["collector_private"] + "\n")
    own = X25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["file_private"]))
    assert registration.handover_public(tmp_path) == VECTOR["collector_public"]
    assert handover.sealed(VECTOR["told"], VECTOR["collector_public"], own).hex() == VECTOR["file"]
    assert json.loads(registration.opened(tmp_path, bytes.fromhex(VECTOR["file"]))) == VECTOR["told"]


def host(site, out, *more):
    words = ["--data", str(site.data_dir), "terminal", "host", "ct-ws", "--gateway", "gw-1", "--host", "gw.test", *more]
    return CliRunner().invoke(main, [*words, "--out", str(out)])


def test_a_host_agent_is_made_with_one_command_and_its_secret_shown_to_nobody(site, tmp_path):
    said = host(site, tmp_path / "ws", "--road", "http", "--port", "8843")
    assert said.exit_code == 0, said.output
    path = tmp_path / "ws/identity.json"
    found = identity_in(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and found["secret"] not in said.output
    row = {"gateway_id": "gw-1", "host": "gw.test", "port": 8843, "server_name": "gw.test", "road": "http"}
    assert found["gateways"] == [row] and found["first_boot_no"] > 3_000_000
    assert (tmp_path / "ws/ca.der").read_bytes() == gateways.ca_der(site.data_dir, gateways.A01)
    with site.app.app_context():
        keys = gateways.terminal_keys(site.data_dir, gateways.Gateway.get(gateways.Gateway.gateway_id == "gw-1"))
    assert keys["ct-ws"][0] == gateway_key(bytes.fromhex(found["secret"]), "gw-1")


def test_a_host_agent_that_cannot_be_written_is_not_registered(site, tmp_path):
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws/identity.json").write_text("another's")
    assert "is there already" in host(site, tmp_path / "ws").output
    (tmp_path / "file").touch()
    assert "choose another --out" in host(site, tmp_path / "file/below").output
    assert site.rows("SELECT count(*) FROM terminal WHERE terminal_id = 'ct-ws'") == [(0,)]
    assert (tmp_path / "ws/identity.json").read_text() == "another's"


def test_a_hosts_record_is_kept_once_whichever_gateway_brings_it_and_a_foreign_one_is_not(site):
    record = {"source_id": "ct-01", "seq": 7 << 24 | 1 << 23, "kind": "flows", "ts_ms": now_ms(), "body": {"flows": []}}
    assert site.upload(records=[record])["refused"] == []
    assert site.upload(records=[record], gateway="gw-2")["refused"][0]["code"] == "record_invalid"
    with site.app.app_context():
        gateways.assign_terminal("ct-01", "gw-2")
    assert site.upload(records=[record], gateway="gw-2")["refused"] == []
    assert site.rows("SELECT count(*) FROM record WHERE kind = 'flows'") == [(1,)]
