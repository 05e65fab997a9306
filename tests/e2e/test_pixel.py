"""One reading, from a sensor's register to a browser's pixel."""

import time

from collector.demo.hospital import MACHINES
from tests.collector.browser import SCREENSHOTS, browser, signed_in
from tests.e2e.chain import Chain
from tests.e2e.told import play

CT = MACHINES[0]
WITHIN_S = 15


def shown_with_unit(page, text):
    """Wait until the page's first lines say this; the seconds it took."""
    began = time.monotonic()
    page.wait_for_function(
        "text => (document.querySelector('main')?.innerText ?? '').replace(/\\s+/g, ' ').includes(text)",
        arg=text,
        timeout=WITHIN_S * 1000,
    )
    return time.monotonic() - began


def test_a_register_of_the_sht4x_stands_on_the_page_within_15_s(tmp_path):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with Chain(tmp_path, MACHINES[:2]) as chain, browser() as chromium:
        chain.wait_for_readings(CT.terminal_id, 1)
        with signed_in(chromium, chain.site.url, "en-US", 1440) as (page, complaints):
            page.get_by_role("link", name=CT.name).first.click()
            shown_with_unit(page, "°C")
            for temperature_c in (27.5, 31.2):
                play(chain, CT, temperature_c=temperature_c, humidity_pct=40.0, current_a=20.0)
                taken_s = shown_with_unit(page, f"{temperature_c} °C")
                print(f"register to pixel: {taken_s:.1f} s")
            page.screenshot(path=SCREENSHOTS / "e2e-equipment.png", full_page=True)
            page.goto(chain.site.url)
            shown_with_unit(page, "31.2 °C")
            page.screenshot(path=SCREENSHOTS / "e2e-overview.png", full_page=True)
            assert complaints == []
