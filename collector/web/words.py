"""Words of the field as pages say them: channels, kinds of equipment, states of data, ages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from collector.web.i18n import zone
from collector.web.usage_words import USE_LEVEL_WORDS, USE_SETTING_WORDS
from firmware.protocol.channels import BY_NAME

CHANNEL_WORDS = {
    "temperature_c": _l("Temperature"),
    "humidity_pct": _l("Humidity"),
    "current_a": _l("Current"),
    "current_min_a": _l("Smallest current"),
    "current_max_a": _l("Largest current"),
    "current_rms_a": _l("Effective current"),
    "charge_as": _l("Charge"),
    "voltage_v": _l("Voltage"),
    "water_supply_c": _l("Cooling water supply temperature"),
    "water_return_c": _l("Cooling water return temperature"),
    "water_flow_lmin": _l("Cooling water flow"),
    "power_kw": _l("Power"),
    "energy_kwh": _l("Energy"),
    "voltage_l1_v": _l("Voltage L1"),
    "voltage_l2_v": _l("Voltage L2"),
    "voltage_l3_v": _l("Voltage L3"),
    "frequency_hz": _l("Mains frequency"),
    "ups_battery_pct": _l("UPS battery charge"),
    "ups_load_pct": _l("UPS load"),
    "ups_runtime_min": _l("UPS runtime left"),
    "disk_used_pct": _l("Disk in use"),
    "disk_size_gb": _l("Disk size"),
    "uptime_h": _l("Time since start"),
}

KIND_WORDS = {
    "CT": _l("CT scanner"),
    "MRI": _l("MRI scanner"),
    "DSA": _l("DSA angiography system"),
    "LINAC": _l("Linear accelerator"),
    "PET_CT": _l("PET/CT scanner"),
    "ROBOT": _l("Surgical robot"),
}

CATEGORY_WORDS = {"A": _l("category A"), "B": _l("category B"), "none": _l("not in the catalogue")}

FIELD_WORDS = {
    "asset_number": _l("Asset number"),
    "name": _l("Name"),
    "kind": _l("Kind"),
    "maker": _l("Maker"),
    "model": _l("Model"),
    "serial": _l("Serial number"),
    "institution": _l("Institution"),
    "department": _l("Department"),
    "room": _l("Room"),
    "category": _l("Category"),
    "catalogue_year": _l("Year of the catalogue"),
    "udi": _l("UDI"),
    "licence_number": _l("Licence number"),
    "licence_model": _l("Licensed class of model"),
    "licence_installed_on": _l("Installed on, by the licence"),
    "accepted_on": _l("Accepted on"),
    "expected_years": _l("Expected to serve, years"),
    "warranty_until": _l("Warranty until"),
    "contract": _l("Contract"),
    "contract_until": _l("Contract until"),
    "supplier": _l("Supplier"),
    "price_cents": _l("Purchase price (CNY)"),
}

COLUMN_OF_REGISTER_WORDS = FIELD_WORDS | {
    "years_in_service": _l("In service, years"),
    "expected_until": _l("Expected until"),
}

LIFE_WORDS = {
    "over": _l("Past its expected years"),
    "one_year": _l("Ends within a year"),
    "three_years": _l("Ends within three years"),
    "later": _l("Ends later"),
    "unsaid": _l("No end is known"),
}

SHEET_WORDS = {
    "columns": _l("The columns are %(about)s. Take those of an export of the register, each once."),
    "lines": _l("The file has more than %(about)s lines. Split it."),
    "unreadable": _l("The file cannot be read. Save it again as XLSX or CSV in UTF-8."),
    "unpacked": _l("The file unpacks to too much. Split it."),
}

WRONG_WORDS = {
    "empty": _l("is missing"),
    "too_long": _l("is too long, or holds signs that cannot be shown"),
    "choice": _l("is none of the choices"),
    "date": _l("is no date; write YYYY-MM-DD"),
    "year": _l("is no year; write four digits"),
    "years": _l("is no number of years; write 1 to 99"),
    "money": _l("is no amount; write 1234567.89"),
    "formula": _l("is a formula; write its value"),
    "taken": _l("is there already"),
    "scope": _l("is outside of what you may change"),
}

ROLE_WORDS = {
    "system_administrator": _l("System administrator"),
    "security_administrator": _l("Security administrator"),
    "auditor": _l("Auditor"),
    "biomedical_engineer": _l("Biomedical engineer"),
    "technician": _l("Technician"),
    "operator": _l("Operator"),
    "department_reader": _l("Department reader"),
    "vendor": _l("Vendor"),
}

TOKEN_WORDS = {
    "read": _l("ask, change nothing"),
    "write": _l("ask and change what you may"),
    "provision": _l("register terminals"),
}

PLACE_WORDS = {
    "equipment": _l("at the equipment"),
    "magnet": _l("at the magnet"),
    "control": _l("in the control room"),
    "supply": _l("at the supply"),
}

COMMAND_WORDS = {
    "queued": _l("queued"),
    "sent": _l("sent"),
    "acknowledged": _l("acknowledged"),
    "done": _l("done"),
    "failed": _l("failed"),
    "expired": _l("expired"),
}

VERB_WORDS = {
    "status": _l("Say how it is"),
    "identify": _l("Blink"),
    "restart": _l("Restart"),
    "settings": _l("Change settings"),
    "keys": _l("Take release keys"),
    "rotate": _l("Replace the secret"),
}

ROLLOUT_WORDS = {
    "running": _l("running"),
    "halted": _l("halted"),
    "done": _l("done"),
    "waiting": _l("waiting"),
    "offered": _l("offered"),
    "taken": _l("taken"),
    "confirmed": _l("confirmed"),
    "failed": _l("failed"),
}

STATE_OF_UNIT_WORDS = {
    "off": _l("off"),
    "standby": _l("standby"),
    "ready": _l("ready"),
    "working": _l("working"),
    "unknown": _l("unknown"),
}

SOURCE_WORDS = {
    "typed": _l("typed in"),
    "imported": _l("brought in"),
    "mpps": _l("told by DICOM"),
    "current": _l("told from the current"),
}

QC_WORDS = {
    "passed": _l("passed"),
    "limited": _l("passed with limits"),
    "failed": _l("not passed"),
    "not_done": _l("not done"),
}

LEARNED_WORDS = {
    "first": _l("first learned"),
    "more": _l("learned from more days"),
    "changed": _l("learned anew: readings no longer fitted"),
}

CORRECT_WORDS = {
    "exams": _l("Examinations"),
    "on_h": _l("Hours on"),
    "working_h": _l("Hours working"),
}

STATE_WORDS = {"live": _l("Live"), "late": _l("Late"), "silent": _l("Silent"), "never": _l("No data yet")}
STATE_ICONS = {
    "live": "check-circle-fill",
    "late": "clock-fill",
    "silent": "exclamation-octagon-fill",
    "never": "question-circle-fill",
}

AGES = (  # below so many seconds, how many seconds the unit has, words
    (120, 1, _l("%(n)s s ago")),
    (7200, 60, _l("%(n)s min ago")),
    (172_800, 3600, _l("%(n)s h ago")),
    (float("inf"), 86_400, _l("%(n)s d ago")),
)


def age_text(age_s):
    """How long ago in words, in the coarsest unit that still tells something; None is never."""
    if age_s is None:
        return gettext("No reading yet")
    for below_s, unit_s, words in AGES:
        if age_s < below_s:
            return str(words) % {"n": int(age_s // unit_s)}
    raise ValueError(f"{age_s} is no age")


def field_text(name, text):
    """What the register says in a field, in words where it is a choice."""
    return {"kind": KIND_WORDS, "category": CATEGORY_WORDS}.get(name, {}).get(text, text)


def moment(ts_ms, seconds=False):
    """An instant as a page says it, in the pages' zone."""
    local = datetime.fromtimestamp(ts_ms / 1000, ZoneInfo(zone()))
    return local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def decimals(channel):
    """Digits after the point that a channel is shown with: one less than it is carried with, so that noise rests."""
    return len(str(BY_NAME[channel].scale)) - 2


def value_text(channel, value):
    """A value as it is shown, without its unit; an invalid one says so."""
    return gettext("invalid") if value is None else f"{value:.{decimals(channel)}f}"


def script_words():
    """What our scripts need in order to speak the page's language."""
    return {
        "ages": [[below_s if below_s < 1e9 else None, unit_s, str(words)] for below_s, unit_s, words in AGES],
        "states": {state: str(words) for state, words in STATE_WORDS.items()},
        "places": {place: str(words) for place, words in PLACE_WORDS.items()},
        "never": gettext("No reading yet"),
        "invalid": gettext("invalid"),
        "stale": gettext("No answer from the collector since %(time)s. What you see is old."),
        "range": gettext("Band: smallest to largest"),
        "empty": gettext("No readings in this span"),
    }


def init(app):
    """Let templates use these words."""
    app.jinja_env.globals.update(
        CHANNEL_WORDS=CHANNEL_WORDS,
        KIND_WORDS=KIND_WORDS,
        USE_LEVEL_WORDS=USE_LEVEL_WORDS,
        USE_SETTING_WORDS=USE_SETTING_WORDS,
        STATE_OF_UNIT_WORDS=STATE_OF_UNIT_WORDS,
        SOURCE_WORDS=SOURCE_WORDS,
        QC_WORDS=QC_WORDS,
        LEARNED_WORDS=LEARNED_WORDS,
        CORRECT_WORDS=CORRECT_WORDS,
        ROLE_WORDS=ROLE_WORDS,
        TOKEN_WORDS=TOKEN_WORDS,
        CATEGORY_WORDS=CATEGORY_WORDS,
        FIELD_WORDS=FIELD_WORDS,
        WRONG_WORDS=WRONG_WORDS,
        field_text=field_text,
        COLUMN_OF_REGISTER_WORDS=COLUMN_OF_REGISTER_WORDS,
        LIFE_WORDS=LIFE_WORDS,
        COMMAND_WORDS=COMMAND_WORDS,
        VERB_WORDS=VERB_WORDS,
        ROLLOUT_WORDS=ROLLOUT_WORDS,
        PLACE_WORDS=PLACE_WORDS,
        moment=moment,
        STATE_WORDS=STATE_WORDS,
        STATE_ICONS=STATE_ICONS,
        age_text=age_text,
        value_text=value_text,
        script_words=script_words,
    )
