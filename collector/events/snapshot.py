"""What is known besides readings when an event is raised: what its equipment did, what its terminal was told."""

from collector import gateways, readings, running
from collector.equipment import Binding
from collector.events.shape import STATES

COMMANDS_MS, COMMANDS_MOST = 86_400_000, 5  # of a terminal that went out so shortly before
OF_TERMINAL = ("version", "board", "slot")  # of what it said of itself


def taken(equipment_id, subject, now_ms):
    """{"beside", "running", "terminal", "commands"} as far as anything is known. See docs/events.md."""
    bound = list(Binding.of([equipment_id], now_ms)) if equipment_id else []
    known = {
        "beside": _beside(bound, subject),
        "running": _running(bound),
        "terminal": _terminal(subject),
        "commands": _commands(subject, now_ms),
    }
    return {name: what for name, what in known.items() if what}


def _beside(bound, subject):
    """{terminal: {channel: value}}: the newest that other terminals of the equipment measured; None for bad ones."""
    channels = {one.terminal_id: one.channels for one in bound if one.terminal_id != subject}
    found = {}
    for one in readings.latest(channels) if channels else ():
        if one.channel in channels[one.terminal_id]:
            found.setdefault(one.terminal_id, {})[one.channel] = one.value
    return found


def _running(bound):
    """What each clamp of an equipment says that it does now."""
    clamps = [one.terminal_id for one in bound if "current_a" in one.channels]
    standings = [(terminal_id, running.LIVE.standing(terminal_id)) for terminal_id in clamps]
    return [
        {"terminal_id": terminal_id, "state": one.state, "since_ms": one.since_ms}
        for terminal_id, one in standings
        if one.state in STATES
    ]


def _terminal(subject):
    _ts_ms, said = gateways.statuses([subject]).get(subject, (0, {}))
    return {name: said[name] for name in OF_TERMINAL if said.get(name) is not None}


def _commands(subject, now_ms):
    return [
        {"command_id": one.id, "verb": one.verb, "state": one.state, "issuer": one.issuer, "created_ms": one.created_ms}
        for one in gateways.newest_commands(subject, now_ms - COMMANDS_MS, COMMANDS_MOST)
    ]
