"""TLS on a connection that was just accepted, so that a handshake that comes to nothing can be counted."""

import ssl


class NoHandshake(Exception):
    """There is no TLS on this connection; the text says nothing that came over it."""


def server_context(certificate):
    """The TLS context of a listener. `certificate`: PEM file of key and certificate. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate)
    return context


async def secure(writer, context, within_s):
    """Shake hands, as the first thing that happens on a connection. Raises NoHandshake, whatever stopped it."""
    try:
        await writer.start_tls(context, ssl_handshake_timeout=within_s)
    except (OSError, EOFError) as error:  # also too late: asyncio says ConnectionAbortedError
        reason = getattr(error, "reason", None) or type(error).__name__
        raise NoHandshake(f"no TLS: {reason}") from error
