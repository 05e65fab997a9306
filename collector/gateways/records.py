"""What gateways report beside readings: kept once per (source, number); some kinds are also counted."""

import json

from collector.gateways.fleet import check_result, check_status, keep_result, keep_status
from collector.gateways.models import Record, Refusal, Terminal
from collector.gateways.rollouts import check_update, follow, keep_update
from collector.gateways.rotation import check_rotated, keep_rotated

OF_HOSTS = ("disks", "flows")
MAX_COUNT = 2**31


def store(gateway, source_id, seq, kind, ts_ms, body, now_ms):
    """Whether the record was new. Raises ValueError when its body is not what its kind says.

    Call it inside a transaction.
    """
    if kind in OF_HOSTS and not _is_new(gateway, source_id, seq):
        return False
    check, keep = KINDS.get(kind, (None, None))
    checked = check(gateway, body) if check else None
    row = Record.insert(
        gateway=gateway, source_id=source_id, seq=seq, kind=kind, ts_ms=ts_ms, body=json.dumps(body, ensure_ascii=False)
    )
    if not row.on_conflict_ignore().as_rowcount().execute():
        return False
    if keep:
        keep(gateway, checked, min(ts_ms, now_ms))
    return True


def _is_new(gateway, source_id, seq):
    """Whether a host agent's record did not come before, by whichever gateway. Raises ValueError for a foreign one."""
    if not Terminal.of(gateway).where(Terminal.terminal_id == source_id).exists():
        raise ValueError(f"source_id {source_id!r} is not assigned to this gateway")
    return not Record.select().where((Record.source_id == source_id) & (Record.seq == seq)).exists()


def _count(gateway, refusals, ts_ms):
    for terminal_id, code, count in refusals:
        Refusal.add("A01", gateway.gateway_id, terminal_id[:64], code[:64], count, ts_ms)


def _refusals(_gateway, body):
    """[(terminal id, code, count)] of a record of kind refusals. Raises ValueError."""
    if not isinstance(body, dict):
        raise ValueError("body is not an object of terminals")
    found = []
    for terminal_id, counts in body.items():
        if not isinstance(counts, dict):
            raise ValueError(f"body.{terminal_id[:64]} is not an object of codes")
        for code, count in counts.items():
            if type(count) is not int or not 0 <= count < MAX_COUNT:
                raise ValueError(f"body.{terminal_id[:64]}.{code[:64]} is {str(count)[:40]}, not a count")
            found.append((terminal_id, code, count))
    return found


def _follow(gateway, statuses, ts_ms):
    keep_status(gateway, statuses, ts_ms)
    follow(statuses, ts_ms)


# kind -> (what its body says, or ValueError; what follows from it). Any other kind is only kept.
KINDS = {
    "refusals": (_refusals, _count),
    "result": (check_result, keep_result),
    "status": (check_status, _follow),
    "update": (check_update, keep_update),
    "rotated": (check_rotated, keep_rotated),
}
