"""TLS on a connection that was just accepted, so that a handshake that comes to nothing can be counted."""

import logging
import os
import ssl

log = logging.getLogger("gateway")


class NoHandshake(Exception):
    """There is no TLS on this connection; the text says nothing that came over it."""


class _Renewable(ssl.SSLContext):
    """A listener's context that shows whatever its certificate's file holds: who is connected notices nothing."""

    def read(self, file):
        """Take key and certificate from a PEM file. Raises OSError."""
        self.file, self.made_ns = file, os.stat(file).st_mtime_ns
        self.load_cert_chain(file)

    def read_again(self):
        """Take a renewed certificate. One that cannot be read leaves the one before."""
        try:
            if os.stat(self.file).st_mtime_ns != self.made_ns:
                self.read(self.file)
                log.info("from now on terminals are shown the renewed %s", self.file)
        except OSError as error:  # an ssl.SSLError is one, too
            log.error("%s is no key with its certificate: %s; terminals see the one before", self.file, error)


def server_context(certificate):
    """The TLS context of a listener. `certificate`: PEM file of key and certificate. Raises OSError."""
    context = _Renewable(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.read(certificate)
    return context


async def secure(writer, context, within_s):
    """Shake hands, as the first thing that happens on a connection. Raises NoHandshake, whatever stopped it."""
    if isinstance(context, _Renewable):
        context.read_again()
    try:
        await writer.start_tls(context, ssl_handshake_timeout=within_s)
    except (OSError, EOFError) as error:  # also too late: asyncio says ConnectionAbortedError
        reason = getattr(error, "reason", None) or type(error).__name__
        raise NoHandshake(f"no TLS: {reason}") from error
