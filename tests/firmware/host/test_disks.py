"""How full disks are: the fullest stands for all in a reading, each stands in the record, a bad one is not zero."""

import os

from firmware.host import disks
from firmware.protocol.measured import SENSOR_FAILED

SMALL = {"total_bytes": 100_000_000_000, "free_bytes": 5_000_000_000, "used_pct": 95.0}
LARGE = {"total_bytes": 4_000_000_000_000, "free_bytes": 2_000_000_000_000, "used_pct": 50.0}


def test_the_fullest_disk_stands_for_all():
    values, flags = disks.values_of({"/": LARGE, "/data": SMALL}, 7200)
    assert (values, flags) == ({"disk_used_pct": 95.0, "disk_size_gb": 100.0, "uptime_h": 2.0}, 0)


def test_a_disk_that_cannot_be_asked_is_bad_not_empty(tmp_path):
    found = disks.disks([str(tmp_path), str(tmp_path / "pulled")])
    assert found[str(tmp_path / "pulled")] is None and found[str(tmp_path)]["used_pct"] > 0
    assert disks.values_of({"/": LARGE, "/pulled": None}, 0)[1] == SENSOR_FAILED
    values, flags = disks.values_of({"/pulled": None}, 3600)
    assert (values, flags) == ({"disk_used_pct": None, "disk_size_gb": None, "uptime_h": 1.0}, SENSOR_FAILED)


def test_the_numbers_are_those_of_the_system(tmp_path):
    said = os.statvfs(tmp_path)
    found = disks.disks([str(tmp_path)])[str(tmp_path)]
    assert found["total_bytes"] == said.f_blocks * said.f_frsize
    assert abs(found["free_bytes"] - said.f_bavail * said.f_frsize) < 1e9
    assert disks.watched("/, /srv") == ["/", "/srv"] and disks.watched("")
    with open("/proc/uptime") as file:
        assert abs(disks.uptime_s() - float(file.read().split()[0])) < 60
