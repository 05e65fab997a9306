"""What is done with all units again and again: levels are learned, hours that are over told, days judged."""

from time import sleep, thread_time

from collector.equipment import Binding, Equipment
from collector.running import current, models, relearning, settling, steps, warnings


def go_round(now_ms, zone, rests=0.0):
    """Learn, tell and judge what is due of every unit. How many hours were told. `zone`: of its days.

    `rests`: after each unit so many times as long as it took of the processor, so that others have their turn.
    """
    units, late, kinds, count = models.units(), models.unsettled(), Equipment.kinds(), 0
    everyone = watched()
    for terminal_id, held in everyone:
        worked_s = thread_time()
        unit = units.get(held.binding_id) or relearning.begun(terminal_id, held, now_ms)
        if unit is not None:
            count += _told(terminal_id, held, unit, late.get(held.binding_id, []), kinds[held.equipment_id], now_ms)
        sleep(rests * (thread_time() - worked_s))
    steps.take_steps()
    warnings.warn(everyone, now_ms, zone)
    warnings.watch(now_ms)
    return count


def _told(terminal_id, held, unit, late, kind, now_ms):
    """How many hours of a unit were told, some by levels that were learned anew."""
    count = _settled(terminal_id, held, unit, late, now_ms)
    if now_ms >= unit.learn_ms:  # by what has just been told
        unit = models.unit_of(held.binding_id) or unit
        unit = relearning.look(terminal_id, held, kind, unit, now_ms)
        count += _settled(terminal_id, held, unit, [], now_ms)
    return count


def _settled(terminal_id, held, unit, late, now_ms):
    """How many hours of a unit were told."""
    if late or unit.through < settling.last_of(held, now_ms):
        return settling.settle(terminal_id, held, unit, late, now_ms)
    return 0


def watched():
    """[(terminal id, Held)] of the bindings that speak of an equipment's current."""
    return [
        (terminal_id, held)
        for terminal_id, some in Binding.held().items()
        for held in some
        if current.CHANNEL in held.channels
    ]
