"""Films for the tests, real enough for who looks at their pieces, and who brings them in parts as tus says it."""

import base64
import hashlib
import re

from tests.collector.site import BASE

MEDIA = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


def box(name, body=b""):
    return (8 + len(body)).to_bytes(4, "big") + name + body


def mp4(size=5000, brand=b"isom"):
    """A film of boxes, as a telephone writes it: what it is, the pictures, and last where they are."""
    return box(b"ftyp", brand + bytes(60)) + box(b"mdat", bytes(n % 251 for n in range(size))) + box(b"moov", bytes(40))


def webm(size=5000):
    """A film as a browser writes it while it records: a segment of unknown length."""
    head = b"\x1aE\xdf\xa3" + b"\x9f" + b"\x42\x82\x84webm" + bytes(24)
    return head + b"\x18S\x80g" + b"\x01" + b"\xff" * 7 + bytes(n % 241 for n in range(size))


def checksum(body):
    return "sha256 " + base64.b64encode(hashlib.sha256(body).digest()).decode()


def part(at, body, **more):
    """The headers of a part."""
    return TUS | {"Upload-Offset": str(at), "Upload-Checksum": checksum(body), "Content-Type": MEDIA} | more


def beginning(size, name="film"):
    said = {"Upload-Defer-Length": "1"} if size is None else {"Upload-Length": str(size)}
    return TUS | said | {"Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}


class Bringer:
    """Somebody at a browser who brings films to an event in parts."""

    def __init__(self, person, number=1):
        self.person, self.where = person, f"/events/{number}/recordings"
        page = person.get("/account").text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        self.headers = {"X-CSRFToken": token, "Referer": f"{BASE}/", "User-Agent": person.agent}

    def ask(self, method, path, body=b"", **headers):
        asked = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.person.client.open(path, method=method, base_url=BASE, data=body, headers=asked)

    def begin(self, size, **more):
        return self.ask("POST", self.where, **beginning(size, **more))

    def add(self, path, at, body, **more):
        return self.ask("PATCH", path, body, **part(at, body) | more)

    def held(self, path):
        return int(self.ask("HEAD", path, **TUS).headers["Upload-Offset"])

    def bring(self, film, size=2000, **more):
        """The answer to the last part of a whole film."""
        path = self.begin(len(film), **more).headers["Location"]
        for at in range(0, len(film), size):
            answer = self.add(path, at, film[at : at + size])
        return answer
