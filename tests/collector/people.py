"""People of the tests: at the pages without a browser, with their authenticators."""

import html
import re
import time

import pyotp

from collector.audit.models import AuditRow
from tests.collector.site import BASE, PASSWORD

OTHER_PASSWORD = "another password for tests"


class Person:
    """Somebody at a browser of their own; posts carry the token of the page they stand on."""

    def __init__(self, site, name, password=PASSWORD, agent="tests"):
        self.client, self.name, self.password, self.agent = site.app.test_client(), name, password, agent
        self.secret = None

    def get(self, path):
        return self.client.get(path, base_url=BASE, headers={"User-Agent": self.agent})

    def post(self, path, page=None, **fields):
        """The answer to a form of a page, which is the path itself unless another is named."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page or path).text)[1]
        headers = {"Referer": BASE + path, "User-Agent": self.agent}
        return self.client.post(path, base_url=BASE, data={"csrf_token": token, **fields}, headers=headers)

    def sign_in(self):
        """The answer to name and password."""
        return self.post("/sign-in", name=self.name, password=self.password)

    def accept(self, link):
        """Set a password by an invitation."""
        return self.post(link[link.index("/invitation") :], password=self.password, again=self.password)

    def code(self, steps=0):
        """What the authenticator shows, or will show so many half minutes later."""
        return pyotp.TOTP(self.secret).at(time.time() + 30 * steps)

    def set_up_factor(self):
        """Scan the secret and prove it; the recovery codes."""
        self.secret = re.search(r'id="secret">(\w+)<', self.get("/account/second-factor").text)[1]
        page = self.post("/account/second-factor", present=self.password, code=self.code()).text
        return re.findall(r"<li><code>([\w-]+)</code>", page)


def link_in(answer):
    """The address of an invitation that a page shows."""
    return html.unescape(re.search(r'id="invitation">([^<]+)<', answer.text)[1])


def acts(action):
    """[(who, record, outcome)] of an act in the audit."""
    return [(row.actor, row.record, row.outcome) for row in AuditRow.select().where(AuditRow.action == action)]
