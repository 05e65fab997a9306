"""Examinations that modalities tell of by DICOM: performed procedure steps, as gateways keep them in records."""

import json

from collector import db, gateways, readings
from collector.equipment import Binding
from collector.running import models

NAME = "mpps"
DONE = "completed"


def take_steps():
    """Make examinations of the records that came since the last time. How many records."""
    known, count = readings.remembered(NAME), 0
    for source_id, some in Binding.held().items():
        records = gateways.Record.steps_after(source_id, known.get(source_id, 0))
        if not records:
            continue
        with db.write():
            for _seq, ts_ms, body in records:
                _take(source_id, some, ts_ms, json.loads(body))
            readings.remember(NAME, {source_id: records[-1][0]})
        count += len(records)
    return count


def _take(source_id, bindings, ts_ms, step):
    """One step as far as it is known by now: it counts once it is completed."""
    start_ms = step.get("started_ms", ts_ms)
    held = next(
        (one for one in bindings if one.from_ms <= start_ms and (one.to_ms is None or start_ms < one.to_ms)), None
    )
    if held is None or not isinstance(step.get("step"), str):
        return
    row = (
        held.equipment_id, held.binding_id, NAME, f"{source_id}-{step['step']}", start_ms, step.get("ended_ms"),
        int(step.get("state") == DONE), step.get("body_part"), ", ".join(step.get("protocols", ())) or None,
    )  # fmt: skip
    models.keep_step(row)
