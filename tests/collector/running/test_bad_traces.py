"""Traces that something happened to: no exception, what was done is noted, and what is told surely is right."""

import numpy as np
import pytest

from collector.running.doubts import doubted
from firmware.processing.state import Spell
from tests.bench.running.trace import make
from tests.collector.running.test_analyse import HEAD, analysed, scored

pytestmark = pytest.mark.once("reads files, no database")

NAMES = HEAD.split(",")
LUCK = np.random.default_rng(1)


def columns_of(trace):
    return {name: getattr(trace, name).astype(float) for name in NAMES}


def written(path, columns):
    """Columns as a CSV file."""
    with path.open("w") as file:
        file.write(HEAD + "\n")
        np.savetxt(file, np.column_stack([columns[name] for name in NAMES]), fmt=["%d", *["%.6g"] * 4], delimiter=",")
    return path


def times(columns, rows, factor):
    for name in NAMES[1:]:
        columns[name][rows] *= factor
    return columns


def of_rows(columns, rows):
    return {name: values[rows] for name, values in columns.items()}


def doubled(columns):
    count = columns["ts_ms"].size
    return of_rows(columns, LUCK.permutation(np.concatenate((np.arange(count), np.arange(0, count, 7)))))


def gappy(columns):
    kept = np.ones(columns["ts_ms"].size, bool)
    for at in LUCK.integers(0, kept.size - 400, 12):
        kept[at : at + LUCK.integers(5, 400)] = False
    return of_rows(columns, kept)


def clipped(columns):
    most = 0.6 * np.quantile(columns["current_max_a"], 0.97)
    return columns | {name: np.minimum(columns[name], most) for name in NAMES[1:4]}


def second_half(columns):
    return np.arange(columns["ts_ms"].size) > columns["ts_ms"].size // 2


def moved(columns):
    return times(columns, second_half(columns), 1.8)


SPOILT = {  # how: (what is done, what the notes say, F1 of states at least)
    "unsorted and doubled": (doubled, "repeat an instant", 0.98),
    "gappy": (gappy, "", 0.95),
    "clipped": (clipped, "", 0.95),
    "negative": (lambda columns: times(columns, slice(None), -1), "are negative and count as none", 0.0),
    "clamp moved": (moved, "", 0.95),
    "wrong phase": (lambda columns: times(columns, slice(None), 0.02), "", 0.95),
    "phase without the unit": (lambda columns: times(columns, second_half(columns), 0.0), "", 0.0),
    "mA from the middle on": (lambda columns: times(columns, second_half(columns), 1000), "look like mA", 0.9),
}


@pytest.fixture(scope="module", params=["CT", "LINAC"])
def trace(request):
    return request.param, make(request.param, 7, 7, 10, "plain")


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_week_is_told_rightly_or_not_surely(tmp_path, trace, how):
    (kind, whole), (spoil, noted, least) = trace, SPOILT[how]
    found = analysed(written(tmp_path / "trace.csv", spoil(columns_of(whole))), "--class", kind)
    told = scored(whole, found)
    assert noted in "\n".join(found["notes"]) and told.f1 >= least
    assert told.wrong_sure < 0.01, "what is said surely is right"


def test_an_hour_is_too_short_to_be_sure_of(tmp_path, trace):
    kind, whole = trace
    hour = of_rows(columns_of(whole), slice(3600, 3960))
    assert scored(whole, analysed(written(tmp_path / "trace.csv", hour), "--class", kind)).wrong_sure < 0.01


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """The Score of a year of a LINAC's minutes."""
    whole, path = make("LINAC", 7, 365, 60, "plain"), tmp_path_factory.mktemp("year") / "trace.csv"
    return scored(whole, analysed(written(path, columns_of(whole)), "--class", "LINAC"))


def test_a_year_of_minutes_is_told_nearly_as_well_as_a_week(year):
    assert year.f1 > 0.95


def test_what_is_said_surely_of_a_year_of_minutes_is_right(year):
    """A minute holds a pause and a beam in one: standby beside an acquisition is said less surely."""
    assert year.wrong_sure < 0.01 and year.sure > 0.8


@pytest.mark.parametrize("kind", ["MRI", "DSA", "PET/CT"])
def test_while_a_moved_clamp_is_followed_nothing_is_said_surely(tmp_path, kind):
    whole = make(kind, 7, 7, 10, "plain")
    told = scored(whole, analysed(written(tmp_path / "trace.csv", moved(columns_of(whole))), "--class", kind))
    assert told.wrong_sure < 0.01 and told.sure > 0.8 and told.f1 > 0.9


def test_what_is_doubted_is_cut_out_and_nothing_is_lost():
    parts = ((0, 5, "standby"), (5, 6, "working"), (6, 7, "standby"), (7, 8, "working"), (8, 20, "off"))
    told = [
        Spell(start * 60_000, end * 60_000, state, 1.0, 5.0, 9.0, 6.0 * (end - start)) for start, end, state in parts
    ]
    found = doubted(told, [(0, 1.0)], 60_000)
    assert [(one.start_ms // 60_000, one.end_ms // 60_000, one.state, one.sure < 0.9) for one in found] == [
        (0, 4, "standby", False), (4, 5, "standby", True), (5, 6, "working", False), (6, 7, "standby", True),
        (7, 8, "working", False), (8, 20, "off", False),
    ]  # fmt: skip
    assert sum(one.charge_as for one in found) == pytest.approx(sum(one.charge_as for one in told))
    assert doubted(told, [(0, 1.0)], 10_000) == told, "short windows hide nothing"
    assert all(one.sure < 0.9 for one in doubted(told, [(0, 1.0), (600_000, 1.5)], 10_000)), (
        "the gain slides all the while"
    )
