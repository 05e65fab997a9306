"""A real systemd in namespaces of its own: one program runs inside as its only unit, then all of it ends.

Below its root stand this machine's /usr and a copy of its /etc, the tree at /tree, a folder of the test at /out, and an
environment with the tree's packages at /opt/gantry, where the installer has its own.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.needs import missing, require_program

ROOT = Path(__file__).parents[2]
V1, V2 = Path("/sys/fs/cgroup/systemd/cgroup.procs"), Path("/sys/fs/cgroup/cgroup.procs")
ENTER = 'mkdir -p "$1" && echo $$ > "$1/cgroup.procs" && shift && exec unshare -m -p -f -u -i -C -n --kill-child "$@"'
BOOT = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$ROOM"
cd "$ROOM"
mkdir usr proc sys run tmp dev var root opt etc tree out packages
mkdir -p var/lib var/log var/tmp var/cache opt/python usr
for link in bin lib lib64 sbin lib32; do [ ! -L /$link ] || ln -s usr/$link $link; done
mount --bind /usr usr
mount --bind "$TREE" tree
mount --bind "$OUT" out
mount --bind "$PACKAGES" packages
mount --bind "$PYTHON" opt/python
cp -a /etc/. etc/
chmod 1777 tmp var/tmp
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
if [ "$CGROUP" = 1 ]; then
    mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
    mkdir sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
else
    mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
device() { mknod -m 666 "dev/$1" c "$2" "$3"; }
device null 1 3; device zero 1 5; device full 1 7; device random 1 8; device urandom 1 9; device tty 5 0
ln -s /proc/self/fd dev/fd
ln -s pts/ptmx dev/ptmx
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ip link set lo up
rm -rf etc/systemd/system/*.wants etc/systemd/system/default.target etc/systemd/system/mosquitto.service.d
cat > etc/systemd/system/room.service <<END
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
WorkingDirectory=/tree
ExecStartPre=/opt/python/bin/python3 -m venv --without-pip /opt/gantry
ExecStartPre=/bin/sh -c 'printf "/tree\\n/packages\\n" > \\$(echo /opt/gantry/lib/python3*/site-packages)/room.pth'
ExecStart=/opt/gantry/bin/python -m $PROGRAM
ExecStopPost=+systemctl exit 0
StandardOutput=append:/out/said
StandardError=append:/out/said
END
printf '[Unit]\\nWants=room.service\\nAllowIsolate=yes\\n' > etc/systemd/system/room.target
mkdir -p etc/systemd/system.conf.d
printf '[Manager]\\nDefaultEnvironment=LD_LIBRARY_PATH=/opt/python/lib\\n' > etc/systemd/system.conf.d/room.conf
export container=room
mkdir before
pivot_root . before
exec chroot . /bin/sh -c \
    'umount -l /before && rmdir /before && exec /lib/systemd/systemd --system --unit=room.target --show-status=no'
"""


def run_inside(folder, program, seconds):
    """What `python -m program` said inside, as text; it ends when that has ended. `folder` is /out inside.

    Skips where the kernel lets no systemd run beside another one.
    """
    require_program("systemctl", "systemd"), require_program("unshare", "util-linux")
    if os.geteuid() != 0 or not (V1.exists() or V2.exists()):
        missing("no right to start a systemd in namespaces of its own")
    version = 1 if V1.exists() else 2
    group = (V1 if version == 1 else V2).with_name(f"gantry-room-{os.getpid()}")
    room, boot = folder / "room", folder / "boot.sh"
    room.mkdir()
    boot.write_text(BOOT)
    given = {"ROOM": room, "OUT": folder, "TREE": ROOT, "PROGRAM": program, "CGROUP": version}
    given |= {"PACKAGES": sysconfig.get_path("purelib"), "PYTHON": sys.base_prefix}
    environ = {**os.environ, **{name: str(value) for name, value in given.items()}}
    with open(folder / "boot.log", "w") as log:
        command = ["sh", "-c", ENTER, "sh", group, "sh", boot]
        try:
            subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=seconds)
        finally:
            for one in sorted(group.rglob("*/"), reverse=True):
                one.rmdir()
            group.rmdir()
    said = folder / "said"
    assert said.exists(), f"systemd did not come up:\n{(folder / 'boot.log').read_text()[-3000:]}"
    return said.read_text()
