"""Certificates that have ended: named with their day and what to do, counted, nothing lost; renewed, good again."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from firmware.gateway.certificates import ending
from firmware.gateway.errors import GatewayError
from firmware.gateway.outbox import look
from tests.fakes.certificates import FIRST_DAY, make_ca, make_leaf
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import enrolled
from tests.firmware.gateway.uploads import Uploads, reading, until, waiting

ENDED = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("platform")
    with Platform(folder) as platform:
        settings, identity = enrolled(folder / "state", platform)
        yield platform, settings, identity


def serve(platform, not_before=FIRST_DAY, not_after=LATER):
    """The platform again, with a certificate of these days."""
    leaf = make_leaf(platform.ca, ["127.0.0.1"], not_before, not_after)
    (platform.folder / "server.pem").write_bytes(leaf.key_pem + leaf.pem)
    platform.stop()
    platform.start()


def test_a_collectors_certificate_that_ended_is_named_counted_and_nothing_is_lost(tmp_path, grown, caplog):
    platform = grown[0]
    serve(platform, not_after=ENDED)

    async def scene():
        uploads = Uploads(tmp_path, grown)
        async with uploads.at_work():
            uploads.put(reading(1), reading(2))
            await until(lambda: look.look(tmp_path).refusals)
            assert waiting(uploads) == 2
            await asyncio.to_thread(serve, platform)
            await until(lambda: waiting(uploads) == 0)

    with caplog.at_level(logging.INFO, "gateway"):
        asyncio.run(scene())
    assert platform.numbers("ct-01") == [1, 2]
    said = next(record.getMessage() for record in caplog.records if "ended" in record.getMessage())
    assert platform.url in said and "2026-03-01 12:00 UTC" in said and "ca server" in said
    interface, source_id, code, count = look.look(tmp_path).refusals[0]
    assert (interface, source_id, code) == ("A02", "gw-1", "certificate_expired") and count > 0


def test_a_certificate_of_tomorrow_says_to_look_at_our_clock(tmp_path, grown, caplog):
    platform = grown[0]
    serve(platform, not_before=datetime.now(UTC) + timedelta(days=1))

    async def scene():
        uploads = Uploads(tmp_path, grown)
        async with uploads.at_work():
            uploads.put(reading(3))
            await until(lambda: "look at our clock" in caplog.text)
            await asyncio.to_thread(serve, platform)
            await until(lambda: waiting(uploads) == 0)

    with caplog.at_level(logging.INFO, "gateway"):
        asyncio.run(scene())


def test_an_authority_that_ended_is_named_by_its_file(tmp_path, grown, caplog):
    platform, settings, identity = grown
    authority = make_ca("an old site", not_after=ENDED)
    old = tmp_path / "old-ca.pem"
    old.write_bytes(authority.pem)
    leaf = make_leaf(authority, ["127.0.0.1"])
    with Platform(tmp_path / "old") as other:
        (other.folder / "server.pem").write_bytes(leaf.key_pem + leaf.pem)
        other.stop()
        other.start()
        there = {**settings, "collector.url": other.url, "collector.ca": str(old)}

        async def scene():
            uploads = Uploads(tmp_path, (other, there, identity))
            async with uploads.at_work():
                uploads.put(reading(4))
                await until(lambda: "ended" in caplog.text)

        with caplog.at_level(logging.INFO, "gateway"):
            asyncio.run(scene())
    assert f"{old} ended on 2026-03-01 12:00 UTC" in caplog.text and "ca export" in caplog.text


def test_our_own_certificate_is_said_to_end_a_month_before_and_to_have_ended(tmp_path, grown):
    leaf, file = make_leaf(make_ca("site"), ["gw"], not_after=ENDED), tmp_path / "gateway.pem"
    file.write_bytes(leaf.key_pem + leaf.pem)

    def said(instant):
        return [
            (text.split(str(file))[1], over)
            for _file, text, over in ending({file: "enrol again"}, instant.timestamp() * 1000)
        ]

    assert said(ENDED - timedelta(days=31)) == []
    assert said(ENDED - timedelta(days=29)) == [(" ends on 2026-03-01 12:00 UTC; enrol again", False)]
    assert said(ENDED + timedelta(seconds=1)) == [(" ended on 2026-03-01 12:00 UTC; enrol again", True)]
    file.write_text("no certificate")
    with pytest.raises(GatewayError, match="holds no certificate"):
        said(ENDED)
