"""A gateway and a collector gone for two minutes, each killed without warning: every number arrives exactly once."""

import time

import pytest

from collector.demo.hospital import MACHINES
from tests.e2e.chain import Chain

OUTAGE_S = 120
CT, MRI = MACHINES[0], MACHINES[2]


def whole(numbers):
    """Whether the numbers of one boot run from 1 without a hole or a double."""
    assert len({boot_no for boot_no, _n in numbers}) == 1, "a terminal was started again; it should not have been"
    return [n for _boot_no, n in numbers] == list(range(1, len(numbers) + 1))


@pytest.mark.timeout(900)
def test_every_number_arrives_exactly_once_over_both_outages(tmp_path):
    with Chain(tmp_path, (CT, MRI), window_s=1) as chain:
        for machine in (CT, MRI):
            chain.wait_for_readings(machine.terminal_id, 5)

        chain.processes.kill(CT.gateway_id)
        time.sleep(OUTAGE_S)
        chain.start_gateway(CT.gateway_id)
        for machine in (CT, MRI):
            chain.wait_for_readings(machine.terminal_id, OUTAGE_S, 120)

        chain.processes.kill("collector")
        time.sleep(OUTAGE_S)
        chain.start_collector()
        for machine in (CT, MRI):
            chain.wait_for_readings(machine.terminal_id, 2 * OUTAGE_S, 120)
            numbers = chain.numbers(machine.terminal_id)
            assert whole(numbers), numbers
            print(f"{machine.terminal_id}: {len(numbers)} readings, each once")
