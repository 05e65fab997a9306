"""Readings of one terminal side by side: whole numbers in arrays, as they are sealed and as they are asked for."""

from collections import namedtuple

import numpy as np

from firmware.protocol.channels import CHANNELS

VALID, INVALID, ABSENT = 0, 1, 2  # measured; measured and bad; not measured

# Arrays of equal length. steps: {channel id: int64 of the channel's steps, 0 where not valid}
# states: {channel id: uint8 of VALID, INVALID, ABSENT}, a channel left out where all are valid
Columns = namedtuple("Columns", ("seq", "ts_ms", "behind", "windows", "flags", "steps", "states"))

HEADS = ("seq", "ts_ms", "behind", "windows", "flags")
DEFAULTS = {"behind": 0, "windows": 1, "flags": 0}
BY_ID = {channel.id: channel for channel in CHANNELS}


def joined(parts):
    """Columns of all these Columns one behind the other; a channel one of them lacks is absent there."""
    if len(parts) == 1:
        return parts[0]
    heads = [np.concatenate([getattr(part, name) for part in parts]) for name in HEADS]
    steps, states = {}, {}
    for channel_id in sorted({channel_id for part in parts for channel_id in part.steps}):
        steps[channel_id] = np.concatenate([_steps(part, channel_id) for part in parts])
        if any(channel_id not in part.steps or channel_id in part.states for part in parts):
            states[channel_id] = np.concatenate([states_of(part, channel_id) for part in parts])
    return Columns(*heads, steps, states)


def _steps(part, channel_id):
    found = part.steps.get(channel_id)
    return np.zeros(len(part.seq), np.int64) if found is None else found


def states_of(columns, channel_id):
    """uint8 of VALID, INVALID, ABSENT for every reading."""
    if channel_id in columns.states:
        return columns.states[channel_id]
    return np.full(len(columns.seq), VALID if channel_id in columns.steps else ABSENT, np.uint8)


def picked(columns, rows):
    """The same with only these rows: an array of places, or of truths."""
    heads = [getattr(columns, name)[rows] for name in HEADS]
    steps = {channel_id: values[rows] for channel_id, values in columns.steps.items()}
    return Columns(*heads, steps, {channel_id: values[rows] for channel_id, values in columns.states.items()})


def by_number(columns):
    """In the order of their numbers."""
    seq = columns.seq
    return columns if (seq[1:] > seq[:-1]).all() else picked(columns, np.argsort(seq, kind="stable"))


def by_time(columns):
    """In the order of time, at the same instant in that of their numbers."""
    ts_ms = columns.ts_ms
    return columns if (ts_ms[1:] > ts_ms[:-1]).all() else picked(columns, np.lexsort((columns.seq, ts_ms)))


def values_of(columns, channel_id):
    """float64 in the channel's unit, NaN where it was not measured or is bad."""
    if channel_id not in columns.steps:
        return np.full(len(columns.seq), np.nan)
    values = columns.steps[channel_id] / BY_ID[channel_id].scale
    if channel_id in columns.states:
        values[columns.states[channel_id] != VALID] = np.nan
    return values
