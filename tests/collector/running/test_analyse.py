"""The command `analyse`: what it prints, what it makes of bad files; nothing it is given makes it sure and wrong."""

import json
import random

import pytest
from click.testing import CliRunner

from collector.__main__ import main
from tests.bench.running.scoring import score
from tests.bench.running.trace import make

pytestmark = pytest.mark.once("reads files, no database")

HEAD = "ts_ms,current_a,current_min_a,current_max_a,charge_as"


def written(path, trace, head=HEAD):
    """A trace as a CSV file with the columns of `head`."""
    names = head.split(",")
    lines = (
        ",".join(f"{value:g}" if at else str(value) for at, value in enumerate(row)) for row in _rows(trace, names)
    )
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def _rows(trace, names):
    return zip(*(getattr(trace, name).tolist() for name in names), strict=True)


def analysed(path, *words):
    """What the command says with --json."""
    done = CliRunner().invoke(main, ["analyse", str(path), *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def scored(trace, found):
    """The Score of what the command said."""
    states = [tuple(row[key] for key in ("start_ms", "end_ms", "state", "confidence")) for row in found["states"]]
    exams = [tuple(row[key] for key in ("start_ms", "end_ms", "confidence")) for row in found["exams"]]
    return score(trace, states, exams)


def surest(found):
    return max((row["confidence"] for row in found["states"] + found["exams"]), default=0.0)


@pytest.mark.parametrize("kind", ["CT", "MRI", "DSA", "PET/CT", "LINAC", "DR"])
def test_a_week_of_each_class_is_told_from_its_file(tmp_path, kind):
    trace = make(kind, 3, 7, 10, "plain")
    how = scored(trace, analysed(written(tmp_path / "trace.csv", trace), "--class", kind))
    assert how.f1 >= 0.98 and how.count_error <= 0.05 and how.edge_windows <= 2
    assert how.sure >= 0.8 and how.wrong_sure < 0.01


def test_the_text_has_levels_states_and_examinations(tmp_path):
    trace = make("LINAC", 3, 3)
    done = CliRunner().invoke(main, ["analyse", str(written(tmp_path / "trace.csv", trace)), "--class", "linac"])
    lines = done.stdout.splitlines()
    assert done.exit_code == 0 and lines[0] == "# class LINAC, windows of 10 s"
    assert lines[1].startswith("# levels from 2026-01-01T00:00:00Z: off ")
    assert "start_ms,end_ms,state,confidence" in lines and "start_ms,end_ms,confidence" in lines
    at = lines.index("start_ms,end_ms,state,confidence") + 1
    assert lines[at].split(",")[0] == str(trace.ts_ms[0]) and lines[at].split(",")[2] == "off"


def test_standby_and_ready_of_a_ct_may_be_either_and_it_says_so(tmp_path):
    found = analysed(written(tmp_path / "trace.csv", make("CT", 3, 3)), "--class", "CT")
    assert found["levels"][0]["standby_or_ready"]
    assert {tuple(row.get("either", ())) for row in found["states"] if row["state"] in ("standby", "ready")} == {
        ("standby", "ready")
    }


def test_milliamperes_are_told_from_amperes(tmp_path):
    trace = make("MRI", 3, 3)
    milli = trace._replace(**{name: getattr(trace, name) * 1000 for name in HEAD.split(",")[1:]})
    found = analysed(written(tmp_path / "trace.csv", milli), "--class", "MRI")
    assert any("mA" in note for note in found["notes"]) and scored(trace, found).f1 > 0.98


@pytest.mark.parametrize("head", ["ts_ms,current_a", "ts_ms,current_a,current_max_a", "ts_ms,charge_as"])
def test_missing_columns_cost_no_more_than_what_they_would_have_said(tmp_path, head):
    trace = make("MRI", 3, 5)
    assert scored(trace, analysed(written(tmp_path / "trace.csv", trace, head), "--class", "MRI")).f1 > 0.95


@pytest.mark.parametrize("window_s", [1, 2, 5, 30, 60])
def test_windows_of_one_to_sixty_seconds(tmp_path, window_s):
    for kind, least in (("MRI", 0.95), ("LINAC", 0.9)):
        trace = make(kind, 3, 4, window_s)
        found = analysed(written(tmp_path / "trace.csv", trace), "--class", kind)
        assert found["window_s"] == window_s and scored(trace, found).f1 > least


def test_the_order_of_rows_does_not_matter(tmp_path):
    trace = make("LINAC", 3, 3)
    whole = written(tmp_path / "trace.csv", trace)
    head, *lines = whole.read_text().splitlines()
    random.Random(1).shuffle(lines)
    mixed = tmp_path / "mixed.csv"
    mixed.write_text("\n".join([head, *lines]))
    one, other = analysed(whole, "--class", "LINAC"), analysed(mixed, "--class", "LINAC")
    assert one["states"] == other["states"] and one["exams"] == other["exams"]


def test_bad_rows_are_named_by_line_and_their_neighbours_stay(tmp_path):
    trace = make("LINAC", 3, 3)
    path = written(tmp_path / "trace.csv", trace)
    lines = path.read_text().splitlines()
    lines[10], lines[20], lines[30] = (
        "1767225690000,broken,1,1,1",
        "1767225790000,5",
        lines[30].replace(",", ",nan,", 1),
    )
    path.write_text("\n".join(lines))
    found = analysed(path, "--class", "LINAC")
    notes = "\n".join(found["notes"])
    assert "line 11 is left out: '1767225690000,broken,1,1,1'" in notes and "line 21 " in notes and "line 31 " in notes
    assert scored(trace, found).f1 > 0.98


def test_a_file_that_is_no_trace_is_refused_in_one_line(tmp_path):
    for text, said in (
        ("a,b\n1,2\n", "no column ts_ms"),
        ("ts_ms,b\n1,2\n", "no column current_a"),
        ("ts_ms,current_a\n", "no row"),
    ):
        path = tmp_path / "bad.csv"
        path.write_text(text)
        done = CliRunner().invoke(main, ["analyse", str(path)])
        assert done.exit_code == 1 and said in done.output and len(done.output.splitlines()) == 1


LUCK = random.Random(5)
TRACES = {
    "all zero": [0.0] * 20000,
    "constant": [5.0] * 20000,
    "negative": [-5.0] * 20000,
    "noise": [LUCK.gauss(5, 0.1) for _ in range(20000)],
    "rising": [at / 1000 for at in range(20000)],
    "one row": [5.0],
    "two rows": [5.0, 6.0],
    "ten minutes": [0.0] * 30 + [5.0] * 30,
    "one step": [0.0] * 10000 + [5.0] * 10000,
    "huge": [1e300, 0.0] * 5000,
    "random": [LUCK.random() * 50 for _ in range(20000)],
    "full range": [100.0 if at % 7 else 0.0 for at in range(20000)],
}


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("kind", ["CT", "MRI", "DR", None])
def test_what_tells_nothing_is_not_told_surely(tmp_path, name, kind):
    path = tmp_path / "trace.csv"
    path.write_text("ts_ms,current_a\n" + "".join(f"{at * 10000},{amps}\n" for at, amps in enumerate(TRACES[name])))
    assert surest(analysed(path, *(["--class", kind] if kind else []))) < 0.9
