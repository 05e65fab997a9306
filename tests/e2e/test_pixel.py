"""One reading, from a sensor's register to a browser's pixel."""

import json
import time

from collector.demo.hospital import MACHINES
from tests.e2e.browser import keep, page, sign_in
from tests.e2e.chain import PASSWORD, USER, Chain

CT = MACHINES[0]
WITHIN_S = 15


def play(chain, machine, **fixed):
    """Put values into the registers of a terminal's simulated sensors."""
    path = chain.site.folder / machine.terminal_id / "simulated.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "fixed": fixed}))


def test_a_register_of_the_sht4x_stands_on_the_page_within_15_s(tmp_path):
    with Chain(tmp_path, MACHINES[:2]) as chain, page() as shown:
        chain.wait_for_readings(CT.terminal_id, 1)
        sign_in(shown, chain.site.url, USER, PASSWORD)
        shown.get_by_role("link", name=CT.name).first.click()
        shown.wait_for_selector("text=°C")
        for temperature_c in (23.45, 31.07):
            assert f"{temperature_c:.2f} °C" not in shown.inner_text("main").replace("\u00a0", " ")
            play(chain, CT, temperature_c=temperature_c)
            began = time.monotonic()
            shown.wait_for_function(
                "text => document.querySelector('main').innerText.replace(/\\s+/g, ' ').includes(text)",
                arg=f"{temperature_c:.2f} °C",
                timeout=WITHIN_S * 1000,
            )
            print(f"register to pixel: {time.monotonic() - began:.1f} s")
        keep(shown, "e2e-equipment")
        shown.goto(chain.site.url)
        shown.wait_for_selector(f"text={CT.name}")
        keep(shown, "e2e-overview")
