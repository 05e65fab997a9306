"""A collector that is killed while a part comes has all it said it has; who reads slowly holds nobody up."""

import hashlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.collector.browser import ROOT, hospital_served, serving, visitor
from tests.collector.events.parts import TUS, beginning, mp4, part
from tests.collector.events.recorder import happen
from tests.collector.site import PASSWORD

pytestmark = pytest.mark.once("a real process and its sockets")

FILM, STEP = mp4(3 << 20), 1 << 20
PART_MOST = 4 << 20
THREADS = 8  # of a collector, as its setting is by itself


class Telephone:
    """Somebody signed in, without a browser, who brings a film in parts."""

    def __init__(self, folder, address):
        self.client, self.address = visitor(folder, address), address
        form = {"csrf_token": self._token("/sign-in"), "name": "admin", "password": PASSWORD}
        self.client.post("/sign-in", data=form, headers={"Referer": f"{address}/"})
        self.headers = TUS | {"X-CSRFToken": self._token("/account"), "Referer": f"{address}/"}

    def _token(self, path):
        return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.client.get(path).text)[1]

    def ask(self, method, path, body=b"", **headers):
        answer = self.client.request(method, path, content=body, headers=self.headers | headers)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer

    def add(self, path, at):
        return self.ask("PATCH", path, FILM[at : at + STEP], **part(at, FILM[at : at + STEP]))

    def half(self, path, at, folder):
        """An open connection on which half of a part has been sent."""
        body = FILM[at : at + STEP]
        line = self.asked("PATCH", path, folder, part(at, body) | {"Content-Length": str(len(body))})
        line.sendall(body[: STEP // 2])
        return line

    def asked(self, method, path, folder, headers):
        """An open connection on which a head has been sent, and whose answer nobody reads."""
        host, port = urlsplit(self.address).netloc.split(":")
        trust = ssl.create_default_context(cafile=str(folder / "ca/a02.crt"))
        line = trust.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        said = self.headers | headers | {"Host": host, "Cookie": cookies}
        said["User-Agent"] = self.client.headers["User-Agent"]
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        line.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode())
        return line


def test_a_collector_killed_in_the_middle_of_a_part_has_all_that_it_said_it_has(built, server, tmp_path):
    with hospital_served(built, server, tmp_path / "data", happen) as (folder, process, address):
        telephone = Telephone(folder, address)
        path = telephone.ask("POST", "/events/1/recordings", **beginning(len(FILM))).headers["Location"]
        telephone.add(path, 0)
        with telephone.half(path, STEP, folder):
            assert telephone.ask("HEAD", path).headers["Upload-Offset"] == str(STEP), "half a part is none"
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)
        (folder / "files/arriving/1").open("ab").write(b"written, not counted")  # as a kill between both leaves it
        check = [sys.executable, "-m", "collector", "--data", str(folder), "check"]
        assert subprocess.run(check, cwd=ROOT, capture_output=True).returncode == 0
        with serving(folder, "--port", address.rpartition(":")[2]):
            assert telephone.ask("HEAD", path).headers["Upload-Offset"] == str(STEP)
            for at in range(STEP, len(FILM), STEP):
                telephone.add(path, at)
            whole = telephone.client.get("/events/1/files/1")
            assert whole.content == FILM and whole.headers["Content-Length"] == str(len(FILM))
            assert not any(name.startswith("x-gantry") for name in whole.headers), "what is said inside stays there"
            assert (folder / "files").joinpath(*_place(FILM)).read_bytes() == FILM
            assert not (folder / "files/arriving/1").exists()


def _place(content):
    digest = hashlib.sha256(content).hexdigest()
    return digest[:2], digest


def test_more_people_than_threads_who_fetch_a_film_and_read_none_of_it_hold_nobody_up(built, server, tmp_path):
    with hospital_served(built, server, tmp_path / "data", happen) as (folder, _process, address), ExitStack() as lines:
        telephone, film = Telephone(folder, address), mp4(16 << 20)
        path = telephone.ask("POST", "/events/1/recordings", **beginning(len(film))).headers["Location"]
        for at in range(0, len(film), PART_MOST):
            body = film[at : at + PART_MOST]
            telephone.ask("PATCH", path, body, **part(at, body))
        for asked in ({}, {"Range": "bytes=0-"}):
            for _ in range(THREADS + 2):
                lines.enter_context(telephone.asked("GET", "/events/1/files/1", folder, asked))
        time.sleep(0.5)
        assert telephone.client.get("/health", timeout=5).status_code == 200
