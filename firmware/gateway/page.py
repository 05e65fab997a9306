"""The page for whoever stands beside the gateway, and its figures for Prometheus: read only, on loopback only.

Whoever is signed in on this machine may look; from elsewhere it is reached through SSH. No script, no cookie, no form.
"""

import asyncio
import html
import logging
import time

from firmware.gateway.errors import GatewayError
from firmware.gateway.outbox import look

log = logging.getLogger("gateway")

HEAD_MOST = 4096
HEAD_S = 5
CONNECTIONS_MOST = 16
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WORDS = {
    "en": ("Gateway", "Clock", "proved", "not proved", "Waiting", "Set aside", "Terminal", "Here", "Heard", "Values")
    + ("Says of itself", "Refused", "yes", "no", "nothing"),
    "zh": ("物联网网关", "时钟", "已校准", "未校准", "待发", "搁置", "感知终端", "在线", "最近收到", "读数")
    + ("终端自述", "拒绝", "是", "否", "无"),
}
STYLE = (
    "body{font:16px/1.4 sans-serif;margin:1em;max-width:60em}dl{margin:0 0 1.2em}dt{font-weight:bold}"
    "dd{margin:0 0 .3em;overflow-wrap:anywhere}section{border-top:1px solid #888;padding-top:.6em}"
)
SECURITY = (
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n"
)


class Page:
    """`state()` gives {"gateway_id", "clock_proved", "here": ids, "latest": {id: Reading}, "said": {id: status}}."""

    def __init__(self, settings, state):
        self._settings, self._state, self._open = settings, state, 0

    async def run(self):
        """Serve until cancelled. Raises GatewayError when it cannot listen, or was told to listen to others."""
        host, port = self._settings["page.host"], self._settings["page.port"]
        if host not in LOOPBACK:
            raise GatewayError(f"page.host is {host!r}; the page is served on loopback only: write 127.0.0.1")
        try:
            server = await asyncio.start_server(self._enter, host, port, limit=HEAD_MOST)
        except OSError as error:
            raise GatewayError(f"page.port {port}: {error.strerror}; choose another page.port") from error
        async with server:
            await server.serve_forever()

    async def _enter(self, reader, writer):
        self._open += 1
        try:
            if self._open <= CONNECTIONS_MOST:
                async with asyncio.timeout(HEAD_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(await asyncio.to_thread(self.answer, head))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            log.debug("a look at the page ended: %s", error)
        finally:
            self._open -= 1
            writer.close()

    def answer(self, head):
        """The whole answer, bytes, to the head of a request."""
        first, *lines = head.decode("latin-1").split("\r\n")
        method, _, target = first.partition(" ")
        path, _, query = target.partition(" ")[0].partition("?")
        host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
        if (
            host.rsplit(":", 1)[0].strip("[]") not in LOOPBACK
        ):  # a page elsewhere must not read this one by another name
            return _said("421 Misdirected Request", "text/plain", "ask for this page as http://127.0.0.1\n")
        if method != "GET":
            return _said("405 Method Not Allowed", "text/plain", "this page is for looking only\n")
        wanted = {"/": lambda: self._page(_language(query, lines)), "/metrics": self._metrics}.get(path)
        if wanted is None:
            return _said("404 Not Found", "text/plain", "there are / and /metrics\n")
        try:
            return _said("200 OK", "text/html" if path == "/" else "text/plain; version=0.0.4", wanted())
        except GatewayError as error:
            return _said("503 Service Unavailable", "text/plain", f"{error}\n")

    def _page(self, language):
        words, state, outbox = WORDS[language], self._state(), look.look(self._settings["state"])
        heard = look.heard(self._settings["state"])
        clock = words[2] if state["clock_proved"] else words[3]
        waiting = f"{outbox.waiting} + {outbox.gaps} + {outbox.records}"
        parts = [_list((words[1], clock), (words[4], waiting), (words[5], outbox.set_aside))]
        for name in sorted({*heard, *state["here"]}):
            reading, said = state["latest"].get(name), state["said"].get(name, {})
            values = reading and ", ".join(f"{channel} {_number(one)}" for channel, one in reading.values.items())
            own = ", ".join(f"{key} {value}" for key, value in said.items())
            here = words[12] if name in state["here"] else words[13]
            rows = ((words[7], here), (words[8], _instant(heard.get(name, (None,))[0])))
            parts.append(f"<section><h2>{html.escape(name)}</h2>{_list(*rows, (words[9], values or words[14]))}")
            parts.append(f"{_list((words[10], own or words[14]))}</section>")
        refused = [(f"{interface} {source} {code}", count) for interface, source, code, count in outbox.refusals]
        parts.append(f"<section><h2>{words[11]}</h2>{_list(*refused) if refused else words[14]}</section>")
        title = f"{words[0]} {html.escape(state['gateway_id'])}"
        return (
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">'
            f'<style>{STYLE}</style><h1>{title}</h1><p><a href="/?en">English</a> <a href="/?zh">中文</a></p>'
            + "".join(parts)
        )

    def _metrics(self):
        state, outbox = self._state(), look.look(self._settings["state"])
        figures = [
            ("gantry_clock_proved", "gauge", [("", int(state["clock_proved"]))]),
            ("gantry_terminals_here", "gauge", [("", len(state["here"]))]),
            ("gantry_outbox_readings", "gauge", [("", outbox.waiting)]),
            ("gantry_outbox_records", "gauge", [("", outbox.records)]),
            ("gantry_set_aside", "gauge", [("", outbox.set_aside)]),
        ]
        rows = [
            (f'{{interface="{interface}",source="{_label(source)}",code="{_label(code)}"}}', count)
            for interface, source, code, count in outbox.refusals
        ]
        figures.append(("gantry_refusals_total", "counter", rows))
        lines = []
        for name, kind, values in figures:
            lines += [f"# TYPE {name} {kind}"] + [f"{name}{labels} {value}" for labels, value in values]
        return "\n".join(lines) + "\n"


def _language(query, lines):
    if query in WORDS:
        return query
    accepted = next((line.split(":", 1)[1] for line in lines if line.lower().startswith("accept-language:")), "")
    return "zh" if accepted.strip().lower().startswith("zh") else "en"


def _list(*rows):
    return "<dl>" + "".join(f"<dt>{html.escape(str(a))}<dd>{html.escape(str(b))}" for a, b in rows) + "</dl>"


def _number(value):
    return "invalid" if value is None else f"{value:g}"


def _label(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _instant(ts_ms):
    return "-" if ts_ms is None else time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ts_ms / 1000)) + " UTC"


def _said(status, kind, text):
    body = text.encode()
    charset = "" if "charset" in kind else "; charset=utf-8"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}{charset}\r\nContent-Length: {len(body)}\r\n{SECURITY}\r\n"
    return head.encode() + body
