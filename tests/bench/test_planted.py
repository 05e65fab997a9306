"""Planted anomalies are found within their period, what is quiet stays quiet: the short run of the kit."""

import numpy as np
import pytest

from tests.bench.running import cooling, life, planted

SEED = 11
SHORT = {  # an anomaly of each kind, one class each; the whole kit is `make bench ROOM=running`
    name: one.kinds[0] for name, one in planted.ANOMALIES.items()
}


@pytest.mark.parametrize("name", SHORT)
def test_an_anomaly_is_found_within_its_period(name):
    hit, found = planted.planted(name, SHORT[name], SEED)
    assert hit, [(one.kind, one.figures) for one in found]


def test_quiet_months_are_quiet():
    assert len(planted.judged("DSA", life.plans("DSA", SEED, planted.WARM_UP + 240))) <= 1


@pytest.mark.parametrize("name", planted.IN_CLASS)
def test_a_unit_that_leaves_its_class_is_named_and_no_other(name):
    found = planted.in_class(name, SEED)
    assert planted.IN_CLASS[name][1] in found[0] and not any(found[unit] for unit in range(1, 5))


@pytest.mark.parametrize("name", planted.DISKS)
def test_a_disk_is_said_to_fill_only_when_it_does(name):
    assert planted.of_disk(name, SEED) == ({planted.DISKS[name][0]} - {None})


@pytest.mark.parametrize("name", cooling.LOST)
def test_a_stopped_compressor_is_told_from_scanner_off_and_a_dead_clamp(name):
    amps, volts, kind = cooling.LOST[name]
    assert cooling.lost(amps, volts, np.random.default_rng(SEED)) == kind


@pytest.mark.parametrize("name", cooling.SPOILT)
def test_a_cooling_that_changes_is_found_on_its_first_day(name):
    kind, change = cooling.SPOILT[name]
    found = cooling.found(cooling.coolings(32, SEED, lambda day, how: change(how) if day >= 30 else how))
    assert {(one.kind, one.figures["day"].day) for one in found} == {(kind, 31), (kind, 1)}, found
