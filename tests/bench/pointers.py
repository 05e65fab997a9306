"""What a furnished terminal takes of a heap with 32-bit pointers, as boards have: MicroPython for WebAssembly, in node.

It has no network, TLS or chips; small stand-ins take their places and are counted out. Without node or its package
(`npm install --prefix build/wasm @micropython/micropython-webassembly-pyscript@1.27.0`) there is no figure.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from firmware.protocol.identity import identity_text
from flasher import build, parts, shrink
from flasher.furnish import furnished
from flasher.names import Source
from tests.fakes.certificates import make_ca
from tests.fakes.slots import OLD, image_of, key_list
from tests.fakes.terminal import SENSORS

PACKAGE = Path(__file__).parents[2] / "build/wasm/node_modules/@micropython/micropython-webassembly-pyscript"
STAND_INS = {
    "cryptolib": "aes = None\n",
    "machine": """
WDT_RESET, PWRON_RESET = 3, 1
class Pin:
    def __init__(self, number): pass
class I2C:
    def __init__(self, *given, **named): pass
    def writeto(self, address, data, stop=True): raise OSError(5)
class WDT:
    def __init__(self, timeout): pass
    def feed(self): pass
class RTC:
    def datetime(self, moment): pass
""",
    "socket": """
def getaddrinfo(host, port): raise OSError(113)
class socket:
    def close(self): pass
""",
    "ssl": "CERT_REQUIRED = 2\n",
}
STAND_INS["usocket"] = STAND_INS["socket"]


def why_not():
    """Why there is no figure here, or None."""
    if shutil.which("node") is None:
        return "node is not installed"
    return None if PACKAGE.is_dir() else f"{PACKAGE} is not there"


def used():
    """Bytes in use (after the start, with the road to an MQTT gateway made); without the stand-ins, and without TLS."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in _flash():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        names = [_numbers().get(name, name) for name in ("_started", "_uplink", "step")]
        command = ["node", str(Path(__file__).with_suffix(".mjs")), str(PACKAGE), folder, *names]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    stand_ins, started, road = map(int, said.split())
    return started - stand_ins, road - stand_ins


def _flash():
    ca = make_ca("bench").der
    gateway = {"gateway_id": "gw-1", "host": "127.0.0.1", "port": 9, "server_name": "127.0.0.1"}
    identity = {"schema": 1, "terminal_id": "ct-01", "secret": bytes(32).hex(), "first_boot_no": 1, "ca": "ca.der"}
    identity |= {"gateways": [gateway], "sensors": SENSORS}
    own = {"identity.json": identity_text(identity).encode(), "ca.der": ca}
    yield from furnished("simulated", image_of(OLD)[1], key_list(), own).items()
    for name, text in STAND_INS.items():
        yield f"stand_ins/{name}.mpy", build.compiled(text, name)


def _numbers():
    """How the image calls what it numbered."""
    with tempfile.TemporaryDirectory() as staged:
        parts.stage(staged)
        texts, chips = build.texts(staged)
    return shrink.plan([Source(*one) for one in texts.items()], [Source("chip.py", one) for one in chips])[1]
