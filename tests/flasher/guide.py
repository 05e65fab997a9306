"""The technician's guide, walked: each command of the page run as it stands there, on look-alikes of the boards."""

import re
import shlex
import time
from contextlib import ExitStack
from pathlib import Path

from click.testing import CliRunner

from boards.simulated.usb import UsbBoard
from collector import accounts, db, gateways
from collector.__main__ import main as collector
from collector.gateways import certificates, registration
from flasher import handover, label, ports
from flasher.__main__ import main as flasher
from tests.collector.site import build
from tests.fakes import slots
from tests.fakes.esp_rom import Cable, Chip
from tests.fakes.plugged import EspOnUsb, PicoOnUsb, Seen, call
from tests.fakes.uf2_drive import Drive, Pico
from tests.flasher.bench import Bench
from tests.flasher.test_esp import content
from tests.flasher.test_uf2 import firmware

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, CHINESE = DOCS / "guide-technician.md", DOCS / "guide-technician-zh.md"
COLLECTOR = '\n[collector]\nurl = "{url}"\nca = "a02.pem"\ntoken_file = "token"\n'
PICO_W, ESP32 = "Raspberry Pi Pico W with RP2040", "Generic ESP32 module with ESP32"
FLASH_BYTES = 1 << 22
PORTS, DRIVE = Path("dev-"), Path("media-/lin/RPI-RP2")  # in the folder; names as long as those of the guide
NAMES = {  # in the guide: here, where the collector knows ct-01 already
    label.qr_text("ct-01"): label.qr_text("bd-01"),
    "ct-0": "bd-0",
    "/dev/tty": "dev-/tty",
    "/media/": "media-/",
}


def commands(page):
    """The commands in a page's blocks, in their order, without their comments."""
    blocks = re.findall(r"```\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("python -m ")]


def prepare(folder):
    """The collector's data, after everything that the guide names as there already was laid into a folder."""
    data = folder / "collector"
    build(data)
    now_ms = time.time_ns() // 1_000_000
    certificates.issue_server(data, ["127.0.0.1", "localhost"], 5, now_ms)
    db.open_database(data)
    (folder / "token").write_text(accounts.add_token("bench", now_ms, accounts.PROVISION, 30))
    (folder / "token").chmod(0o600)
    db.database.close()
    (folder / "a02.pem").write_bytes(gateways.ca_pem(data, gateways.A02))
    told = handover.registration({"terminal_id": "bd-02", "secret": "ab" * 32}, "pico_w", "0.1.0", "gw-1", [])
    (folder / "bd-02.handover").write_bytes(handover.sealed(told, registration.handover_public(data)))
    (folder / "ESP32_GENERIC-v1.28.0.bin").write_bytes(content())
    (folder / "pico.uf2").write_bytes(firmware()[0])
    (folder / "bd-01").mkdir()
    (folder / "bd-01/identity.json").write_text("{}")
    return data


class Walk:
    """A technician who goes through the guide, in its folder; `patch` says what is plugged in."""

    def __init__(self, folder, data, url, patch):
        self._data, self._patch = data, patch
        bench = Bench(folder, gateways.ca_der(data, gateways.A01), 1, COLLECTOR.format(url=url), PICO_W)
        for name in ("pico_w-0.1.0.img", "terminal.img"):
            (folder / name).write_bytes(slots.image_of(slots.OLD, board="pico_w")[1])
        (folder / "esp32-0.1.0.img").write_bytes(slots.image_of(slots.OLD, board="esp32")[1])
        for place in (PORTS, DRIVE.parent):
            place.mkdir(parents=True)
        self._board = bench.board
        self._esp, self._pair = self._bare("esp", ESP32), [self._bare(name, PICO_W) for name in ("four", "five")]
        self.run("python -m flasher image add pico.uf2 --board pico_w --version 1.28.0")

    def _bare(self, name, machine):
        folder = self._board.parent / name
        folder.mkdir()
        (folder / "simulated.json").write_text(Path(self._board / "simulated.json").read_text())
        call(folder, machine)
        return folder

    def run(self, line, status=0):
        """What a command line of the guide said; that it ends with this status is asserted."""
        with ExitStack() as plugged:
            self._plug(line, plugged)
            words = [self._here(word) for word in shlex.split(line)[2:]]
            out = words[words.index(">") + 1] if ">" in words else None
            room, words = words[0], words[1 : words.index(">") if out else None]
            if words[0] in ("setup", "verify"):
                words += ["--wait", "3"]  # no gateway is near
            main, words = (collector, ["--data", str(self._data), *words]) if room == "collector" else (flasher, words)
            done = CliRunner(env={"COLUMNS": "110"}).invoke(main, words, catch_exceptions=False)
        assert done.exit_code == status, f"{line}\n{done.output}"
        if out:
            Path(out).write_text(done.output)
            return ""
        said = done.output
        for there, here in NAMES.items():
            said = said.replace(here, there)
        return said

    def _here(self, word):
        for there, here in NAMES.items():
            word = word.replace(there, here)
        return word

    def _plug(self, line, plugged):
        """Plug in what this line is about."""
        seen, usb = [], None
        if "flash --board esp32" in line or line.endswith("list"):
            cables = [plugged.enter_context(Cable(Chip(mac=n), PORTS / f"ttyUSB{n}")) for n in (0, 1)]
            named = cables[: 2 if "ttyUSB1" in line or line.endswith("list") else 1]
            seen = [Seen(str(cable.port), 0x10C4, 0xEA60, "0001") for cable in named]
        elif "flash --board pico_w" in line:
            plugged.enter_context(Drive(Pico(FLASH_BYTES), DRIVE))
        elif "setup ct-01" in line:
            usb = plugged.enter_context(PicoOnUsb(self._board, DRIVE, FLASH_BYTES, link=PORTS / "ttyACM0"))
        elif "setup ct-03" in line:
            usb = plugged.enter_context(EspOnUsb(self._esp, PORTS / "ttyUSB0"))
        elif "python -m flasher" in line:
            for number, folder in enumerate(self._pair if "--all" in line else [self._board]):
                port = PORTS / f"ttyACM{number}"
                port.unlink(missing_ok=True)
                port.symlink_to(plugged.enter_context(UsbBoard(folder)).port)
                seen.append(Seen(str(port), 0x2E8A, 0x0005))
        self._patch.setattr(ports.list_ports, "comports", usb.seen if usb else lambda: seen)
        self._patch.setattr(ports, "mounted", lambda: [DRIVE])
