"""A terminal's flash as the flasher leaves it, and images for it, with keys made for the test."""

from functools import cache

from flasher import build
from flasher.furnish import furnished

OLD, NEW = (0, 1, 0), (0, 2, 0)


@cache
def keys():
    """Two release keys and one that nobody trusts."""
    return build.new_key(), build.new_key(), build.new_key()


@cache
def key_list():
    """keys.bin: the first two, signed by both."""
    trusted, other, _stranger = keys()
    return build.key_list(1, [build.modulus_of(key) for key in (trusted, other)], (trusted, other))


@cache
def files(version):
    """What the image of a version holds."""
    return build.files(version)


def furnish(folder, version=OLD):
    """Write everything but the identity into a simulated terminal's folder."""
    for path, content in furnished("simulated", image_of(version)[1], key_list(), {}).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def image_of(version, key=0, board="simulated", min_boot=build.MIN_BOOT, **changed):
    """(head, image) of a version; `changed` replaces the source of files of firmware/terminal by name."""
    content = dict(files(version))
    for name, source in changed.items():
        content[f"firmware/terminal/{name}.mpy"] = source
    return build.head_and_image(board, version, sorted(content.items()), keys()[key], min_boot)
