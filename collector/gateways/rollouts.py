"""Rollouts: an image goes to one ring of terminals after the other, and to nobody any more once it fails.

A terminal is `waiting`, `offered` (its gateway has the offer), `taken` (it has the whole image and starts it),
`confirmed` (it says that the new version stays) or `failed`. What it says of itself decides, not what was sent.
"""

import json
import math
from collections import Counter

from collector import audit, db
from collector.gateways.firmware import FirmwareRefused, reason_of
from collector.gateways.models import Image, Rollout, RolloutTerminal, Terminal, TerminalStatus

MINUTE_MS = 60_000
UNDER_WAY = ("offered", "taken")
WITHIN_MOST_MIN = 10_080  # a week


def sizes(rings, count):
    """How many of `count` terminals each ring holds, for a text such as `1,10%,rest`. Raises FirmwareRefused."""
    found, left = [], count
    for part in rings.split(","):
        number = part.strip().removesuffix("%")
        if part.strip() == "rest":
            size = left
        elif number.isdigit() and int(number) > 0:
            size = math.ceil(count * int(number) / 100) if part.strip().endswith("%") else int(number)
        else:
            raise FirmwareRefused("ring", part.strip())
        found.append(min(size, left))
        left -= found[-1]
    if left:
        raise FirmwareRefused("rest", f"{left} of {count}")
    return found


def start_rollout(image_id, rings, within_min, failures_most, issuer, reason, now_ms):
    """A new Rollout to every terminal of the image's board that says it runs an older version.

    Raises FirmwareRefused.
    """
    reason = reason_of(reason)
    if not (within_min and failures_most and 1 <= within_min <= WITHIN_MOST_MIN and failures_most >= 1):
        raise FirmwareRefused("bounds", f"{within_min}, {failures_most}")
    with db.write():
        image = Image.get_or_none(Image.image_id == image_id)
        if image is None:
            raise FirmwareRefused("image", image_id[:64])
        chosen = _fitting(image)
        if not chosen:
            raise FirmwareRefused("nobody", f"{image.board} with a version below {image.version}")
        rollout = Rollout.create(
            image=image, rings=rings, ring=0, state="running", why="", within_ms=within_min * MINUTE_MS,
            failures_most=failures_most, issuer=issuer, reason=reason, created_ms=now_ms,
        )  # fmt: skip
        for ring, size in enumerate(sizes(rings, len(chosen))):
            for terminal_id in [chosen.pop(0) for _ in range(size)]:
                RolloutTerminal.insert(
                    rollout=rollout, terminal_id=terminal_id, ring=ring, state="waiting", since_ms=now_ms, error=""
                ).execute()
        after = {"image": image_id, "rings": rings, "issuer": issuer, "reason": reason}
        audit.note("rollout.start", f"rollout {rollout.id}", after=after)
    return rollout


def _fitting(image):
    """The terminals for an image by what they said last; none that another running rollout holds."""
    held = RolloutTerminal.select(RolloutTerminal.terminal_id).join(Rollout).where(Rollout.state == "running")
    valid = Terminal.select(Terminal.terminal_id).where(Terminal.revoked_ms.is_null())
    rows = TerminalStatus.select().where(TerminalStatus.terminal_id.in_(valid), TerminalStatus.terminal_id.not_in(held))
    fits = []
    for row in rows.order_by(TerminalStatus.terminal_id):
        said = json.loads(row.body)
        if said.get("board") == image.board and _number(said.get("version")) < _number(image.version):
            fits.append(row.terminal_id)
    return fits


def _number(version):
    """A version as numbers to compare; one that does not read as such is newer than any: it is left alone."""
    parts = str(version).split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else (math.inf,)


def rollout_numbered(number):
    """The Rollout of a number. Raises FirmwareRefused."""
    rollout = Rollout.get_or_none(Rollout.id == number)
    if rollout is None:
        raise FirmwareRefused("rollout", number)
    return rollout


def rollouts_told(most=20):
    """[(Rollout, {state: how many terminals})], the newest first."""
    found = Rollout.select(Rollout, Image).join(Image).order_by(Rollout.id.desc()).limit(most)
    return [(one, Counter(terminal.state for terminal in one.terminals)) for one in found]


def terminals_of_rollout(rollout):
    """[RolloutTerminal] of a Rollout, ring by ring."""
    return list(rollout.terminals.order_by(RolloutTerminal.ring, RolloutTerminal.terminal_id))


def halt(number, why):
    """Offer it to nobody any more, for a reason. Raises FirmwareRefused."""
    why = reason_of(why)
    with db.write():
        rollout = rollout_numbered(number)
        if rollout.state != "running":
            raise FirmwareRefused("state", rollout.state)
        rollout.state, rollout.why = "halted", why
        rollout.save()
        audit.note("rollout.halt", f"rollout {number}", after={"why": why})


def resume(number, now_ms):
    """Go on where it was halted; what failed is tried again. Raises FirmwareRefused."""
    with db.write():
        rollout = rollout_numbered(number)
        if rollout.state != "halted":
            raise FirmwareRefused("state", rollout.state)
        rollout.state, rollout.why = "running", ""
        rollout.save()
        audit.note("rollout.resume", f"rollout {number}")
        again = RolloutTerminal.update(state="waiting", since_ms=now_ms, error="")
        again.where(RolloutTerminal.rollout == rollout, RolloutTerminal.state == "failed").execute()


def offers(gateway, now_ms):
    """[(terminal id, Image)] that a gateway is to offer now; from now on their time runs."""
    if not Rollout.select().where(Rollout.state == "running").exists():
        return []
    mine = [terminal.terminal_id for terminal in Terminal.of(gateway)]
    with db.write():
        for rollout in Rollout.select().where(Rollout.state == "running"):
            _advance(rollout, now_ms)
        found = RolloutTerminal.select(RolloutTerminal, Rollout, Image).join(Rollout).join(Image)
        found = found.where(
            (Rollout.state == "running")
            & (RolloutTerminal.ring <= Rollout.ring)
            & RolloutTerminal.state.in_(("waiting", "offered"))
            & RolloutTerminal.terminal_id.in_(mine)
        )
        found = list(found.order_by(RolloutTerminal.terminal_id))
        for one in found:
            if one.state == "waiting":
                _change(one, "offered", now_ms)
    return [(one.terminal_id, one.rollout.image) for one in found]


def _advance(rollout, now_ms):
    """Halt on too many failures; when a ring is through, open the next."""
    for one in rollout.terminals.where(RolloutTerminal.state.in_(UNDER_WAY)):
        if now_ms - one.since_ms > rollout.within_ms:
            _change(one, "failed", now_ms, f"still {one.state} after {rollout.within_ms // MINUTE_MS} minutes")
    failed = list(rollout.terminals.where(RolloutTerminal.state == "failed"))
    if len(failed) >= rollout.failures_most:
        rollout.state, rollout.why = "halted", "; ".join(f"{one.terminal_id}: {one.error}" for one in failed)
    elif not rollout.terminals.where(RolloutTerminal.state.not_in(("confirmed", "failed"))).exists():
        rollout.state = "done"
    else:
        while not rollout.terminals.where(
            RolloutTerminal.state.not_in(("confirmed", "failed")), RolloutTerminal.ring <= rollout.ring
        ).exists():
            rollout.ring += 1
    rollout.save()


def _change(one, state, ts_ms, error=""):
    RolloutTerminal.update(state=state, since_ms=ts_ms, error=error).where(
        RolloutTerminal.rollout == one.rollout, RolloutTerminal.terminal_id == one.terminal_id
    ).execute()


def _under_way(terminal_id):
    rows = RolloutTerminal.select(RolloutTerminal, Rollout, Image).join(Rollout).join(Image)
    return rows.where(RolloutTerminal.terminal_id == terminal_id, RolloutTerminal.state.in_(UNDER_WAY))


def check_update(gateway, body):
    """(RolloutTerminal, state, error) of a record of kind update. Raises ValueError."""
    if not isinstance(body, dict) or body.get("state") not in ("ready", "refused"):
        raise ValueError("body.state is neither ready nor refused")
    terminal_id = str(body.get("terminal_id"))
    if terminal_id not in {terminal.terminal_id for terminal in Terminal.of(gateway)}:
        raise ValueError(f"body.terminal_id {terminal_id[:64]} is not assigned to this gateway")
    found = _under_way(terminal_id).where(Rollout.image == str(body.get("image_id"))).first()
    return found, body["state"], str(body.get("error") or "")[:200]


def keep_update(_gateway, checked, ts_ms):
    """Note that a terminal took an image, or would not. Nothing when it is not under way any more."""
    one, state, error = checked
    if one is not None:
        _change(one, "taken" if state == "ready" else "failed", ts_ms, error)


def follow(statuses, ts_ms):
    """What terminals say of themselves, {terminal id: status}, decides what was confirmed and what fell back."""
    for terminal_id, said in statuses.items():
        for one in _under_way(terminal_id):
            if said.get("version") == one.rollout.image.version and not said.get("trial"):
                _change(one, "confirmed", ts_ms)
            elif one.state == "taken" and ts_ms > one.since_ms and not said.get("trial"):
                _change(one, "failed", ts_ms, f"it fell back to {said.get('version')}")
