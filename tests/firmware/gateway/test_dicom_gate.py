"""What listens for modalities, and how long it waits: plain only while somebody is listed, silence ends."""

import contextlib
import socket
import struct

import pytest

from firmware.gateway.south import dicom_gate
from tests.firmware.gateway.modality import associated
from tests.firmware.gateway.test_dicom import LISTED, Ward, pdu, request

NOBODY_PLAIN = LISTED.split("[dicom.old-mpps]")[0]


def test_without_a_listed_plain_modality_nothing_listens_in_the_clear(tmp_path):
    ward = Ward(tmp_path)
    (tmp_path / "sources.toml").write_text(NOBODY_PLAIN)
    with ward:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", ward.plain), 5)
        with ward.speak() as modality:
            assert modality.send_c_echo().Status == 0
        with associated(ward.tls) as modality:
            assert not modality.is_established
        assert ward.counted("", "dicom_refused") == 1, "who speaks no TLS is counted"


@pytest.mark.parametrize("said", [b"", pdu(1, request())[:20]], ids=["nothing", "half a request"])
def test_who_says_too_little_for_too_long_is_cut_off_and_counted(tmp_path, monkeypatch, said):
    monkeypatch.setattr(dicom_gate, "FIRST_S", 0.2)
    monkeypatch.setattr(dicom_gate, "PIECE_S", 0.2)
    with Ward(tmp_path) as ward, socket.create_connection(("127.0.0.1", ward.plain), 10) as slow:
        slow.sendall(said)
        assert slow.recv(100) == b""
        assert ward.counted("", "dicom_refused") == 1


def test_an_association_that_falls_silent_is_cut_off_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_gate, "SILENCE_S", 0.3)
    with Ward(tmp_path) as ward, ward.speak() as modality:
        assert modality.is_established
        assert ward.counted("ct-mpps", "dicom_refused") == 1


def test_the_length_of_a_message_is_that_of_its_fragments_until_the_last():
    def fragment(size, control):
        return struct.pack(">IBB", size + 2, 1, control) + bytes(size)

    first = pdu(4, fragment(1000, 0) + fragment(500, 0))
    assert dicom_gate._length_after(first, 0) == 1504
    assert dicom_gate._length_after(first, 1504) == 3008
    assert dicom_gate._length_after(pdu(4, fragment(10, 3)), 3008) == 3020, "a command is not the end of its data"
    assert dicom_gate._length_after(pdu(4, fragment(10, 2)), 3008) == 0


def test_unfinished_handshakes_count_as_connections(tmp_path):
    with Ward(tmp_path, dicom__connections_most=1) as ward, socket.create_connection(("127.0.0.1", ward.tls), 10):
        with socket.create_connection(("127.0.0.1", ward.tls), 10) as second:
            assert second.recv(10) == b""
        assert ward.counted("", "dicom_refused") == 1


def test_a_host_that_is_in_no_list_takes_no_place_of_the_modalities(tmp_path):
    with Ward(tmp_path) as ward, contextlib.ExitStack() as held:
        for _ in range(dicom_gate.STRANGERS_MOST):
            held.enter_context(socket.create_connection(("127.0.0.1", ward.tls), 10, ("127.0.0.9", 0)))
        with socket.create_connection(("127.0.0.1", ward.tls), 10, ("127.0.0.9", 0)) as fifth:
            assert fifth.recv(10) == b""
        with ward.speak() as modality:
            assert modality.send_c_echo().Status == 0
        assert ward.counted("", "dicom_refused") == 1


def test_who_is_slow_in_its_handshake_is_cut_off_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_gate, "HANDSHAKE_S", 0.3)
    with Ward(tmp_path) as ward, socket.create_connection(("127.0.0.1", ward.tls), 10) as slow:
        slow.sendall(b"\x16\x03\x01")
        assert slow.recv(100) == b""
        assert ward.counted("", "dicom_refused") == 1


def test_a_stranger_is_told_so_as_the_standard_has_it(tmp_path):
    with Ward(tmp_path) as ward, socket.create_connection(("127.0.0.1", ward.plain), 10) as stranger:
        stranger.sendall(pdu(1, request(b"STRANGER")))
        assert stranger.recv(100) == bytes.fromhex("03000000000400010103"), "A-ASSOCIATE-RJ: permanent, unknown title"
