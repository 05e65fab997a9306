"""The installer: what it puts where, twice the same, away again without a rest; the units hold and are closed."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.gateway.config import read_config
from firmware.gateway.south.mosquitto import CONFIG
from firmware.host.config import read_config as read_host_config
from tests.firmware.host.computer import write_identity
from tests.needs import require_program

ROOT = Path(__file__).parents[3]
INSTALL = ROOT / "firmware/gateway/install"
PUT = {
    "etc/gantry/gateway.toml",
    "etc/gantry/ca.pem",
    "etc/gantry/mosquitto.conf",
    "etc/gantry/mosquitto.nft",
    "etc/systemd/system/gantry-gateway.service",
    "etc/systemd/system/mosquitto.service.d/gantry.conf",
    "etc/systemd/journald.conf.d/gantry.conf",
    "etc/tmpfiles.d/gantry.conf",
    "usr/local/bin/gantry-gateway",
}
HOST_PUT = {
    "etc/gantry-host/host.toml",
    "etc/gantry-host/identity.json",
    "etc/gantry-host/ca.der",
    "etc/systemd/system/gantry-host.service",
    "usr/local/bin/gantry-host",
}
EXPOSURE_MOST = {"gantry-gateway": 2.5, "gantry-host": 2.0, "mosquitto": 2.0}  # of 10; systemd-analyze security


def script(root, *words, **environ):
    """(status, what it said) of the installer below a folder."""
    environ = {**os.environ, "DESTDIR": str(root), "PYTHON": sys.executable, **environ}
    done = subprocess.run(["sh", INSTALL / "install.sh", *words], capture_output=True, text=True, env=environ)
    return done.returncode, done.stdout + done.stderr


def files_of(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


@pytest.fixture
def new_gateway(tmp_path):
    """Words for a new gateway."""
    (tmp_path / "ca.pem").write_text("the site's CA")
    return (
        "--keep-program",
        "--collector",
        "https://c.test:8443",
        "--name",
        "gw.test",
        "--ca",
        str(tmp_path / "ca.pem"),
    )


@pytest.mark.parametrize("script", ["firmware/gateway/install/install.sh", ".ci/run"])
def test_the_script_is_clean(script):
    done = subprocess.run([require_program("shellcheck", "shellcheck"), ROOT / script], capture_output=True)
    assert done.returncode == 0, done.stdout.decode()


def test_a_gateway_is_installed_twice_the_same_and_leaves_nothing(tmp_path, new_gateway):
    root = tmp_path / "root"
    assert script(root, *new_gateway)[0] == 0
    assert files_of(root) == PUT
    settings = read_config(root / "etc/gantry/gateway.toml")
    assert (settings["collector.url"], settings["mqtt.embedded"]) == ("https://c.test:8443", False)
    assert settings["mqtt.server_name"] == "gw.test" and settings["state"] == "/var/lib/gantry"
    with open(root / "etc/gantry/gateway.toml", "a") as file:
        file.write("port = 8089\n")
    before = {name: (root / name).stat().st_mtime_ns for name in PUT}
    status, said = script(root, "--keep-program")
    assert status == 0 and "everything was in its place" in said
    assert {name: (root / name).stat().st_mtime_ns for name in PUT} == before

    assert script(root, "--uninstall")[0] == 0
    assert files_of(root) == {name for name in PUT if name.startswith("etc/gantry/")}
    (root / "var/lib/gantry/outbox.db").touch()
    assert script(root, "--uninstall", "--purge")[0] == 0
    assert files_of(root) == set()


def test_a_dry_run_says_all_of_it_and_changes_nothing(tmp_path, new_gateway):
    root = tmp_path / "root"
    status, said = script(root, *new_gateway[1:], "--dry-run")
    assert status == 0 and not root.exists()
    assert all(f"{root}/{name}" in said for name in PUT) and f"-m venv {root}/opt/gantry.new" in said


def test_the_embedded_broker_needs_no_mosquitto(tmp_path, new_gateway):
    root = tmp_path / "root"
    assert script(root, *new_gateway, "--embedded")[0] == 0
    assert files_of(root) == {name for name in PUT if "mosquitto" not in name}
    assert read_config(root / "etc/gantry/gateway.toml")["mqtt.embedded"] is True


@pytest.mark.parametrize(
    "words,said",
    [
        ((), "a new gateway needs --collector"),
        (("--collector", "http://c.test"), "--collector is http://c.test; it begins with https://"),
        (("--collector",), "--collector needs a value"),
        (("--colour",), "there is no option --colour"),
        (("--host",), "a new host agent needs --identity"),
        (("--purge",), "--purge goes with --uninstall"),
        (("--wheels", "/nowhere"), "--wheels: there is no folder /nowhere"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(tmp_path, words, said):
    status, line = script(tmp_path / "root", *words)
    assert status == 1 and said in line and line.count("\n") == 1 and not (tmp_path / "root").exists()


def test_a_python_that_is_too_old_is_refused(tmp_path, new_gateway):
    status, line = script(tmp_path / "root", *new_gateway, PYTHON="/bin/false")
    assert status == 1 and "/bin/false is not Python 3.11 or newer" in line and not (tmp_path / "root").exists()


@pytest.mark.timeout(600)  # it makes wheels and an environment of their own
def test_a_host_agent_is_installed_from_a_folder_of_wheels_and_runs(tmp_path):
    root, wheels, source = tmp_path / "root", tmp_path / "wheels", tmp_path / "source"
    source.mkdir()
    words = ["cp", "-R", *(ROOT / name for name in ("firmware", "pyproject.toml", "README.md", "LICENSE")), source]
    subprocess.run(words, check=True)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "-w", wheels, "-c", ROOT / "requirements.txt"]
    subprocess.run([*pip, f"{source}[host]"], check=True, capture_output=True)
    write_identity(tmp_path / "ws", "ct-ws", b"s" * 32, [("gw-1", "127.0.0.1", 1, "127.0.0.1", "mqtt")], b"")
    status, said = script(root, "--host", "--identity", str(tmp_path / "ws"), "--wheels", str(wheels))
    assert status == 0, said
    assert {name for name in files_of(root) if not name.startswith("opt/")} == HOST_PUT
    assert stat.S_IMODE((root / "etc/gantry-host/identity.json").stat().st_mode) == 0o600
    settings = read_host_config(root / "etc/gantry-host/host.toml")
    assert (settings["state"], settings["identity"]) == ("/var/lib/gantry-host", "/etc/gantry-host/identity.json")
    said = subprocess.run(
        [root / "opt/gantry/bin/python", "-m", "firmware.host", "--config", tmp_path / "none.toml", "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "none.toml cannot be read: No such file or directory" in said.stderr, said.stderr
    assert script(root, "--uninstall", "--purge")[0] == 0 and files_of(root) == set()


def units_in(folder):
    """The units as systemd finds them, with a program that is there; {name: file}."""
    (folder / "mosquitto.service.d").mkdir()
    (folder / "mosquitto.service.d/gantry.conf").write_text((INSTALL / "mosquitto-gantry.conf").read_text())
    (folder / "mosquitto.service").write_text(Path("/lib/systemd/system/mosquitto.service").read_text())
    for name in ("gantry-gateway", "gantry-host"):
        said = (INSTALL / f"{name}.service").read_text()
        (folder / f"{name}.service").write_text(said.replace("/opt/gantry/bin/python", sys.executable))
    return {name: folder / f"{name}.service" for name in EXPOSURE_MOST}


@pytest.mark.parametrize("name", EXPOSURE_MOST)
def test_a_unit_is_well_formed_and_its_exposure_is_small(tmp_path, name):
    analyze, unit = require_program("systemd-analyze", "systemd"), units_in(tmp_path)[name]
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    done = subprocess.run([analyze, "security", "--offline=yes", "--no-pager", unit], capture_output=True, text=True)
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)[1])
    print(f"{name}: exposure {exposure} of 10, limit {EXPOSURE_MOST[name]}")
    assert exposure <= EXPOSURE_MOST[name], done.stdout


def test_the_installed_mosquitto_is_the_documented_one():
    """Its certificate is what the gateway gives it, and it says where its pid is; the rest is what gateways are tested
    with."""
    credential = "/run/gantry/gateway.pem"
    wanted = CONFIG.format(port=8883, host="", folder="/run/gantry").replace("listener 8883 ", "listener 8883")
    wanted = wanted.replace("/run/gantry/server.pem", credential).replace("/run/gantry/server.key", credential)
    ours = [line for line in (INSTALL / "mosquitto.conf").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in ours if not line.startswith("pid_file ")] == wanted.splitlines()
    assert "pid_file /run/gantry/mosquitto.pid" in ours


def test_the_guide_names_only_options_that_there_are():
    guide = (ROOT / "docs/guide-gateway.md").read_text().replace("\\\n", " ")
    used = {word for line in re.findall(r"install\.sh(.*)", guide) for word in re.findall(r"--[a-z-]+", line)}
    known = set(re.findall(r"^  (--[a-z-]+)", script("", "--help")[1], re.M))
    assert len(used) > 5 and used <= known, used - known
