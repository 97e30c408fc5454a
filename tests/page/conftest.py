"""The page of a running sandbox in a real browser, which must be Chromium of this machine."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import serving

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = os.environ.get("SEQUENCE_CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
WAIT_S = 20.0
WIDE = {"width": 1440, "height": 900}


@dataclass
class Tab:
    """One tab of the page with what went wrong in it and where it went."""

    page: "sync_api.Page"
    url: str
    client: Sequence
    sandbox: Sandbox
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def until(self, expression: str, argument: object = None) -> None:
        """Waits until a function of the page is true.

        Asked from outside: the page's own policy forbids it to evaluate texts.
        """
        ends_s = time.monotonic() + WAIT_S
        while (said := self._said(expression, argument)) is not True:
            assert time.monotonic() < ends_s, f"never true: {expression}: {said}"
            self.page.wait_for_timeout(50)

    def _said(self, expression: str, argument: object) -> object:
        try:
            return bool(self.page.evaluate(expression, argument))
        except sync_api.Error as error:
            # What it looks at may not be there yet.
            return error

    def value(self, expression: str) -> object:
        """What an expression of the page is now."""
        return self.page.evaluate(expression)


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    """Not for the whole session: while it lives, an event loop runs in this thread."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (or set SEQUENCE_CHROMIUM to its path)")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Sandbox, str]]:
    """A server with the demo market, and a client whose orders show in every panel."""
    with Sandbox(seed=3, preset="instant") as sandbox, serving(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def open_tab(
    browser: "sync_api.Browser", place: tuple[Sandbox, str]
) -> Iterator[Callable[..., Tab]]:
    """Opens tabs with tickets; no tab may report an error or ask another host."""
    sandbox, url = place
    tabs: list[Tab] = []
    context = browser.new_context(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])

    def run(ticket: str | None = None, *, more: str = "") -> Tab:
        client = Sequence(sandbox.test_key, base_url=url)
        tab = Tab(context.new_page(), url, client, sandbox)
        tabs.append(tab)
        tab.page.on("console", lambda m: tab.errors.append(m.text) if m.type == "error" else None)
        tab.page.on("pageerror", lambda error: tab.errors.append(error.message))
        tab.page.on("request", lambda request: tab.asked.append(request.url))
        tab.page.on("websocket", lambda socket: tab.asked.append(socket.url))
        given = client.page_ticket().ticket if ticket is None else ticket
        tab.page.goto(f"{url}/#ticket={given}{more}" if given else f"{url}/")
        return tab

    yield run
    errors = [line for tab in tabs for line in tab.errors]
    own = (url, url.replace("http", "ws"), "data:")
    foreign = [to for tab in tabs for to in tab.asked if not to.startswith(own)]
    for tab in tabs:
        tab.client.close()
    context.close()
    assert foreign == []
    # The browser reports refused requests by itself; those that tests provoke end with 40x.
    assert [line for line in errors if "status of 40" not in line] == []
