"""The settings file."""

import pytest

from firmware.gateway.config import DEFAULTS, read_config
from firmware.gateway.errors import GatewayError


def test_what_is_not_set_has_its_default_and_paths_belong_to_the_file(tmp_path):
    path = tmp_path / "gateway.toml"
    path.write_text('[mqtt]\nport = 1883\n[upload]\nevery_s = 2\n[collector]\nca = "site/ca.pem"\n')
    settings = read_config(path)
    assert settings["mqtt.port"] == 1883 and settings["upload.every_s"] == 2.0
    assert settings["collector.ca"] == str(tmp_path / "site/ca.pem")
    assert settings["state"] == str(tmp_path / "state")
    assert settings["mqtt.password_file"] == "" and settings["upload.batch"] == DEFAULTS["upload.batch"]


@pytest.mark.parametrize(
    "text,named",
    [
        ("[mqtt]\nprot = 1883\n", ["mqtt.prot", "1883"]),
        ('[mqtt]\nport = "1883"\n', ["mqtt.port", "'1883'"]),
        ("[mqtt]\nembedded = 1\n", ["mqtt.embedded", "1", "true or false"]),
        ("[upload]\nbatch = 0\n", ["upload.batch", "0"]),
        ("[upload]\nevery_s = nan\n", ["upload.every_s", "nan"]),
        ("[upload\n", ["no TOML"]),
        ('mqtt = "here"\n', ["mqtt", "'here'"]),
    ],
)
def test_a_wrong_setting_is_one_line_naming_file_key_and_value(tmp_path, text, named):
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    with pytest.raises(GatewayError) as raised:
        read_config(path)
    said = str(raised.value)
    assert str(path) in said and "\n" not in said and all(word in said for word in named)


def test_a_missing_file_is_said_with_what_to_do(tmp_path):
    with pytest.raises(GatewayError, match="--config"):
        read_config(tmp_path / "gateway.toml")
