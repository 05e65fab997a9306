"""`python -m tests.house.settings > docs/settings.md`: the settings page, from the tables the rooms read."""

import importlib

ROOMS = (
    (
        "firmware.terminal.config",
        "Terminal",
        "In `identity.json` under `settings`, written by the flasher.",
    ),
    (
        "firmware.gateway.config",
        "Gateway",
        "In `gateway.toml`, named by `--config`; a dot is a TOML table: `mqtt.port` is `port` under `[mqtt]`.",
    ),
    (
        "firmware.host.config",
        "Host agent",
        "In `host.toml`, named by `--config`.",
    ),
    (
        "collector.config",
        "Collector",
        "In `collector.toml` inside the folder of `--data`.",
    ),
)


def page():
    """The whole page."""
    lines = ["# Settings", "", "An unknown name or a value of the wrong kind is refused with file, name and value.", ""]
    for module, title, where in ROOMS:
        lines += [f"## {title}", "", where, "", "| setting | default | meaning |", "|---|---|---|"]
        for setting in importlib.import_module(module).SETTINGS:
            lines.append(f"| `{setting.name}` | `{setting.default}` | {setting.help} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(), end="")
