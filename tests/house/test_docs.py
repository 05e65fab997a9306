"""Docs are run: codes, channels, settings and commands stand in the pages, and the pages name only what is there."""

import importlib
import re

import click
import pytest

from firmware.gateway.south.mosquitto import CONFIG
from firmware.protocol.channels import CHANNELS, FLAGS
from firmware.protocol.refusals import ERRORS
from tests.house import routes, settings
from tests.house.tree import ROOT, files, text

INTERFACES = (ROOT / "docs/interfaces.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code,meaning,remedy", ERRORS)
def test_every_refusal_of_a01_stands_in_the_interfaces(code, meaning, remedy):
    assert f"| `{code}` | {meaning} | {remedy} |" in INTERFACES


def test_every_channel_and_flag_stands_in_the_interfaces():
    for channel in CHANNELS:
        size = 2 if channel.code == "h" else 4
        row = f"| {channel.id} | `{channel.name}` | {channel.unit} | {channel.scale} "
        assert row + f"| {channel.low:.0f} | {channel.high:.0f} | {size} |" in INTERFACES
    for bit, name, meaning in FLAGS:
        assert f"| 0x{bit:04x} | `{name}` | {meaning} |" in INTERFACES


def test_the_settings_page_is_what_the_rooms_read():
    assert text("docs/settings.md") == settings.page(), "python -m tests.house.settings > docs/settings.md"


def test_the_page_of_routes_is_what_the_routes_declare():
    assert text("docs/api-routes.md") == routes.page(), "python -m tests.house.routes > docs/api-routes.md"


def commands(group, words):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


@pytest.mark.parametrize("room", ["firmware.gateway", "firmware.host", "collector", "flasher"])
def test_every_command_stands_in_the_docs_and_says_what_it_does(room):
    main = importlib.import_module(room + ".__main__")
    pages = "\n".join(re.sub(r" --(data|config) \S+", "", text(path)) for path in files() if path.suffix == ".md")
    for words, command in commands(main.main, f"python -m {room}"):
        assert command.help, f"{words} has no help"
        assert words in pages, f"`{words}` is in no page"


def test_every_link_of_a_page_leads_somewhere():
    for path in files():
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#:]+)\)", text(path)):
                assert (ROOT / path.parent / target).exists(), f"{path}: {target}"


def _shape(page):
    """What a page has in any language: its blocks of commands, the depths of its headings, the rows of its tables."""
    blocks = re.findall(r"^```.*?^```", page, re.S | re.M)
    rest = re.sub(r"^```.*?^```", "", page, flags=re.S | re.M)
    return blocks, [len(one) for one in re.findall(r"^(#+) ", rest, re.M)], len(re.findall(r"^\|", rest, re.M))


@pytest.mark.parametrize("guide", ["gateway", "register"])
def test_a_guide_says_the_same_in_chinese(guide):
    english, chinese = (text(f"docs/guide-{guide}{language}.md") for language in ("", "-zh"))
    assert _shape(chinese) == _shape(english)
    names = [set(re.findall(r"`([^`\n]*[a-z]{3}[^`\n]*)`", page)) for page in (english, chinese)]
    missing = {one for one in names[0] - names[1] if re.fullmatch(r"[\w./-]+", one)}
    assert not missing, f"the Chinese page does not name {sorted(missing)}"


def test_the_readme_is_one_screen():
    assert text(ROOT / "README.md").count("\n") <= 60


def test_a_page_names_only_files_that_are_there():
    for path in files():
        if path.parts[0] == "docs" and path.suffix == ".md":
            for named in re.findall(r"`((?:firmware|collector|flasher|boards|tests|docs)/[\w/.-]+\.\w+)`", text(path)):
                assert (ROOT / named).exists(), f"{path} names {named}"


def test_the_mosquitto_configuration_in_the_guide_is_the_tested_one():
    assert CONFIG.format(port=8883, host="0.0.0.0", folder="/run/gantry") in text("docs/guide-start.md")
