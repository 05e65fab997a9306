"""People are told once each, by whom the routes name, again until it is taken; a storm is one message."""

import logging
import time
from logging.handlers import BufferingHandler

import pytest

from collector import audit, db, equipment, events, notify
from collector.clock import now_ms as clock_ms
from collector.config import FILE
from collector.errors import ActionError
from collector.following import Following
from collector.notify import senders
from collector.notify.actions import Refused
from collector.notify.models import GIVEN_UP, NOT_NEEDED, QUEUED, SENT, Notification
from tests.collector.notify.mailboxes import hook_server, mail_server
from tests.collector.notify.told import SECRET, hooked, mailed, message, states, tell
from tests.collector.site import block, now_ms

HOUR_MS = 3_600_000
STORM = 1000  # messages that wait for one person at once


@pytest.fixture(scope="module")
def mail():
    with mail_server() as here:
        yield here


@pytest.fixture
def hook():
    with hook_server() as here:
        yield here


@pytest.fixture
def in_the_log():
    """All that comes to who listens to every logger, as the service's own log does."""
    handler = BufferingHandler(10_000)
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_a_room_at_31_degrees_reaches_mail_and_webhook_and_is_hushed_when_seen(site, mail, hook):
    (box, port), (hook, hook_port) = mail, hook
    (site.data_dir / FILE).write_text(
        'language = "zh_CN"\npublic_url = "https://gantry.example"\nsecond_factor_roles = ""'
    )
    mailed(port, "wang")
    hooked(hook_port)
    mailed(port, "head", after_min=15)
    following = Following([events.Judging()])
    following.go_on(now_ms())
    site.upload(block(1, 3, columns={"temperature_c": [2200, 3100, 3100]}))
    following.go_on(now_ms())
    assert notify.deliver(now_ms()) == 2, "what became worse before it was told is told once"
    told = [box_one for box_one in box.mails if "CT 1" in box_one[1]]
    assert "CT 1 · Radiology · Room 1" in told[-1][1] and "环境" in told[-1][1] and "严重" in told[-1][1]
    assert "31.0 °C，高于 28.0 °C" in told[-1][2] and "https://gantry.example/events/1" in told[-1][2]
    _at, signature, body, said = hook.told[-1]
    assert signature == "sha256=" + senders.signature(SECRET.replace(" ", "-"), body) and said["about"] == ["event 1"]
    assert states().count(("head", QUEUED)) == 1
    events.act(1, "acknowledge", events.Event.get().version, "", now_ms())
    assert states().count(("head", NOT_NEEDED)) == 1 and notify.deliver(now_ms() + 3_600_000) == 0
    site.upload(block(4, 8, columns={"temperature_c": [2200] * 8}))
    following.go_on(now_ms())
    notify.deliver(now_ms())
    assert "已结束" in box.mails[-1][1], "who was told is told that it is over"


def test_who_does_not_acknowledge_is_followed_by_the_next(site, mail):
    box, port = mail
    mailed(port, "first")
    mailed(port, "head", after_min=15)
    now = now_ms()
    tell(message())
    assert (notify.deliver(now + 60_000), notify.deliver(now + 16 * 60_000)) == (1, 1)
    assert states() == [("first", SENT), ("head", SENT)]


@pytest.mark.parametrize("jump_ms", [5 * HOUR_MS, -5 * HOUR_MS], ids=["forward", "back"])
def test_a_clock_that_jumps_keeps_no_message_back_and_sends_none_twice(site, mail, jump_ms):
    box, port = mail
    mailed(port, "first")
    mailed(port, "head", after_min=15)
    mailed(9, "away")
    before, now = len(box.mails), now_ms()
    tell(message(1), at_ms=now)
    assert notify.deliver(now) == 1
    tell(message(2), at_ms=now)
    now += jump_ms
    notify.deliver(now)
    assert [one[1] for one in box.mails[before:]].count("hot 2") == 1 + (jump_ms > 0), "too early, rather than never"
    away = Notification.select().where((Notification.result != "") & (Notification.state == QUEUED))
    assert all(one.next_ms <= max(now, clock_ms()) + 60_000 for one in away)
    notify.deliver(now + 16 * 60_000)
    assert sorted(one[1] for one in box.mails[before:]) == ["hot 1", "hot 1", "hot 2", "hot 2"]
    assert notify.deliver(now + HOUR_MS) == 0


def test_a_webhook_that_hangs_or_fails_is_tried_again_and_holds_up_nobody(site, mail, hook, monkeypatch):
    (box, port), (hook, hook_port) = mail, hook
    monkeypatch.setattr(senders, "WAIT_S", 1)
    hooked(hook_port)
    mailed(port)
    hook.hang_s, began = 20, time.time()
    tell(message(7))
    assert notify.deliver(now_ms()) == 1
    assert box.mails[-1][1] == "hot 7" and box.mails[-1][0] - began < 15
    (waiting,) = Notification.select().where(Notification.state == QUEUED)
    assert waiting.attempts == 1 and "Timeout" in waiting.result and waiting.next_ms > clock_ms() + 8_000
    assert notify.deliver(now_ms()) == 0, "not before its time"
    hook.hang_s, hook.status = 0, 500
    notify.deliver(now_ms() + 60_000)
    assert Notification.get_by_id(waiting.id).result == "500 Internal Server Error"
    hook.status = 200
    assert notify.deliver(now_ms() + 600_000) == 1


def test_a_dead_mail_server_is_given_up_after_hours_and_says_why(site):
    mailed(9)
    tell(message())
    now = now_ms()
    for _ in range(8):
        now += 3_600_000
        notify.deliver(now)
    (one,) = Notification.select()
    assert (one.state, one.attempts) == (GIVEN_UP, 8) and "refused" in one.result.lower()


def test_a_storm_is_one_message_and_nothing_is_lost(site, mail):
    box, port = mail
    mailed(port, severity="notice")
    before = len(box.mails)
    tell(*(message(number, "critical" if number == 77 else "warning") for number in range(STORM)))
    assert notify.deliver(now_ms()) == STORM
    (mail_one,) = box.mails[before:]
    assert mail_one[1] == f"Gantry: 1 critical · {STORM - 1} warning" and mail_one[2].startswith("hot 77")
    assert Notification.counts() == {SENT: STORM} and Notification.get().together == STORM


def test_in_a_storm_the_rest_waits_a_minute_save_what_is_worse_than_all_before(site, mail):
    box, port = mail
    mailed(port, severity="notice")
    before, now = len(box.mails), clock_ms()
    for first in range(0, STORM, 250):
        tell(*(message(number, "warning") for number in range(first, first + 250)), at_ms=now)
        notify.deliver(clock_ms())
    assert [one[1] for one in box.mails[before:]] == ["Gantry: 250 warning"]
    tell(message(STORM, "critical"), at_ms=now)
    assert notify.deliver(clock_ms()) == 1 and box.mails[-1][1] == f"hot {STORM}"
    assert notify.deliver(clock_ms() + 61_000) == STORM - 250
    assert box.mails[-1][1] == f"Gantry: {STORM - 250} warning" and Notification.counts() == {SENT: STORM + 1}


def test_a_storm_that_begins_small_is_two_messages_all_the_same(site, mail):
    box, port = mail
    mailed(port, severity="notice")
    before, now = len(box.mails), clock_ms()
    for first, count in ((0, 50), (50, 500), (550, 300)):
        tell(*(message(number, "warning") for number in range(first, first + count)), at_ms=now)
        notify.deliver(clock_ms())
    assert [one[1] for one in box.mails[before:]] == ["Gantry: 50 warning"]
    assert notify.deliver(clock_ms() + 61_000) == 800 and box.mails[-1][1] == "Gantry: 800 warning"


@pytest.mark.parametrize("kind,url,code", [
    ("email", "https://x", "scheme"), ("webhook", "https://hooks.example.com/x", "secret"), ("pigeon", "x://", "kind"),
    ("webhook", "https://short@hooks.example.com", "secret"), ("email", "mailto://", "address"),
    ("webhook", f"http://{'s' * 16}@hooks.example.com/x", "plain"),
])  # fmt: skip
def test_an_address_that_cannot_work_is_refused(site, kind, url, code):
    with pytest.raises(Refused) as refused:
        notify.add_recipient("x", kind, url)
    assert refused.value.code == code


def test_an_address_is_neither_in_the_database_nor_in_the_audit_nor_in_a_result(site):
    recipient = notify.add_recipient(
        "x", "email", "mailto://user:pass-word-9@127.0.0.1:9?from=a@b.example&to=c@d.example"
    )
    notify.test(recipient, "", now_ms())
    notify.deliver(now_ms() + 1000)
    with db.write():
        everything = str(db.rows("SELECT * FROM recipient") + db.rows("SELECT * FROM notification"))
    everything += str(list(audit.rows_of().dicts()))
    assert "pass-word-9" not in everything and Notification.get().attempts == 1


def test_what_is_said_of_one_recipient_is_not_kept_with_another(site, in_the_log):
    for number in range(8):
        secret, port = f"pass-word-{number}", 1 + number  # nobody listens there
        url = f"mailto://user:{secret}@127.0.0.1:{port}?from=a@b.example&to={secret}@d.example"
        notify.test(notify.add_recipient(f"x{number}", "email", url), "", now_ms())
    notify.deliver(now_ms() + 1000)
    results = [one.result for one in Notification.select()]
    assert len(results) == 8 and {result.lower().count("refused") for result in results} == {1}, results
    said = [record.getMessage() for record in in_the_log.buffer]
    assert len(said) >= 8 and "pass-word" not in str(results + said)


def test_a_shelved_event_tells_nobody(site, mail):
    mailed(mail[1], severity="notice")
    machine = equipment.equipment_named("A-0001")
    events.shelve(machine, "", now_ms() - 3_600_000, now_ms() + 3_600_000, "service", now_ms())
    with db.write():
        events.raised(events.Found(1, "ct-01", "x", "", "limit", "critical", now_ms(), {}), now_ms(), now_ms())
    assert states() == []


def test_the_watcher_outside_is_called_while_the_monitoring_sees(site, hook):
    hook, port = hook
    url = f"http://127.0.0.1:{port}/alive"
    assert notify.beat(url) and len(hook.told) == 1 and not notify.beat("")
    db.change("INSERT INTO follower (name, through) VALUES ('stuck', 0)")
    db.change("INSERT INTO batch (batch_no, carrier, low_ms, high_ms, body) VALUES (2000, 0, 0, 0, ?)", (b"",))
    assert not notify.beat(url) and len(hook.told) == 1


@pytest.mark.parametrize("ask", [notify.beat, lambda url: senders.send("webhook", url, {})], ids=["watcher", "webhook"])
def test_nothing_is_said_over_a_network_in_plain_text(site, ask):
    try:
        said = ask("http://a-secret-of-the-webhook@hooks.example.com/x")
    except ActionError as error:
        said = error
    assert "plain http over a network" in str(said)
