"""Who may import whom: the floor plan of docs/architecture.md, kept by machine."""

import ast
import re

import pytest

from flasher import build
from tests.house.tree import modules, text, tree

BOTH = {"struct", "hashlib", "binascii", "collections"}
ON_BOARD = {"machine", "network", "umqtt", "adafruit_sht4x", "adafruit_ina219", "micropython"}
ON_BOARD |= {"array", "binascii", "errno", "gc", "json", "math", "os", "random", "select", "socket", "ssl", "struct"}
ON_BOARD |= {"sys", "time", "collections", "hashlib", "io", "vfs"}

# room -> (what of ours it may import, what else; None: anything installed)
ROOMS = {
    "firmware.protocol": (("firmware.protocol",), BOTH),
    "firmware.protocol.cipher": (("firmware.protocol",), BOTH | {"cryptolib"}),
    "firmware.protocol.cipher_cpython": ((), {"cryptography"}),
    "firmware.protocol.message": (("firmware.protocol",), BOTH | {"json"}),
    "firmware.protocol.identity": (("firmware.protocol",), BOTH | {"json"}),
    "firmware.processing": (("firmware.processing",), {"math", "collections"}),
    "firmware.terminal": (("firmware.protocol", "firmware.processing", "firmware.terminal"), ON_BOARD),
    "firmware.host": (
        ("firmware.protocol", "firmware.host", "firmware.settings", "firmware.systemd")
        + ("firmware.terminal.session", "firmware.terminal.transports"),
        None,
    ),
    "firmware.gateway": (
        ("firmware.protocol", "firmware.processing", "firmware.gateway", "firmware.settings", "firmware.systemd"),
        None,
    ),
    "firmware.settings": ((), None),
    "firmware.systemd": ((), None),
    "collector": (
        ("collector", "firmware.protocol.channels", "firmware.protocol.identity", "firmware.protocol.image")
        + ("firmware.protocol.cipher", "firmware.protocol.label", "firmware.protocol.seal", "firmware.processing"),
        None,
    ),
    "flasher": (
        ("flasher", "firmware.protocol.identity", "firmware.protocol.image")
        + ("firmware.protocol.label", "firmware.protocol.seal"),
        None,
    ),
    "boards": (("boards", "flasher.parts", "firmware.protocol", "firmware.processing"), None),
}

# Inside the collector a room imports only rooms left of it, and of another function only its face.
FLOORS = re.search(r"^errors clock .*__main__$", text("docs/architecture.md"), re.M)[0].split()
FUNCTIONS = set(FLOORS[FLOORS.index("accounts") : FLOORS.index("a02")])


def imports(path):
    """Every module a file names, `from a import b` as a.b where that is a module, with the line."""
    here = {".".join(other.with_suffix("").parts).removesuffix(".__init__") for other in modules()}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; say where from the root"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in here else node.module), node.lineno


def name_of(path):
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def inside(name, room):
    return name == room or name.startswith(room + ".")


def room_of(name):
    return max((room for room in ROOMS if inside(name, room)), key=len, default=None)


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_room_imports_only_what_its_place_allows(path):
    room = room_of(name_of(path))
    if room is None:
        return
    ours, others = ROOMS[room]
    for name, line in imports(path):
        top = name.split(".")[0]
        if top in ("firmware", "collector", "flasher", "boards", "tests"):
            assert any(inside(name, allowed) for allowed in ours) or name in ("firmware",), f"{path}:{line} {name}"
        elif others is not None:
            assert top in others, f"{path}:{line} {name}"


def test_what_a_board_has_imports_nothing_that_no_board_has():
    absent = {path.removesuffix(".py").replace("/", ".") for path in build.NOT_ON_A_BOARD}
    on_a_board = [path for path in modules("firmware") if path.as_posix() in build.sources()]
    assert len(on_a_board) > 20 and not [path for path in build.NOT_ON_A_BOARD if not (build.ROOT / path).is_file()]
    for path in on_a_board:
        for name, line in imports(path):
            assert name not in absent - {f"firmware.protocol.{path.stem}_cpython"}, f"{path}:{line} {name}"


@pytest.mark.parametrize("path", modules("collector"), ids=str)
def test_a_collector_room_imports_only_rooms_left_of_it(path):
    if len(path.parts) == 2 and path.stem == "__init__" or "migrations" in path.parts:
        return
    mine = path.parts[1].removesuffix(".py")
    assert mine in FLOORS, f"{path}: give {mine} a place in the floor order"
    for name, line in imports(path):
        parts = name.split(".")
        if parts[0] != "collector" or len(parts) == 1 or parts[1] in (mine, "migrations"):
            continue
        assert FLOORS.index(parts[1]) < FLOORS.index(mine), f"{path}:{line} {name} is right of {mine}"
        if parts[1] in FUNCTIONS and mine not in ("app", "__main__") and len(parts) > 2:
            raise AssertionError(
                f"{path}:{line} {name}: of another function import only its face, collector.{parts[1]}"
            )
