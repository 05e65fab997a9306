"""A collector that is killed while a part comes: what was told to be there is there, and the rest goes on."""

import hashlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.collector.browser import ROOT, hospital_served, serving, visitor
from tests.collector.events.parts import TUS, beginning, mp4, part
from tests.collector.events.recorder import happen
from tests.collector.site import PASSWORD

pytestmark = pytest.mark.once("a real process and its sockets")

FILM, STEP = mp4(3 << 20), 1 << 20


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
        host, port = urlsplit(self.address).netloc.split(":")
        trust = ssl.create_default_context(cafile=str(folder / "ca/a02.crt"))
        line = trust.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
        body = FILM[at : at + STEP]
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        said = self.headers | part(at, body) | {"Host": host, "Cookie": cookies, "Content-Length": str(len(body))}
        said["User-Agent"] = self.client.headers["User-Agent"]
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        line.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode() + body[: STEP // 2])
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
            assert telephone.client.get("/events/1/files/1").content == FILM
            assert (folder / "files").joinpath(*_place(FILM)).read_bytes() == FILM
            assert not (folder / "files/arriving/1").exists()


def _place(content):
    digest = hashlib.sha256(content).hexdigest()
    return digest[:2], digest
