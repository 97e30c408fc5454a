"""The page in Chromium: what each panel shows, the keyboard, arming, and no key anywhere."""

import re
from collections.abc import Callable

import pytest

from sequence.sandbox import Sandbox
from tests.page.conftest import Tab

pytestmark = [pytest.mark.full, pytest.mark.timeout(120)]

OpenTab = Callable[..., Tab]
SECRET = re.compile(r"seq_(test|live)_[0-9a-f]{8}")


def busy(tab: Tab) -> None:
    """Fills and open orders on both sides."""
    tab.client.buy("BTC-USD", "0.02").wait()
    bid = tab.client.quote("BTC-USD").nbbo.bid
    for below in (1, 2, 50):
        tab.client.buy("BTC-USD", "0.01", limit_price=str(round(bid - below, 2)))
    tab.client.sell("BTC-USD", "0.01").wait()


def shown(tab: Tab) -> None:
    tab.until("() => document.querySelectorAll('#fills .tr').length > 1")
    tab.until("() => document.querySelectorAll('#orders .tr').length > 1")
    # Lists come before the stream, which alone tells books and routes.
    tab.until("() => /^[0-9,.]+$/.test(document.querySelector('#lad .mid').textContent)")


@pytest.fixture
def tab(open_tab: OpenTab) -> Tab:
    """A tab with something in every panel."""
    found = open_tab()
    busy(found)
    shown(found)
    return found


def test_every_panel_shows_what_the_api_says(tab: Tab) -> None:
    page = tab.page
    tab.until("() => /^[0-9,.]+$/.test(document.querySelector('#lad .mid').textContent)")
    tab.until("() => document.querySelectorAll('#nbbo .tb').length > 3")
    tab.until("() => document.querySelectorAll('#pos .tb').length > 3")
    tab.until("() => document.querySelectorAll('#reqs .tr').length > 3")
    tab.until("() => document.querySelector('#c-price canvas')")
    tab.until("() => document.querySelector('#graph svg')")
    total = len(tab.client.fills(limit=50).fills)
    tab.until("n => document.getElementById('n-fills').textContent === String(n)", total)
    row = page.text_content("#fills .tr >> nth=0") or ""
    newest = tab.client.fills(limit=1).fills[0]
    assert "BTC-USD" in row
    assert f"{newest.price:,.2f}" in row.replace("\u2212", "-")
    assert page.text_content("#k-oo") == str(tab.client.orders(open=True).total)
    assert "/v1/orders" in (page.text_content("#reqs") or "")


def test_a_ticket_leaves_the_address_and_works_once(open_tab: OpenTab) -> None:
    first = open_tab()
    ticket = first.client.page_ticket().ticket
    second = open_tab(ticket)
    second.until("() => sessionStorage.getItem('seq-page')")
    assert "ticket" not in second.page.url
    third = open_tab(ticket)
    third.until("() => !document.getElementById('gate').hidden")
    assert "used or is too old" in (third.page.text_content("#g-t") or "")


def test_without_a_ticket_the_page_says_what_to_type(open_tab: OpenTab) -> None:
    tab = open_tab("")
    tab.until("() => !document.getElementById('gate').hidden")
    assert tab.page.text_content("#g-c") == "sequence page"
    tab.page.fill("#g-i", tab.sandbox.test_key)
    tab.page.keyboard.press("Enter")
    assert "Never paste a key" in (tab.page.text_content("#g-p") or "")
    assert tab.page.input_value("#g-i") == ""


def test_no_key_is_in_the_page_its_storage_or_an_address(tab: Tab) -> None:
    held = tab.value(
        "document.documentElement.outerHTML + JSON.stringify(localStorage) "
        "+ JSON.stringify(sessionStorage)"
    )
    assert not SECRET.search(str(held))
    assert not any(SECRET.search(address) for address in tab.asked)


def test_a_reload_keeps_the_tab_and_another_tab_needs_its_own_ticket(
    tab: Tab, open_tab: OpenTab
) -> None:
    tab.page.reload()
    shown(tab)
    assert tab.value("document.getElementById('gate').hidden")
    other = open_tab("")
    other.until("() => !document.getElementById('gate').hidden")


def test_the_keyboard_alone_explains_a_fill_and_comes_back(tab: Tab) -> None:
    page = tab.page
    page.mouse.move(700, 5)
    page.keyboard.press("3")
    page.keyboard.press("ArrowDown")
    row = tab.value("document.activeElement._k")
    assert row
    page.keyboard.press("Enter")
    tab.until("() => document.getElementById('drawer').classList.contains('open')")
    assert "BTC-USD at" in (page.text_content("#d-title") or "")
    sections = page.locator("#d-body h3").all_text_contents()
    for name in ("Time", "Fee", "Price and book", "Cash", "Repeatable"):
        assert any(found.startswith(name) for found in sections)
    page.keyboard.press("Escape")
    assert tab.value("document.activeElement._k") == row


def test_a_fill_shows_what_the_router_compared(tab: Tab) -> None:
    sold = tab.client.sell("BTC-USD", "0.01").wait()
    # The market may fill orders that rest meanwhile: theirs are fills without a route.
    own = "[...document.querySelectorAll('#fills .tr')].find(row => row._k === key)"
    key = sold.fills()[-1].fill_id
    tab.until(f"key => !!{own}", key)
    tab.page.evaluate(f"key => {own}.click()", key)
    tab.until("() => document.querySelector('#d-body table.route')")
    head, *rows = tab.page.locator("#d-body .route tr").all_text_contents()
    assert head.endswith("DelayAgeScore")
    legs = tab.client.order(sold.id).legs
    assert len(rows) == len(legs)
    assert all(row.startswith(leg.venue) for row, leg in zip(rows, legs, strict=True))


def test_an_open_order_says_why_it_is_not_filled(tab: Tab) -> None:
    tab.page.keyboard.press("2")
    tab.page.keyboard.press("Enter")
    tab.until("() => document.getElementById('drawer').classList.contains('open')")
    text = tab.page.text_content("#d-body") or ""
    assert "What must be true before it fills" in text
    assert "Reserved" in text


def test_a_list_under_the_pointer_is_held(tab: Tab) -> None:
    tab.page.hover("#fills .tr >> nth=1")
    first = "document.querySelector('#fills .tr')._k"
    before = tab.value(first)
    tab.client.buy("BTC-USD", "0.01").wait()
    tab.until("() => /new above/.test(document.getElementById('m-fills').textContent)")
    assert tab.value(first) == before
    tab.page.mouse.move(700, 5)
    tab.until(f"before => {first} !== before", before)


def test_nothing_is_written_until_the_tab_is_armed(tab: Tab) -> None:
    page = tab.page
    page.keyboard.press("2")
    order = str(tab.value("document.activeElement._k"))
    page.keyboard.press("x")
    assert "Read-only" in (page.text_content("#toast") or "")
    assert tab.client.order(order).status == "ACCEPTED"
    page.keyboard.press("Shift+A")
    page.click("#arm-yes")
    tab.until("() => document.getElementById('arm').getAttribute('aria-pressed') === 'true'")
    page.keyboard.press("2")
    order = str(tab.value("document.activeElement._k"))
    page.keyboard.press("x")
    tab.until(
        "id => ![...document.querySelectorAll('#orders .tr:not(.gone)')].some(r => r._k === id)",
        order,
    )
    assert tab.client.order(order).status == "CANCELLED"


def test_a_request_is_copied_as_curl_without_its_key(tab: Tab) -> None:
    tab.until("() => document.querySelectorAll('#reqs .tr').length > 1")
    tab.page.keyboard.press("9")
    tab.page.keyboard.press("c")
    tab.until("() => document.getElementById('toast').textContent === 'Copied curl'")
    copied = str(tab.value("navigator.clipboard.readText()"))
    assert copied.startswith("curl -s")
    assert "$SEQUENCE_API_KEY" in copied
    assert not SECRET.search(copied)


@pytest.mark.parametrize("width", [1440, 1200, 1024, 720, 390, 320])
def test_nothing_is_wider_than_the_screen(tab: Tab, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 844})
    tab.until("w => document.documentElement.scrollWidth <= w", width)


CONTRAST = """theme => {
  document.documentElement.dataset.theme = theme;
  const style = getComputedStyle(document.documentElement);
  const light = name => {
    let hex = style.getPropertyValue(name).trim().slice(1);
    if (hex.length === 3) hex = [...hex].map(c => c + c).join('');
    const part = i => {
      const v = parseInt(hex.substr(i, 2), 16) / 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4);
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort();
    return (y + 0.05) / (x + 0.05);
  };
  const inks = ['--ink', '--dim', '--faint', '--bid', '--ask', '--ok', '--warn', '--bad'];
  return Math.min(...inks.flatMap(n => [ratio(n, '--panel'), ratio(n, '--bg')]));
}"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_ink_has_contrast(tab: Tab, theme: str) -> None:
    # WCAG 2.2, 1.4.3: text of this size needs 4.5 to 1.
    assert tab.page.evaluate(CONTRAST, theme) >= 4.5


def test_panels_do_not_move_while_data_runs(tab: Tab) -> None:
    boxes = (
        "JSON.stringify([...document.querySelectorAll('.panel,.kpi,.ph,.spread,.lrow')].map(e => {"
        "const r = e.getBoundingClientRect();"
        "return [r.x, r.y, r.width, r.height].map(Math.round)}))"
    )
    before = tab.value(boxes)
    seen = tab.value("document.getElementById('n-fills').textContent")
    tab.page.mouse.move(700, 5)
    for _ in range(3):
        tab.client.buy("BTC-USD", "0.01").wait()
    tab.until("seen => document.getElementById('n-fills').textContent !== seen", seen)
    assert tab.value(boxes) == before


def test_names_of_others_are_texts_and_not_markup(tab: Tab) -> None:
    bad = "<img src=x onerror=\"document.title='owned'\">"
    tab.client.api_key_create(bad)
    tab.until(
        "() => [...document.querySelectorAll('#reqs .tr')].some(r => r._r.body.includes('img'))"
    )
    tab.page.keyboard.press("9")
    tab.page.keyboard.press("Enter")
    tab.until("() => document.getElementById('drawer').classList.contains('open')")
    assert tab.value("document.title") == "sequence sandbox"
    assert tab.value("document.querySelectorAll('main img, .drawer img').length") == 0


def test_another_symbol_is_chosen_by_hand(tab: Tab, place: tuple[Sandbox, str]) -> None:
    symbols = [row.symbol for row in tab.client.symbols()]
    other = next(name for name in symbols if name.startswith("ETH-USD"))
    tab.page.select_option("#sym", other)
    tab.until(
        "() => /^[0-9],?[0-9]*\\.[0-9]+$/.test(document.querySelector('#lad .mid').textContent)"
    )
    assert tab.value("document.getElementById('sym').value") == other
    assert place[0].check_invariants() == []
