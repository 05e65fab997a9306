"""What is done with all units again and again: levels are learned, hours that are over told, days judged."""

from time import sleep, thread_time

from collector.equipment import Binding, Equipment
from collector.running import current, models, relearning, settling, steps, warnings

PART_S = 0.01  # of the processor; who rests more often does little else


class Rounds:
    """One round after the other, with what none of them need look at twice."""

    def __init__(self):
        self._last_over = {}  # {binding number: newest hour that could be told when none of it had come}

    def go(self, now_ms, zone, rests=0.0):
        """Learn, tell and judge what is due of every unit. How many hours were told. `zone`: of its days.

        `rests`: after each part so many times as long as it took of the processor, so that others have their turn.
        """
        units, late, kinds, count = models.units(), models.unsettled(), Equipment.kinds(), 0
        everyone, worked_s = watched(), thread_time()
        for terminal_id, held in everyone:
            unit = units.get(held.binding_id) or self._begun(terminal_id, held, now_ms)
            if unit is not None:
                count += _told(terminal_id, held, unit, late.get(held.binding_id, []), kinds[held.equipment_id], now_ms)
            if thread_time() - worked_s > PART_S:
                sleep(rests * (thread_time() - worked_s))
                worked_s = thread_time()
        steps.take_steps()
        warnings.warn(everyone, now_ms, zone)
        warnings.watch(now_ms)
        return count

    def _begun(self, terminal_id, held, now_ms):
        """The Unit of a binding of which nothing was told yet, or None; asked once for each hour that is over."""
        last_over = settling.last_over(now_ms)
        if self._last_over.get(held.binding_id) == last_over:
            return None
        unit = relearning.begun(terminal_id, held, now_ms)
        if unit is None:
            self._last_over[held.binding_id] = last_over
        else:
            self._last_over.pop(held.binding_id, None)
        return unit


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
