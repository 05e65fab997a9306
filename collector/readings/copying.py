"""Moving from one store to another, said line by line to who runs the command."""

from collector.clock import now_ms
from collector.readings.folded import Folded
from collector.readings.incoming import HOUR_MS


def copy_to(url):
    """(a line, whether all it speaks of is there) for each terminal and for the sums. Raises ActionError, or Away."""
    from collector.readings.clickhouse import at, moving  # here, because its driver is loaded by those only who use it

    old, new = Folded(), at(url)
    yield from ((f"added on ClickHouse {said}", True) for said in new.migrate())
    until_ms = now_ms() + 24 * HOUR_MS  # a clock may be ahead
    for one in moving.copy(old, new, until_ms):
        wrong = [f"{one.missing} missing"] * bool(one.missing) + one.damaged
        said = f"{one.terminal_id}: {one.copied} copied, {one.there} there"
        yield "; ".join([said, *wrong]), not wrong
    new.sum_up(until_ms)  # not more: what the old place keeps is all that it has
    yield f"sums of {moving.copy_sums(old, new)} hours of which no reading is left", True
