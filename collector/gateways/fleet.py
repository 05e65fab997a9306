"""Commands to terminals, from the person who asks to the result; and what terminals say of themselves."""

import json

from peewee import fn

from collector import audit, db
from collector.errors import ActionError
from collector.gateways.actions import terminal_named
from collector.gateways.models import Command, CommandStep, Terminal, TerminalStatus

# state -> what may follow. `sent`: a gateway has it. Only what no gateway has can expire here: what one has, only the
# gateway can say, after the terminal said that it will not do it any more.
TRANSITIONS = {
    "queued": ("sent", "expired"),
    "sent": ("acknowledged", "done", "failed", "expired"),
    "acknowledged": ("done", "failed", "expired"),
    "done": (),
    "failed": (),
    "expired": (),
}
COMMAND_STATES = tuple(TRANSITIONS)
OPEN = ("queued", "sent", "acknowledged")
FROM_GATEWAY = ("acknowledged", "done", "failed", "expired")
VERBS = ("status", "settings", "restart", "identify", "keys")  # and rotate, which rotation.py asks
BODY_MOST = 2000  # bytes of JSON; a frame of A01 holds 4096 with its seal
OPEN_MOST = 100  # per terminal
REASON_MOST = 500
MINUTE_MS = 60_000


def send_command(terminal_id, verb, body, issuer, reason, expires_min, now_ms):
    """The number of a new command, queued. Raises ActionError."""
    if verb not in VERBS:
        raise ActionError(f"there is no command {verb!r}; take one of {', '.join(VERBS)}")
    with db.write():
        return queue_command(terminal_named(terminal_id), verb, body, issuer, reason, expires_min, now_ms)


def queue_command(terminal, verb, body, issuer, reason, expires_min, now_ms):
    """The same for a Terminal, whatever the verb. Call it inside a transaction. Raises ActionError."""
    terminal_id, text = terminal.terminal_id, json.dumps(body, ensure_ascii=False)
    if len(text.encode()) > BODY_MOST:
        raise ActionError(f"what the command carries has {len(text.encode())} bytes; {BODY_MOST} are allowed")
    if not 0 < len(reason.strip()) <= REASON_MOST:
        raise ActionError(f"the reason has {len(reason.strip())} characters; write 1 to {REASON_MOST}")
    if terminal.is_source or terminal.revoked_ms:
        raise ActionError(f"{terminal_id!r} takes no commands: it is revoked, or a source that its gateway asks")
    waiting = Command.select().where(Command.terminal_id == terminal_id, Command.state.in_(OPEN)).count()
    if waiting >= OPEN_MOST:
        raise ActionError(f"{waiting} commands wait for {terminal_id!r} already; let some of them be done first")
    number = max(now_ms, (Command.select(fn.MAX(Command.id)).scalar() or 0) + 1)
    expires_ms = now_ms + expires_min * MINUTE_MS
    Command.insert(
        id=number, terminal_id=terminal_id, verb=verb, body=text, issuer=issuer, reason=reason.strip(),
        created_ms=now_ms, expires_ms=expires_ms, state="queued",
    ).execute()  # fmt: skip
    CommandStep.insert(command=number, state="queued", ts_ms=now_ms).execute()
    asked = {"number": number, "verb": verb, "issuer": issuer, "reason": reason.strip()}  # no body: it may hold a key
    audit.note("command.send", f"terminal {terminal_id}", after=asked)
    return number


def command_numbered(number):
    """The Command of a number. Raises ActionError."""
    command = Command.get_or_none(Command.id == number)
    if command is None:
        raise ActionError(f"there is no command {number}; `command list` names them")
    return command


def expire_commands(now_ms):
    """End what no gateway has taken in time."""
    due = (Command.state == "queued") & (Command.expires_ms <= now_ms)
    if Command.select().where(due).exists():
        with db.write():
            for command in Command.select().where(due):
                change(command, "expired", now_ms, None)


def open_commands(gateway, now_ms):
    """[Command] for the terminals of a gateway, the oldest first; from now on it has them."""
    expire_commands(now_ms)
    mine = [terminal.terminal_id for terminal in Terminal.of(gateway)]
    waiting = Command.terminal_id.in_(mine) & Command.state.in_(OPEN)
    new = waiting & ((Command.state == "queued") | (Command.gateway != gateway.gateway_id))
    if Command.select().where(new).exists():
        with db.write():
            for command in Command.select().where(new):
                command.gateway = gateway.gateway_id
                command.save()
                if command.state == "queued":
                    change(command, "sent", now_ms, None)
    return list(Command.select().where(waiting).order_by(Command.id))


def check_result(gateway, body):
    """(Command, state, result) of a record of kind result. Raises ValueError."""
    if not isinstance(body, dict):
        raise ValueError("body is not an object")
    number, state, result = body.get("command_id"), body.get("state"), body.get("result")
    command = Command.get_or_none(Command.id == number) if type(number) is int and 0 < number < 2**53 else None
    if command is None or command.gateway != gateway.gateway_id:
        raise ValueError(f"body.command_id is {str(number)[:40]}: this gateway has no such command")
    if state not in FROM_GATEWAY:
        raise ValueError(f"body.state is {str(state)[:40]}, not one of {', '.join(FROM_GATEWAY)}")
    if state != command.state and state not in TRANSITIONS[command.state]:
        raise ValueError(f"command {number} is {command.state} and cannot become {state}")
    return command, state, result


def keep_result(_gateway, checked, ts_ms):
    """Change a command's state; said again, it changes nothing. Call it inside a transaction."""
    command, state, result = checked
    if state != command.state:
        change(command, state, ts_ms, result)


def change(command, state, ts_ms, result):
    """Write down that a command came to a state. Call it inside a transaction."""
    command.state = state
    command.save()
    if command.verb == "rotate" and state in ("failed", "expired"):
        Terminal.update(wrapped_next=None).where(Terminal.rotation == command.id).execute()
    said = None if result is None else json.dumps(result, ensure_ascii=False)
    CommandStep.insert(command=command, state=state, ts_ms=ts_ms, result=said).execute()


def check_status(gateway, body):
    """{terminal id: what it says of itself} of a record of kind status. Raises ValueError."""
    if not isinstance(body, dict) or not all(isinstance(said, dict) for said in body.values()):
        raise ValueError("body is not an object of terminals")
    mine = {terminal.terminal_id for terminal in Terminal.of(gateway)}
    foreign = [terminal_id for terminal_id in body if terminal_id not in mine]
    if foreign:
        raise ValueError(f"body.{foreign[0][:64]} is not assigned to this gateway")
    return body


def keep_status(_gateway, checked, ts_ms):
    """Keep the newest status of each terminal. Call it inside a transaction."""
    for terminal_id, said in checked.items():
        row = TerminalStatus.insert(terminal_id=terminal_id, ts_ms=ts_ms, body=json.dumps(said, ensure_ascii=False))
        row.on_conflict(
            conflict_target=(TerminalStatus.terminal_id,),
            preserve=(TerminalStatus.ts_ms, TerminalStatus.body),
            where=TerminalStatus.ts_ms <= ts_ms,
        ).execute()


def statuses(terminal_ids=None):
    """{terminal id: (ts_ms, what it said of itself)} of those that said anything: of some terminals, or of all."""
    rows = TerminalStatus.select()
    if terminal_ids is not None:
        rows = rows.where(TerminalStatus.terminal_id.in_(terminal_ids))
    return {row.terminal_id: (row.ts_ms, json.loads(row.body)) for row in rows}


def commands_of(terminal_id, now_ms, most=50):
    """[(Command, its CommandSteps from the first to the last)] of a terminal, the newest first."""
    expire_commands(now_ms)
    found = Command.select().where(Command.terminal_id == terminal_id).order_by(Command.id.desc()).limit(most)
    return [(one, sorted(one.steps, key=lambda step: step.ts_ms)) for one in found]


def newest_commands(terminal_id, since_ms, most):
    """[Command] of a terminal that were given since an instant, the newest first; nothing expires here."""
    mine = (Command.terminal_id == terminal_id) & (Command.created_ms >= since_ms)
    return list(Command.select().where(mine).order_by(Command.id.desc()).limit(most))
