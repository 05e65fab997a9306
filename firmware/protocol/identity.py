"""identity.json as text: one line of JSON, then the CRC-32 of that line as eight hexadecimal digits. No I/O."""

import json
from binascii import crc32


def identity_text(found):
    """What the flasher writes for an identity, a dict of plain values."""
    line = json.dumps(found)
    return "%s\n%08x\n" % (line, crc32(line.encode()))


def identity_in(text):
    """The identity a text holds, unchecked but whole. Raises ValueError that says what is wrong and shows nothing."""
    line, _, check = text.partition("\n")
    if check != "%08x\n" % crc32(line.encode()):
        raise ValueError("its check does not match: provision the terminal again")
    return json.loads(line)
