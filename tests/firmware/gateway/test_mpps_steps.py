"""The memory of open steps: keyed hashes, two days, kept over restarts; and the tables that words come from."""

import json

import pytest

from firmware.gateway.errors import GatewayError
from firmware.gateway.south import dicom_mpps, mpps_allow
from firmware.gateway.south.mpps_steps import DAY_MS, STEPS_MOST, Steps
from tests.firmware.gateway.source_home import peer_of

NOW_MS = 1_795_000_000_000
UID = "1.2.826.0.1.3680043.9.1111.77"


def begun(steps, uid=UID, now_ms=NOW_MS):
    step = steps.begin(uid, now_ms)
    assert steps.keep(step, "in_progress", now_ms, "ct-mpps") == []
    return step


def test_a_step_has_one_name_over_restarts_and_midnight_and_it_is_not_its_uid(tmp_path):
    step = begun(Steps(tmp_path))
    later = Steps(tmp_path)
    begun(later, UID + ".2", NOW_MS + DAY_MS)
    assert Steps(tmp_path).find(UID) == step and Steps(tmp_path).begin(UID, NOW_MS + DAY_MS) is None
    assert UID not in (tmp_path / "mpps_steps.json").read_text() and len(step) == 32


def test_another_gateway_names_the_same_step_differently(tmp_path):
    assert begun(Steps(tmp_path / "a")) != begun(Steps(tmp_path / "b"))


def test_keys_and_steps_are_forgotten_after_two_days_and_what_never_ended_is_told(tmp_path):
    steps = Steps(tmp_path)
    begun(steps)
    steps.keep(steps.begin(UID + ".2", NOW_MS), "completed", NOW_MS, "ct-mpps")
    late = NOW_MS + 2 * DAY_MS + 1
    assert steps.keep(steps.begin(UID + ".3", late), "in_progress", late, "ct-mpps") == ["ct-mpps"]
    kept = json.loads((tmp_path / "mpps_steps.json").read_text())
    assert list(kept["keys"]) == [str(late // DAY_MS)] and len(kept["steps"]) == 1
    assert steps.find(UID) is None


def test_the_memory_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr("firmware.gateway.south.mpps_steps.STEPS_MOST", 3)
    steps = Steps(tmp_path)
    for n in range(3):
        begun(steps, f"{UID}.{n}", NOW_MS + n)
    assert steps.keep(steps.begin(UID + ".9", NOW_MS + 9), "in_progress", NOW_MS + 9, "ct-mpps") == ["ct-mpps"]
    assert steps.find(UID + ".0") is None and steps.find(UID + ".1") and STEPS_MOST > 1000


def test_a_damaged_memory_begins_anew(tmp_path):
    (tmp_path / "mpps_steps.json").write_text('{"keys": 3}')
    assert begun(Steps(tmp_path))


@pytest.mark.parametrize("raw", [b"\xff" * 50, b"", bytes(7), b"\x08\x00\x60\x00\xff\xff\xff\x7fMR SMITH"])
def test_bytes_that_are_no_data_set_give_nothing_or_are_named_as_such(raw):
    try:
        assert mpps_allow.kept(mpps_allow.read(raw, True), {}, None, NOW_MS)[0] == {}
    except mpps_allow.NotReadable as error:
        assert str(error) == "" and error.__cause__ is None


@pytest.mark.parametrize(
    "text,said",
    [
        ("[code]\nCTABD = 'ct-abdomen'\n", "'CTABD'"),
        ("[code]\n'99:CTABD' = 'ct abdomen of Mr Smith'\n", "'99:CTABD'"),
        ("[text]\n'Abdomen' = 3\n", "'Abdomen'"),
        ("[words]\n'Abdomen' = 'ct'\n", "'Abdomen'"),
        ("code = 3\n", "'code'"),
        ("[code\n", "is no TOML"),
    ],
)
def test_a_wrong_table_of_codes_is_refused_with_its_entry(tmp_path, text, said):
    (tmp_path / "codes.toml").write_text(text)
    peer = peer_of(tmp_path, '[dicom.a]\naddress = "127.0.0.1"\nae_title = "CT1"\ncodes = "codes.toml"\n')
    with pytest.raises(GatewayError, match=said):
        dicom_mpps.check(peer)


@pytest.mark.parametrize(
    "line,said",
    [
        ('ae_title = "A_TITLE_THAT_IS_LONG"', "ae_title"),
        ('zone = "Mars"', "zone is 'Mars'"),
        ('address = "ct1.hospital.example"', "write the IP address"),
    ],
)
def test_a_wrong_modality_is_refused(tmp_path, line, said):
    good = {"ae_title": "CT1", "address": "127.0.0.1"}
    entry = "".join(f'{name} = "{value}"\n' for name, value in good.items() if not line.startswith(name))
    with pytest.raises(GatewayError, match=said):
        dicom_mpps.check(peer_of(tmp_path, f"[dicom.a]\n{entry}{line}\n"))
