"""DICOM: modalities tell of performed procedure steps (MPPS) and ask for an echo; what may be known of a step goes on.

An answer of success means that the record is on our disk. Source: DICOM PS3.4 annex F, PS3.7 annex C.
"""

import asyncio
import ipaddress
import logging
import tomllib
from concurrent.futures import TimeoutError as NotInTime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.sop_class import ModalityPerformedProcedureStep, Verification
from pynetdicom.transport import ThreadedAssociationServer

from firmware.gateway.errors import GatewayError
from firmware.gateway.south import mpps_allow
from firmware.gateway.south.dicom_gate import Gate, tls
from firmware.gateway.south.dicom_quiet import hush
from firmware.gateway.south.mpps_steps import OPEN, Steps
from firmware.gateway.terminals import ID

log = logging.getLogger("gateway")

SUCCESS, INVALID_VALUE, FAILURE, DUPLICATE, UNKNOWN, MISSING = 0x0000, 0x0106, 0x0110, 0x0111, 0x0112, 0x0120
ANSWER_S = 20
UID_LENGTH = 64
PDU_MOST = 16_382


def check(peer):
    """Raises GatewayError when the address, the zone, the title or the table of codes is impossible."""
    try:
        ipaddress.ip_address(peer.options["address"])
    except ValueError:
        address = peer.options["address"]
        raise GatewayError(f"{peer.source_id}: address is {address!r}; write the IP address it calls from") from None
    _zone(peer)
    read_codes(peer.options["codes"])
    if not 0 < len(peer.options["ae_title"]) <= 16:
        raise GatewayError(f"{peer.source_id}: ae_title is {peer.options['ae_title']!r}; write 1 to 16 characters")


def read_codes(path):
    """{(scheme, code) or text: our word} of a TOML file; none of an empty path. Raises GatewayError."""
    if not path:
        return {}
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise GatewayError(f"{path} cannot be read: {error.strerror}; correct the source's codes") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GatewayError(f"{path} is no TOML: {error}; correct it") from error
    codes = {}
    for table, said, word in _entries(found):
        scheme, colon, code = said.partition(":")
        if table not in ("code", "text") or not ID.fullmatch(str(word)) or (table == "code" and not colon):
            raise GatewayError(f'{path}: {said!r}: write [code] "SCHEME:CODE" = "word" or [text] "text" = "word"')
        codes[(scheme, code) if table == "code" else said] = word
    return codes


def _entries(found):
    for table, entries in found.items():
        for said, word in entries.items() if isinstance(entries, dict) else [(table, None)]:
            yield table if isinstance(word, str) else None, said, word


def _zone(peer):
    try:
        return ZoneInfo(peer.options["zone"])
    except (ZoneInfoNotFoundError, ValueError) as error:
        name = peer.options["zone"]
        raise GatewayError(f"{peer.source_id}: zone is {name!r}; write one like Asia/Shanghai") from error


class _NoListener(ThreadedAssociationServer):
    """The library's acceptor without a socket of its own: connections come through the gate."""

    def server_bind(self):
        """No address is taken."""
        self.server_address = ("127.0.0.1", 0)

    def server_activate(self):
        """Nothing listens here."""


class Modalities:
    """All DICOM peers of a gateway behind one TLS listener, and one plain listener if a plain peer is listed.

    A context while it listens. Raises GatewayError when an entry is impossible or a port cannot be had.
    """

    def __init__(self, settings, peers, certificate, sink):
        hush()
        for peer in peers:
            check(peer)
        self._settings, self._certificate, self._sink = settings, certificate, sink
        self._peers = {peer.options["ae_title"]: peer for peer in peers}
        self._codes = {peer.source_id: read_codes(peer.options["codes"]) for peer in peers}
        self._zones = {peer.source_id: _zone(peer) for peer in peers}
        self._steps, self._lock, self._loop = Steps(settings["state"]), asyncio.Lock(), None
        self._server, self._gates = self._acceptor(), []

    async def __aenter__(self):
        self._loop = asyncio.get_running_loop()
        for plain in sorted({peer.plain is not None for peer in self._peers.values()}):
            self._gates.append(await self._listen(plain))
        return self

    async def __aexit__(self, *_error):
        for gate in self._gates:
            await gate.close()
        self._server.server_close()

    def _acceptor(self):
        ae = AE(self._settings["dicom.ae_title"])
        ae.maximum_pdu_size, ae.maximum_associations = PDU_MOST, self._settings["dicom.connections_most"]
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 120
        for abstract in (Verification, ModalityPerformedProcedureStep):
            ae.add_supported_context(abstract, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
        handlers = [(evt.EVT_N_CREATE, self._created), (evt.EVT_N_SET, self._changed)]
        return ae.make_server(("127.0.0.1", 0), evt_handlers=handlers, server_class=_NoListener)

    async def _listen(self, plain):
        name = "dicom.plain_port" if plain else "dicom.port"
        gate = Gate(
            lambda title, address: self._admit(title, address, plain),
            self._server.finish_request,
            lambda source_id, text: self._sink.refused(source_id, "dicom_refused", text),
            self._settings["dicom.connections_most"],
            {peer.options["address"] for peer in self._peers.values()},
        )
        host, port = self._settings["dicom.host"], self._settings[name]
        try:
            context = None if plain else tls(self._certificate, self._settings["dicom.client_ca"])
            await gate.open(host, port, context)
        except OSError as error:
            why = error.strerror or error
            raise GatewayError(f"{name} {port} on {host} cannot be had: {why}; choose another") from error
        return gate

    def _admit(self, title, address, plain):
        """The source id of a modality that may speak on this listener, or None."""
        peer = self._peers.get(title)
        good = peer and (peer.plain is not None) == plain and peer.options["address"] == address
        return peer.source_id if good else None

    # What follows runs in threads of the library; it reads, and hands over to our own.

    def _created(self, event):
        return self._take(event, event.request.AffectedSOPInstanceUID, event.request.AttributeList, self._begin)

    def _changed(self, event):
        return self._take(event, event.request.RequestedSOPInstanceUID, event.request.ModificationList, self._go_on)

    def _take(self, event, uid, raw, then):
        """(status, empty data set) of a request, once it is kept or refused."""
        source_id = self._peers[event.assoc.requestor.ae_title].source_id
        status, counted = INVALID_VALUE, {"mpps_uid": 1}
        if uid and len(str(uid)) <= UID_LENGTH:
            try:
                dataset = mpps_allow.read(raw.getvalue() if raw else b"", event.context.transfer_syntax.is_implicit_VR)
                codes, zone, now_ms = self._codes[source_id], self._zones[source_id], self._sink.now_ms()
                body, dropped = mpps_allow.kept(dataset, codes, zone, now_ms)
                status, counted = self._hand_over(then(source_id, str(uid), body, now_ms))
                counted.update({f"mpps_{name}_dropped": count for name, count in dropped.items()})
            except mpps_allow.NotReadable:
                status, counted = FAILURE, {"mpps_unreadable": 1}
        self._loop.call_soon_threadsafe(self._count, source_id, counted)
        return status, Dataset()

    def _hand_over(self, work):
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_S)
        except NotInTime:
            return FAILURE, {"mpps_not_kept": 1}

    def _count(self, source_id, counted):
        for code, times in counted.items():
            for _ in range(times):
                self._sink.refused(source_id, code)

    # And what follows runs in the gateway's own thread: (status, {code: times}).

    async def _begin(self, source_id, uid, body, now_ms):
        state = body.get("state")
        if state != OPEN:
            return (INVALID_VALUE if state else MISSING), {"mpps_status": 1}
        async with self._lock:
            step = self._steps.begin(uid, now_ms)
            if step is None:
                return DUPLICATE, {"mpps_duplicate": 1}
            return await self._keep(source_id, step, body, now_ms)

    async def _go_on(self, source_id, uid, body, now_ms):
        async with self._lock:
            step = self._steps.find(uid)
            if step is None:
                return UNKNOWN, {"mpps_unknown": 1}
            if self._steps.state_of(step) != OPEN:  # an ended step may not change any more
                return FAILURE, {"mpps_ended": 1}
            return await self._keep(source_id, step, {"state": OPEN, **body}, now_ms)

    async def _keep(self, source_id, step, body, now_ms):
        if not await self._sink.record(source_id, "mpps", now_ms, {"step": step, **body}):
            return FAILURE, {"mpps_not_kept": 1}
        try:
            unended = self._steps.keep(step, body["state"], now_ms, source_id)
        except OSError as error:
            log.error("the open steps are not kept: %s; free the disk", error.strerror)
            return FAILURE, {"mpps_not_kept": 1}
        for one in unended:
            self._sink.refused(one, "mpps_unended")
        return SUCCESS, {}
