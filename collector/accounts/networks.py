"""From which addresses a token serves: a list of networks as text, read and asked. No I/O."""

import ipaddress

from collector.errors import ActionError

MOST = 20


def read(text):
    """The networks of a text as it is kept, with commas between: "10.0.0.0/8, ::1/128". Raises ActionError."""
    found = []
    for one in text.replace(",", " ").split():
        try:
            found.append(str(ipaddress.ip_network(one, strict=False)))
        except ValueError:
            raise ActionError(f"{one[:60]!r} is no address or network; write 10.1.2.0/24 or 10.1.2.3") from None
    if len(found) > MOST:
        raise ActionError(f"{len(found)} networks are named; {MOST} are allowed")
    return ", ".join(found)


def holds(text, address):
    """Whether an address stands in one of the networks; in any where none is named."""
    if not text:
        return True
    try:
        asked = ipaddress.ip_address(address)
    except ValueError:
        return False
    asked = getattr(asked, "ipv4_mapped", None) or asked
    return any(asked in ipaddress.ip_network(one) for one in text.split(", "))
