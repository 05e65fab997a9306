"""A gateway for tests: its settings, its folder, enrolled at the look-alike platform."""

import asyncio
from pathlib import Path

from firmware.gateway import enrolment
from firmware.gateway.config import DEFAULTS
from firmware.gateway.identity import read_identity
from tests.fakes.mosquitto import free_port
from tests.fakes.platform import CODE

QUICK = {
    "upload.every_s": 0.05,
    "upload.back_off_first_s": 0.05,
    "upload.back_off_most_s": 0.2,
    "upload.refused_pause_s": 0.2,
    "collector.terminals_every_s": 0.2,
    "refusals.every_s": 0.2,
}


def settings_of(folder, platform, **more):
    """All settings of a gateway in a folder; `more` with __ for the dot."""
    given = {name.replace("__", "."): value for name, value in more.items()}
    return {
        **DEFAULTS,
        **QUICK,
        "state": str(folder),
        "collector.url": platform.url,
        "collector.ca": str(platform.ca_file),
        "mqtt.host": "127.0.0.1",
        "mqtt.port": free_port(),
        **given,
    }


def enrolled(folder, platform, **more):
    """(settings, identity) of a gateway that has enrolled."""
    settings = settings_of(folder, platform, **more)
    asyncio.run(enrolment.enrol(settings, CODE, ["127.0.0.1"]))
    return settings, read_identity(settings["state"])


def write_toml(path, settings):
    """The settings as a file for a gateway in a process of its own."""
    tables = {}
    for name, value in settings.items():
        table, _, key = name.rpartition(".")
        said = str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
        tables.setdefault(table, []).append(f"{key} = {said}")
    text = "\n".join(tables.pop("")) + "\n"
    for table, lines in tables.items():
        text += f"[{table}]\n" + "\n".join(lines) + "\n"
    Path(path).write_text(text)
