"""The map of the collector: what an application is made of, in floor order."""

from datetime import timedelta
from pathlib import Path

from flask import Flask, jsonify, request

from collector import a02, audit, db, equipment, notify, web
from collector.accounts import api as own_api
from collector.accounts import guard, own_views, people_api, people_views, tokens_views
from collector.accounts import views as accounts_views
from collector.api import openapi
from collector.audit import api as audit_api
from collector.audit import views as audit_views
from collector.config import read_settings
from collector.dashboard import api as dashboard_api
from collector.dashboard import (
    found,
    found_api,
    grants,
    grants_api,
    installations,
    readings_api,
    rollouts,
    rollouts_api,
    terminals,
    terminals_api,
)
from collector.dashboard import views as dashboard_views
from collector.environment import api as environment_api
from collector.environment import limit_views, limits_api
from collector.environment import views as environment_views
from collector.equipment import api as register_api
from collector.equipment import (
    binding_views,
    bindings_api,
    bulk_api,
    bulk_views,
    document_views,
    documents_api,
    kept_views,
    life_views,
    lists_api,
    places_api,
)
from collector.equipment import views as register_views
from collector.events import api as events_api
from collector.events import evidence_api, evidence_views, recording_views, recordings_api, rules_api, rules_views
from collector.events import views as events_views
from collector.gateways import api as gateways_api
from collector.keys import key_from
from collector.notify import api as notify_api
from collector.notify import views as notify_views
from collector.running import api as usage_api
from collector.running import lifetime_api, lifetime_views
from collector.running import setting_api as use_settings_api
from collector.running import setting_views as use_settings_views
from collector.running import views as usage_views

MAX_FORM = 64 * 1024


def create_app(data_dir, overrides=None):
    """The application over the state in data_dir; `overrides` are settings. Raises ActionError."""
    data_dir = Path(data_dir)
    app = Flask(__name__, static_folder="web/static", template_folder="web/templates")
    app.config["DATA_DIR"], app.config["SETTINGS"] = data_dir, read_settings(data_dir, overrides)
    db.open_database(data_dir)
    db.require_current(data_dir)
    app.before_request(connect)
    _configure_sessions(app)
    web.init(app)
    notify.offer(equipment.choices)
    guard.init(app)
    of_people = (accounts_views, own_views, tokens_views, people_views, audit_views, grants)
    of_register = (register_views, bulk_views, kept_views, document_views, binding_views, life_views)
    of_use = (usage_views, lifetime_views, use_settings_views)
    of_equipment = (*of_register, *of_use, environment_views, limit_views)
    of_events = (events_views, evidence_views, rules_views, notify_views)
    of_terminals = (terminals, installations, rollouts)
    for room in (*of_people, dashboard_views, *of_equipment, *of_events, *of_terminals, found):
        app.register_blueprint(room.pages)
    of_people = (own_api, people_api, grants_api, audit_api)
    of_equipment = (register_api, bulk_api, places_api, bindings_api, documents_api, environment_api, limits_api)
    of_equipment += (usage_api, lifetime_api, use_settings_api)
    of_events = (events_api, evidence_api, recordings_api, rules_api, notify_api)
    of_terminals = (dashboard_api, readings_api, terminals_api, rollouts_api)
    for room in (*of_people, *of_equipment, *of_events, *of_terminals, lists_api, found_api):
        app.register_blueprint(room.door)
    app.register_blueprint(recording_views.door)
    app.register_blueprint(openapi.documents)
    app.register_blueprint(a02.door)
    app.register_blueprint(gateways_api.flashers)
    web.csrf.exempt(a02.door)
    web.csrf.exempt(gateways_api.flashers)
    app.add_url_rule("/health", "health", health)
    return app


def _configure_sessions(app):
    settings = app.config["SETTINGS"]
    app.config.update(
        SECRET_KEY=key_from(app.config["DATA_DIR"] / "keys/session.key"),
        SESSION_COOKIE_SECURE=settings["secure_cookie"],
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings["session_h"]),
        MAX_CONTENT_LENGTH=a02.MAX_BODY + 1,
        MAX_FORM_MEMORY_SIZE=MAX_FORM,
        WTF_CSRF_TIME_LIMIT=None,
    )


def connect():
    """Give this thread its connection; it keeps it, because the last one to close would fold the log each time."""
    db.connect()
    audit.act_as("nobody", "", request.remote_addr or "")


def health():
    """200 when the database answers."""
    db.rows("SELECT 1")
    return jsonify(status="ok")
