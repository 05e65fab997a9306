"""/api/v1 for terminals and gateways: how they are, what they were asked to do, of what is inside the scope."""

import io
import json
from typing import Annotated, Any, Literal

from flask import abort
from msgspec import Meta, Struct
from msgspec.structs import asdict

from collector import api, audit, files, gateways
from collector.clock import now_ms
from collector.dashboard.installations import photo_of
from collector.dashboard.terminals import VERBS, gateways_inside, refusals_inside, terminal_inside, terminals_inside
from collector.gateways import COMMAND_STATES, Gateway, Terminal
from collector.web import needs, today
from collector.web.problems import of_bytes

TerminalId = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")]


class TerminalTold(Struct):
    """A terminal or a source, with what it said of itself last; a source has no secret and takes no commands."""

    terminal_id: str
    gateway_id: str | None
    is_source: bool
    created_ms: int
    revoked_ms: int | None
    said_ms: int | None
    said: dict[str, Any]


class NamesAsked(Struct):
    """A page in the order of names, from behind one of them."""

    limit: api.Limit = 50
    after: TerminalId | None = None


class TerminalsAsked(NamesAsked):
    """Terminals whose id holds a text."""

    text: TerminalId = ""


class GatewayTold(Struct):
    """A gateway."""

    gateway_id: str
    version: str | None
    created_ms: int
    enrolled_ms: int | None
    seen_ms: int | None
    revoked_ms: int | None


class RefusalTold(Struct):
    """How often an interface refused something, and when last; the codes stand in docs/interfaces.md."""

    interface: str
    gateway: str
    terminal: str
    code: str
    count: int
    last_ms: int


class CommandSent(Struct):
    """What a terminal is to do, why, and how long it may wait."""

    verb: Literal[VERBS]
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
    expires_min: Annotated[int, Meta(ge=1, le=43_200)] = 60


class StepTold(Struct):
    """When a command came to a state, and what was said."""

    state: Literal[COMMAND_STATES]
    ts_ms: int
    result: Any


class CommandTold(Struct):
    """A command with its steps; what it carried is not said, it may hold a key."""

    id: int
    terminal_id: str
    verb: str
    issuer: str
    reason: str
    created_ms: int
    expires_ms: int
    state: Literal[COMMAND_STATES]
    steps: list[StepTold]


class InstallationTold(Struct):
    """How a terminal was put up; photo: whether there is one."""

    id: int
    installed_on: str
    clamp: str
    phase: Literal[gateways.PHASES]
    note: str
    photo: bool
    actor: str
    ts_ms: int


class InstallationEntered(Struct):
    """How a terminal was put up: when, where its clamp or sensor sits, on which phase."""

    installed_on: api.Date
    clamp: api.Line
    phase: Literal[gateways.PHASES]
    note: api.Text = ""


class PhotoAsked(Struct):
    """What the photo is called."""

    name: api.FileName = "photo"


door = api.room("terminals")


@door.get("/terminals")
@needs("terminals.read")
@api.speaks(api.Page[TerminalTold], asks=TerminalsAsked)
def list_terminals(asked):
    """Terminals and sources, with what each said of itself last."""
    rows = terminals_inside().where(Terminal.terminal_id.contains(asked.text)) if asked.text else terminals_inside()
    page = api.page(rows, Terminal.terminal_id, asked, lambda terminal: terminal)
    said = gateways.statuses([one.terminal_id for one in page.items])
    return api.Page([_terminal(one, said) for one in page.items], page.next)


@door.get("/terminals/<terminal_id>")
@needs("terminals.read")
@api.speaks(TerminalTold)
def one_terminal(terminal_id):
    """One terminal."""
    return _terminal(terminal_inside(terminal_id), gateways.statuses([terminal_id]))


@door.get("/terminals/<terminal_id>/commands")
@needs("terminals.read")
@api.speaks(list[CommandTold])
def commands(terminal_id):
    """The newest 50 commands of a terminal with their steps."""
    terminal = terminal_inside(terminal_id)
    return [_command(*one) for one in gateways.commands_of(terminal.terminal_id, now_ms())]


@door.post("/terminals/<terminal_id>/commands")
@needs("terminals.command")
@api.speaks(CommandTold, status=201, takes=CommandSent)
def send(terminal_id, body):
    """Ask a terminal to do something; it waits for so many minutes."""
    terminal, issuer = terminal_inside(terminal_id), audit.acting().name
    now = now_ms()
    number = gateways.send_command(terminal.terminal_id, body.verb, {}, issuer, body.reason, body.expires_min, now)
    return next(_command(one, steps) for one, steps in gateways.commands_of(terminal_id, now) if one.id == number)


@door.get("/terminals/<terminal_id>/installations")
@needs("terminals.read")
@api.speaks(list[InstallationTold])
def installations(terminal_id):
    """Every record of how a terminal was put up, the newest first."""
    return [_installation(one) for one in gateways.Installation.of(terminal_inside(terminal_id))]


@door.post("/terminals/<terminal_id>/installations")
@needs("terminals.command")
@api.speaks(InstallationTold, status=201, takes=InstallationEntered)
def record_installation(terminal_id, body):
    """Another record; its photo is sent after it."""
    terminal, said = terminal_inside(terminal_id), asdict(body)
    return _installation(gateways.record_installation(terminal, said, None, today(), now_ms()))


@door.get("/terminals/<terminal_id>/installations/<int:number>/photo")
@needs("terminals.read")
@api.speaks(api.BYTES)
def installation_photo(terminal_id, number):
    """The bytes of the photo of a record."""
    answer = files.sent(photo_of(terminal_id, number), to_save=True)
    answer.mimetype = api.BYTES
    return answer


@door.put("/terminals/<terminal_id>/installations/<int:number>/photo")
@needs("terminals.command")
@api.speaks(None, status=204, asks=PhotoAsked, takes=(api.BYTES,))
def add_installation_photo(terminal_id, number, asked, body):
    """Give a record that has none its photo: JPEG, PNG or WebP, told by its content."""
    mine = [one for one in gateways.Installation.of(terminal_inside(terminal_id)) if one.id == number] or abort(404)
    try:
        gateways.add_photo(mine[0], io.BytesIO(body), asked.name, now_ms())
    except files.FileRefused as refused:
        raise of_bytes(refused) from refused


@door.get("/gateways")
@needs("terminals.read")
@api.speaks(api.Page[GatewayTold], asks=NamesAsked)
def list_gateways(asked):
    """Gateways with version and last word."""
    return api.page(gateways_inside(), Gateway.gateway_id, asked, _gateway)


@door.get("/gateways/<gateway_id>")
@needs("terminals.read")
@api.speaks(GatewayTold)
def one_gateway(gateway_id):
    """One gateway."""
    return _gateway(gateways_inside().where(Gateway.gateway_id == gateway_id).first() or abort(404))


@door.get("/refusals")
@needs("terminals.read")
@api.speaks(list[RefusalTold])
def refusals():
    """What was refused, the newest 200 kinds of it."""
    return [api.told(RefusalTold, one) for one in refusals_inside().limit(200)]


def _terminal(terminal, statuses):
    said_ms, said = statuses.get(terminal.terminal_id, (None, {}))
    gateway_id = terminal.gateway.gateway_id if terminal.gateway else None
    head = (terminal.terminal_id, gateway_id, terminal.is_source)
    return TerminalTold(*head, terminal.created_ms, terminal.revoked_ms, said_ms, said)


def _installation(one):
    return api.told(InstallationTold, one, photo=one.file_id is not None)


def _gateway(gateway):
    return api.told(GatewayTold, gateway)


def _command(command, steps):
    told = [StepTold(one.state, one.ts_ms, json.loads(one.result) if one.result else None) for one in steps]
    return api.told(CommandTold, command, steps=told)
