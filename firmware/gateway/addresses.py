"""Where the collector is and through what it is reached: its addresses, a proxy before them, whom we trust."""

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from firmware.gateway.errors import GatewayError


def address_of(url, name):
    """An address of the collector without a slash at its end. Raises GatewayError naming the setting."""
    parts = _parts(url, name)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise GatewayError(f"collector.{name} is {url!r}; write the collector's https:// address")
    return url.rstrip("/")


def _parts(url, name):
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (it raises when it is no number)
    except ValueError as error:
        raise GatewayError(f"collector.{name} is {url!r}: {error}; correct it") from error
    return parts


def proxy_of(settings):
    """The httpx.Proxy the collector is reached through, or None. Raises GatewayError."""
    url, secret_file = settings["collector.proxy"], settings["collector.proxy_file"]
    if not url:
        return None
    parts = _parts(url, "proxy")
    if parts.scheme != "http" or not parts.hostname or parts.username:
        raise GatewayError("collector.proxy must read http://host:port; a log-in goes into the file of proxy_file")
    if not secret_file:
        return httpx.Proxy(url)
    try:
        user, colon, password = Path(secret_file).read_text(encoding="utf-8").strip().partition(":")
    except (OSError, UnicodeDecodeError) as error:
        raise GatewayError(
            f"{secret_file} cannot be read ({type(error).__name__}); see collector.proxy_file"
        ) from error
    if not user or not colon:
        raise GatewayError(f"{secret_file} does not hold user:password; see collector.proxy_file")
    return httpx.Proxy(url, auth=(user, password))


def trust(ca_file, certificate=None):
    """A TLS context that trusts one CA and nobody else, and shows our own `certificate` file. Raises GatewayError."""
    if not ca_file:
        raise GatewayError("the collector's CA is not known; name its file with collector.ca or --ca")
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise GatewayError(f"{ca_file} is no certificate of a CA: {error}; name the site's ca.pem") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        try:
            context.load_cert_chain(certificate)
        except (OSError, ssl.SSLError) as error:
            raise GatewayError(f"{certificate} is no key with its certificate: {error}; enrol again") from error
    return context
