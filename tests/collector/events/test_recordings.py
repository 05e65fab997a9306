"""Recordings come in parts: what is cut, wrong, too much or another's is refused and said; what counts is not lost."""

import fcntl
import json

import pytest
from click.testing import CliRunner

from collector import accounts, equipment, events, files
from collector.__main__ import main
from collector.events import Event
from collector.files import store
from collector.files.models import Arrival, File, Part
from tests.collector.events.parts import TUS, Bringer, checksum, mp4, webm
from tests.collector.people import Person, acts
from tests.collector.site import CT, PASSWORD, now_ms

HOUR_MS = 3_600_000
HEIC = b"\0\0\0\x18ftypheic" + bytes(200)


@pytest.fixture
def happened(site):
    """The hospital with an event that an engineer handles."""
    one = equipment.equipment_named("A-0001")
    events.report(one, "serious", "smoke", now_ms(), [], now_ms())
    for name in ("wang", "zhao"):
        user = accounts.add_administrator(name, PASSWORD, now_ms(), "biomedical_engineer")
        accounts.give_scope(user, "equipment", 1, "A-0001", "", now_ms() - 1, None)
    return site


def who(site, name):
    person = Person(site, name)
    assert person.sign_in().status_code == 302
    return person


@pytest.fixture
def wang(happened):
    return Bringer(who(happened, "wang"))


def refused(answer, status, code):
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    return answer.json["detail"]


def nothing_kept():
    lost = [path for path in store.folder().glob("*/*") if path.is_file()] + list(store.folder().glob("new-*"))
    return not File.select().exists() and lost == [] and not Part.select().exists()


@pytest.mark.parametrize("film,kind", [(mp4(brand=b"qt  "), "mov"), (webm(), "webm")])
def test_a_film_in_parts_becomes_a_step_that_plays(wang, film, kind):
    answer = wang.bring(film, name="../IMG 1.MOV")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(film)))
    file, step = File.get(), Event.get().steps.order_by(events.Step.id.desc()).first()
    assert (file.kind, file.name, files.open(file).read()) == (kind, f"IMG 1.{kind}", film)
    assert (step.action, step.actor, json.loads(step.files)) == ("record", "wang", [file.id])
    assert acts("event.record") == [("wang", "event 1", "done")] and not Part.select().exists()
    assert f'<video class="photo" src="/events/1/files/{file.id}"' in wang.person.get("/events/1").text


def test_a_film_that_is_still_being_made_says_its_length_last(wang):
    film, path = webm(), wang.begin(None).headers["Location"]
    wang.add(path, 0, film[:3000])
    wang.add(path, 3000, film[3000:])
    assert wang.held(path) == len(film) and not File.select().exists()
    assert wang.add(path, len(film), b"", Upload_Length=str(len(film))).status_code == 204
    assert File.get().bytes == len(film)


def test_who_lost_the_last_answer_hears_that_all_is_there(wang):
    film = mp4()
    wang.bring(film)
    assert wang.held(f"{wang.where}/1") == len(film)
    refused(wang.add(f"{wang.where}/1", len(film), b""), 410, "gone")


def test_parts_in_wrong_order_twice_or_wrong_are_refused_with_where_to_go_on(wang):
    film = mp4()
    path = wang.begin(len(film)).headers["Location"]
    early = wang.add(path, 2000, film[2000:4000])
    assert "byte 0;" in refused(early, 409, "part_elsewhere") and early.headers["Upload-Offset"] == "0"
    wang.add(path, 0, film[:2000])
    assert "byte 2000;" in refused(wang.add(path, 0, film[:2000]), 409, "part_elsewhere")
    wrong = wang.add(path, 2000, film[2000:4000], Upload_Checksum=checksum(b"other"))
    assert "byte 2000 is not what its SHA-256 says" in refused(wrong, 460, "hash_wrong")
    refused(wang.add(path, 2000, film[2000:] + b"x"), 409, "not_done")
    assert wang.add(path, 2000, film[2000:]).status_code == 204 and files.open(File.get()).read() == film


def test_two_at_once_do_not_write_into_each_other(wang):
    path = wang.begin(5000).headers["Location"]
    with store.arriving(1).open("r+b") as content:
        fcntl.flock(content, fcntl.LOCK_EX)
        answer = wang.add(path, 0, mp4()[:2000])
        assert "another part is just being written" in refused(answer, 423, "busy")
    assert wang.add(path, 0, mp4()[:2000]).status_code == 204


def test_a_part_that_does_not_say_what_it_is_is_refused(wang):
    path = wang.begin(5000).headers["Location"]
    for headers, status, code in (
        ({"Upload-Checksum": "md5 abc"}, 400, "request_unreadable"),
        ({"Upload-Checksum": "sha256 ***"}, 400, "request_unreadable"),
        ({"Upload-Offset": "-1"}, 400, "request_unreadable"),
        ({"Upload-Offset": "\u0663".encode().decode("latin-1")}, 400, "request_unreadable"),
        ({"Upload-Length": "7"}, 409, "not_done"),
        ({"Tus-Resumable": "0.2.0"}, 412, "tus_version"),
        ({"Content-Type": "video/mp4"}, 415, "media_type"),
    ):
        refused(wang.add(path, 0, mp4()[:2000], **headers), status, code)
    assert wang.held(path) == 0


def test_what_is_no_whole_recording_is_refused_and_leaves_nothing(wang):
    for film, status, code, why in (
        (b"MZ" + bytes(1000), 415, "media_type", "type"),
        (HEIC, 415, "media_type", "type"),
        (mp4()[:2500], 422, "field_invalid", "cut"),
        (webm()[:30], 422, "field_invalid", "cut"),
        (b"\xff\xd8\xff" + bytes(1000), 422, "field_invalid", "picture"),
    ):
        assert refused(wang.bring(film), status, code).startswith(f"the file is not taken: {why}")
        assert nothing_kept()
    assert acts("file.give_up") == [("wang", "event 1", "done")] * 5


def test_a_program_is_refused_with_its_first_part_and_not_after_all_of_it(wang):
    path = wang.begin(400_000_000).headers["Location"]
    refused(wang.add(path, 0, b"MZ" + bytes(5000)), 415, "media_type")
    assert wang.ask("HEAD", path, **TUS).status_code == 404 and nothing_kept()


def test_what_is_too_large_or_has_no_room_is_refused_before_it_comes(happened):
    happened.app.config["SETTINGS"]["recording_most_mb"] = 3
    wang = Bringer(who(happened, "wang"))
    assert wang.ask("OPTIONS", wang.where).headers["Tus-Max-Size"] == str(3 << 20)
    assert "size 3" in refused(wang.begin((3 << 20) + 1), 413, "too_large")
    refused(wang.begin(0), 422, "field_invalid")
    path = wang.begin(None).headers["Location"]
    wang.add(path, 0, webm(2 << 20))
    at = wang.held(path)
    assert "size 3" in refused(wang.add(path, at, bytes(2 << 20)), 413, "too_large")
    (happened.data_dir / "collector.toml").write_text("files_most_mb = 4\n")
    assert "full" in refused(wang.begin(3 << 20), 413, "too_large"), "what is on its way counts"
    assert wang.begin(1 << 20).status_code == 201
    for _ in range(3):
        wang.begin(1000)
    assert "5 files of yours" in refused(wang.begin(1000), 429, "too_many")
    assert wang.ask("DELETE", path, **TUS).status_code == 204 and wang.begin(1000).status_code == 201


def test_only_who_began_it_goes_on_at_its_own_event(happened, wang):
    other = equipment.add_equipment(CT | {"asset_number": "A-2", "serial": "2", "institution": "Other"}, now_ms())
    events.report(other, "serious", "elsewhere", now_ms(), [], now_ms())
    stranger = accounts.add_administrator("stranger", PASSWORD, now_ms(), "technician")
    accounts.give_scope(stranger, "equipment", other.id, "A-2", "", now_ms() - 1, None)
    film = mp4()
    path = wang.begin(len(film)).headers["Location"]
    zhao, far = Bringer(who(happened, "zhao")), Bringer(who(happened, "stranger"), 2)
    for one, where in ((zhao, path), (far, path), (far, "/events/2/recordings/1"), (wang, "/events/2/recordings/1")):
        assert one.add(where, 0, film[:2000]).status_code == 404, where
        assert one.ask("HEAD", where, **TUS).status_code == one.ask("DELETE", where, **TUS).status_code == 404
    assert far.ask("POST", "/events/1/recordings", **TUS, Upload_Length="10").status_code == 404
    for at in range(0, len(film), 2000):
        wang.add(path, at, film[at : at + 2000])
    number = File.get().id
    assert far.person.get(f"/events/1/files/{number}").status_code == 404
    assert far.person.get(f"/events/2/files/{number}").status_code == 404


def test_without_the_token_of_a_page_nothing_is_taken(wang):
    wang.headers.pop("X-CSRFToken")
    assert wang.begin(5000).status_code == 400 and not Arrival.select().exists()


def test_a_closed_event_takes_no_more_and_a_decision_is_not_disturbed(happened, wang):
    version = Event.get().version
    wang.bring(mp4())
    assert Event.get().version == version
    Event.update(state="closed").execute()
    assert "closed; open it again" in refused(wang.begin(5000), 409, "not_done")


def test_a_part_that_the_disk_lost_is_named_and_sent_again(happened, wang):
    film = mp4()
    path = wang.begin(len(film)).headers["Location"]
    wang.add(path, 0, film[:2000])
    wang.add(path, 2000, film[2000:4000])
    command = ["--data", str(happened.data_dir), "check"]
    assert CliRunner().invoke(main, command).exit_code == 0
    with store.arriving(1).open("r+b") as content:
        content.seek(2500)
        content.write(b"\0\0\0")
    said = CliRunner().invoke(main, command)
    assert said.exit_code == 1 and "arrival 1 of event 1 film: another from byte 2000 on" in said.output
    assert "byte 2000 is not on the disk" in refused(wang.add(path, 4000, film[4000:]), 409, "part_elsewhere")
    wang.add(path, 2000, film[2000:])
    assert files.open(File.get()).read() == film


def test_what_nobody_finished_goes_after_a_while_and_not_before(wang):
    path = wang.begin(5000).headers["Location"]
    wang.add(path, 0, mp4()[:2000])
    (store.arriving(0).parent / "99").write_bytes(b"of none")
    assert files.sweep(now_ms(), 24) == 1 and wang.held(path) == 2000
    assert files.sweep(now_ms() + 25 * HOUR_MS, 24) == 1
    assert wang.ask("HEAD", path, **TUS).status_code == 404 and nothing_kept()


def test_a_recording_is_played_in_pieces_and_runs_nothing(wang):
    film = mp4(9 << 20)
    wang.bring(film, 1 << 20)
    where = f"/events/1/files/{File.get().id}"
    for asked, first, end in (("bytes=0-", 0, 1 << 20), ("bytes=100-199", 100, 200), ("bytes=-50", -50, None)):
        answer = wang.ask("GET", where, Range=asked)
        begins = first % len(film)
        assert answer.status_code == 206 and answer.data == film[first:end]
        assert answer.headers["Content-Range"] == f"bytes {begins}-{begins + len(answer.data) - 1}/{len(film)}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.mimetype == "video/mp4"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert wang.ask("GET", where, Range="bytes=99999999-").status_code == 416
    assert wang.ask("GET", where).data == film


def test_a_program_brings_and_fetches_the_same_with_its_token(happened, wang):
    token, film = accounts.add_token("of wang", now_ms(), "write", 1, "wang"), mp4()
    wang.headers, wang.where = {"Authorization": f"Bearer {token}"}, "/api/v1/events/1/recordings"
    begun = wang.begin(len(film))
    path = begun.headers["Location"]
    assert path == f"{wang.where}/{begun.json['id']}" and begun.json["bytes"] == len(film)
    refused(wang.add(path, 0, film[:2000], Upload_Checksum=checksum(b"other")), 460, "hash_wrong")
    wang.add(path, 0, film[:2000])
    (one,) = wang.ask("GET", wang.where).json
    assert (one["held"], wang.held(path)) == (2000, 2000)
    assert wang.add(path, 2000, film[2000:]).status_code == 204 and wang.ask("GET", wang.where).json == []
    assert wang.ask("GET", "/api/v1/events/1/files/1").data == film
    assert wang.ask("GET", "/api/v1/events/1/files/2").status_code == 404
    reads = accounts.add_token("reads", now_ms(), "read", 1, "wang")
    wang.headers = {"Authorization": f"Bearer {reads}"}
    refused(wang.begin(len(film)), 403, "forbidden")
