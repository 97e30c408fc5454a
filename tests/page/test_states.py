"""What the page says when something is missing: no server, no news of a venue, nothing yet."""

import json
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


@pytest.fixture
def two_venues(open_tab: OpenTab, place: tuple[Sandbox, str]) -> Tab:
    """A tab that shows one symbol at two venues."""
    for venue in ("kraken", "okx"):
        book(place[0], venue)
    return open_tab()


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
    two_venues: Tab,
) -> None:
    tab = two_venues
    tab.client.buy(SYMBOL, 1, limit_price=98, venue="kraken")
    tab.until("() => /kraken.*okx/.test(document.querySelector('#nbbo').textContent)")
    tab.client.sandbox.add_fault("stale_venue", venue="kraken")
    tab.until("() => document.querySelector('#nbbo').textContent.includes('stale')")
    tab.until("() => document.querySelector('#feeds .feed.stale')?.title.startsWith('kraken')")
    title = "document.querySelector('#nbbo .ageb.stale').title"
    tab.until(f"() => /nothing was heard of it for too long, for [\\d.]+ (ms|s)/.test({title})")
    said = "document.querySelector('#orders').textContent"
    tab.until(f"() => {said}.includes('book of KRK is stale')")


def test_a_price_says_who_stands_there_and_rejects_say_why(two_venues: Tab) -> None:
    tab = two_venues
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


class Held:
    """Answers that the page asked for and gets when a test lets it have them."""

    def __init__(self, tab: Tab, pattern: str) -> None:
        self.tab = tab
        self.rows: list[tuple[Any, Any]] = []
        tab.page.route(pattern, lambda route: self.rows.append((route, route.fetch())))

    def wait(self) -> Any:
        """What the first answer says, once it is asked for."""
        while not self.rows:
            self.tab.page.wait_for_timeout(20)
        return self.rows[0][1].json()

    def let_go(self, answer: Any) -> None:
        """Gives the page this answer for the first, and for every other its own."""
        (first, _), *others = self.rows
        first.fulfill(json=answer)
        for route, own in others:
            route.fulfill(response=own)


def test_a_fill_told_while_a_list_is_on_its_way_stays(open_tab: OpenTab) -> None:
    tab = open_tab()
    book(tab.sandbox)
    tab.until("() => document.querySelector('#fills').textContent.includes('No fills yet')")
    tab.until("() => document.getElementById('n-fills').textContent === '0'")
    older = tab.client.buy(SYMBOL, "1").fills()[0]
    shown = "keys => [...document.querySelectorAll('#fills .tr')].map(e => e._k).join() === keys"
    tab.until(shown, older.fill_id)
    held = Held(tab, "**/v1/fills?limit=300")
    tab.client.sandbox.reset()  # every list is asked for again
    answer = held.wait()
    newer = tab.client.buy(SYMBOL, "1").fills()[0]
    tab.until(shown, newer.fill_id)
    # A row that the answer alone has: when it is shown, the answer was taken.
    alone = json.loads(newer.to_json()) | {"fill_id": "fill_alone", "created_unix_ns": 1}
    held.let_go(answer | {"fills": [alone], "total": 1})
    tab.until(shown, f"{newer.fill_id},fill_alone")
    assert tab.page.text_content("#n-fills") == "2"


def test_orders_told_while_a_poll_is_on_its_way_are_as_they_were_told(open_tab: OpenTab) -> None:
    tab = open_tab()
    book(tab.sandbox)
    shown = "keys => [...document.querySelectorAll('#orders .tr')].map(e => e._k).join() === keys"
    ends = tab.client.buy(SYMBOL, 1, limit_price=90)
    tab.until(shown, ends.id)
    held = Held(tab, "**/v1/orders?open=true&limit=200")
    answer = held.wait()
    ends.cancel()
    begins = tab.client.buy(SYMBOL, 2, limit_price=91)
    tab.until(shown, begins.id)
    alone = answer["orders"][0] | {"node_order_id": "graph:alone:order:1", "created_unix_ns": 1}
    held.let_go(answer | {"orders": [*answer["orders"], alone], "total": 2})
    tab.until(shown, f"{begins.id},graph:alone:order:1")
