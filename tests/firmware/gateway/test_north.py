"""Uploads to a look-alike collector over real HTTPS."""

import asyncio
import logging
import time

import pytest

from firmware.gateway.north import North
from firmware.gateway.outbox import look
from firmware.protocol.frame import Gap
from tests.fakes.certificates import make_ca
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import enrolled
from tests.firmware.gateway.uploads import NOW_MS, Uploads, reading, until, waiting


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A platform and an enrolled gateway, made once; each test gets them with nothing arrived."""
    folder = tmp_path_factory.mktemp("platform")
    with Platform(folder) as platform:
        settings, identity = enrolled(folder / "state", platform)
        yield platform, settings, identity


@pytest.fixture
def platform(grown):
    platform = grown[0]
    platform.__dict__.update(readings=[], records=[], gaps=[], uploads=0, duplicates=0, revoked=False)
    platform.refuse, platform.quarantine = (lambda body: None), (lambda row: None)
    return platform


def test_readings_gaps_and_records_arrive_and_are_forgotten(tmp_path, grown, platform):
    async def scene():
        uploads = Uploads(tmp_path, grown)
        async with uploads.at_work():
            uploads.put(reading(1), reading(2, current_a=None), gaps=[("ct-01", Gap(5, 6, "reboot"))])
            uploads.outbox.report({("ct-01", "seal_wrong"): 2}, NOW_MS)
            uploads.news.set()
            await until(lambda: platform.records and look.look(tmp_path)[:4] == (0, None, 0, 0))

    asyncio.run(scene())
    assert [row["values"] for row in platform.readings] == [{"temperature_c": 1}, {"current_a": None}]
    assert platform.gaps == [{"terminal_id": "ct-01", "from_seq": 5, "to_seq": 6, "reason": "reboot"}]
    assert platform.records[0]["kind"] == "refusals" and platform.records[0]["source_id"] == "gw-1"


def test_a_new_reading_leaves_at_once(tmp_path, grown, platform):
    async def scene():
        uploads = Uploads(tmp_path, grown, upload__every_s=1.0)
        async with uploads.at_work():
            await asyncio.sleep(0.05)
            began = time.monotonic()
            uploads.put(reading(1))
            await until(lambda: platform.readings)
            return time.monotonic() - began

    assert asyncio.run(scene()) < 0.5


def test_what_somebody_waits_for_does_not_wait_for_its_turn(tmp_path, grown, platform):
    async def scene():
        uploads = Uploads(tmp_path, grown, upload__every_s=30.0)
        async with uploads.at_work():
            uploads.put(reading(1))
            await until(lambda: waiting(uploads) == 0)
            uploads.put(reading(2))
            await asyncio.sleep(1.5)
            assert waiting(uploads) == 1
            uploads.hurry()
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.uploads == 2


def test_a_backlog_goes_in_full_batches_without_pause(tmp_path, grown, platform):
    async def scene():
        uploads = Uploads(tmp_path, grown, upload__every_s=30.0)
        uploads.put(*(reading(seq) for seq in range(1, 1601)))
        async with uploads.at_work():
            await until(lambda: len(platform.readings) == 1600)

    asyncio.run(scene())
    assert platform.uploads == 4
    assert platform.numbers("ct-01") == list(range(1, 1601))


def test_a_collector_that_is_down_loses_nothing_and_gets_everything_once(tmp_path, grown, platform):
    async def scene():
        uploads = Uploads(tmp_path, grown)
        async with uploads.at_work():
            uploads.put(reading(1))
            await until(lambda: waiting(uploads) == 0)
            platform.stop()
            uploads.put(reading(2))
            await asyncio.sleep(0.5)
            assert waiting(uploads) == 1
            platform.start()
            uploads.put(reading(3))
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == [1, 2, 3] and platform.duplicates == 0


@pytest.mark.parametrize("refuse", [None, (500, None), (403, None)])
def test_it_is_silent_from_the_first_thing_it_does_not_take_until_it_takes_one_however_old(
    tmp_path, grown, platform, refuse
):
    async def scene():
        uploads = Uploads(tmp_path, grown, upload__batch=2)
        async with uploads.at_work():
            uploads.put(reading(1))  # of long ago, by this machine's clock
            await until(lambda: waiting(uploads) == 0)
            assert uploads.silent_s() == 0
            if refuse is None:
                platform.stop()
            platform.refuse = lambda body: refuse
            uploads.put(*(reading(n) for n in range(2, 9)))
            await until(lambda: uploads.silent_s() > 0.5)
            platform.refuse = lambda body: (500, None) if platform.uploads > first else None
            first, began_s = platform.uploads + 1, time.monotonic()
            if refuse is None:
                platform.start()
            await until(lambda: platform.uploads > first)
            assert uploads.silent_s() <= time.monotonic() - began_s, "what was taken meanwhile begins it anew"
            platform.refuse = lambda body: None
            await until(lambda: waiting(uploads) == 0)
            assert uploads.silent_s() == 0

    asyncio.run(scene())
    assert platform.numbers("ct-01") == list(range(1, 9))


def test_a_collector_in_trouble_is_asked_again(tmp_path, grown, platform):
    platform.refuse = lambda body: (500, None) if platform.uploads < 4 else None

    async def scene():
        uploads = Uploads(tmp_path, grown)
        async with uploads.at_work():
            uploads.put(reading(1))
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.uploads == 4 and platform.numbers("ct-01") == [1]


def test_pauses_grow_up_to_the_most(tmp_path, grown):
    uploads = Uploads(tmp_path, grown, upload__back_off_first_s=1.0, upload__back_off_most_s=60.0)
    north = North(uploads.settings, "gw-1", uploads.outbox, None, uploads.clock, uploads.news)
    pauses = [north._back_off("test") for _ in range(12)]
    uploads.outbox.close()
    assert all(0.5 * most <= pause <= most for pause, most in zip(pauses, (1, 2, 4, 8, 16, 32, 60, 60), strict=False))
    assert max(pauses) <= 60


def test_a_batch_that_is_too_large_is_halved_until_it_is_welcome(tmp_path, grown, platform):
    sizes = []

    def refuse(body):
        sizes.append(sum(len(block["seq"]) for block in body["readings"]))
        return (413, "body_oversized") if sizes[-1] > 100 else None

    platform.refuse = refuse

    async def scene():
        uploads = Uploads(tmp_path, grown)
        uploads.put(*(reading(seq) for seq in range(1, 301)))
        async with uploads.at_work():
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == list(range(1, 301))
    assert sizes[:3] == [300, 150, 75]


def test_one_bad_reading_is_set_aside_and_its_neighbours_arrive(tmp_path, grown, platform):
    platform.refuse = lambda body: (
        (400, "body_invalid") if any(137 in block["seq"] for block in body["readings"]) else None
    )

    async def scene():
        uploads = Uploads(tmp_path, grown)
        uploads.put(*(reading(seq) for seq in range(1, 201)))
        async with uploads.at_work():
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == [seq for seq in range(1, 201) if seq != 137]
    state = look.look(tmp_path)
    assert state.set_aside == 1 and state.refusals == [("A02", "ct-01", "body_invalid", 1)]


def test_one_bad_record_is_set_aside_while_readings_go_on(tmp_path, grown, platform):
    platform.refuse = lambda body: (400, "body_invalid") if body["records"] else None

    async def scene():
        uploads = Uploads(tmp_path, grown)
        uploads.outbox.report({("ct-01", "seal_wrong"): 1}, NOW_MS)
        uploads.put(*(reading(seq) for seq in range(1, 6)))
        async with uploads.at_work():
            await until(lambda: look.look(tmp_path).set_aside == 1 and len(platform.numbers("ct-01")) == 5)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == [1, 2, 3, 4, 5] and platform.records == []


def test_a_refusal_that_is_not_the_collectors_own_sets_nothing_aside(tmp_path, grown, platform):
    platform.refuse = lambda body: (413, None) if platform.uploads < 4 else None

    async def scene():
        uploads = Uploads(tmp_path, grown)
        uploads.put(reading(1))
        async with uploads.at_work():
            await until(lambda: waiting(uploads) == 0)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == [1] and look.look(tmp_path).set_aside == 0


def test_what_the_collector_quarantines_is_counted_and_not_sent_again(tmp_path, grown, platform):
    platform.quarantine = lambda row: "reading_future" if row["seq"] == 2 else None

    async def scene():
        uploads = Uploads(tmp_path, grown)
        uploads.put(reading(1), reading(2), reading(3))
        async with uploads.at_work():
            await until(lambda: look.look(tmp_path).refusals)

    asyncio.run(scene())
    assert platform.numbers("ct-01") == [1, 3] and platform.uploads == 1
    assert look.look(tmp_path).refusals == [("A02", "ct-01", "reading_future", 1)]


def test_a_revoked_gateway_keeps_everything_and_says_so(tmp_path, grown, platform, caplog):
    platform.revoked = True

    async def scene():
        uploads = Uploads(tmp_path, grown)
        uploads.put(reading(1))
        async with uploads.at_work():
            await until(lambda: "credential_revoked" in caplog.text)
            assert waiting(uploads) == 1
            platform.revoked = False
            await until(lambda: waiting(uploads) == 0)

    with caplog.at_level(logging.INFO, "gateway"):
        asyncio.run(scene())
    assert platform.numbers("ct-01") == [1]


def test_a_wrong_credential_keeps_everything_and_never_stands_in_the_log(tmp_path, grown, platform, caplog):
    async def scene():
        uploads = Uploads(tmp_path, grown)
        uploads.put(reading(1))
        async with uploads.at_work(credential="not-the-right-one"):
            await until(lambda: "credential_wrong" in caplog.text)
            assert waiting(uploads) == 1

    with caplog.at_level(logging.DEBUG, "gateway"):
        asyncio.run(scene())
    assert platform.readings == [] and "not-the-right-one" not in caplog.text


def test_a_collector_with_a_foreign_certificate_gets_nothing(tmp_path, grown, caplog):
    _platform, settings, identity = grown
    with Platform(tmp_path / "foreign", server_ca=make_ca("foreign")) as impostor:

        async def scene():
            uploads = Uploads(tmp_path, (impostor, {**settings, "collector.url": impostor.url}, identity))
            uploads.put(reading(1))
            async with uploads.at_work():
                await until(lambda: "CERTIFICATE_VERIFY_FAILED" in caplog.text)
                await asyncio.sleep(0.3)
                assert waiting(uploads) == 1

        with caplog.at_level(logging.INFO, "gateway"):
            asyncio.run(scene())
        assert impostor.uploads == 0


def test_an_upload_tells_the_time(tmp_path, grown, platform):
    async def scene():
        uploads = Uploads(tmp_path, grown)
        assert uploads.clock.proved_ms() is None
        uploads.put(reading(1))
        async with uploads.at_work():
            await until(lambda: uploads.clock.proved_ms() is not None)
            return abs(uploads.clock.proved_ms() - time.time() * 1000)

    assert asyncio.run(scene()) < 1000
