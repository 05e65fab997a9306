"""How full the disks are and how long the computer has been running."""

import os
import time
from pathlib import Path

import psutil

from firmware.protocol.measured import SENSOR_FAILED

GB = 1e9


def watched(named):
    """The mount points to look at: those named, by comma, or one of each local disk."""
    if named:
        return [part.strip() for part in named.split(",") if part.strip()]
    found = {}
    for part in sorted(psutil.disk_partitions(all=False), key=lambda one: len(one.mountpoint)):
        if "cdrom" not in part.opts and part.fstype != "squashfs" and os.path.isdir(part.mountpoint):
            found.setdefault(part.device, part.mountpoint)
    return sorted(found.values()) or [Path(os.getcwd()).anchor]


def disks(mount_points):
    """{mount point: {"total_bytes", "free_bytes", "used_pct"}, or None for one that cannot be asked}."""
    return {mount_point: _disk(mount_point) for mount_point in mount_points}


def _disk(mount_point):
    try:
        use = psutil.disk_usage(mount_point)
    except OSError:
        return None
    room = use.used + use.free  # what its owner may fill; root keeps some for itself
    return {
        "total_bytes": use.total,
        "free_bytes": use.free,
        "used_pct": round(100 * use.used / room, 2) if room else 0.0,
    }


def uptime_s():
    """Seconds since the computer was started."""
    return max(0, int(time.time() - psutil.boot_time()))


def values_of(found, running_s):
    """({channel: value}, flags) of a reading: the fullest disk stands for all; None when no disk can be asked."""
    known = [disk for disk in found.values() if disk is not None]
    flags = 0 if len(known) == len(found) else SENSOR_FAILED
    fullest = max(known, key=lambda disk: disk["used_pct"], default={"used_pct": None, "total_bytes": None})
    size_gb = None if fullest["total_bytes"] is None else fullest["total_bytes"] / GB
    return {"disk_used_pct": fullest["used_pct"], "disk_size_gb": size_gb, "uptime_h": running_s / 3600}, flags
