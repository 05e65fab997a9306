"""The collector as its own process: TLS, slow clients, a kill, a signal, addresses that cannot be had."""

import signal
import socket
import ssl
import subprocess
import sys
import time

import pytest

from collector import db, readings
from collector.gateways import certificates
from tests.collector.browser import ROOT, serving, visitor
from tests.collector.site import BOOT, Site, block, now_ms, readings_of
from tests.ports import free_port

once = pytest.mark.once("sockets, certificates and processes")


@pytest.fixture
def served(data_dir):
    """The folder of a hospital with a certificate for this machine."""
    certificates.issue_server(data_dir, ["127.0.0.1", "localhost"], 5, now_ms())
    return data_dir


def run(*arguments, text=None):
    """A finished `python -m collector`."""
    command = [sys.executable, "-m", "collector", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, timeout=30)


def one_line(done):
    """The one line of a command that failed."""
    assert done.returncode == 1 and done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@once
def test_pages_come_over_tls_that_the_sites_authority_vouches_for(served):
    with serving(served) as (_process, address), visitor(served, address) as client:
        assert client.get("/health").json() == {"status": "ok"}
        assert client.get("/").headers["location"] == "/sign-in?next=/"


@once
def test_a_renewed_certificate_is_shown_to_whoever_comes_next(served):
    with serving(served) as (process, address), visitor(served, address) as client:
        assert client.get("/health").status_code == 200
        host, port = address.removeprefix("https://").split(":")
        before = ssl.get_server_certificate((host, int(port)))
        certificates.issue_server(served, ["127.0.0.1", "localhost"], 5, now_ms())
        assert process.stdout.readline() == "collector shows its renewed certificate\n"
        assert ssl.get_server_certificate((host, int(port))) != before
        assert client.get("/health").status_code == 200, "who was connected noticed nothing"
        with visitor(served, address) as newcomer:
            assert newcomer.get("/health").status_code == 200


@once
def test_old_tls_is_refused(served):
    with serving(served) as (_process, address):
        host, port = address.removeprefix("https://").split(":")
        old = ssl.create_default_context(cafile=served / "ca/a02.crt")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection((host, int(port))) as raw, pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(raw, server_hostname=host)


@once
def test_clients_that_send_nothing_or_half_a_body_hold_nobody_up(served):
    with serving(served) as (_process, address), visitor(served, address) as client:
        host, port = address.removeprefix("https://").split(":")
        trust = ssl.create_default_context(cafile=served / "ca/a02.crt")
        idle = [socket.create_connection((host, int(port))) for _ in range(30)]
        halves = [trust.wrap_socket(one, server_hostname=host) for one in idle[:20]]
        for half in halves:
            half.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        began = time.monotonic()
        assert client.get("/health").status_code == 200
        assert time.monotonic() - began < 2
        for one in halves + idle[20:]:
            one.close()


@once
@pytest.mark.parametrize(
    "begin", ["GET /health HTTP/1.1\r\nA: ", "POST /sign-in HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: "]
)
def test_a_head_or_a_trailer_without_end_is_refused(served, begin):
    with serving(served) as (_process, address), visitor(served, address) as client:
        host, port = address.removeprefix("https://").split(":")
        trust = ssl.create_default_context(cafile=served / "ca/a02.crt")
        with trust.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host) as endless:
            endless.settimeout(60)
            endless.sendall(begin.encode())
            with pytest.raises((ConnectionError, ssl.SSLError)):
                while True:
                    endless.sendall(b"x" * 16_384)
        assert client.get("/health").status_code == 200


def test_a_batch_answered_200_is_there_after_a_kill(built, served):
    credential = built[1]["gw-1"]
    with serving(served) as (process, address), visitor(served, address) as client:
        body = {"sent_ms": now_ms(), "readings": [block(count=5)]}
        headers = {"Authorization": f"Bearer {credential}"}
        assert client.post("/a02/v1/batches", json=body, headers=headers).json()["stored"] == 5
        assert client.post("/a02/v1/batches", content=iter([b"{", b"}"]), headers=headers).status_code == 415
        process.kill()
        process.wait(5)
    here = Site(served, built[1])
    assert len(readings_of(here).seq) == 5
    here.close()


@once
def test_a_kill_leaves_no_process_behind_and_the_port_free(served):
    port = free_port()
    with serving(served, "--port", str(port)) as (process, _address):
        group = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True)
        assert group.stdout.strip() == "", "the collector is one process"
        process.kill()
        process.wait(5)
    with serving(served, "--port", str(port)) as (process, _address):
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(5)
        assert time.monotonic() - began < 4


@once
def test_a_taken_port_is_told_in_one_line(served):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--data", served, "serve", "--port", taken.getsockname()[1])
    assert "choose another --port" in one_line(done)


@once
def test_listening_outside_without_tls_is_refused(served):
    assert "needs TLS" in one_line(run("--data", served, "serve", "--host", "0.0.0.0", "--plain"))


@once
def test_a_missing_or_broken_certificate_is_told_in_one_line(served):
    (served / "tls/server.crt").write_text("no certificate")
    assert "do not serve as certificate and key" in one_line(run("--data", served, "serve"))
    (served / "tls/server.crt").unlink()
    assert "ca server --name" in one_line(run("--data", served, "serve"))


def test_a_collector_is_set_up_by_commands_alone(tmp_path):
    data = tmp_path / "data"

    def do(*words, text=None):
        done = run("--data", data, *words, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "migrate" in one_line(run("--data", data, "terminal", "list"))
    assert "added 0001_accounts" in do("migrate") and do("migrate") == ""
    do("ca", "init")
    do("ca", "server", "--name", "127.0.0.1", "--name", "localhost")
    do("ca", "export", "--der", tmp_path / "ca.der")
    assert (tmp_path / "ca.der").read_bytes()[0] == 0x30
    do("user", "admin", "admin", "--password-stdin", text="a long password of tests\n")
    fields = ["asset-number", "name", "kind", "maker", "model", "serial", "institution", "department", "room"]
    words = [part for field in fields for part in (f"--{field}", "MRI" if field == "kind" else field)]
    do("equipment", "add", *words)
    assert do("equipment", "list") == "asset-number\tMRI\tname\tinstitution / department / room\n"
    assert len(do("gateway", "add", "gw-1").splitlines()[-1]) >= 24
    do("terminal", "add", "ct-01", "--secret-stdin", text="ab" * 32 + "\n")
    do("terminal", "assign", "ct-01", "gw-1")
    do("bind", "ct-01", "asset-number")
    assert do("terminal", "list") == "ct-01\tgw-1\tvalid\n"
    assert do("gateway", "list") == "gw-1\twaiting for its code\t\n"
    token = do("token", "add", "reader").strip()
    assert token and do("token", "list") == "reader\tvalid\tread\n"
    do("token", "revoke", "reader")
    do("gateway", "revoke", "gw-1")
    do("terminal", "revoke", "ct-01")
    assert do("gateway", "refusals") == ""


@pytest.mark.parametrize(
    "words,text,said",
    [
        (("user", "admin", "second", "--generate"), None, "to a terminal only"),
        (("user", "admin", "second", "--password-stdin"), "short\n", "take 10 to"),
        (("user", "admin", "admin", "--password-stdin"), "a long password of tests\n", "already"),
        (("terminal", "add", "x", "--secret-stdin"), "no hex\n", "not hexadecimal"),
        (("terminal", "assign", "nobody", "gw-1"), None, "no terminal 'nobody'"),
        (("terminal", "assign", "ct-01", "nobody"), None, "no gateway 'nobody'"),
        (("bind", "ct-01", "nothing"), None, "no equipment"),
        (("gateway", "add", "a/b"), None, "cannot be a gateway's id"),
        (("token", "revoke", "nobody"), None, "no token"),
        (("ca", "init"), None, "not overwritten"),
    ],
)
def test_a_command_that_cannot_be_done_says_why_in_one_line(data_dir, words, text, said):
    assert said in one_line(run("--data", data_dir, *words, text=text))


def test_no_secret_reaches_the_output_of_the_server(served, built, server):
    credential = built[1]["gw-1"]
    with serving(served) as (process, address), visitor(served, address) as client:
        client.get("/a02/v1/terminals", headers={"Authorization": f"Bearer {credential}"})
        client.post("/a02/v1/enrol", json={"code": "a-secret-code", "version": "1", "csr": ""})
        if server is None:
            (served / db.FILE).rename(served / "gone")
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=10)
    assert credential not in out + errors and "a-secret-code" not in out + errors


def test_a_serving_collector_folds_closed_hours_into_blocks_by_itself(built, served):
    with (served / "collector.toml").open("a") as settings:
        settings.write("seal_every_s = 1\n")
    headers, old = {"Authorization": f"Bearer {built[1]['gw-1']}"}, block(count=5, start_ms=now_ms() - 3 * 86_400_000)
    with serving(served) as (_process, address), visitor(served, address) as client:
        body = {"sent_ms": now_ms(), "readings": [old, block(first=6, count=1)]}
        assert client.post("/a02/v1/batches", json=body, headers=headers).json()["stored"] == 6
        here = Site(served, built[1])
        deadline = time.monotonic() + 60
        while here.rows("SELECT hours FROM block") != [(24,)] and time.monotonic() < deadline:
            time.sleep(0.2)
        assert here.rows("SELECT count(*) FROM block") == [(1,)] and here.rows("SELECT count(*) FROM batch") == [(1,)]
        assert readings_of(here).seq.tolist() == [BOOT + n for n in range(1, 7)]
        here.close()


UNSEALED = "SELECT count(*) FROM batch WHERE low_ms <= high_ms"


def test_a_kill_in_the_middle_of_sealing_loses_and_doubles_nothing(built, served):
    here = Site(served, built[1])
    for day in range(40):
        here.upload(
            block(first=1 + day * 100, count=100, start_ms=now_ms() - (50 - day) * 86_400_000, every_ms=600_000)
        )
    seal = "import sys; from collector import db, readings; db.open_database(sys.argv[1]); print('begun', flush=True); "
    command = [sys.executable, "-c", seal + f"readings.seal({now_ms()})", str(served)]
    cuts = 0
    for after_ms in range(0, 3000, 15):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(after_ms / 1000)
        process.kill()
        cuts += process.wait() == -signal.SIGKILL
        process.stdout.close()
        assert readings_of(here).seq.tolist() == [BOOT + n for n in range(1, 4001)]
        if here.rows(UNSEALED) == [(0,)]:
            break
    assert cuts >= 2 and here.rows(UNSEALED) == [(0,)]
    with here.app.app_context():
        assert sum(hour.n for hour in readings.hours("ct-01", "temperature_c", 0, 2**50)) == 4000
    here.close()
