"""The compact body: what it says, that it is used where it is offered, and that older collectors go on getting JSON."""

import asyncio
import json
from pathlib import Path

import pytest

from firmware.gateway import compact
from firmware.gateway.a02 import Collector
from firmware.gateway.identity import Credential
from tests.fakes.platform import Platform, unfolded
from tests.firmware.gateway.home import enrolled

VECTOR = json.loads((Path(__file__).parents[2] / "vectors/compact.json").read_text())
JSON = "application/json"


@pytest.fixture
def platform(tmp_path):
    with Platform(tmp_path) as platform:
        yield platform


def uploaded(platform, *bodies):
    """The answers to these bodies, and the Content-Types under which they went."""
    settings, identity = enrolled(platform.folder / "state", platform)
    platform.kinds.clear()

    async def upload():
        async with Collector(settings, Credential(identity.credential, None)) as collector:
            answers = []
            for body in bodies:
                if callable(body):
                    body()
                else:
                    answers.append(await collector.upload(body))
            return answers

    return asyncio.run(upload()), platform.kinds


def test_the_bytes_are_those_of_the_vector():
    assert compact.packed(VECTOR["body"]).hex() == VECTOR["compact"]


def test_it_is_used_once_the_collector_has_offered_it(platform):
    platform.reads_compact = True
    answers, kinds = uploaded(platform, VECTOR["body"], VECTOR["body"])
    assert kinds == [JSON, compact.CONTENT_TYPE]
    assert [(answer["stored"], answer["duplicate"]) for answer in answers] == [(5, 0), (0, 5)]


def test_a_collector_that_does_not_offer_it_goes_on_getting_json(platform):
    assert uploaded(platform, VECTOR["body"], VECTOR["body"])[1] == [JSON, JSON]


def test_an_older_collector_in_the_same_place_gets_json_at_once(platform):
    platform.reads_compact = True

    def replaced():
        platform.reads_compact = False

    answers, kinds = uploaded(platform, VECTOR["body"], replaced, VECTOR["body"], VECTOR["body"])
    assert kinds == [JSON, compact.CONTENT_TYPE, JSON, JSON] and len(answers) == 3


@pytest.mark.parametrize("said", ["\ud800", 2**70])
def test_what_only_json_can_carry_goes_as_json(platform, said):
    platform.reads_compact = True
    body = VECTOR["body"] | {"records": [VECTOR["body"]["records"][0] | {"body": {"said": said}}]}
    assert uploaded(platform, VECTOR["body"], body)[1] == [JSON, JSON]


def test_a_body_without_readings_is_written_too():
    empty = {"sent_ms": 1, "readings": [], "records": [], "gaps": []}
    assert unfolded(compact.packed(empty)) == {"readings": [], "records": [], "gaps": []}
