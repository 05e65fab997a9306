"""A CSV file of a current -> Columns. What cannot be read is named by its line and left out; its neighbours stay."""

import csv
from collections import namedtuple

import numpy as np

from collector.errors import ActionError
from collector.running.readings import ordered

COLUMNS = ("ts_ms", "current_a", "current_min_a", "current_max_a", "charge_as")
NAMED_MOST = 5  # bad lines, the rest is counted
STEP_LEAST = 500  # instants nearer to each other than that are seconds, not milliseconds

Bad = namedtuple("Bad", "line text")


def read(path):
    """Columns of a file. Raises ActionError when it is no such file at all."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            names, headed = _names(path, file.readline())
            if not headed:
                file.seek(0)
            table, bad = _quick(file, names), []
            if table is None:
                file.seek(0)
                table, bad = _careful(file, names, headed)
    except OSError as error:
        raise ActionError(f"{path} cannot be read: {error.strerror}") from error
    columns = {name: table[:, at] for at, name in enumerate(names) if name in COLUMNS}
    return _ordered(columns, bad, path)


def _names(path, line):
    """(column names, whether the first line says them); files without a heading have them in the order of COLUMNS."""
    names = [name.strip().strip('"').lower() for name in line.split(",")]
    if names[:1] and _number(names[0]) is not None:
        if len(names) < 2:
            raise ActionError(
                f"{path} line 1 has one column; a trace has {','.join(COLUMNS[:2])}, then as it likes the rest"
            )
        return list(COLUMNS[: len(names)]) + [f"column {at}" for at in range(len(COLUMNS), len(names))], False
    for name in COLUMNS[:1]:
        if name not in names:
            raise ActionError(
                f"{path} line 1 has no column {name}; it needs {','.join(COLUMNS[:2])}, the rest as it likes"
            )
    if "current_a" not in names and "charge_as" not in names:
        raise ActionError(
            f"{path} line 1 has no column current_a; it needs {','.join(COLUMNS[:2])}, the rest as it likes"
        )
    return names, True


def _number(text):
    try:
        return float(text)
    except ValueError:
        return None


def _quick(file, names):
    """The table of a file without a single bad row, or None."""
    here = file.tell()
    if not file.readline().strip():
        return None
    file.seek(here)
    try:
        table = np.loadtxt(file, delimiter=",", ndmin=2, comments=None)
    except ValueError:
        return None
    return table if table.shape[1:] == (len(names),) and np.isfinite(table).all() and table.size else None


def _careful(file, names, headed):
    """(table, Bad rows): an empty field is a value that is missing, anything else that is no number is bad."""
    rows, bad = [], []
    needed = names.index("ts_ms"), names.index("current_a" if "current_a" in names else "charge_as")
    for line, row in enumerate(csv.reader(file), 1):
        if (line == 1 and headed) or not row:
            continue
        values = [float("nan") if not field.strip() else _number(field) for field in row]
        good = len(values) == len(names) and None not in values and all(np.isfinite(values[at]) for at in needed)
        if good:
            rows.append(values)
        else:
            bad.append(Bad(line, ",".join(row)[:60]))
    return np.array(rows, float).reshape(-1, len(names)), bad


def _ordered(columns, bad, path):
    ts_ms = columns["ts_ms"]
    if not ts_ms.size:
        raise ActionError(f"{path} has no row with an instant and a current")
    notes = [f"line {one.line} is left out: {one.text!r}" for one in bad[:NAMED_MOST]]
    if len(bad) > NAMED_MOST:
        notes.append(f"{len(bad) - NAMED_MOST} more lines are left out")
    good = np.abs(ts_ms) < 2**53
    if not good.all():
        notes.append(f"{int((~good).sum())} rows have an instant that is none and are left out")
        columns = {name: column[good] for name, column in columns.items()}
        ts_ms = columns["ts_ms"]
    steps = np.diff(np.sort(ts_ms))
    if steps.size and 0 < np.median(steps) < STEP_LEAST:
        notes.append("the instants look like seconds and are taken as such")
        ts_ms = ts_ms * 1000
    found = ordered(ts_ms, *(columns.get(name) for name in COLUMNS[1:]))
    return found._replace(notes=notes + found.notes)
