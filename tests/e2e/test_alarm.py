"""A hot room: people hear of it by mail and webhook, and the terminal there blinks, by the processes of a hospital."""

import time

from collector.demo.hospital import LED_PIN, MACHINES
from tests.e2e import told

CT, MRI = MACHINES[0], MACHINES[2]
WITHIN_S = 30
BLINKS_MS = 500  # identify: a quarter of a second on, a quarter off; nothing else is as quick for long


def wait_until(holds, seconds=WITHIN_S):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)


def blinks(folder):
    """How many of the newest twelve changes of a terminal's LED came as quickly as `identify` lets it."""
    log = folder / "pins.log"
    rows = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    instants = [int(ms) for ms, pin, _level in (row for row in rows if len(row) == 3) if int(pin) == LED_PIN][-12:]
    return sum(later - sooner < BLINKS_MS for sooner, later in zip(instants, instants[1:], strict=False))


def test_a_critical_event_is_told_and_its_terminal_alone_blinks(tmp_path):
    with (
        told.people() as (addresses, mails, hooks),
        told.chain_of(tmp_path, (CT, MRI), "[upload]\nevery_s = 1.0\n", addresses, window_s=1) as chain,
    ):
        for machine in (CT, MRI):
            told.play(chain, machine, temperature_c=told.COOL_C, humidity_pct=45.0)
            chain.wait_for_readings(machine.terminal_id, 3)
        assert not told.begins(CT, mails())
        told.play(chain, CT, temperature_c=told.HOT_C, humidity_pct=45.0)
        wait_until(lambda: told.begins(CT, mails()) and told.begins(CT, hooks()))
        wait_until(lambda: blinks(tmp_path / CT.terminal_id) >= 10)
        wait_until(lambda: chain.rows("SELECT state FROM command WHERE verb = 'identify'") == [("done",)])
        assert blinks(tmp_path / MRI.terminal_id) < 6 and not told.begins(MRI, mails())
        told.play(chain, CT, temperature_c=told.COOL_C, humidity_pct=45.0)
        wait_until(lambda: any(f"{told.RULE} (is over)" in text for _at, text in mails()))
        ((number, raised, cleared),) = chain.rows("SELECT id, times, cleared_ms FROM event WHERE severity = 'critical'")
        assert (raised, cleared > 0) == (1, True)
        told_of = "SELECT state, attempts FROM notification WHERE about = ?"  # raised and over, by mail and webhook
        wait_until(lambda: chain.rows(told_of, f"event {number}") == [("sent", 1)] * 4)
