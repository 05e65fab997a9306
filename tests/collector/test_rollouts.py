"""Images and rollouts as the collector keeps them: who gets one, who does not, and when it stops by itself."""

import io
import itertools
import re

import pytest
from click.testing import CliRunner

from collector import gateways
from collector.__main__ import main
from collector.errors import ActionError
from collector.gateways import images, rollouts
from collector.gateways.models import Rollout
from collector.gateways.rollouts import MINUTE_MS, sizes
from flasher import build
from tests.collector.people import Person
from tests.collector.site import now_ms, refused
from tests.fakes.slots import NEW, image_of, key_list, keys

numbers = itertools.count(1)


@pytest.fixture
def fleet(site):
    """Five terminals at gw-1, ct-01 and t-2 to t-5, that say what they are."""
    for n in range(2, 6):
        gateways.add_terminal(site.data_dir, f"t-{n}", bytes(32), now_ms())
        gateways.assign_terminal(f"t-{n}", "gw-1")
    say(site, **dict.fromkeys(("ct-01", "t-2", "t-3", "t-4", "t-5"), "0.1.0"))
    images.trust(site.data_dir, key_list())
    return site


def report(site, kind, body, gateway="gw-1"):
    record = {"source_id": gateway, "seq": next(numbers), "kind": kind, "ts_ms": now_ms(), "body": body}
    return refused(site.upload(gateway=gateway, records=[record]))


def say(site, board="simulated", trial=False, **versions):
    """What terminals say of themselves; _ for - in their names."""
    said = {"board": board, "trial": trial}
    body = {name.replace("_", "-"): {**said, "version": version} for name, version in versions.items()}
    assert report(site, "status", body) == []


def start(site, rings="1,2,rest", failures=1):
    one = images.add_image(site.data_dir, image_of(NEW)[1], now_ms())
    return rollouts.start_rollout(one.image_id, rings, 60, failures, "test", "a test", now_ms())


def offered(site, gateway="gw-1"):
    answer = site.get("/a02/v1/offers", **site.bearer(gateway))
    assert answer.status_code == 200, answer.text
    return [one["terminal_id"] for one in answer.json["offers"]]


def update(site, rollout, terminal_id, state, gateway="gw-1", **more):
    body = {"terminal_id": terminal_id, "image_id": rollout.image.image_id, "state": state, **more}
    return report(site, "update", body, gateway)


def state(rollout):
    one = Rollout.get_by_id(rollout.id)
    return one.state, one.why


@pytest.mark.parametrize(
    "rings,count,found",
    [("1,10%,rest", 40, [1, 4, 35]), ("1,10%,rest", 1, [1, 0, 0]), ("100%", 3, [3]), ("2,2", 3, [2, 1])],
)
def test_rings_share_the_terminals_out(rings, count, found):
    assert sizes(rings, count) == found


@pytest.mark.parametrize("rings", ["", "0,rest", "1,x", "-1,rest", "1,10%"])
def test_rings_that_leave_somebody_out_or_mean_nothing_are_refused(rings):
    with pytest.raises(ActionError, match="ring"):
        sizes(rings, 40)


def test_a_ring_opens_when_all_of_the_one_before_have_confirmed(fleet):
    rollout = start(fleet)
    assert offered(fleet) == ["ct-01"] and offered(fleet, "gw-2") == []
    update(fleet, rollout, "ct-01", "ready")
    say(fleet, trial=True, **{"ct-01": "0.2.0"})
    assert offered(fleet) == [], "it has it, and does not stand behind it yet"
    say(fleet, **{"ct-01": "0.2.0"})
    assert offered(fleet) == ["t-2", "t-3"]
    say(fleet, **{"t-2": "0.2.0"})
    assert offered(fleet) == ["t-3"]
    say(fleet, **{"t-3": "0.2.0"})
    assert offered(fleet) == ["t-4", "t-5"]
    say(fleet, **{"t-4": "0.2.0", "t-5": "0.2.0"})
    assert offered(fleet) == [] and state(rollout) == ("done", "")


def test_a_terminal_that_falls_back_halts_it_for_everybody(fleet):
    rollout = start(fleet)
    offered(fleet)
    update(fleet, rollout, "ct-01", "ready")
    later = now_ms() + 1000
    rollouts.follow({"ct-01": {"version": "0.1.0", "trial": False}}, later)
    assert offered(fleet) == [] and state(rollout) == ("halted", "ct-01: it fell back to 0.1.0")
    rollouts.resume(rollout.id, now_ms())
    assert offered(fleet) == ["ct-01"] and state(rollout) == ("running", "")


def test_a_refusal_halts_it_and_says_why(fleet):
    rollout = start(fleet)
    offered(fleet)
    assert update(fleet, rollout, "ct-01", "refused", error="image_signature") == []
    assert offered(fleet) == [] and state(rollout) == ("halted", "ct-01: image_signature")


def test_silence_halts_it_and_the_clock_runs_only_from_the_offer(fleet):
    rollout = start(fleet)
    offered(fleet)
    gateway = gateways.Gateway.get(gateways.Gateway.gateway_id == "gw-1")
    assert rollouts.offers(gateway, now_ms() + 59 * MINUTE_MS)
    assert rollouts.offers(gateway, now_ms() + 61 * MINUTE_MS) == []
    assert state(rollout) == ("halted", "ct-01: still offered after 60 minutes")


def test_as_many_failures_as_are_allowed_do_not_halt_it(fleet):
    rollout = start(fleet, rings="2,rest", failures=2)
    assert offered(fleet) == ["ct-01", "t-2"]
    update(fleet, rollout, "ct-01", "refused")
    say(fleet, **{"t-2": "0.2.0"})
    assert offered(fleet) == ["t-3", "t-4", "t-5"]
    update(fleet, rollout, "t-3", "refused")
    assert offered(fleet) == [] and state(rollout)[0] == "halted"


def test_halted_by_hand_nobody_gets_it_until_it_is_resumed(fleet):
    rollout = start(fleet)
    rollouts.halt(rollout.id, "a doubt")
    assert offered(fleet) == []
    with pytest.raises(ActionError, match="the rollout is halted now"):
        rollouts.halt(rollout.id, "again")
    rollouts.resume(rollout.id, now_ms())
    assert offered(fleet) == ["ct-01"]


def test_only_terminals_of_the_images_board_that_are_older_and_free_get_it(fleet):
    say(fleet, board="pico_w", **{"t-2": "0.1.0"})
    say(fleet, **{"t-3": "0.2.0", "t-4": "of my own"})
    gateways.revoke_terminal("t-5", now_ms())
    assert [one.terminal_id for one in start(fleet, rings="rest").terminals] == ["ct-01"]
    with pytest.raises(ActionError, match="no terminal says it is a simulated"):
        start(fleet)


def test_another_gateway_cannot_speak_for_a_terminal(fleet):
    rollout = start(fleet)
    offered(fleet)
    assert update(fleet, rollout, "ct-01", "refused", gateway="gw-2") == ["record_invalid"]
    assert update(fleet, rollout, "ct-01", "gone") == ["record_invalid"]
    assert state(rollout) == ("running", "")


def test_an_image_comes_whole_or_from_where_it_was_cut(fleet):
    rollout, whole = start(fleet), image_of(NEW)[1]
    path = f"/a02/v1/images/{rollout.image.image_id}"
    assert fleet.get(path, **fleet.bearer("gw-1")).data == whole
    rest = fleet.get(path, Range="bytes=1000-", **fleet.bearer("gw-1"))
    assert rest.status_code == 206 and rest.data == whole[1000:]
    assert fleet.get(path, Range=f"bytes={len(whole)}-", **fleet.bearer("gw-1")).status_code == 416
    unknown = fleet.get("/a02/v1/images/..%2f..%2fcollector", **fleet.bearer("gw-1"))
    assert unknown.status_code == 404
    assert fleet.get("/a02/v1/images/0011", **fleet.bearer("gw-1")).json["code"] == "image_unknown"


@pytest.mark.parametrize(
    "content,text",
    [
        (image_of(NEW, key=2)[1], "no trusted key signed"),
        (image_of(NEW)[1][:-1], "is not the file the manifest names"),
        (image_of(NEW)[1] + b"x", "1 bytes stand behind"),
        (image_of(NEW)[1][:40], "no whole image"),
        (b"", "no whole image"),
    ],
    ids=["stranger", "cut", "longer", "head", "nothing"],
)
def test_an_image_nobody_trusted_signed_or_that_is_not_whole_is_refused(fleet, content, text):
    with pytest.raises(ActionError, match=text):
        images.add_image(fleet.data_dir, content, now_ms())


def test_an_administrator_brings_an_image_to_terminals_by_pages(fleet):
    person = Person(fleet, "admin")
    person.sign_in()

    def told(answer):
        return person.get(answer.headers["Location"]).text

    def begun(**changed):
        said = {"rings": "1,rest", "within_min": "60", "failures": "1", "reason": "a fix"} | changed
        return told(person.post("/rollouts", image=gateways.images_told()[0].image_id if added else "x", **said))

    added = False
    assert "there is no image x" in begun() and "There is no image yet" in person.get("/rollouts").text
    for content, text in ((b"junk", "no whole image"), (image_of(NEW, key=2)[1], "no key that this site trusts")):
        assert text in told(person.post("/rollouts/images", "/rollouts", file=(io.BytesIO(content), "a.bin")))
    added = "is taken in" in told(
        person.post("/rollouts/images", "/rollouts", file=(io.BytesIO(image_of(NEW)[1]), "a"))
    )
    assert added and "Rollouts of firmware" in person.get("/gateways").text
    for wrong, text in (
        ({"rings": "1,many"}, "“many” is neither"), ({"rings": "1"}, "leave out 4 of 5"),
        ({"reason": " "}, "this one has 0"),
        ({"within_min": "soon"}, "as whole numbers"), ({"failures": "0"}, "as whole numbers"),
    ):  # fmt: skip
        assert text in begun(**wrong), wrong
    page = begun()
    path = f"/rollouts/{re.search('Rollout ([0-9]+)<', page)[1]}"
    assert page.count("waiting") == 5 and "Halt it" in page
    assert offered(fleet) == ["ct-01"]
    assert "this one has 0" in told(person.post(f"{path}/halt", path, reason=""))
    page = told(person.post(f"{path}/halt", path, reason="a doubt"))
    assert "a doubt" in page and 'data-rollout="halted"' in page and offered(fleet) == []
    assert "“halted” now" in told(person.post(f"{path}/halt", path, reason="again"))
    assert 'data-rollout="running"' in told(person.post(f"{path}/resume", path))
    assert person.get("/rollouts/999").status_code == 404
    rows = fleet.rows("SELECT action, actor FROM audit_row WHERE substr(action, 1, 7) = 'rollout' ORDER BY number")
    assert rows == [("rollout.start", "admin"), ("rollout.halt", "admin"), ("rollout.resume", "admin")]


def test_release_keys_change_only_by_two_present_keys(fleet):
    trusted, other, stranger = keys()
    moduli = [build.modulus_of(other), build.modulus_of(stranger)]
    with pytest.raises(ActionError, match="two of the present keys"):
        images.trust(fleet.data_dir, build.key_list(2, moduli, (trusted, stranger)))
    with pytest.raises(ActionError, match="not above"):
        images.trust(fleet.data_dir, key_list())
    images.trust(fleet.data_dir, build.key_list(2, moduli, (trusted, other)))
    assert images.add_image(fleet.data_dir, image_of(NEW, key=2)[1], now_ms()).version == "0.2.0"


def test_a_rollout_is_started_and_followed_on_the_command_line(fleet, tmp_path):
    def do(*words):
        done = CliRunner().invoke(main, ["--data", str(fleet.data_dir), *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.output

    file = tmp_path / "image.bin"
    file.write_bytes(image_of(NEW)[1])
    image_id = do("image", "add", file).split("\t")[0]
    assert do("image", "add", file).startswith(image_id) and do("image", "list").count("0.2.0") == 1
    number = do("rollout", "start", image_id, "--reason", "new").strip()
    assert offered(fleet) == ["ct-01"]
    assert "ct-01\tring 1\toffered" in do("rollout", "show", number)
    do("rollout", "halt", number, "--reason", "a doubt")
    assert f"{number}\tsimulated\t0.2.0\tring 1\thalted\ta doubt" in do("rollout", "list")
    do("rollout", "resume", number)
    assert offered(fleet) == ["ct-01"]
