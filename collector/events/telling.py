"""Telling people of an event: in the language of the site, to whom the routes say, and no more once it is seen."""

import contextvars
import json
import logging
from functools import lru_cache
from pathlib import Path

from babel.support import Translations

from collector import db, gateways, notify, web
from collector.config import read_settings
from collector.equipment import Equipment
from collector.errors import ActionError
from collector.events import together
from collector.web.event_words import SEVERITY_WORDS, STEP_WORDS, TYPE_WORDS, said_text

CATALOGUES = Path(web.__file__).parent / "translations"
TOLD = ("raised", "worse", "again", "reported", "reopen")
SEEN = ("acknowledge", "begin", "resolve", "merge")
BLINK_S = 120
log = logging.getLogger("collector")


def tell(event, what, now_ms):
    """Queue what people are told of what happened to an Event. Call it inside a transaction."""
    about = f"event {event.id}"
    if what in SEEN:
        notify.hush(about)
    elif what == "cleared":
        together.tell_now(now_ms)
        notify.tell_those(_message(event, what, about), now_ms)
        notify.hush(about)
    elif what in TOLD and not event.shelved:
        together.tell(_message(event, what, about), now_ms)
        if event.severity == "critical":
            _blink(event, now_ms)


def _message(event, what, about):
    settings = together.once("settings", lambda: read_settings(db.folder()))
    number = event.equipment_id
    machine = together.once(("machine", number), lambda: next(iter(Equipment.numbered([number])), None))
    outside = contextvars.Context()  # of any request's language
    return outside.run(_in_words, event, machine, what, about, settings)


def _in_words(event, machine, what, about, settings):
    translate = _translations(settings["language"])
    said = json.loads(event.said)
    place = f"{machine.name} · {machine.room.department.name} · {machine.room.name}" if machine else event.subject
    name = event.name or translate(TYPE_WORDS[event.type])
    title = f"{translate(SEVERITY_WORDS[event.severity])}: {place}: {name} ({translate(STEP_WORDS[what])})"
    link = f"{settings['public_url'].rstrip('/')}/events/{event.id}" if settings["public_url"] else ""
    department = machine.room.department.name if machine else ""
    text = said_text(said, translate) or name
    return notify.Message(about, event.severity, event.equipment_id, department, title, text, link)


@lru_cache(maxsize=4)
def _translations(language):
    """A function that makes a text of lazy words in a language of the pages."""
    if language == "en":
        return str
    found = Translations.load(CATALOGUES, [{"zh_CN": "zh_Hans_CN"}.get(language, language)])
    return lambda lazy: found.gettext(str(lazy))


def _blink(event, now_ms):
    """Let the terminal that told of it blink; one that takes no command keeps nobody from being told."""
    terminal = gateways.Terminal.get_or_none(gateways.Terminal.terminal_id == event.subject)
    if terminal is None or terminal.is_source:
        return
    try:
        gateways.send_command(
            event.subject, "identify", {"seconds": BLINK_S}, "events", f"event {event.id}", BLINK_S // 60, now_ms
        )
    except ActionError as error:
        log.warning("terminal %s does not blink for event %s: %s", event.subject, event.id, error)
