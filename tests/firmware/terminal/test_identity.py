"""A terminal knows who it is, or says in one line why not; a boot number is never given twice."""

import pytest

from firmware.protocol.identity import identity_text
from firmware.terminal.config import SETTINGS
from firmware.terminal.identity import Unprovisioned, next_boot, read_identity

GOOD = {
    "schema": 1,
    "terminal_id": "ct-01",
    "secret": "5a" * 32,
    "first_boot_no": 100,
    "gateways": [{"gateway_id": "gw-1", "host": "10.0.0.1", "port": 8883, "server_name": "gw.test"}],
    "ca": "ca.der",
    "sensors": [{"kind": "sht4x", "address": 68}],
    "settings": {"window_s": 5},
}

DAMAGED = [
    ({"schema": 2}, "schema 2, ours is 1"),
    ({"schema": None}, "schema None"),
    ({"secret": "5a" * 31}, "secret is not 64"),
    ({"secret": "zz" * 32}, "secret is not 64"),
    ({"secret": 5}, "secret is not 64"),
    ({"gateways": []}, "empty or out of range"),
    ({"gateways": [{"gateway_id": "gw-1"}]}, "lacks host"),
    ({"gateways": 7}, "damaged"),
    ({"terminal_id": ""}, "empty or out of range"),
    ({"first_boot_no": -1}, "empty or out of range"),
    ({"first_boot_no": "1"}, "damaged"),
    ({"ca": "gone.der"}, "not here"),
    ({"settings": {"windows": 5}}, "setting windows is unknown"),
    ({"settings": {"window_s": 0}}, "setting window_s is 0; it may be 1 to 600"),
    ({"settings": {"window_s": "5"}}, "setting window_s is '5'"),
    ({"settings": 3}, "damaged"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The terminal's folder, with a CA in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.der").write_bytes(b"der")
    return tmp_path


def write(folder, **changes):
    """An identity with some fields changed."""
    (folder / "identity.json").write_text(identity_text({**GOOD, **changes}))


def test_an_identity_is_read_whole(folder):
    write(folder)
    identity = read_identity()
    assert (identity.terminal_id, identity.secrets, identity.ca) == ("ct-01", [b"\x5a" * 32], "ca.der")
    assert identity.gateways[0].server_name == "gw.test"
    assert identity.settings["window_s"] == 5
    assert identity.settings["ack_timeout_s"] == dict(setting[:2] for setting in SETTINGS)["ack_timeout_s"]


@pytest.mark.parametrize("change,said", DAMAGED)
def test_a_damaged_identity_is_no_identity_and_says_why(folder, change, said):
    write(folder, **change)
    with pytest.raises(Unprovisioned, match=said) as error:
        read_identity()
    assert "5a5a" not in str(error.value), "the secret is never shown"


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"window_s": 0}', '{"windows": 5}', '{"window_s": "5"}'])
def test_changed_settings_that_are_damaged_or_impossible_count_for_nothing_and_are_named(folder, capsys, kept):
    write(folder)
    (folder / "settings.json").write_text('{"window_s": 7}')
    assert read_identity().settings["window_s"] == 7 and capsys.readouterr().out == ""
    (folder / "settings.json").write_text(kept)
    assert read_identity().settings["window_s"] == 5
    assert "settings settings.json damaged: " in capsys.readouterr().out


def test_a_boot_number_that_cannot_be_kept_is_not_given_out(folder):
    assert next_boot(100) == 100
    (folder / "boot_no.new").mkdir()
    with pytest.raises(Unprovisioned, match="boot_no cannot be kept"):
        next_boot(100)


@pytest.mark.parametrize("field", ["schema", "terminal_id", "secret", "first_boot_no", "gateways", "ca", "sensors"])
def test_a_missing_field_is_named(folder, field):
    (folder / "identity.json").write_text(identity_text({name: GOOD[name] for name in GOOD if name != field}))
    with pytest.raises(Unprovisioned, match=field):
        read_identity()


def test_one_changed_character_makes_no_identity_and_nothing_is_written_over_it(folder):
    text = identity_text(GOOD)
    for at in range(len(text)):
        damaged = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        (folder / "identity.json").write_text(damaged, newline="")
        with pytest.raises(Unprovisioned, match="check does not match") as error:
            read_identity()
        assert "5a5a" not in str(error.value)
        assert (folder / "identity.json").read_bytes().decode() == damaged


def test_an_identity_cut_anywhere_is_no_identity(folder):
    text = identity_text(GOOD)
    for end in range(len(text)):
        (folder / "identity.json").write_text(text[:end])
        with pytest.raises(Unprovisioned):
            read_identity()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"schema": 1', "null"])
def test_a_file_that_is_no_identity_is_no_identity(folder, text):
    for content in (text, identity_text(text)):
        (folder / "identity.json").write_text(content)
        with pytest.raises(Unprovisioned):
            read_identity()


def test_no_file_is_no_identity():
    with pytest.raises(Unprovisioned, match="identity.json"):
        read_identity()


def test_boot_numbers_begin_as_provisioned_and_rise():
    assert [next_boot(100), next_boot(100), next_boot(100)] == [100, 101, 102]


def test_a_terminal_provisioned_again_goes_on_with_the_higher_number():
    assert next_boot(100) == 100
    assert next_boot(500) == 500
    assert next_boot(200) == 501


def test_a_boot_number_that_cannot_be_read_is_not_guessed(folder):
    (folder / "boot_no").write_text("1x")
    with pytest.raises(Unprovisioned, match="provision the terminal again"):
        next_boot(100)


def test_a_cut_while_writing_the_number_leaves_the_old_one(folder):
    next_boot(100)
    (folder / "boot_no.new").write_text("")
    assert next_boot(100) == 101
