"""What docs/performance.md says a fleet needs is what the model says."""

import pytest

from tests.fleet import sizing
from tests.soak.ledger_site import ROOT


def test_the_page_and_its_picture_are_those_of_the_model():
    page = (ROOT / "docs/performance.md").read_text()
    assert "\n".join(sizing.rows()) in page, "run `python -m tests.fleet.sizing` and put its table into the page"
    assert sizing.PICTURE.read_text() == sizing.picture(), "run `python -m tests.fleet.sizing`"


def test_a_need_follows_from_the_unit_costs():
    one = sizing.need(1000)
    assert (one.readings_s, one.page_ms) == (100, pytest.approx(25 + 2.7))
    assert one.cores == pytest.approx(10 * 0.0031 + 100 * 0.0003 + 1000 * 0.0025 / 3600)
    assert one.disk_gb == pytest.approx((100 * 365 * 86_400 * 10 + 1000 * 365 * 2000) / 1e9)


def test_a_larger_fleet_never_needs_less():
    needs = [sizing.need(size) for size in (*sizing.SIZES, 20_000, 50_000)]
    ordered = sorted(needs, key=lambda one: one.terminals)
    for name in ("readings_s", "cores", "disk_gb", "page_ms"):
        values = [getattr(one, name) for one in ordered]
        assert values == sorted(values), name


def test_one_process_is_enough_until_it_is_busy():
    assert "SQLite" in sizing.machine(0.69, 10) and "PostgreSQL, 2 collector processes" in sizing.machine(0.71, 10)
