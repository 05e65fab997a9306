"""The collector as the gateway sees it: a few requests over TLS, and what can become of them."""

import asyncio
import gzip
import json
import ssl
import time
from contextlib import aclosing, suppress

import httpx

from firmware.gateway import compact
from firmware.gateway.addresses import address_of, proxy_of, trust
from firmware.gateway.certificates import what_expired
from firmware.gateway.errors import GatewayError

UPLOAD = "/a02/v1/batches"
CONNECT_S = 10
KEEP_S = 4  # an idle connection is closed by us, before a server closes it in the moment we ask
ANSWER_MOST = 16 * 1024 * 1024  # bytes of an answer, unpacked


class CollectorSilent(Exception):
    """No usable answer: unreachable, not trusted, or in trouble itself. Try again later, after_s at the earliest.

    `code` names a reason that is counted, as docs/interfaces.md lists them; None: an outage like any other.
    """

    def __init__(self, text, after_s=0, code=None):
        super().__init__(text)
        self.after_s, self.code = after_s, code


class CollectorRefused(Exception):
    """The collector refused a request. `status` is HTTP's, `code` one of docs/interfaces.md or None."""

    def __init__(self, status, code, text, after_s=0):
        super().__init__(f"{status} {code or ''} {text}".replace("  ", " "))
        self.status, self.code, self.text, self.after_s = status, code, text, after_s


class Collector:
    """The collector at its addresses, on kept connections. `credential` None: only enrolment is open.

    Both addresses lead to the same platform: whatever gets no answer at one goes to the other at once, and one that
    was silent is asked last for collector.return_s. What has arrived twice is stored once.
    """

    def __init__(self, settings, credential=None):
        self._settings, self._credential, self._retired = settings, credential, []
        urls = [settings["collector.url"], settings["collector.second_url"]]
        self._urls = [address_of(url, name) for url, name in zip(urls, ("url", "second_url"), strict=True) if url]
        if not self._urls:
            raise GatewayError("collector.url is empty; write the collector's https:// address")
        self._silent_s = {}
        self._compact = set()  # the addresses whose last answer said that they read compact.CONTENT_TYPE
        self.url = self._urls[0]  # where the last answer came from
        self._http = self._client()

    def _client(self):
        settings = self._settings
        headers = {"Authorization": f"Bearer {self._credential.secret}"} if self._credential else {}
        timeout_s = settings["collector.timeout_s"]
        return httpx.AsyncClient(
            verify=trust(settings["collector.ca"], self._credential and self._credential.certificate),
            headers=headers,
            proxy=proxy_of(settings),
            trust_env=False,  # what is set in gateway.toml counts, and nothing beside it
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            limits=httpx.Limits(keepalive_expiry=KEEP_S),
        )

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        for http in [*self._retired, self._http]:
            await http.aclose()

    async def show(self, credential):
        """Show another Credential from now on; what is under way ends with the one before."""
        for http in self._retired:
            await http.aclose()
        self._retired, self._credential = [self._http], credential
        self._http = self._client()

    async def enrol(self, code, version, csr_pem):
        """The grant for a code: gateway_id, credential, certificate, ca. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("POST", "/a02/v1/enrol", {"code": code, "version": version, "csr": csr_pem})

    async def renew(self, csr_pem):
        """{"credential", "certificate", "ca"} for a certificate request. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("POST", "/a02/v1/credential", {"csr": csr_pem})

    async def terminals(self):
        """{"server_ms", "terminals"}. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("GET", "/a02/v1/terminals", lists=("terminals",))

    async def commands(self):
        """{"server_ms", "commands"}. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("GET", "/a02/v1/commands", lists=("commands",))

    async def offers(self):
        """{"server_ms", "offers"}. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("GET", "/a02/v1/offers", lists=("offers",))

    async def upload(self, body):
        """The answer to a batch: from now on it may be forgotten. Raises CollectorSilent, CollectorRefused."""
        return await self._ask("POST", UPLOAD, body, lists=("refused",))

    async def image(self, image_id, begin):
        """The bytes of an image from `begin` on, as they come. Raises CollectorSilent, CollectorRefused."""
        headers = {"Range": f"bytes={begin}-"} if begin else {}
        url = self._in_turn()[0]
        try:
            async with self._http.stream("GET", f"{url}/a02/v1/images/{image_id}", headers=headers) as answer:
                if answer.status_code == 416:  # all of it is here already
                    return
                if answer.status_code != (206 if begin else 200):
                    _read(url, answer, await _whole(answer), ())
                    raise CollectorSilent(f"{url} answered {answer.status_code} to a range")
                async for data in answer.aiter_bytes():
                    yield data
        except (httpx.HTTPError, ssl.SSLError) as error:
            self._silent_s[url] = time.monotonic()
            raise CollectorSilent(f"{url}: {_why(error)}") from error

    def _in_turn(self):
        """The addresses in the order in which they are to be tried now."""
        now_s, pause_s = time.monotonic(), self._settings["collector.return_s"]
        return sorted(self._urls, key=lambda url: now_s - self._silent_s.get(url, -pause_s) < pause_s)

    async def _ask(self, method, path, body=None, lists=None):
        """The answer, an object that holds `lists`. Both addresses are tried before the collector counts as silent."""
        silent = []
        for url in self._in_turn():
            try:
                said = await self._ask_at(url, method, path, body, lists)
            except CollectorSilent as error:
                self._silent_s[url] = time.monotonic()
                silent.append(error)
            else:
                self.url = url
                return said
        code = next((error.code for error in silent if error.code), None)
        raise CollectorSilent("; ".join(map(str, silent)), max(error.after_s for error in silent), code)

    async def _ask_at(self, url, method, path, body, lists):
        http, is_compact = self._http, path == UPLOAD and url in self._compact
        headers, content = _written(body, is_compact)
        try:
            async with asyncio.timeout(self._settings["collector.timeout_s"]):
                async with http.stream(method, url + path, content=content, headers=headers) as answer:
                    said = _read(url, answer, await _whole(answer), lists)
        except CollectorRefused as error:
            if error.status == 401 and http is not self._http:  # asked with a credential that has ended since
                raise CollectorSilent(f"{url}: the credential was changed meanwhile") from error
            if error.status == 415 and is_compact:  # an older collector has taken the place of the one that offered it
                self._compact.discard(url)
                return await self._ask_at(url, method, path, body, lists)
            raise
        except (httpx.HTTPError, ssl.SSLError, TimeoutError) as error:
            expired = await what_expired(url, error, self._settings)
            code = "certificate_expired" if expired else None
            raise CollectorSilent(expired or f"{url}: {_why(error)}", code=code) from error
        if path == UPLOAD and compact.CONTENT_TYPE in answer.headers.get("Accept-Post", ""):
            self._compact.add(url)
        return said


def _written(body, is_compact):
    """(headers, bytes) of what is posted: compact where that is understood, and where it can carry it; else JSON."""
    if body is None:
        return {}, None
    content = None
    if is_compact:
        with suppress(ValueError, OverflowError):  # a record with half a character, or a number beyond 64 bits
            kind, content = compact.CONTENT_TYPE, compact.packed(body)
    if content is None:
        kind, content = "application/json", json.dumps(body, separators=(",", ":")).encode()
    return {"Content-Type": kind, "Content-Encoding": "gzip"}, gzip.compress(content, 6)


async def _whole(answer):
    """The body of an answer. Raises CollectorSilent when it is longer than any of the collector's."""
    body = bytearray()
    async with aclosing(answer.aiter_bytes()) as parts:
        async for part in parts:
            body += part
            if len(body) > ANSWER_MOST:
                raise CollectorSilent(f"{answer.url} answers with more than {ANSWER_MOST} bytes; is it a collector?")
    return bytes(body)


def _read(url, answer, body, lists):
    """What an answer says, if a collector has said it. Raises CollectorSilent, CollectorRefused."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    said = said if isinstance(said, dict) else {}
    after_s = _after_s(answer)
    if answer.status_code in (200, 201) and said:
        if lists is not None and not _is_ours(said, lists):
            raise CollectorSilent(f"{url} answers, but not as a collector does; is collector.url right?")
        return said
    if 400 <= answer.status_code < 500:
        code, text = said.get("code"), said.get("error") or answer.reason_phrase
        raise CollectorRefused(answer.status_code, code if isinstance(code, str) else None, str(text)[:500], after_s)
    raise CollectorSilent(f"{url} answered {answer.status_code} {answer.reason_phrase}", after_s)


def _is_ours(said, lists):
    """Whether an answer has a time and these lists of objects: on any other nothing may be forgotten or forbidden."""
    good = type(said.get("server_ms")) is int
    return good and all(
        isinstance(said.get(name), list) and all(isinstance(one, dict) for one in said[name]) for name in lists
    )


def _after_s(answer):
    """The seconds an answer asks us to wait, 0 when it names none."""
    text = answer.headers.get("Retry-After", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _why(error):
    if isinstance(error, httpx.ProxyError):
        return f"collector.proxy answers {error}; look at the proxy and at collector.proxy_file"
    return str(error) or {"TimeoutError": "no whole answer in time"}.get(type(error).__name__, type(error).__name__)
