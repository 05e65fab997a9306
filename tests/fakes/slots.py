"""A terminal's flash as the flasher leaves it: slot a, the safe copy with the boot part, trusted keys, board name."""

import json
from functools import cache

from firmware.terminal import slots
from flasher import build

OLD, NEW = (0, 1, 0), (0, 2, 0)


@cache
def keys():
    """Two release keys and one that nobody trusts."""
    return build.new_key(), build.new_key(), build.new_key()


@cache
def files(version):
    """What the image of a version holds."""
    return build.files(version)


def furnish(folder, version=OLD):
    """Write slot a, `safe`, keys, state and board name into a terminal's folder."""
    boot = [("firmware/terminal/boot.mpy", build.compiled(build.ROOT / "firmware/terminal/boot.py", "boot.py"))]
    for slot, content in (("a", files(version)), ("safe", files(version) + boot)):
        for path, body in content:
            target = folder / slot / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
    trusted, other, _stranger = keys()
    moduli = [build.modulus_of(key) for key in (trusted, other)]
    (folder / "keys.bin").write_bytes(build.key_list(1, moduli, (trusted, other)))
    (folder / slots.STATE).write_text(json.dumps(slots.FIRST))
    (folder / "board").write_text("simulated")


def image_of(version, key=0, board="simulated", **changed):
    """(head, image) of a version; `changed` replaces the source of files of firmware/terminal by name."""
    content = dict(files(version))
    for name, source in changed.items():
        content[f"firmware/terminal/{name}.mpy"] = source
    return build.head_and_image(board, version, sorted(content.items()), keys()[key])
