"""How well running states and examinations are told, by class and nuisance, beside an analyser that is told the truth.

`python -m tests.bench running` prints the bars as rows and the whole table before them. Seeds from REPORTED on are
never looked at while the method is changed.
"""

import os
from collections import namedtuple
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from rich.console import Console
from rich.table import Table

from collector import running
from collector.running.readings import ordered
from tests.bench.row import Row
from tests.bench.running import cost, oracle, planted
from tests.bench.running.kinds import CLASSES
from tests.bench.running.nuisances import NUISANCES
from tests.bench.running.scoring import score
from tests.bench.running.trace import WAYS, make

REPORTED = 5000  # the first seed of those that are reported
SEEDS = int(os.environ.get("GANTRY_RUNNING_SEEDS", 2))
DAYS, WINDOW_S = 7, 10
BARS = {"none": (0.98, 0.02), "all": (0.95, 0.05)}  # least F1, most count error
WORSE = 1.2  # times the error of the analyser that is told the truth, where a bar is out of reach
EDGES_MOST, WRONG_SURE_MOST, SURE_LEAST, DR_COUNT_MOST = 2.0, 0.01, 0.8, 0.05

Cell = namedtuple("Cell", "kind nuisance ours told")


def class_of(kind):
    """The class a user would give for a kind of the generator."""
    return "MRI" if kind.startswith("MRI") else kind


def judged(trace, kind=None):
    """The Score of our analysis of a Trace, told its class or `kind`."""
    columns = ordered(trace.ts_ms, trace.current_a, trace.current_min_a, trace.current_max_a, trace.charge_as)
    found = running.analyse(columns, kind or class_of(trace.kind))
    return score(trace, [tuple(spell)[:4] for spell in found.spells], found.exams)


def cell(kind, nuisance, seeds):
    """The Cell of a class and a nuisance, over all ways of living and `seeds`."""
    spoil = {"none": (), "all": "all"}.get(nuisance, (nuisance,))
    traces = [make(kind, seed, DAYS, WINDOW_S, way, spoil) for way in WAYS for seed in seeds]
    told = [score(trace, *oracle.analyse(trace)) for trace in traces]
    return Cell(kind, nuisance, [judged(trace) for trace in traces], told)


def cells(nuisances, seeds, kinds=CLASSES):
    """The Cells of every class and nuisance, as many at a time as there are processors."""
    wanted = [(kind, nuisance, seeds) for nuisance in nuisances for kind in kinds]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(cell, *zip(*wanted, strict=True))


def mean(scores, what):
    """The mean of one figure of Scores."""
    return float(np.mean([getattr(one, what) for one in scores]))


def drawn(found):
    """The table people read; `told` is the analyser that knows."""
    table = Table(
        "class", "nuisance", "F1", "told", "wrong", "told", "exams", "told", "exam F1", "edge", "sure", "wrong&sure"
    )
    for one in found:
        ours, told = one.ours, one.told
        table.add_row(
            one.kind, one.nuisance,
            f"{mean(ours, 'f1'):.3f}", f"{mean(told, 'f1'):.3f}", f"{mean(ours, 'error'):.3f}",
            f"{mean(told, 'error'):.3f}", f"{mean(ours, 'count_error'):.3f}", f"{mean(told, 'count_error'):.3f}",
            f"{mean(ours, 'exam_f1'):.3f}", f"{max(how.edge_windows for how in ours):.0f}", f"{mean(ours, 'sure'):.2f}",
            f"{mean(ours, 'wrong_sure'):.4f}",
        )  # fmt: skip
    return table


def rows():
    """As a room of tests.bench: the bars without and with all nuisances, one table of each nuisance, what it costs."""
    seeds = range(REPORTED, REPORTED + SEEDS)
    found = list(cells(("none", "all"), seeds))
    each = list(cells((*NUISANCES, "gaps"), seeds[:1]))
    Console(width=140).print(drawn(found + each))
    for one in found:
        yield from bars(one)
    yield from planted.rows()
    yield from cost.rows()


def bars(of):
    """The Rows of one Cell."""
    least, most = BARS[of.nuisance]
    name = f"running: {of.kind}, {'all nuisances' if of.nuisance == 'all' else 'no nuisance'}"
    if of.kind != "DR":
        f1, told = mean(of.ours, "f1"), mean(of.told, "f1")
        holds = f1 >= least or 1 - f1 <= WORSE * (1 - told)
        yield Row(
            f"{name}: F1 of states", f1, "", f"told the truth {told:.3f}", f1 / told, f">= {least} or its error", holds
        )
    else:
        most = DR_COUNT_MOST
    ours, told = mean(of.ours, "count_error"), mean(of.told, "count_error")
    holds = ours <= most or ours <= WORSE * told
    yield Row(f"{name}: count of exams", ours, "off", f"told {told:.3f}", ours / most, f"<= {most} or its error", holds)
    edge = max(one.edge_windows for one in of.ours)
    yield Row(
        f"{name}: edges", edge, "windows", "the limit", edge / EDGES_MOST, f"<= {EDGES_MOST:g}", edge <= EDGES_MOST
    )
    wrong = mean(of.ours, "wrong_sure")
    yield Row(
        f"{name}: wrong and sure",
        wrong,
        "of the time",
        "the limit",
        wrong / WRONG_SURE_MOST,
        "< 0.01",
        wrong < WRONG_SURE_MOST,
    )
    if of.nuisance == "none":
        sure = mean(of.ours, "sure")
        yield Row(
            f"{name}: said surely", sure, "of the time", "the limit", sure / SURE_LEAST, ">= 0.8", sure >= SURE_LEAST
        )
