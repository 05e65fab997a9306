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
    rows = _inside(Terminal.select(Terminal, Gateway).left_outer_join(Gateway), Terminal.terminal_id)
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
    terminal = _terminal(terminal_id)
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
    )


@pages.post("/terminals/<terminal_id>/commands")
@needs("terminals.command")
def send(terminal_id):
    """Ask a terminal to do something; it waits for an hour."""
    terminal, verb = _terminal(terminal_id), request.form.get("verb", "")
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
    rows, refusals = Gateway.select(), Refusal.select()
    if not scope().everything:
        mine = list(Binding.terminals_inside(scope(), now_ms()))
        carrying = Terminal.select(Terminal.gateway).where(Terminal.terminal_id.in_(mine))
        rows, refusals = rows.where(Gateway.id.in_(carrying)), refusals.where(Refusal.terminal.in_(mine))
    return render_template(
        "dashboard/gateways.html",
        gateways=list(rows.order_by(Gateway.gateway_id)),
        refusals=list(refusals.order_by(Refusal.last_ms.desc()).limit(PER_PAGE)),
        aside=readings.quarantined(PER_PAGE) if scope().everything else (),
        rollouts=gateways.rollouts_told() if scope().everything else (),
        renewal_days=current_app.config["SETTINGS"]["credential_days"],
    )


def _inside(rows, terminal_id):
    """The rows of terminals inside the scope of who asks."""
    if scope().everything:
        return rows
    return rows.where(terminal_id.in_(list(Binding.terminals_inside(scope(), now_ms()))))


def _terminal(terminal_id):
    found = _inside(Terminal.select(), Terminal.terminal_id).where(Terminal.terminal_id == terminal_id).first()
    return found or abort(404)
