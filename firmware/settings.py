"""A settings file in TOML against a table of settings: for gateway and host agent alike. No board loads this file."""

import tomllib
from collections import namedtuple
from pathlib import Path

Setting = namedtuple("Setting", ("name", "default", "help"))

KINDS = {int: "a whole number above 0", float: "a number above 0", bool: "true or false", str: "a text"}
KINDS[dict] = "a table"


class SettingsError(Exception):
    """A settings file that cannot be used. The text names file, key, value and what to do."""


def read_settings(path, table, paths):
    """All settings of `table` by dotted name; those named in `paths` are made absolute. Raises SettingsError."""
    path = Path(path)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}; name the file with --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}; correct it") from error
    defaults = {setting.name: setting.default for setting in table}
    settings = dict(defaults)
    for name, value in _flat(found, defaults):
        settings[name] = _checked(path, defaults, name, value)
    for name in paths:
        if settings[name]:
            settings[name] = str(path.absolute().parent / settings[name])
    return settings


def _flat(table, defaults, prefix=""):
    for name, value in table.items():
        if isinstance(value, dict) and type(defaults.get(prefix + name)) is not dict:
            yield from _flat(value, defaults, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _checked(path, defaults, name, value):
    if name not in defaults:
        raise SettingsError(f"{path}: there is no setting {name} (its value is {value!r}); see docs/settings.md")
    wanted = type(defaults[name])
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted or (wanted in (int, float) and not value > 0):
        raise SettingsError(f"{path}: {name} is {value!r}; write {KINDS[wanted]}, for example {defaults[name]!r}")
    return value
