"""Does this board do what it is for? Its files against the signed list it carries, its sensors, its gateway."""

import hashlib
import time
from collections import namedtuple

from firmware.protocol import image
from flasher import files, provision
from flasher.errors import VerifyFailed
from flasher.selftest import LOOK

AGAIN_S = 5
START_S = 20  # for a board to say who it is, however short the wait for a gateway
WAIT_S = 60  # a gateway hears of new terminals every 20 s, and a refused terminal waits longer each time
SLOT_FILE, KEYS = "slots.json", "keys.bin"
HEAD_MOST = 12288  # bytes of an image its head may take

Verdict = namedtuple(
    "Verdict",
    ("terminal_id", "board", "slot", "version", "files", "sensors", "gateway", "complaint", "free_bytes", "heap_free"),
)
# files: how many were hashed and equal; sensors: {kind: {channel: value}}; gateway: the one that proved itself, or None


def verify(repl, wait_s=WAIT_S, told=lambda step, done, total: None):
    """The Verdict on a provisioned board. Raises VerifyFailed naming the file, the sensor or the silence.

    `told(step, done, total)` hears of each step and of the wait for a gateway.
    """
    told("files", 0, None)
    identity = provision.identity_there(repl)
    if identity is None:
        raise VerifyFailed(f"{repl.port} has no identity, or a damaged one; provision it")
    states = repl.value(f"import json\nprint(json.dumps(json.load(open({SLOT_FILE!r}))))")
    slot = states["trial"] or states["active"]
    manifest, begin = _proved(repl, slot)
    there = files.bodies(repl, f"{slot}.img", begin, [file.size for file in manifest.files])
    for file, found in zip(manifest.files, there, strict=True):
        if found != file.sha256.hex():
            raise VerifyFailed(f"{repl.port}: {file.path} in {slot}.img is not what its list says; provision it again")
    told("sensors", 0, None)
    measured = _measured(repl, slot)
    free, (heap_free, gateway, complaint) = files.free(repl), listen(repl, wait_s, told)
    version = ".".join(map(str, manifest.version))
    name, free_bytes = identity["terminal_id"], free and free[0]
    return Verdict(
        name, manifest.board, slot, version, len(manifest.files), measured, gateway, complaint, free_bytes, heap_free
    )


def listen(repl, wait_s, told=lambda step, done, total: None):
    """(bytes of free memory, id of the gateway that proved itself or None, what the link last complained of).

    What the board says after a restart. A gateway that does not know it yet turns it away; then it is started again
    after a while, because by itself it would wait longer each time. Raises VerifyFailed when it never says its name.
    """
    until = time.monotonic() + wait_s
    while True:
        heap_free, gateway, complaint = _start(repl, until, told)
        if gateway is not None or time.monotonic() >= until:
            return heap_free, gateway, complaint
        repl.enter()


def _start(repl, until, told):
    """One restart, as listen gives it; it ends early some seconds after the link was refused."""
    console, heap_free, complaint, limit = repl.restart(), None, None, until
    named_by = time.monotonic() + START_S
    while time.monotonic() < (max(limit, named_by) if heap_free is None else limit):
        told("waiting for a gateway", 0, None)
        for line in console.lines(time.monotonic() + 1):
            words = line.split()
            if line.startswith("gantry terminal"):
                heap_free = int(words[-1])
            elif line.startswith("unprovisioned:"):
                raise VerifyFailed(f"{repl.port}: the board says {line!r}; provision it again")
            elif line.startswith("link proved"):
                return heap_free, words[2], None
            elif line.startswith(("link lost", "link refused")):
                complaint = line
                limit = min(until, time.monotonic() + AGAIN_S) if line.startswith("link refused") else limit
    if heap_free is None:
        raise VerifyFailed(f"{repl.port}: the board does not say who it is; press RESET and verify again")
    return heap_free, None, complaint


def _measured(repl, slot):
    """{kind: {channel: value}} as the program in the slot reads its sensors. Raises VerifyFailed for a silent one."""
    found = repl.value(f"{LOOK}\nlook({slot!r})")
    for kind, values in found.items():
        if isinstance(values, str):
            raise VerifyFailed(f"{repl.port}: sensor {kind}: {values}; look at its plug, then verify again")
    return found


def _proved(repl, slot):
    """(manifest of a slot, signed by a key the board trusts; where its bodies begin). Raises VerifyFailed."""
    head, keys = files.read(repl, f"{slot}.img", HEAD_MOST), files.read(repl, KEYS)
    try:
        manifest, at = image.unpack_manifest(head or b"")
        signatures, end = image.unpack_signatures(head, at)
        trusted = image.unpack_keys(keys or b"")[0].keys
    except image.ImageError as error:
        raise VerifyFailed(f"{repl.port}: the list of slot {slot} is damaged ({error}); provision it again") from error
    if not image.signed_by(head[:at], signatures, trusted):
        raise VerifyFailed(f"{repl.port}: slot {slot} is signed by no key the board trusts; provision it again")
    return manifest, end


def fingerprint(hashes):
    """One hash over {path: sha256}: what the journal keeps of all files."""
    return hashlib.sha256("\n".join(f"{path} {hashes[path]}" for path in sorted(hashes)).encode()).hexdigest()
