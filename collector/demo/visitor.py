"""A person at the page: signs in with name and password and looks whether live readings have come."""

import html
import re

import httpx

from collector.demo.history import trust
from collector.demo.hospital import MACHINES, asset_number


class Visitor:
    """One signed-in browser session, without the browser."""

    def __init__(self, site, user, password):
        self._client = httpx.Client(base_url=site.url, verify=trust(site), timeout=30, follow_redirects=True)
        self._started_ms, self._reached = site.started_ms, set()
        form = self._client.get("/sign-in")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.text)[1]
        fields = {"csrf_token": html.unescape(token), "name": user, "password": password}
        self._client.post(form.url, data=fields, headers={"Referer": str(form.url)}).raise_for_status()

    def look(self):
        """[(terminal id, its values in words)] of those whose live readings stand on the overview page now."""
        page = self._client.get("/").raise_for_status().text
        entries = {entry["asset_number"]: entry for entry in self._overview()}
        shown = []
        for machine in MACHINES:
            entry = entries[asset_number(machine)]
            words = [
                f"{one['value']:.{one['decimals']}f} {one['unit']}" for one in entry["values"].values() if one["value"]
            ]
            if (entry["latest_ms"] or 0) >= self._started_ms and f"/equipment/{entry['id']}" in page:
                self._reached.add(machine.terminal_id)
                shown.append((machine.terminal_id, ", ".join(words)))
        return shown

    def _overview(self):
        return self._client.get("/api/v1/overview").raise_for_status().json()["equipment"]

    def missing(self):
        """The terminals whose live readings have not reached the page."""
        return [machine.terminal_id for machine in MACHINES if machine.terminal_id not in self._reached]
