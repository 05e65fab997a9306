"""What may be known of a performed procedure step (MPPS), and nothing else. No I/O.

Whatever passes is a word of a table of ours, a number within bounds, or an instant: no text of the sender ever. Values
are read as raw bytes, so that nothing here, and no library beneath it, can put one into a message.
Source: DICOM PS3.4 annex F, PS3.15 annex E; the allow-list stands in docs/security.md.
"""

import math
import struct
import zlib
from datetime import datetime
from io import BytesIO

from pydicom.filereader import read_dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

STATUS, SERIES, IMAGES, OTHER_IMAGES = 0x00400252, 0x00400340, 0x00081140, 0x00400220
MODALITY, BODY_PART, PROTOCOL_NAME = 0x00080060, 0x00180015, 0x00181030
PROTOCOL_CODES, PROCEDURE_CODES, CODE, SCHEME = 0x00400260, 0x00081032, 0x00080100, 0x00080102
START, END = (0x00400244, 0x00400245), (0x00400250, 0x00400251)
FLUOROSCOPY, EXPOSURES, AREA_DOSE = 0x00400300, 0x00400301, 0x0018115E
TOP = (STATUS, SERIES, MODALITY, BODY_PART, PROTOCOL_CODES, PROCEDURE_CODES, *START, *END)
TOP += (FLUOROSCOPY, EXPOSURES, AREA_DOSE)

STATES = {"IN PROGRESS": "in_progress", "COMPLETED": "completed", "DISCONTINUED": "discontinued"}
_MODALITIES = "CR CT DX IO MG MR NM OT PT PX RF RG RTIMAGE RTPLAN RTRECORD US XA XC"
_BODY_PARTS = """ABDOMEN ABDOMENPELVIS ANKLE AORTA ARM BLADDER BRAIN BREAST CALF CAROTID CHEST CHESTABDOMEN
CHESTABDPELVIS CLAVICLE COCCYX COLON CORONARYARTERY CSPINE CTSPINE ELBOW ESOPHAGUS EXTREMITY EYE FACE FEMUR FINGER
FOOT FOREARM HAND HEAD HEADNECK HEART HIP HUMERUS IAC JAW KIDNEY KNEE LEG LIVER LSPINE LSSPINE LUNG MAXILLA
MEDIASTINUM NECK NECKCHEST NECKCHESTABDOMEN ORBIT PANCREAS PELVIS PROSTATE RIB SCAPULA SHOULDER SINUS SKULL SPINE
SPLEEN SSPINE STERNUM STOMACH TESTIS THIGH THUMB THYROID TLSPINE TMJ TOE TSPINE UTERUS WHOLEBODY WRIST ZYGOMA"""
MODALITIES, BODY_PARTS = frozenset(_MODALITIES.split()), frozenset(_BODY_PARTS.split())  # PS3.3 C.7.3.1, PS3.16 annex L
NUMBERS = (  # name, tag, as binary or as text, the most that can be meant
    ("fluoroscopy_s", FLUOROSCOPY, "binary", 36_000),
    ("exposures", EXPOSURES, "binary", 10_000),
    ("area_dose_dgycm2", AREA_DOSE, "text", 100_000),
)
COUNT_MOST = 20_000
MINUTE_MS, BEHIND_MS, AHEAD_MS = 60_000, 7 * 86_400_000, 86_400_000
NOT_READABLE = (LookupError, ValueError, TypeError, AttributeError, EOFError, OSError, ArithmeticError, struct.error)
NOT_READABLE += (zlib.error, RecursionError, NotImplementedError, AssertionError)


class NotReadable(Exception):
    """A data set that cannot be read. It carries no word of it."""


def read(raw, implicit):
    """The data set of bytes, little endian, with the allowed elements only. Raises NotReadable."""
    try:
        return read_dataset(BytesIO(raw), implicit, True, specific_tags=[Tag(tag) for tag in TOP])
    except NOT_READABLE:
        raise NotReadable from None


def kept(dataset, codes, zone, now_ms):
    """(what may be known, {what was there and is not: how often}). `codes`: {(scheme, code) or text: our word}.

    Raises NotReadable.
    """
    try:
        return _kept(dataset, codes, zone, now_ms)
    except NOT_READABLE:
        raise NotReadable from None


def _kept(dataset, codes, zone, now_ms):
    body, dropped = {}, {}
    series = _items(dataset, SERIES)
    for name, tag, table in (("state", STATUS, STATES), ("modality", MODALITY, MODALITIES)):
        _put(body, dropped, name, [_text(dataset, tag)], table)
    _put(body, dropped, "body_part", [_text(one, BODY_PART) for one in (dataset, *series)], BODY_PARTS)
    _put_protocols(body, dropped, dataset, series, codes)
    for name, tags in (("started_ms", START), ("ended_ms", END)):
        _put_instant(body, dropped, name, [_text(dataset, tag) for tag in tags], zone, now_ms)
    for name, tag, form, most in NUMBERS:
        _put_number(body, dropped, name, _number(dataset, tag, form), most)
    if Tag(SERIES) in dataset:
        images = sum(len(_items(one, IMAGES)) + len(_items(one, OTHER_IMAGES)) for one in series)
        body["series"], body["images"] = min(len(series), COUNT_MOST), min(images, COUNT_MOST)
    return body, dropped


def _put(body, dropped, name, texts, table):
    """The first text that is in the table; the others that are there are counted."""
    for text in texts:
        if text and text not in table:
            dropped[name] = dropped.get(name, 0) + 1
        elif text and name not in body:
            body[name] = table[text] if isinstance(table, dict) else text


def _put_protocols(body, dropped, dataset, series, codes):
    holders = [(dataset, PROCEDURE_CODES), (dataset, PROTOCOL_CODES), *((one, PROTOCOL_CODES) for one in series)]
    keys = [(_text(item, SCHEME), _text(item, CODE)) for holder, tag in holders for item in _items(holder, tag)]
    keys += [text for text in (_text(one, PROTOCOL_NAME) for one in series) if text]
    found = sorted({codes[key] for key in keys if key in codes})
    unknown = sum(key not in codes for key in keys)
    if found:
        body["protocols"] = found
    if unknown:
        dropped["protocols"] = unknown


def _put_instant(body, dropped, name, texts, zone, now_ms):
    """Milliseconds since 1970, to the minute: more would lead to a person."""
    date, clock = texts
    if not date:
        return
    try:
        local = datetime.strptime(date + (clock or "")[:4].ljust(4, "0"), "%Y%m%d%H%M").replace(tzinfo=zone)
        ms = int(local.timestamp()) // 60 * MINUTE_MS
    except (ValueError, OverflowError):
        ms = 0
    if now_ms - BEHIND_MS <= ms <= now_ms + AHEAD_MS:
        body[name] = ms
    else:
        dropped[name] = 1


def _put_number(body, dropped, name, number, most):
    if number is not None and 0 <= number <= most:
        body[name] = number
    elif number is not None:
        dropped[name] = 1


def _raw(dataset, tag):
    """The bytes of an element that is a plain value, or None."""
    if Tag(tag) not in dataset:
        return None
    value = dataset.get_item(Tag(tag)).value
    return value if isinstance(value, bytes) else None


def _text(dataset, tag):
    raw = _raw(dataset, tag)
    return None if raw is None else raw.decode("utf-8", "replace").strip(" \0")


def _items(dataset, tag):
    """The items of a sequence; none of what is no sequence."""
    if Tag(tag) not in dataset or dataset.get_item(Tag(tag)).VR not in (None, "SQ", "UN"):
        return []
    value = dataset[Tag(tag)].value
    return list(value) if isinstance(value, Sequence) else []


def _number(dataset, tag, form):
    """The number; NaN when there is something else; None when there is nothing."""
    raw = _raw(dataset, tag)
    if not raw:
        return None
    try:
        number = struct.unpack("<H", raw)[0] if form == "binary" else float(raw)
    except (ValueError, struct.error):
        return math.nan
    return number
