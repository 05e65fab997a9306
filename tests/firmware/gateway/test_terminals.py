"""The key table."""

import stat

import pytest

from firmware.gateway.terminals import KeyTable

KEY = bytes(range(32))
HEX = KEY.hex()


def row(terminal_id="ct-01", key=HEX):
    return {"terminal_id": terminal_id, "key": key}


def test_a_start_without_collector_has_the_last_keys(tmp_path):
    assert KeyTable(tmp_path, "gw-1").take([row()]) is True
    again = KeyTable(tmp_path, "gw-1")
    assert again.get("ct-01") == KEY and again.ids() == ["ct-01"]
    assert again.take([row()]) is False


def test_the_file_is_the_gateways_alone(tmp_path):
    KeyTable(tmp_path, "gw-1").take([row()])
    assert stat.S_IMODE((tmp_path / "terminals.json").stat().st_mode) == 0o600


def test_keys_of_another_gateway_are_not_taken_over(tmp_path):
    KeyTable(tmp_path, "gw-1").take([row()])
    assert KeyTable(tmp_path, "gw-2").get("ct-01") is None


def test_a_terminal_that_is_gone_from_the_list_has_no_key(tmp_path):
    table = KeyTable(tmp_path, "gw-1")
    table.take([row(), row("ct-02")])
    assert table.take([row("ct-02")]) is True
    assert table.get("ct-01") is None and table.ids() == ["ct-02"]


@pytest.mark.parametrize(
    "bad",
    [
        row("gateway"),
        row("a/+"),
        row("ct\nuser gateway"),
        row("#"),
        row(""),
        row("x" * 65),
        row(None),
        row(key="00"),
        row(key="no hexadecimals"),
        row(key=None),
        {},
        "ct-09",
        None,
    ],
)
def test_an_impossible_row_is_left_out_and_its_neighbours_stay(tmp_path, bad):
    table = KeyTable(tmp_path, "gw-1")
    table.take([bad, row("ct-02")])
    assert table.ids() == ["ct-02"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"gateway_id": "gw-1"}', '{"gateway_id": "gw-1", "keys": {"a": 1}}'])
def test_a_damaged_file_is_an_empty_table(tmp_path, text):
    (tmp_path / "terminals.json").write_text(text)
    assert KeyTable(tmp_path, "gw-1").ids() == []
