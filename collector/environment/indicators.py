"""What of the surroundings can have limits: a channel's value, and for some its change within an hour. No I/O."""

from collections import namedtuple

from firmware.protocol.channels import BY_NAME

VALUE, CHANGE = "value", "change"  # change: from the mean of one hour to that of the next, either way

Indicator = namedtuple("Indicator", ("channel", "what"))

INDICATORS = (
    Indicator("temperature_c", VALUE),
    Indicator("temperature_c", CHANGE),
    Indicator("humidity_pct", VALUE),
    Indicator("humidity_pct", CHANGE),
    Indicator("current_a", VALUE),
    Indicator("voltage_v", VALUE),
    Indicator("voltage_l1_v", VALUE),
    Indicator("voltage_l2_v", VALUE),
    Indicator("voltage_l3_v", VALUE),
    Indicator("frequency_hz", VALUE),
    Indicator("water_supply_c", VALUE),
    Indicator("water_return_c", VALUE),
    Indicator("water_flow_lmin", VALUE),
    Indicator("power_kw", VALUE),
    Indicator("ups_battery_pct", VALUE),
    Indicator("ups_load_pct", VALUE),
)
CHANNELS = tuple(dict.fromkeys(one.channel for one in INDICATORS))


def unit_of(indicator):
    """The unit its limits are written in."""
    return BY_NAME[indicator.channel].unit + ("/h" if indicator.what == CHANGE else "")
