"""Gateways and terminals: how they are, what was refused, what they were asked to do. Of what is inside the scope."""

import json

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user

from collector import gateways, readings
from collector.clock import now_ms
from collector.equipment import Binding
from collector.errors import ActionError
from collector.gateways import Gateway, Refusal, Terminal
from collector.web import needs, scope

PER_PAGE = 50
VERBS = ("status", "identify", "restart")  # what carries nothing else; the command line has all
EXPIRES_MIN = 60

pages = Blueprint("terminals", __name__, template_folder="templates")


@pages.get("/terminals")
@needs("terminals.read")
def first_page():
    """Terminals with gateway, version and when they last said anything of themselves, a page at a time."""
    asked, page = request.args.get("q", "").strip()[:64], max(1, request.args.get("page", 1, type=int))
    rows = terminals_inside()
    if asked:
        rows = rows.where(Terminal.terminal_id.contains(asked))
    found = list(rows.order_by(Terminal.terminal_id).paginate(page, PER_PAGE + 1))
    shown = found[:PER_PAGE]
    return render_template(
        "dashboard/terminals.html",
        terminals=shown,
        said=gateways.statuses([one.terminal_id for one in shown]),
        asked=asked,
        page=page,
        more=len(found) > PER_PAGE,
    )


@pages.get("/terminals/<terminal_id>")
@needs("terminals.read")
def one(terminal_id):
    """One terminal: what it says of itself, where it hangs, its commands and what came of each."""
    terminal = terminal_inside(terminal_id)
    ts_ms, said = gateways.statuses([terminal_id]).get(terminal_id, (None, {}))
    return render_template(
        "dashboard/terminal.html",
        terminal=terminal,
        ts_ms=ts_ms,
        said={name: json.dumps(value, ensure_ascii=False) for name, value in said.items()},
        bindings=[one for one in Binding.of_terminal(terminal_id) if scope().everything or one.is_inside(scope())],
        commands=gateways.commands_of(terminal_id, now_ms()),
        refusals=list(Refusal.select().where(Refusal.terminal == terminal_id).order_by(Refusal.last_ms.desc())),
        verbs=VERBS,
        installations=list(gateways.Installation.of(terminal)),
        phases=gateways.PHASES,
    )


@pages.post("/terminals/<terminal_id>/commands")
@needs("terminals.command")
def send(terminal_id):
    """Ask a terminal to do something; it waits for an hour."""
    terminal, verb = terminal_inside(terminal_id), request.form.get("verb", "")
    try:
        if verb not in VERBS:
            raise ActionError(f"there is no command {verb[:40]!r} here")
        gateways.send_command(
            terminal.terminal_id, verb, {}, current_user.name, request.form.get("reason", ""), EXPIRES_MIN, now_ms()
        )
        flash(gettext("The command waits for its terminal."), "success")
    except ActionError:
        flash(gettext("Not sent: choose a command, write a reason; a revoked terminal takes none."), "danger")
    return redirect(url_for("terminals.one", terminal_id=terminal.terminal_id))


@pages.get("/gateways")
@needs("terminals.read")
def gateways_page():
    """Gateways with version and last word, what was refused or set aside, and rollouts."""
    return render_template(
        "dashboard/gateways.html",
        gateways=list(gateways_inside().order_by(Gateway.gateway_id)),
        refusals=list(refusals_inside().limit(PER_PAGE)),
        aside=readings.quarantined(PER_PAGE) if scope().everything else (),
        rollouts=gateways.rollouts_told() if scope().everything else (),
        renewal_days=current_app.config["SETTINGS"]["credential_days"],
    )


def terminals_inside():
    """A query of the terminals inside the scope of who asks, with their gateways."""
    rows = Terminal.select(Terminal, Gateway).left_outer_join(Gateway)
    return rows if scope().everything else rows.where(Terminal.terminal_id.in_(_mine()))


def terminal_inside(terminal_id):
    """The Terminal of an id inside the scope of who asks; else 404."""
    return terminals_inside().where(Terminal.terminal_id == terminal_id).first() or abort(404)


def gateways_inside():
    """A query of the gateways that carry a terminal inside the scope of who asks."""
    if scope().everything:
        return Gateway.select()
    carrying = Terminal.select(Terminal.gateway).where(Terminal.terminal_id.in_(_mine()))
    return Gateway.select().where(Gateway.id.in_(carrying))


def refusals_inside():
    """A query of what was refused of terminals inside the scope of who asks, the newest first."""
    rows = Refusal.select().order_by(Refusal.last_ms.desc())
    return rows if scope().everything else rows.where(Refusal.terminal.in_(_mine()))


def _mine():
    return list(Binding.terminals_inside(scope(), now_ms()))
