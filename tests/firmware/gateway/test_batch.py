"""The body of an upload."""

from firmware.gateway.batch import body_of
from firmware.gateway.outbox import Waiting
from firmware.protocol.channels import AGGREGATED
from firmware.protocol.frame import Gap, Reading


def waiting(*readings, gaps=(), records=()):
    return Waiting([(at, one) for at, one in enumerate(readings)], list(gaps), list(records))


def test_readings_become_columns_of_steps_per_terminal_and_channels():
    body = body_of(
        waiting(
            Reading("ct-01", 1000, 7, {"temperature_c": 21.56, "current_a": None}, 0, 1),
            Reading("ct-01", 2000, 8, {"temperature_c": -0.01, "current_a": 5.012}, 64, 1),
            Reading("ct-02", 1000, 9, {"temperature_c": 0.0}, 0, 1),
            Reading("ct-01", 3000, 10, {}, 0, 1),
        ),
        "gw-1",
        9999,
    )
    assert body["sent_ms"] == 9999
    assert body["readings"] == [
        {
            "terminal_id": "ct-01",
            "seq": [7, 8],
            "ts_ms": [1000, 2000],
            "flags": [0, 64],
            "columns": {"current_a": [None, 5012], "temperature_c": [2156, -1]},
        },
        {"terminal_id": "ct-02", "seq": [9], "ts_ms": [1000], "flags": [0], "columns": {"temperature_c": [0]}},
        {"terminal_id": "ct-01", "seq": [10], "ts_ms": [3000], "flags": [0], "columns": {}},
    ]


def test_aggregated_readings_say_what_they_stand_for():
    minute = Reading("ct-01", 1000, 12, {"temperature_c": 21.0}, AGGREGATED, 6)
    (block,) = body_of(waiting(minute, minute._replace(seq=13, flags=0, windows=1)), "gw-1", 9999)["readings"]
    assert (block["seq"], block["from_seq"], block["windows"]) == ([12, 13], [7, 13], [6, 1])


def test_records_carry_their_source_and_gaps_their_terminal():
    record = (17, "refusals", 1000, {"ct-01": {"seal_wrong": 2}}, None)
    other = (18, "mpps", 1001, {}, "ct-mpps")
    body = body_of(waiting(gaps=[(1, "ct-01", Gap(3, 5, "reboot"))], records=[record, other]), "gw-1", 9999)
    assert body["gaps"] == [{"terminal_id": "ct-01", "from_seq": 3, "to_seq": 5, "reason": "reboot"}]
    told = {"source_id": "gw-1", "seq": 17, "kind": "refusals", "ts_ms": 1000, "body": {"ct-01": {"seal_wrong": 2}}}
    assert body["records"] == [told, {"source_id": "ct-mpps", "seq": 18, "kind": "mpps", "ts_ms": 1001, "body": {}}]
