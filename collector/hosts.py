"""Where a host is: on this machine, or beyond a network on which others listen."""

import ipaddress


def is_loopback(host):
    """Whether a name or address is this machine's own. A name is not looked up: only localhost is."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
