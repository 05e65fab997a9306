"""MPPS and echo against pynetdicom's client and dcmtk's echoscu: what may be known arrives, the rest does not."""

import asyncio
import contextlib
import socket
import struct
import subprocess
import threading
from datetime import datetime, timedelta

import pytest
from pydicom.dataset import Dataset

from firmware.gateway.config import DEFAULTS
from firmware.gateway.errors import GatewayError
from firmware.gateway.south.dicom_mpps import Modalities
from firmware.gateway.south.peers import read_peers
from tests.fakes.certificates import make_ca, make_leaf
from tests.firmware.gateway.modality import UID, associated, begun, change, code, create, ended, rejected
from tests.firmware.gateway.source_home import Basin
from tests.needs import require_program
from tests.ports import free_port

CODES = '[code]\n"99SITE:CTABD" = "ct-abdomen"\n[text]\n"Abdomen routine" = "ct-abdomen"\n'
LISTED = """
[dicom.ct-mpps]
address = "127.0.0.1"
ae_title = "CT1"
zone = "UTC"
codes = "codes.toml"
[dicom.old-mpps]
address = "127.0.0.1"
ae_title = "OLDCT"
zone = "UTC"
plain = true
title = "CT of 2006"
interface = "eth1"
reason = "its console knows no TLS"
[dicom.far-mpps]
address = "10.9.9.9"
ae_title = "FAR"
zone = "UTC"
"""


class Ward:
    """Modalities' side of a gateway in a thread of its own. Use as a context."""

    def __init__(self, folder, **more):
        self.folder, self.basin = folder, Basin()
        (folder / "codes.toml").write_text(CODES)
        (folder / "sources.toml").write_text(LISTED)
        ca = make_ca("site")
        leaf = make_leaf(ca, ["127.0.0.1"])
        self.certificate, self.ca_file = folder / "gateway.pem", folder / "ca.pem"
        self.certificate.write_bytes(leaf.key_pem + leaf.pem)
        self.ca_file.write_bytes(ca.pem)
        self.settings = {
            **DEFAULTS,
            "state": str(folder / "state"),
            "dicom.host": "127.0.0.1",
            "dicom.port": free_port(),
            "dicom.plain_port": free_port(),
            **{name.replace("__", "."): value for name, value in more.items()},
        }
        self.tls, self.plain = self.settings["dicom.port"], self.settings["dicom.plain_port"]
        self._loop, self._ready, self._ended = asyncio.new_event_loop(), threading.Event(), None

    def __enter__(self):
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self.serve(),))
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_error):
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        self._loop.close()

    async def serve(self):
        """Listen until asked to end."""
        peers = read_peers(self.folder / "sources.toml")
        self._ended = asyncio.Event()
        async with Modalities(self.settings, peers, self.certificate, self.basin):
            self._ready.set()
            await self._ended.wait()

    def speak(self, **more):
        """An association with the gateway, over TLS."""
        return associated(self.tls, ca_file=str(self.ca_file), **more)

    def counted(self, source_id, code):
        """How often it was counted, once it was."""
        asyncio.run(self.basin.until(lambda: (source_id, code) in self.basin.counts))
        return self.basin.counts[source_id, code]


@pytest.fixture
def ward(tmp_path):
    with Ward(tmp_path) as one:
        yield one


def now():
    return datetime.utcnow().replace(second=0, microsecond=0)


def ms(instant):
    return round((instant - datetime(1970, 1, 1)).total_seconds() * 1000)


def test_a_step_arrives_as_two_records_of_what_may_be_known(ward):
    began, end = now() - timedelta(minutes=9), now() - timedelta(minutes=2)
    with ward.speak() as modality:
        assert create(modality, begun(began + timedelta(seconds=41))) == 0
        assert change(modality, ended(end)) == 0
    (first_id, first_kind, first), (_, _, second) = ward.basin.told
    assert (first_id, first_kind, len(first["step"])) == ("ct-mpps", "mpps", 32)
    assert first == {
        "step": first["step"],
        "state": "in_progress",
        "modality": "CT",
        "protocols": ["ct-abdomen"],
        "started_ms": ms(began),
    }
    assert second == {
        "step": first["step"],
        "state": "completed",
        "body_part": "ABDOMEN",
        "protocols": ["ct-abdomen"],
        "ended_ms": ms(end),
        "exposures": 7,
        "area_dose_dgycm2": 12.5,
        "series": 2,
        "images": 6,
    }
    assert not ward.basin.counts


def test_a_step_goes_on_after_the_gateway_was_started_again(tmp_path):
    with Ward(tmp_path) as before, before.speak() as modality:
        assert create(modality, begun(now())) == 0
    with Ward(tmp_path) as after, after.speak() as modality:
        assert create(modality, begun(now())) == 0x0111
        assert change(modality, ended(now())) == 0
    assert after.basin.told[0][2]["step"] == before.basin.told[0][2]["step"]


def test_the_rules_of_a_step_are_kept(ward):
    with ward.speak() as modality:
        silent = Dataset()
        silent.Modality = "CT"
        assert create(modality, silent) == 0x0120, "no status"
        assert create(modality, begun(now(), PerformedProcedureStepStatus="COMPLETED")) == 0x0106
        assert change(modality, ended(now())) == 0x0112, "never begun"
        assert create(modality, begun(now())) == 0
        assert create(modality, begun(now())) == 0x0111
        assert change(modality, ended(now(), status="DISCONTINUED")) == 0
        assert change(modality, ended(now())) == 0x0110, "an ended step stays as it is"
        assert create(modality, begun(now()), uid=UID + ".2") == 0
    assert [row[2]["state"] for row in ward.basin.told] == ["in_progress", "discontinued", "in_progress"]
    assert ward.counted("ct-mpps", "mpps_status") == 2 and ward.counted("ct-mpps", "mpps_duplicate") == 1


def test_success_is_said_only_of_what_is_on_the_disk(ward):
    ward.basin.full = True
    with ward.speak() as modality:
        assert create(modality, begun(now())) == 0x0110
        ward.basin.full = False
        assert create(modality, begun(now())) == 0, "the same step again"
    assert len(ward.basin.told) == 1


def test_free_text_and_unknown_words_are_dropped_and_counted(ward):
    odd = begun(datetime(1970, 5, 17), Modality="SMITH", BodyPartExamined="JOHN SMITH")
    odd.PerformedProtocolCodeSequence.append(code("SMITH-JOHN"))
    with ward.speak() as modality:
        assert create(modality, odd) == 0
    body = ward.basin.told[0][2]
    assert body == {"step": body["step"], "state": "in_progress", "protocols": ["ct-abdomen"]}
    for name in ("modality", "body_part", "protocols", "started_ms"):
        assert ward.counted("ct-mpps", f"mpps_{name}_dropped") == 1


def test_plain_is_for_the_listed_title_only_and_tls_not_for_it(ward):
    with associated(ward.plain, title="OLDCT") as modality:
        assert modality.is_established and create(modality, begun(now())) == 0
    for port, title, ca_file in ((ward.plain, "CT1", None), (ward.tls, "OLDCT", str(ward.ca_file))):
        with associated(port, title=title, ca_file=ca_file) as modality:
            assert not modality.is_established
    with associated(ward.tls, title="CT1") as modality:
        assert not modality.is_established, "no TLS on the TLS port"
    assert ward.counted("", "dicom_refused") >= 2


@pytest.mark.parametrize("title", ["STRANGER", "FAR"])
def test_a_title_that_is_not_listed_or_comes_from_elsewhere_is_rejected_and_counted(ward, title):
    with ward.speak(title=title) as modality:
        assert rejected(modality)
    assert ward.counted("", "dicom_refused") == 1


def test_with_a_client_ca_a_modality_needs_a_certificate_of_it(tmp_path):
    ca = make_ca("modalities")
    leaf = make_leaf(ca, ["ct"])
    (tmp_path / "clients.pem").write_bytes(ca.pem)
    (tmp_path / "ct.pem").write_bytes(leaf.key_pem + leaf.pem)
    with Ward(tmp_path, dicom__client_ca=str(tmp_path / "clients.pem")) as ward:
        with ward.speak() as modality:
            assert not modality.is_established
        with ward.speak(client=str(tmp_path / "ct.pem")) as modality:
            assert modality.is_established and modality.send_c_echo().Status == 0


def test_echoscu_of_dcmtk_gets_its_echo_over_tls_and_plain(ward):
    echoscu = require_program("echoscu", "dcmtk")
    ways = (
        [str(ward.plain), "-aet", "OLDCT"],
        [str(ward.tls), "-aet", "CT1", "+tla", "+cf", str(ward.ca_file)],
    )
    for port, *options in ways:
        said = subprocess.run(
            [echoscu, "-v", *options, "-aec", "GANTRY", "127.0.0.1", port], capture_output=True, text=True, timeout=30
        )
        assert said.returncode == 0 and "Received Echo Response (Success)" in said.stdout + said.stderr, said
    said = subprocess.run([echoscu, "-aet", "OTHER", "127.0.0.1", str(ward.plain)], capture_output=True, timeout=30)
    assert said.returncode != 0


ASSOCIATE = 1


def pdu(kind, body, length=None):
    return struct.pack(">BBI", kind, 0, len(body) if length is None else length) + body


def request(title=b"OLDCT"):
    """The head of an A-ASSOCIATE-RQ without any item."""
    return struct.pack(">HH16s16s32x", 1, 0, b"GANTRY".ljust(16), title.ljust(16))


HOSTILE = {
    "noise": b"GET / HTTP/1.1\r\n\r\n" * 20,
    "four gigabytes announced": pdu(ASSOCIATE, b"", 0xFFFFFFFF),
    "data before an association": pdu(4, bytes(100)),
    "an association without items": pdu(ASSOCIATE, request()),
    "items that lie about their length": pdu(ASSOCIATE, request() + b"\x10\x00\xff\xff" + b"1.2"),
    "items without end": pdu(ASSOCIATE, request() + bytes(16_384 - 68)),
    "half a request": pdu(ASSOCIATE, request())[:40],
    "an abort": pdu(7, bytes(4)),
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_connection_ends_and_its_neighbours_go_on(ward, said):
    with socket.create_connection(("127.0.0.1", ward.plain), 10) as stranger, contextlib.suppress(ConnectionError):
        stranger.sendall(said)
        stranger.shutdown(socket.SHUT_WR)
        stranger.settimeout(15)
        while stranger.recv(4096):
            pass
    with ward.speak() as modality:
        assert create(modality, begun(now())) == 0


def test_a_silent_connection_holds_nobody_up(ward):
    with (
        socket.create_connection(("127.0.0.1", ward.tls), 10),
        socket.create_connection(("127.0.0.1", ward.plain), 10),
        ward.speak() as modality,
    ):
        assert modality.send_c_echo().Status == 0


def test_a_message_that_is_too_long_ends_its_own_association(ward):
    large = begun(now())
    large.add_new(0x00091001, "OB", bytes(3 * 1024 * 1024))
    with ward.speak() as modality:
        assert modality.send_n_create(large, "1.2.840.10008.3.1.2.3.3", UID)[0] == Dataset()
    assert ward.counted("ct-mpps", "dicom_refused") == 1 and not ward.basin.told
    with ward.speak() as modality:
        assert create(modality, begun(now())) == 0


def test_connections_beyond_the_most_are_turned_away_and_counted(tmp_path):
    with Ward(tmp_path, dicom__connections_most=2) as ward, contextlib.ExitStack() as held:
        for _ in range(2):
            held.enter_context(socket.create_connection(("127.0.0.1", ward.plain), 10))
        with socket.create_connection(("127.0.0.1", ward.plain), 10) as third:
            assert third.recv(10) == b""
        assert ward.counted("", "dicom_refused") == 1


def test_a_port_that_is_taken_is_one_line_with_what_to_do(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        ward = Ward(tmp_path, dicom__plain_port=other.getsockname()[1])
        with pytest.raises(GatewayError, match="dicom.plain_port .* cannot be had: .*; choose another"):
            asyncio.run(ward.serve())
