"""The terminal's roads on a computer, a file each, its class called Road: open, send, receive, ping, close.

The board's own files speak MicroPython's ssl and poll, which CPython and Windows do not have; what can go wrong has the
same names: firmware/terminal/transports.
"""

import ssl


class Trust(ssl.SSLContext):
    """A context that trusts one CA, and of its certificates only the gateway's, by name, whatever was dialled."""

    @classmethod
    def of(cls, identity, gateway):
        """The context for one gateway of an identity."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cadata=identity.ca)
        context.server_name = gateway.server_name
        return context

    def wrap_socket(self, sock, **given):
        """As a context's, with the gateway's name for whatever was given."""
        return super().wrap_socket(sock, **{**given, "server_hostname": self.server_name})
