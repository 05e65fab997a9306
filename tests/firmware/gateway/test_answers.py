"""Whatever comes back instead of an answer: nothing is forgotten, nothing is stored twice, the next answer counts."""

import asyncio
import time

import pytest

from firmware.gateway.a02 import ANSWER_MOST, Collector, CollectorSilent
from firmware.gateway.identity import Credential
from firmware.gateway.outbox import look
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import enrolled
from tests.firmware.gateway.uploads import Uploads, reading, until, waiting

UPLOAD = "/a02/v1/batches"


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("platform")
    with Platform(folder) as platform:
        settings, identity = enrolled(folder / "state", platform, collector__timeout_s=0.5)
        yield platform, settings, identity


@pytest.fixture
def platform(grown):
    grown[0].__dict__.update(readings=[], uploads=0, duplicates=0, accepted=0)
    grown[0].spoil, grown[0].refuse = (lambda path, said: None), (lambda body: None)
    return grown[0]


def whole(said, status="200 OK", more=""):
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{more}Content-Length: {len(said)}\r\n\r\n".encode()
        + said
    )


def late(said):
    time.sleep(1.0)  # longer than collector.timeout_s
    return whole(said)


SPOILED = {
    "nothing": lambda said: b"",
    "half_a_head": lambda said: whole(said)[:25],
    "half_a_body": lambda said: whole(said)[:-5],
    "garbage": lambda said: b"\x00\xff garbage\r\n\r\n",
    "another_protocol": lambda said: b"220 mail.example ESMTP\r\n",
    "no_json": lambda said: whole(b"<html>maintenance</html>"),
    "an_empty_object": lambda said: whole(b"{}"),
    "somebody_elses_ok": lambda said: whole(b'{"status": "ok"}'),
    "an_answer_without_its_list": lambda said: whole(b'{"server_ms": 1, "stored": 1}'),
    "lists_of_no_objects": lambda said: whole(b'{"server_ms": 1, "refused": [1], "terminals": [2], "commands": [3]}'),
    "a_list": lambda said: whole(b"[1, 2]"),
    "nested_deeply": lambda said: whole(b"[" * 200_000),
    "no_utf_8": lambda said: whole(b'{"server_ms": "\xff"}'),
    "endless": lambda said: whole(b" " * (ANSWER_MOST + 1)),
    "not_gzip": lambda said: whole(said, more="Content-Encoding: gzip\r\n"),
    "redirected": lambda said: whole(b"", "302 Found", "Location: https://elsewhere.example/\r\n"),
    "late": late,
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED.keys())
def test_an_upload_is_kept_until_a_collector_has_answered_it(tmp_path, grown, platform, spoiled):
    platform.spoil = lambda path, said: spoiled(said) if path == UPLOAD and platform.uploads <= 2 else None

    async def scene():
        uploads = Uploads(tmp_path, grown)
        async with uploads.at_work():
            uploads.put(reading(1), reading(2))
            await until(lambda: uploads.failed())
            assert waiting(uploads) == 2
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == [1, 2] and platform.uploads == 3
    assert look.look(tmp_path).set_aside == 0


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED.keys())
def test_no_list_is_believed_that_a_collector_did_not_say(grown, platform, spoiled):
    platform.spoil = lambda path, said: spoiled(said)
    _platform, settings, identity = grown

    async def scene():
        async with Collector(settings, Credential(identity.credential, identity.certificate)) as collector:
            for ask in (collector.terminals, collector.commands, collector.offers):
                with pytest.raises(CollectorSilent):
                    await ask()

    asyncio.run(scene())


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_collector_that_asks_for_time_gets_it(tmp_path, grown, platform, status):
    asked_s = []

    def spoil(path, said):
        asked_s.append(time.monotonic())
        return whole(b"", f"{status} Wait", "Retry-After: 1\r\n") if len(asked_s) == 1 else None

    platform.spoil = spoil

    async def scene():
        uploads = Uploads(tmp_path, grown, upload__back_off_most_s=30.0)
        async with uploads.at_work():
            uploads.put(reading(1))
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == [1] and len(asked_s) == 2 and asked_s[1] - asked_s[0] >= 1


def test_uploads_share_one_connection(tmp_path, grown, platform):
    async def scene():
        uploads = Uploads(tmp_path, grown)
        async with uploads.at_work():
            for n in range(1, 31):
                uploads.put(reading(n))
                await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.uploads >= 30 and platform.accepted == 1


def test_an_answer_that_asks_for_a_day_is_not_waited_for_longer_than_the_most(tmp_path, grown, platform):
    platform.spoil = lambda path, said: (
        whole(b"", "503 Wait", "Retry-After: 86400\r\n") if platform.uploads == 1 else None
    )

    async def scene():
        uploads = Uploads(tmp_path, grown)
        async with uploads.at_work():
            uploads.put(reading(1))
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == [1]
