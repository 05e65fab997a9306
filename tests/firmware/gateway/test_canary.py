"""The personal-data canary: a conversation full of marked names, numbers and birth dates goes through a whole gateway.

Afterwards every file, every log and every byte that left is searched for the marks in every writing.
"""

import base64
import contextlib
import gzip
import io
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import warnings
from datetime import UTC, datetime

import pynetdicom
import pytest
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.fakes import platform as fakes
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import ROOT, RunningGateway
from tests.firmware.gateway.modality import associated, begun, change, code, create, ended, rejected
from tests.firmware.gateway.test_dicom import CODES, LISTED, Ward, pdu, request
from tests.ports import free_port

NAME, PATIENT, BORN, CHINESE = "KANARIENVOGEL", "PID7719403", "19530717", "金丝雀"
MARKS = (NAME, NAME.lower(), PATIENT, BORN, CHINESE)
UID = "1.2.826.0.1.3680043.9.7719403.1"
MARKS += (UID,)
TEXTS = {  # a value for each kind of element, as full of marks as it can hold
    "PN": f"{NAME}^ANNA={CHINESE}",
    "DA": BORN,
    "DT": BORN + "120000",
    "TM": "071953",
    "AS": "071Y",
    "CS": NAME,
    "SH": PATIENT,
    "AE": NAME,
    "UI": UID + ".9",
    "IS": "7719403",
    "DS": "7719403",
    "UR": f"http://{NAME}.example/{PATIENT}",
}
WIDE = ("LO", "LT", "ST", "UT", "UC")
OURS = ("PerformedProcedureStepStatus", "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime")


def writings(mark):
    """A mark as bytes, in every writing it could have been kept in."""
    for coding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        raw = mark.encode(coding)
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for shift in range(3):  # base64 at each place of a longer text, without what depends on neighbours
            coded = base64.b64encode(bytes(shift) + raw)
            yield coded[(8 * shift + 5) // 6 : (8 * shift + 8 * len(raw)) // 6]
    yield json.dumps(mark).strip('"').encode()
    yield mark.encode("unicode_escape")


NEEDLES = {needle for mark in MARKS for needle in writings(mark) if len(needle) >= 6}


def marks_in(raw):
    """The needles that stand in bytes, gzipped parts of it opened."""
    return [needle for needle in NEEDLES if needle in raw]


def full_of_marks(dataset, deep=2):
    """The data set with a marked value in every element that the dictionary knows and a text can stand in."""
    dataset.SpecificCharacterSet = "GB18030"
    for tag, (kind, *_rest) in DicomDictionary.items():
        told = DicomDictionary[tag][4]
        if told in OURS or tag < 0x00080006 or not told or told in dataset or tag >= 0x60000000:
            continue
        value = f"{NAME} {PATIENT} {BORN} {CHINESE}" if kind in WIDE else TEXTS.get(kind)
        if value:
            dataset.add_new(tag, kind, value)
    for block in (0x00090010, 0x00290010):
        dataset.add_new(block, "LO", NAME)
        dataset.add_new(block + 0x0FF1, "UT", f"{PATIENT} {CHINESE}")
        dataset.add_new(block + 0x0FF2, "UN", f"{NAME} {BORN}".encode("utf-16-le"))
    if deep:
        for name in ("ReferencedPatientSequence", "ScheduledStepAttributesSequence", "RequestAttributesSequence"):
            setattr(dataset, name, Sequence([full_of_marks(Dataset(), deep - 1)]))
    return dataset


def spoken(port, ca_file):
    """The whole conversation: good, full of marks, broken in many ways."""
    now = datetime.now(UTC).replace(tzinfo=None)
    first, last = full_of_marks(begun(now)), full_of_marks(ended(now))
    first.PerformedProtocolCodeSequence.append(code(PATIENT, "99SITE", f"{NAME} {CHINESE}"))
    for item in (*first.PerformedProtocolCodeSequence, *last.PerformedSeriesSequence):
        full_of_marks(item, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the client complains of is its own affair
        with associated(port, ca_file=ca_file) as modality:
            assert create(modality, first, UID) == 0
            assert change(modality, last, UID) == 0
        for broken in broken_sets():
            with associated(port, ca_file=ca_file) as modality:
                modality.send_n_create(Broken(broken), "1.2.840.10008.3.1.2.3.3", UID + ".5")
        odd = begun(now, Modality=NAME, BodyPartExamined=NAME, ImageAndFluoroscopyAreaDoseProduct="7719403")
        odd = full_of_marks(odd)
        odd.PerformedProcedureStepStartDate = BORN
        with associated(port, ca_file=ca_file) as modality:
            assert create(modality, odd, UID + ".6") == 0
            odd.PerformedProcedureStepStatus = NAME
            assert create(modality, odd, UID + ".7") == 0x0120
        with associated(port, title=NAME, ca_file=ca_file) as modality:
            assert rejected(modality)


def broken_sets():
    """Encoded data sets that cannot be read, each quoting a name."""
    name = NAME.encode()
    yield name * 40
    yield struct.pack("<HHI", 0x0040, 0x0252, 4000) + name
    yield struct.pack("<HHI", 0x0040, 0x0340, 0xFFFFFFFF) + name * 9
    yield struct.pack("<HHI", 0x0008, 0x0005, 12) + name[:12] + struct.pack("<HHI", 0x0040, 0x0252, 14) + name + b" "
    nested = b""
    for _ in range(3000):
        nested = (
            struct.pack("<HHI", 0x0040, 0x0340, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + nested
        )
    yield nested + name


class Broken(Dataset):
    """A data set whose bytes are what the test says."""

    def __init__(self, raw):
        super().__init__()
        self.PatientName, self.raw = NAME, raw


@pytest.fixture(autouse=True)
def raw_bytes(monkeypatch):
    """Let the client send bytes that no library would make."""
    from pynetdicom import association

    real = association.encode
    monkeypatch.setattr(
        association, "encode", lambda ds, *how, **more: getattr(ds, "raw", None) or real(ds, *how, **more)
    )


def test_none_of_the_marks_is_in_any_file_log_or_outgoing_byte(tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(fakes.gzip, "decompress", lambda raw, real=gzip.decompress: sent.append(real(raw)) or sent[-1])
    (tmp_path / "codes.toml").write_text(CODES)
    (tmp_path / "sources.toml").write_text(LISTED)
    monkeypatch.setenv("PYTHONWARNINGS", "always")
    monkeypatch.setenv("PYTHONDEVMODE", "1")
    ports = {"dicom__port": free_port(), "dicom__plain_port": free_port()}
    with Platform(tmp_path / "platform") as platform:
        gateway = RunningGateway(
            tmp_path, platform, sources__file=str(tmp_path / "sources.toml"), dicom__host="127.0.0.1", **ports
        )
        with gateway:
            spoken(ports["dicom__port"], str(platform.ca_file))
            platform.wait_until(lambda: sum(one["kind"] == "mpps" for one in platform.records) == 3)
            platform.wait_until(lambda: any("mpps_unreadable" in str(one["body"]) for one in platform.records))
            with associated(ports["dicom__port"], ca_file=str(platform.ca_file)) as modality:
                now = datetime.now(UTC).replace(tzinfo=None)
                assert create(modality, full_of_marks(begun(now)), UID + ".8") == 0
                while_running = {path: path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()}
                gateway.kill()  # in the middle of a step, with what SQLite had not merged yet
                after_kill = {path: path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()}
            gateway.start()
            status = gateway.say("status")[1] + gateway.say("terminals")[1]
            assert gateway.end() == 0
        steps = [one["body"] for one in platform.records if one["kind"] == "mpps"]
        refusals = json.dumps([one["body"] for one in platform.records if one["kind"] == "refusals"])
    assert {key: steps[0][key] for key in ("state", "modality", "protocols")} == {
        "state": "in_progress",
        "modality": "CT",
        "protocols": ["ct-abdomen"],
    }
    assert abs(steps[0]["started_ms"] - platform.records[0]["ts_ms"]) < 600_000
    assert (steps[1]["state"], steps[1]["body_part"], steps[1]["series"], steps[1]["images"]) == (
        "completed",
        "ABDOMEN",
        2,
        6,
    )
    assert "mpps_body_part_dropped" in refusals and "mpps_protocols_dropped" in refusals
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.name.startswith("outbox.db") for path in while_running) and len(sent) > 2
    assert any(path.name == "outbox.db-wal" and raw for path, raw in after_kill.items()), "the log before its merge too"
    searched = [
        *files.items(),
        *while_running.items(),
        *after_kill.items(),
        ("sent", b"\n".join(sent)),
        ("said", status.encode()),
    ]
    assert b'"mpps"' in dict(searched)["sent"], "what was searched holds what was sent"
    assert not {str(where): marks_in(raw) for where, raw in searched if marks_in(raw)}


CRASH = """
import ctypes, os, resource, sys
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
os.chdir(sys.argv[1])
if sys.argv[2] == "hushed":
    from firmware.gateway.south.dicom_quiet import hush
    hush()
dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
print("limit", resource.getrlimit(resource.RLIMIT_CORE)[0], "dumpable", dumpable, file=sys.stderr, flush=True)
name = "KANARIEN" + "VOGEL"
os.abort()
"""


@pytest.mark.parametrize("how", ["hushed", "as it is"])
def test_the_memory_of_a_process_that_crashes_is_written_nowhere(tmp_path, how):
    """A control without our measure shows that this machine would have written it."""
    command = [sys.executable, "-c", CRASH, str(tmp_path), how]
    running = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    said = running.stderr.read()
    _pid, status = os.waitpid(running.pid, 0)
    running.stderr.close()
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT, said
    dumped = any(path.stat().st_size for path in tmp_path.iterdir()) or os.WCOREDUMP(status)
    if how == "hushed":
        assert not dumped and not marks_in(said)
        assert said.startswith(b"limit 0 dumpable 0\n"), "also where no process leaves its memory behind"
    elif not dumped:
        pytest.skip("this machine writes no memory of any process that crashes")


def test_with_every_log_at_debug_and_threads_that_die_nothing_is_said(tmp_path, capfd):
    heard = io.StringIO()
    everything = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(everything)
    try:
        root.setLevel(logging.DEBUG)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            ward = Ward(tmp_path)
        with ward:
            pynetdicom.debug_logger()
            for name in ("pynetdicom", "pydicom", "pynetdicom.acse", "pynetdicom.events", "pynetdicom.dul"):
                logging.getLogger(name).setLevel(logging.DEBUG)
            spoken(ward.tls, str(ward.ca_file))
            with socket.create_connection(("127.0.0.1", ward.plain), 10) as stranger, contextlib.suppress(OSError):
                stranger.sendall(pdu(1, request() + NAME.encode() * 9))
                stranger.settimeout(10)
                stranger.recv(100)
        assert len(ward.basin.told) == 3
    finally:
        root.removeHandler(everything)
        root.setLevel(level)
    out, err = capfd.readouterr()
    said = heard.getvalue() + out + err
    assert not marks_in(said.encode("utf-8", "replace"))


def test_the_search_finds_a_mark_in_each_writing():
    for mark in MARKS:
        for coding in ("utf-8", "utf-16-le", "gb18030"):
            raw = f"xx{mark}yy".encode(coding)
            for written in (raw, raw.hex().encode(), base64.b64encode(raw), base64.b64encode(b"z" + raw)):
                assert marks_in(b"before " + written + b" after"), (mark, coding, written)
