"""An event to be kept elsewhere: on paper, in one signed ZIP that tells what was done to it, in a spreadsheet."""

import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from collector import files
from collector.__main__ import main
from collector.audit import heads
from collector.equipment import Equipment
from collector.events import bundle
from tests.collector.events.parts import Bringer, webm
from tests.collector.events.test_pages import hot, step, wang  # noqa: F401 the fixtures of an event and its engineer
from tests.collector.people import acts
from tests.needs import missing, require_program

CHINESE = Path("/usr/share/poppler/cMap/Adobe-GB1")  # with which pdftotext reads a report


@pytest.fixture
def packed(hot, wang, tmp_path):  # noqa: F811
    """The bundle of an event that was seen, recorded and resolved, as it was fetched."""
    step(wang, "acknowledge")
    film = webm()
    assert Bringer(wang).bring(film, name="panel.webm").status_code == 204
    step(wang, "resolve", "风扇已更换 =1+1")
    answer = wang.get("/events/1/bundle.zip")
    assert answer.status_code == 200 and answer.mimetype == "application/zip"
    path = tmp_path / "event-1.zip"
    path.write_bytes(answer.data)
    return path


def verify(*words):
    return CliRunner().invoke(main, list(map(str, words)))


def test_a_bundle_holds_all_there_is_and_says_that_it_is_as_it_was_made(hot, packed):  # noqa: F811
    key = heads.public_key(hot.data_dir)
    assert bundle.faults(packed, key) == []
    with zipfile.ZipFile(packed) as members:
        names = members.namelist()
        assert names == [
            "report.pdf", "event.json", "messages.json", "readings.csv", "audit.jsonl", "files/1.webm",
            bundle.MANIFEST, bundle.SIGNATURE,
        ]  # fmt: skip
        assert members.read("files/1.webm") == webm() and members.read("report.pdf").startswith(b"%PDF-")
        told = json.loads(members.read("event.json"))
        assert [one["action"] for one in told["steps"]] == ["raised", "worse", "acknowledge", "record", "resolve"]
        lines = members.read("readings.csv").decode().splitlines()
        assert lines[0] == "ts_ms,terminal_id,channel,unit,mean"
        assert sum(",ct-01,temperature_c,°C,31" in line for line in lines) == 4
        rows = [json.loads(line) for line in members.read("audit.jsonl").splitlines()]
        done = ["event.acknowledge", "file.begin", "event.record", "event.resolve", "event.export"]
        assert [row.get("action") for row in rows[:-1]] == done
        assert json.loads(members.read(bundle.MANIFEST))["made_by"] == "wang"
    assert acts("event.export") == [("wang", "event 1", "done")]
    assert not list((hot.data_dir / "files").glob("new-*")), "nothing is left where it was packed"
    there = verify("--data", hot.data_dir, "event", "verify", packed)
    assert there.exit_code == 0 and "as it was made" in there.output
    elsewhere = verify("event", "verify", packed, "--key", key)
    assert elsewhere.exit_code == 0, "whoever has the key needs no collector"


def rewritten(path, change):
    """The same ZIP with its members, {name: bytes}, as `change` leaves them."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)


def other_manifest(members):
    members["files/1.webm"] += b"x"
    about = json.loads(members[bundle.MANIFEST])
    about["members"] = [one for one in about["members"] if one["name"] != "files/1.webm"]
    members[bundle.MANIFEST] = json.dumps(about).encode()


def other_hash(members):
    head = json.loads(members[bundle.SIGNATURE])
    members[bundle.SIGNATURE] = json.dumps(head | {"sha256": "0" * 64}).encode()


SPOILT = {
    "changed files/1.webm": lambda members: members.update({"files/1.webm": b"another film"}),
    "changed readings.csv": lambda members: members.update({"readings.csv": members["readings.csv"] + b"1,2,3,4\n"}),
    "missing audit.jsonl": lambda members: members.pop("audit.jsonl"),
    "added files/2.pdf": lambda members: members.update({"files/2.pdf": b"%PDF-"}),
    "manifest manifest.json": other_manifest,
    "unsigned signature.json": other_hash,
}


@pytest.mark.parametrize("found", SPOILT)
def test_what_was_done_to_a_bundle_is_named(hot, packed, found):  # noqa: F811
    rewritten(packed, SPOILT[found])
    assert [" ".join(one) for one in bundle.faults(packed, heads.public_key(hot.data_dir))] == [found]
    told = verify("--data", hot.data_dir, "event", "verify", packed)
    assert told.exit_code == 1 and found.split()[1] in told.output and "get it again" in told.output


def test_another_key_a_cut_file_and_what_is_no_bundle_are_told(hot, packed, tmp_path):  # noqa: F811
    content, key = packed.read_bytes(), heads.public_key(hot.data_dir)
    assert bundle.faults(packed, "00" * 32) == [bundle.Fault("unsigned", bundle.SIGNATURE)]
    assert bundle.faults(packed, "no key") == [bundle.Fault("unsigned", bundle.SIGNATURE)]
    for spoilt in (content[:-100], content[: len(content) // 2], b"", b"PK\x05\x06" + bytes(18), b"x" * 5000):
        packed.write_bytes(spoilt)
        assert [one.what for one in bundle.faults(packed, key)] in (["unreadable"], ["unsigned"])
    for spoilt in (b"#!/bin/sh\n" + content, content + b"more"):
        packed.write_bytes(spoilt)
        assert bundle.Fault("added", bundle.OUTSIDE) in bundle.faults(packed, key)
    nowhere = verify("--data", tmp_path / "nothing", "event", "verify", packed)
    assert nowhere.exit_code == 1 and "say --key KEY" in nowhere.output and not (tmp_path / "nothing").exists()
    with_all = members_of(content)
    for at in range(30, len(content), len(content) // 60):
        packed.write_bytes(spoilt := content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        assert bundle.faults(packed, key) or members_of(spoilt) == with_all, f"byte {at} is another"


def members_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        return {name: members.read(name) for name in members.namelist()}


def test_a_bundle_whose_film_is_spoilt_is_not_made_and_says_which(hot, wang, packed):  # noqa: F811
    file = files.File.get()
    place = next((hot.data_dir / "files").glob(f"??/{file.sha256}"))
    place.write_bytes(b"x" + place.read_bytes()[1:])
    answer = wang.get("/events/1/bundle.zip")
    assert answer.status_code == 302 and "file 1 of the event is not what was brought" in wang.get("/events/1").text
    place.unlink()
    assert wang.get("/events/1/bundle.zip").status_code == 302
    assert "file 1 of the event is gone" in wang.get("/events/1").text
    assert not list((hot.data_dir / "files").glob("new-*"))


def test_a_report_says_all_of_the_page_in_both_languages(hot, wang, packed, tmp_path):  # noqa: F811
    require_program("pdftotext", "poppler-utils")
    if not CHINESE.exists():
        missing(f"{CHINESE} is not there; the package poppler-data brings it")
    for language, words in (
        ("en", ("Temperature 31.0 °C, above 28.0 °C", "CT 1", "Serious", "has seen it", "风扇已更换", "SHA-256")),
        ("zh_CN", ("温度", "严重", "风扇已更换", "文件")),
    ):
        wang.post("/language", "/events/1", language=language, next="/")
        paper = tmp_path / "report.pdf"
        paper.write_bytes(wang.get("/events/1/report.pdf").data)
        text = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True).stdout
        flat = "".join(text.split())
        assert not [word for word in words if "".join(word.split()) not in flat], text


def test_a_spreadsheet_has_a_line_for_each_event_that_was_asked_for(hot, wang, packed):  # noqa: F811
    Equipment.update(name="=1+1").where(Equipment.id == 1).execute()

    def lines(query):
        answer = wang.get(f"/events/export{query}")
        assert answer.mimetype == files.KINDS["xlsx"].media
        return list(load_workbook(io.BytesIO(answer.data)).active.values)

    head, line = lines("")
    told = dict(zip(head, line, strict=True))
    said = [told[name] for name in ("Number", "Severity", "State", "Who handles it")]
    assert said == [1, "Serious", "resolved", "wang"]
    assert told["What was recognised"] == "Temperature 31.0 °C, above 28.0 °C" and told["Asset number"] == "A-0001"
    assert len(lines("?state=open")) == 1 and len(lines("?severity=serious&equipment=1")) == 2
    assert told["Equipment"] == "'=1+1", "no spreadsheet runs it"
