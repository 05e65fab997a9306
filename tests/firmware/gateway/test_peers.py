"""The file of sources and the register maps: what is wrong is said with file, entry, value and remedy; plain is off."""

from pathlib import Path

import pytest

from firmware.gateway.errors import GatewayError
from firmware.gateway.south.peers import read_peers
from firmware.gateway.south.register_map import Register, read_map, spans, value_of
from tests.firmware.gateway.source_home import PLAIN

MAPS = Path(__file__).parents[3] / "firmware/gateway/maps"
GOOD = '[modbus.chiller-01]\naddress = "tcp://10.0.0.7"\nmap = "chiller.toml"\n'


def refused(tmp_path, text):
    path = tmp_path / "sources.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GatewayError) as found:
        read_peers(path)
    assert str(path) in str(found.value)
    return str(found.value)


def test_without_a_file_there_are_no_sources():
    assert read_peers("") == []


def test_a_plain_peer_says_what_where_and_why_and_is_a_finding(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text(GOOD + PLAIN)
    (peer,) = read_peers(path)
    assert peer.plain == {
        "address": "tcp://10.0.0.7",
        "title": "chiller of MRI 1",
        "interface": "eth1",
        "reason": "the maker offers no TLS",
    }
    assert peer.options["map"] == str(tmp_path / "chiller.toml")


def test_plain_modbus_is_off_until_it_is_switched_on_with_a_reason(tmp_path):
    assert "speaks without encryption" in refused(tmp_path, GOOD)
    for name in ("title", "interface", "reason"):
        lines = [line for line in PLAIN.splitlines() if not line.startswith(name)]
        assert f"lacks {name}" in refused(tmp_path, GOOD + "\n".join(lines))


@pytest.mark.parametrize(
    "text,said",
    [
        ("[profibus.a]\n", "no protocol 'profibus'"),
        ("[modbus.a]\nmap = 'm'\n", "lacks address"),
        (GOOD + PLAIN + "unit = 0\n", "unit is 0; write a whole number above 0"),
        (GOOD + PLAIN + "unit = 'one'\n", "unit is 'one'; write a whole number above 0"),
        (GOOD + PLAIN + "slot = 3\n", "slot = 3, which modbus does not know"),
        ("[modbus.'../x']\naddress = 'tcp://a'\nmap = 'm'\n", "is no source's name"),
        ("[modbus]\na = 3\n", "is no source's name"),
        ("[modbus\n", "is no TOML"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place_and_value(tmp_path, text, said):
    assert said in refused(tmp_path, text)


@pytest.mark.parametrize("path", sorted(MAPS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_example_maps_are_good(path):
    assert len(read_map(path)) >= 3


ENTRY = '[[register]]\nname = "supply"\naddress = 0\nchannel = "water_supply_c"\nunit = "°C"\n'


@pytest.mark.parametrize(
    "text,said",
    [
        ("", "has no [[register]]"),
        ("register = 3\n", "has no [[register]]"),
        ("register = [3]\n", "register 1 is 3"),
        (ENTRY + "typ = 'u16'\n", "register 1 (supply) says typ = 'u16'"),
        (ENTRY + "type = 'u64'\n", "type is 'u64'; write one of u16, s16, u32, s32, f32"),
        (ENTRY + "function = 'coil'\n", "function is 'coil'"),
        (ENTRY + "scale = 0\n", "scale is 0; write a number other than 0"),
        (ENTRY + "scale = nan\n", "scale is nan"),
        (ENTRY + "word_order = 'middle'\n", "word_order is 'middle'"),
        (ENTRY.replace("address = 0", "address = 70000"), "address is 70000"),
        (ENTRY.replace("address = 0", "address = 65535\ntype = 'u32'"), "ends beyond 65535"),
        (ENTRY.replace("water_supply_c", "water_c"), "channel is 'water_c'"),
        (ENTRY.replace("°C", "°F"), "water_supply_c is in °C"),
        (ENTRY + ENTRY, "water_supply_c stands there twice"),
        ("[[register]\n", "is no TOML"),
    ],
)
def test_a_wrong_register_map_is_refused_with_its_entry_and_value(tmp_path, text, said):
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GatewayError) as found:
        read_map(path)
    assert said in str(found.value) and str(path) in str(found.value)


@pytest.mark.parametrize(
    "kind,words,byte_order,word_order,value",
    [
        ("u16", [0xFFFE], "big", "big", 65534),
        ("s16", [0xFFFE], "big", "big", -2),
        ("u16", [0x0102], "little", "big", 0x0201),
        ("u32", [0x0001, 0x0002], "big", "big", 65538),
        ("u32", [0x0002, 0x0001], "big", "little", 65538),
        ("u32", [0x0100, 0x0200], "little", "big", 65538),
        ("s32", [0xFFFF, 0xFFFE], "big", "big", -2),
        ("f32", [0x41FC, 0x0000], "big", "big", 31.5),
        ("f32", [0x7FC0, 0x0000], "big", "big", None),
        ("f32", [0x7F80, 0x0000], "big", "big", None),
    ],
)
def test_bits_become_the_number_the_map_says(kind, words, byte_order, word_order, value):
    register = Register("r", "holding", 0, kind, byte_order, word_order, 1, 0, "power_kw")
    assert value_of(register, words) == value


def test_scale_and_offset_lead_to_the_channels_unit():
    register = Register("r", "holding", 0, "u16", "big", "big", 0.1, -40, "water_supply_c")
    assert value_of(register, [615]) == pytest.approx(21.5)


def test_neighbours_are_asked_for_at_once_and_holes_are_not_asked_for():
    def at(address, kind="u16", function="input"):
        return Register(str(address), function, address, kind, "big", "big", 1, 0, "power_kw")

    registers = [at(3), at(0, "u32"), at(2), at(10), at(4, function="holding")]
    assert [span[:3] for span in spans(registers)] == [("holding", 4, 1), ("input", 0, 4), ("input", 10, 1)]
    assert max(count for _, _, count, _ in spans([at(address) for address in range(300)])) == 125
