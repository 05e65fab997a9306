"""Sending one message: by apprise, or as a signed webhook. What comes back is a text without secrets; no table here."""

import hashlib
import hmac
import json
import logging
from collections import namedtuple
from urllib.parse import urlsplit

import apprise
import httpx

from collector.hosts import is_loopback

WAIT_S = 5
RESULT_MOST = 300
SIGNATURE = "X-Gantry-Signature"

Kind = namedtuple("Kind", ("schemes", "example"))  # schemes: of its URL; example: of one

KINDS = {
    "email": Kind(
        ("mailto", "mailtos"), "mailtos://USER:PASSWORD@smtp.example.com?from=gantry@example.com&to=li@example.com"
    ),
    "wecom": Kind(("wecombot",), "wecombot://BOTKEY"),
    "dingtalk": Kind(("dingtalk",), "dingtalk://SECRET@TOKEN"),
    "feishu": Kind(("feishu",), "feishu://TOKEN"),
    "sms": Kind(("clicksend", "d7sms", "nexmo", "twilio", "messagebird", "sns"), "twilio://SID:TOKEN@FROM/TO"),
    "webhook": Kind(("http", "https"), "https://SECRET@hooks.example.com/gantry"),
}

Sent = namedtuple("Sent", ("good", "result"))

# What apprise says is kept with the message it is of, without secrets, and goes nowhere else.
logging.getLogger("apprise").setLevel(logging.DEBUG)
logging.getLogger("apprise").propagate = False


def wrong_with(kind, url):
    """What is wrong with the address of a recipient: a key of ADDRESS_WORDS, or None."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "address"
    if parts.scheme not in KINDS[kind].schemes:
        return "scheme"
    if kind == "webhook":
        return _wrong_with_hook(parts)
    return None if apprise.Apprise.instantiate(url, suppress_exceptions=True) else "address"


def _wrong_with_hook(parts):
    if not parts.hostname or len(parts.username or "") < 16:
        return "secret"
    return "plain" if is_plain(parts) else None


def is_plain(parts):
    """Whether a split URL goes over a network without TLS."""
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def send(kind, url, message):
    """Sent of a dict {title, text, link, ...}. Never raises for what a server does."""
    return _webhook(url, message) if kind == "webhook" else _apprise(url, message)


def _webhook(url, message):
    """POST as JSON with `X-Gantry-Signature: sha256=` HMAC of the body under the secret in the URL's user part."""
    parts = urlsplit(url)
    if is_plain(parts):
        return Sent(False, "its address is plain http over a network; enter the recipient again with https")
    body = json.dumps(message, ensure_ascii=False, sort_keys=True).encode()
    place = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    headers = {"Content-Type": "application/json", SIGNATURE: f"sha256={signature(parts.username, body)}"}
    try:
        answer = httpx.post(place, content=body, headers=headers, timeout=WAIT_S, follow_redirects=False)
    except httpx.HTTPError as error:
        return Sent(False, f"{type(error).__name__}: {error}"[:RESULT_MOST])
    return Sent(answer.is_success, f"{answer.status_code} {answer.reason_phrase}")


def signature(secret, body):
    """HMAC-SHA-256 in hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _apprise(url, message):
    target = apprise.Apprise()
    if not target.add(_bounded(url)):
        return Sent(False, "the address is not understood; enter the recipient again")
    text = f"{message['text']}\n\n{message['link']}".strip()
    plain = apprise.NotifyFormat.TEXT
    sent = target.notify(body=text, title=message["title"], body_format=plain, log_level=logging.DEBUG)
    told = [line.message for line in sent.logs() if line.level == "WARNING" or "Exception" in line.message]
    return Sent(bool(sent), _without(url, " ".join(told))[:RESULT_MOST] or ("accepted" if sent else "refused"))


def _bounded(url):
    return f"{url}{'&' if '?' in url else '?'}rto={WAIT_S}&cto={WAIT_S}"


def _without(url, told):
    """What a library said, without any part of an address that may be a secret."""
    parts = urlsplit(url)
    pieces = [parts.username, parts.password, *parts.path.split("/"), parts.netloc.rpartition("@")[2].partition(":")[0]]
    for piece in sorted(filter(None, pieces), key=len, reverse=True):
        if len(piece) > 5:
            told = told.replace(piece, "…")
    return told
