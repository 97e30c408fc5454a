"""Takes the pictures of the page that the documents show: dark, light, phone.

Run through `make screenshots`. It starts a sandbox of its own with a small bot, so the pictures are
of the real page on real answers; it needs Chromium (Debian: `chromium`).
"""

import os
import shutil
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SHOTS = {
    "dark": ({"width": 1440, "height": 900}, "dark"),
    "light": ({"width": 1440, "height": 900}, "light"),
    "phone": ({"width": 390, "height": 844}, "dark"),
}
BOT_S = 30.0


def trade(client: Sequence) -> None:
    """A maker on one symbol that now and then takes."""
    ends_s = time.monotonic() + BOT_S
    turn = 0
    while time.monotonic() < ends_s:
        best = client.quote("BTC-USD").nbbo
        for side, price in (("buy", best.bid - turn % 7), ("sell", best.ask + turn % 5)):
            getattr(client, side)("BTC-USD", "0.02", limit_price=f"{price:.2f}", horizon_ms=20_000)
        if turn % 4 == 0:
            client.buy("ETH-USD" if turn % 8 else "BTC-USD", "0.15")
        turn += 1
        time.sleep(0.6)


def shoot(browser: Browser, link: str, name: str) -> None:
    """One picture, of a tab of its own."""
    size, theme = SHOTS[name]
    page = browser.new_page(viewport=size)
    page.goto(f"{link}&theme={theme}")
    page.wait_for_timeout(6_000)
    page.screenshot(path=FOLDER / f"page-{name}.png")
    page.close()


def main() -> int:
    """Writes the pictures; 1 when there is no Chromium."""
    path = os.environ.get("SEQUENCE_CHROMIUM") or shutil.which("chromium")
    if path is None:
        print("screenshots need Chromium (apt-get install chromium)", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with Sandbox(seed=7) as sandbox, serving(sandbox) as url, sync_playwright() as playwright:
        client = Sequence(sandbox.test_key, base_url=url)
        client.sandbox.settings(250_000)
        client.sandbox.reset()
        trade(client)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name in SHOTS:
            shoot(browser, client.page_ticket().url, name)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
