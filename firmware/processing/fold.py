"""Several windows -> one: what a thinned or aggregated reading says of the stretch it stands for. Both Pythons."""

from math import sqrt


def fold(parts):
    """(values, flags, windows) of parts that follow each other, each such a triple itself; 1 window for a plain one.

    A value is the mean by windows, the rms that of the squares, the charge the sum, least and most those of all. A
    value that was bad in some parts is made of the others, and their flags say so; bad in all is bad. Flags are joined.
    Folding in steps gives what folding at once gives, as long as a value was good in all parts.
    """
    good, flags, windows = {}, 0, 0
    for values, part_flags, part_windows in parts:
        flags |= part_flags
        windows += part_windows
        for name, value in values.items():
            seen = good.setdefault(name, [])
            if value is not None:
                seen.append((value, part_windows))
    return {name: _RULES.get(name, _mean)(seen) if seen else None for name, seen in good.items()}, flags, windows


def _mean(seen):
    return sum([value * windows for value, windows in seen]) / sum([windows for _value, windows in seen])


def _rms(seen):
    return sqrt(_mean([(value * value, windows) for value, windows in seen]))


def _least(seen):
    return min([value for value, _windows in seen])


def _most(seen):
    return max([value for value, _windows in seen])


def _total(seen):
    return sum([value for value, _windows in seen])


_RULES = {"current_min_a": _least, "current_max_a": _most, "current_rms_a": _rms, "charge_as": _total}
