"""What the page says when something is missing: no server, no news of a venue, nothing yet."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.page.conftest import Tab

pytestmark = [pytest.mark.full, pytest.mark.timeout(120)]

OpenTab = Callable[..., Tab]
SYMBOL = "BTC-USD"


@pytest.fixture
def place() -> Iterator[tuple[Sandbox, str]]:
    """A market fed by hand, so that nothing happens but what a test does."""
    sandbox = Sandbox(market="manual", preset="instant")
    with sandbox, serving(sandbox) as url:
        yield sandbox, url


def book(sandbox: Sandbox, venue: str = "kraken") -> None:
    sandbox.market.snapshot(venue, SYMBOL, [(99, 4), (98, 9)], [(101, 4)])


def test_a_sandbox_without_anything_says_what_to_type(open_tab: OpenTab) -> None:
    tab = open_tab()
    for panel, text in (
        ("#orders", f"sequence buy {SYMBOL}"),
        ("#fills", "No fills yet"),
        ("#nbbo", "sequence up --market demo"),
        ("#lad", "no market on this server"),
        ("#graph", "No order yet"),
    ):
        tab.until(
            "([panel, text]) => document.querySelector(panel).textContent.includes(text)",
            [panel, text],
        )
    tab.until("() => document.getElementById('k-rj').textContent === '0'")


def test_a_venue_that_says_nothing_is_shown_stale_and_so_are_its_orders(
    open_tab: OpenTab, place: tuple[Sandbox, str]
) -> None:
    sandbox, _ = place
    book(sandbox)
    book(sandbox, "okx")
    tab = open_tab()
    tab.client.buy(SYMBOL, 1, limit_price=98, venue="kraken")
    tab.until("() => /kraken.*okx/.test(document.querySelector('#nbbo').textContent)")
    tab.client.sandbox.add_fault("stale_venue", venue="kraken")
    tab.until("() => document.querySelector('#nbbo').textContent.includes('stale')")
    tab.until("() => document.querySelector('#feeds .feed.stale')?.title.startsWith('kraken')")
    said = "document.querySelector('#orders').textContent"
    tab.until(f"() => {said}.includes('book of KRK is stale')")


def test_a_price_says_who_stands_there_and_rejects_say_why(
    open_tab: OpenTab, place: tuple[Sandbox, str]
) -> None:
    sandbox, _ = place
    book(sandbox)
    book(sandbox, "okx")
    tab = open_tab()
    titles = "[...document.querySelectorAll('#lad .lrow.b .sz')].map(e => e.title).join('|')"
    tab.until(f"() => {titles}.includes('kraken 4') && {titles}.includes('okx 4')")
    tab.client.sandbox.add_fault("reject_next", reason="RISK")
    tab.client.buy(SYMBOL, 1)
    tab.until("() => document.querySelector('#k-rj').parentNode.title === 'RISK 1'")


def test_the_fills_of_one_sweep_are_explained_together(
    open_tab: OpenTab, place: tuple[Sandbox, str]
) -> None:
    sandbox, _ = place
    sandbox.market.snapshot("kraken", SYMBOL, [(99, 4)], [(101, 1), (102, 1), (103, 1)])
    tab = open_tab()
    tab.client.buy(SYMBOL, 3)
    tab.until("() => document.querySelectorAll('#fills .tr').length === 3")
    tab.page.locator("#fills .tr").first.click()
    tab.until("() => document.getElementById('d-body').textContent.includes('3 in one sweep')")
    assert "level 3" in (tab.page.text_content("#d-sub") or "")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_lost_server_is_told_and_the_last_numbers_stay(
    browser: object, width: int, theme: str
) -> None:
    """A server of its own that ends while the page is open, in both themes, wide and narrow."""
    with Sandbox(market="manual", preset="instant") as sandbox:
        book(sandbox)
        with serving(sandbox) as url:
            page = browser.new_page(viewport={"width": width, "height": 844})  # type: ignore[attr-defined]
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            client = sandbox.client()
            ticket = client.page_ticket().ticket
            page.goto(f"{url}/#ticket={ticket}&theme={theme}")
            tab = Tab(page, url, client, sandbox)
            tab.until("() => /^100/.test(document.querySelector('#lad .mid').textContent)")
        tab.until("() => document.getElementById('banner').classList.contains('on')")
        banner = "document.getElementById('bannert').textContent"
        tab.until(f"() => {banner}.startsWith('No answer from the server')")
        assert (page.text_content("#lad .mid") or "").startswith("100")
        assert tab.value("document.documentElement.dataset.theme") == theme
        assert tab.value("document.documentElement.scrollWidth <= innerWidth")
        assert all(to.startswith((url, "data:")) for to in asked)
        page.close()


def test_a_fill_told_while_a_list_is_on_its_way_stays(open_tab: OpenTab) -> None:
    tab = open_tab()
    book(tab.sandbox)
    tab.until("() => document.querySelector('#fills').textContent.includes('No fills yet')")
    tab.until("() => document.getElementById('n-fills').textContent === '0'")
    held: list[tuple[Any, Any]] = []
    tab.page.route("**/v1/fills?limit=300", lambda route: held.append((route, route.fetch())))
    tab.client.sandbox.reset()  # every list is asked for again
    while not held:
        tab.page.wait_for_timeout(20)
    key = tab.client.buy(SYMBOL, "1").fills()[0].fill_id
    shown = "key => document.querySelector('#fills .tr')?._k === key"
    tab.until(shown, key)
    for route, answer in held:
        route.fulfill(response=answer)
    tab.page.wait_for_timeout(600)  # two drawings of the panel
    assert tab.page.evaluate(shown, key)
    assert tab.page.text_content("#n-fills") == "1"
