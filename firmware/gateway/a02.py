"""The collector as the gateway sees it: a few requests over TLS, and what can become of them."""

import gzip
import json
import ssl

import httpx

from firmware.gateway.errors import GatewayError

CONNECT_S = 10


class CollectorSilent(Exception):
    """No usable answer: unreachable, not trusted, or in trouble itself. Try again later."""


class CollectorRefused(Exception):
    """The collector refused a request. `status` is HTTP's, `code` one of docs/interfaces.md or None."""

    def __init__(self, status, code, text):
        super().__init__(f"{status} {code or ''} {text}".replace("  ", " "))
        self.status, self.code, self.text = status, code, text


def trust(ca_file):
    """A TLS context that trusts one CA and nobody else. Raises GatewayError."""
    if not ca_file:
        raise GatewayError("the collector's CA is not known; name its file with collector.ca or --ca")
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise GatewayError(f"{ca_file} is no certificate of a CA: {error}; name the site's ca.pem") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Collector:
    """One keep-alive connection to the collector. `credential` None: only enrolment is open."""

    def __init__(self, url, ca_file, credential=None, timeout_s=30.0):
        if not url.startswith("https://"):
            raise GatewayError(f"collector.url is {url!r}; write the collector's https:// address")
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
        self._http = httpx.AsyncClient(base_url=url, verify=trust(ca_file), headers=headers, timeout=timeout)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        await self._http.aclose()

    async def enrol(self, code, version, csr_pem):
        """The grant for a code: gateway_id, credential, certificate, ca. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("POST", "/a02/v1/enrol", {"code": code, "version": version, "csr": csr_pem})

    async def terminals(self):
        """{"server_ms", "terminals"}. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("GET", "/a02/v1/terminals")

    async def commands(self):
        """{"server_ms", "commands"}. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("GET", "/a02/v1/commands")

    async def offers(self):
        """{"server_ms", "offers"}. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("GET", "/a02/v1/offers")

    async def image(self, image_id, begin):
        """The bytes of an image from `begin` on, as they come. Raises CollectorSilent, CollectorRefused."""
        headers = {"Range": f"bytes={begin}-"} if begin else {}
        try:
            async with self._http.stream("GET", f"/a02/v1/images/{image_id}", headers=headers) as answer:
                if answer.status_code == 416:  # all of it is here already
                    return
                if answer.status_code != (206 if begin else 200):
                    await answer.aread()
                    _read(answer)
                    raise CollectorSilent(f"{answer.url} answered {answer.status_code} to a range")
                async for data in answer.aiter_bytes():
                    yield data
        except (httpx.HTTPError, ssl.SSLError) as error:
            raise CollectorSilent(f"{self._http.base_url}: {str(error) or type(error).__name__}") from error

    async def upload(self, body):
        """The answer to a batch: from now on it may be forgotten. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("POST", "/a02/v1/batches", body)

    async def _ask(self, method, path, body=None):
        headers, content = {}, None
        if body is not None:
            headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            content = gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 6)
        try:
            answer = await self._http.request(method, path, content=content, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            raise CollectorSilent(f"{self._http.base_url}: {str(error) or type(error).__name__}") from error
        return _read(answer)


def _read(answer):
    try:
        said = answer.json()
    except ValueError:
        said = None
    said = said if isinstance(said, dict) else {}
    if answer.status_code in (200, 201) and said:
        return said
    if 400 <= answer.status_code < 500:
        raise CollectorRefused(answer.status_code, said.get("code"), said.get("error") or answer.reason_phrase)
    raise CollectorSilent(f"{answer.url} answered {answer.status_code} {answer.reason_phrase}")
