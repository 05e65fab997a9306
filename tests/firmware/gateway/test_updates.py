"""Images on the gateway: fetched once, gone on with where it was cut, checked, offered to whom it may concern."""

import asyncio
import hashlib

import pytest

from firmware.gateway.a02 import CollectorSilent
from firmware.gateway.errors import GatewayError
from firmware.gateway.updates import Updates
from firmware.protocol.message import Chunk, Offer, Want
from flasher import build
from tests.fakes.slots import NEW, image_of, key_list, keys

HEAD, WHOLE = image_of(NEW)
IMAGE_ID = hashlib.sha256(HEAD).digest()[:8]
ROW = {
    "terminal_id": "ct-01",
    "image_id": IMAGE_ID.hex(),
    "version": "0.2.0",
    "sha256": hashlib.sha256(WHOLE).hexdigest(),
    "size": len(WHOLE),
    "head_size": len(HEAD),
}
OLD_ONE = {"version": "0.1.0", "trial": False}


class Collector:
    """What a gateway asks; `cut` ends an answer early, `content` is what it gives for the image."""

    def __init__(self, *rows):
        self.rows, self.content, self.cut, self.begins = rows, WHOLE, None, []
        self.keys, self.others = key_list().hex(), {}  # others: {image id: its bytes}

    async def offers(self):
        return {"offers": list(self.rows), "keys": self.keys}

    async def image(self, image_id, begin):
        self.begins.append(begin)
        content = self.others.get(image_id, self.content)
        end = self.cut or len(content)
        for at in range(begin, end, 1000):
            yield content[at : min(at + 1000, end)]
        if self.cut:
            raise CollectorSilent("the test cut it")


def follow(updates, collector):
    asyncio.run(updates.follow(collector))


def test_an_image_is_fetched_once_and_offered_to_whom_the_collector_names(tmp_path):
    updates, collector = Updates(tmp_path, None), Collector(ROW, ROW | {"terminal_id": "ct-02"})
    follow(updates, collector)
    follow(updates, collector)
    assert collector.begins == [0]
    assert updates.offer_for("ct-01", OLD_ONE) == Offer(IMAGE_ID, len(WHOLE), len(HEAD))
    assert updates.offer_for("mri-01", OLD_ONE) is None
    assert updates.piece(Want(IMAGE_ID, 100, 50)) == Chunk(IMAGE_ID, 100, WHOLE[100:150])


@pytest.mark.parametrize("said", [{"version": "0.2.0"}, {"version": "0.1.0", "trial": True}])
def test_who_has_it_or_tries_something_gets_no_offer(tmp_path, said):
    updates = Updates(tmp_path, None)
    follow(updates, Collector(ROW))
    assert updates.offer_for("ct-01", said) is None


def test_what_was_cut_is_gone_on_with_also_by_a_gateway_that_was_killed(tmp_path):
    collector = Collector(ROW)
    collector.cut = 2500
    with pytest.raises(CollectorSilent):
        follow(Updates(tmp_path, None), collector)
    collector.cut = None
    again = Updates(tmp_path, None)
    follow(again, collector)
    assert collector.begins == [0, 2500] and again.offer_for("ct-01", OLD_ONE)
    third = Updates(tmp_path, None)
    follow(third, collector)
    assert len(collector.begins) == 2, "it lies on the disk, and is checked there"


@pytest.mark.parametrize("content", [WHOLE[:-1] + b"x", WHOLE[:-1], WHOLE + b"x" * 5000, b"x" * len(WHOLE), b""])
def test_what_is_not_the_image_is_thrown_away_and_never_offered(tmp_path, content):
    updates, collector = Updates(tmp_path, None), Collector(ROW)
    collector.content = content
    with pytest.raises(GatewayError, match="did not come whole"):
        follow(updates, collector)
    assert updates.offer_for("ct-01", OLD_ONE) is None and updates.piece(Want(IMAGE_ID, 0, 50)) is None
    collector.content = WHOLE
    follow(updates, collector)
    assert updates.offer_for("ct-01", OLD_ONE)


def test_an_offer_that_is_taken_back_is_not_made_any_more(tmp_path):
    updates = Updates(tmp_path, None)
    follow(updates, Collector(ROW))
    follow(updates, Collector())
    assert updates.offer_for("ct-01", OLD_ONE) is None


@pytest.mark.parametrize("said", [{"update": "ready"}, {"update": "refused", "error": "image_board"}])
def test_what_a_terminal_says_of_an_update_is_told_once_and_ends_the_offer(tmp_path, said):
    told = []
    updates = Updates(tmp_path, lambda kind, body: told.append((kind, body)))
    follow(updates, Collector(ROW))
    updates.hear("ct-01", said)
    updates.hear("mri-01", said)
    (kind, body), *others = told
    assert kind == "update" and body["state"] == said["update"] and body["terminal_id"] == "ct-01" and not others
    assert updates.offer_for("ct-01", OLD_ONE) is None


@pytest.mark.parametrize(
    "wrong",
    [{}, 7, ROW | {"image_id": "../../x"}, ROW | {"size": 2**40}, ROW | {"head_size": "1"}, ROW | {"version": None}],
)
def test_an_impossible_offer_is_left_out_and_its_neighbours_are_taken(tmp_path, wrong):
    updates, collector = Updates(tmp_path, None), Collector(wrong, ROW | {"terminal_id": "ct-02"})
    follow(updates, collector)
    assert updates.offer_for("ct-02", OLD_ONE) and updates.offer_for("ct-01", OLD_ONE) is None


@pytest.mark.parametrize("want", [Want(b"x" * 8, 0, 50), Want(IMAGE_ID, len(WHOLE), 50), Want(IMAGE_ID, 2**31, 50)])
def test_a_piece_of_nothing_is_no_piece(tmp_path, want):
    updates = Updates(tmp_path, None)
    follow(updates, Collector(ROW))
    assert updates.piece(want) is None


def list_of(serial, trusted, signers):
    """A list of release keys by their places in keys(), as the collector says it."""
    every = keys()
    return build.key_list(serial, [build.modulus_of(every[n]) for n in trusted], [every[n] for n in signers]).hex()


def test_an_image_that_no_trusted_key_signed_is_told_once_never_offered_and_its_neighbour_is(tmp_path):
    head, whole = image_of(NEW, key=2)
    stranger = ROW | {"terminal_id": "ct-02", "image_id": hashlib.sha256(head).digest()[:8].hex()}
    stranger |= {"sha256": hashlib.sha256(whole).hexdigest(), "size": len(whole), "head_size": len(head)}
    told = []
    updates, collector = Updates(tmp_path, lambda kind, body: told.append((kind, body))), Collector(stranger, ROW)
    collector.others[stranger["image_id"]] = whole
    with pytest.raises(GatewayError, match="signed by no key this gateway trusts"):
        follow(updates, collector)
    follow(updates, collector)
    assert updates.offer_for("ct-02", OLD_ONE) is None and updates.offer_for("ct-01", OLD_ONE)
    assert updates.piece(Want(bytes.fromhex(stranger["image_id"]), 0, 50)) is None
    said = {"terminal_id": "ct-02", "image_id": stranger["image_id"], "state": "refused", "error": "image_signature"}
    assert told == [("update", said)]


def test_a_later_list_of_keys_counts_only_with_two_signatures_of_the_last(tmp_path):
    updates, collector = Updates(tmp_path, lambda *_told: None), Collector(ROW)
    follow(updates, collector)
    kept = tmp_path / "images/keys.bin"
    for wrong in (list_of(2, [2], [2, 2]), list_of(2, [0, 2], [0]), list_of(1, [2], [0, 1]), "", "zz", None):
        collector.keys = wrong
        follow(updates, collector)
        assert kept.read_bytes() == key_list()
    collector.keys = list_of(2, [1, 2], [0, 1])
    follow(updates, collector)
    assert kept.read_bytes().hex() == collector.keys
    again = Updates(tmp_path, lambda *_told: None)
    with pytest.raises(GatewayError, match="signed by no key"):
        follow(again, collector)


def test_without_a_list_of_keys_nothing_is_offered(tmp_path):
    updates, collector = Updates(tmp_path, lambda *_told: None), Collector(ROW)
    collector.keys = ""
    with pytest.raises(GatewayError, match="without a list of release keys; update the collector"):
        follow(updates, collector)
    assert updates.offer_for("ct-01", OLD_ONE) is None
