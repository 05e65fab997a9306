"""Certificates that end: which, when, and what to do about it."""

import asyncio
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from firmware.gateway.errors import GatewayError

EXPIRED, NOT_YET = 10, 9  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID
PROBE_S = 5
SOON_DAYS = 30


class CertificateError(GatewayError):
    """A certificate of ours cannot serve."""


def ends(path):
    """When the first certificate of a PEM file ends, as datetime in UTC. Raises CertificateError."""
    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())[0].not_valid_after_utc
    except (OSError, ValueError, IndexError) as error:
        raise CertificateError(f"{path} holds no certificate ({type(error).__name__}); enrol again") from error


def day(instant):
    """An instant as people write a day."""
    return instant.strftime("%Y-%m-%d %H:%M UTC")


async def what_expired(url, error, settings):
    """Which certificate made a handshake with the collector fail, since when, what to do; None: it was none."""
    failed = _verification(error)
    if failed is None or failed.verify_code not in (EXPIRED, NOT_YET):
        return None
    now = datetime.fromtimestamp(time.time(), UTC)
    authority = settings["collector.ca"]
    try:
        until = ends(authority)
    except CertificateError as unreadable:
        return str(unreadable)
    if until <= now:
        return f"{authority} ended on {day(until)}; bring the collector's new one: `ca export --pem`"
    found = None if settings["collector.proxy"] else await _shown(url)
    if found is not None and found.not_valid_after_utc <= now:
        until = day(found.not_valid_after_utc)
        return f"{url}: its certificate ended on {until}; make a new one there with `ca server`"
    return f"{url}: its certificate is not valid on {day(now)}, the time of this gateway; look at our clock"


def ending(files, now_ms):
    """[(file, text, whether it has ended)] of what has ended or does within SOON_DAYS, for {file: what to do}."""
    found, now = [], datetime.fromtimestamp(now_ms / 1000, UTC)
    for path, remedy in files.items():
        until = ends(path)
        if until <= now + timedelta(days=SOON_DAYS):
            over = until <= now
            found.append((path, f"{path} {'ended' if over else 'ends'} on {day(until)}; {remedy}", over))
    return found


def _verification(error):
    """The refusal of a certificate that an error comes from, or None."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


async def _shown(url):
    """The certificate a server shows, only to be named, or None."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(PROBE_S):
            _reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
            der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.close()
        return x509.load_der_x509_certificate(der)
    except (OSError, TimeoutError, ValueError):
        return None
