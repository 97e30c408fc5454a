"""Figures of a run, each computed a second time from the rows, in fractions and in another way."""

import random
import re
from collections import defaultdict, deque
from fractions import Fraction
from html.parser import HTMLParser
from math import gcd

import pytest

from sequence.analysis import Results, Summary, comparison
from sequence.sandbox import Sandbox

E9 = 10**9


@pytest.fixture(scope="module")
def traded():
    """Four minutes of a bot that makes and takes, on two symbols, with three tags."""
    draws = random.Random(7)  # noqa: S311 - no secret
    with Sandbox(clock="manual", seed=7) as sandbox:
        client = sandbox.client()
        for _ in range(24):
            symbol, qty = draws.choice([("BTC-USD", "0.2"), ("ETH-USD-PERP", "3")])
            side = draws.choice([client.buy, client.sell])
            tag = draws.choice([None, "make", "take & <hedge>"])
            price = None
            if draws.random() < 0.5:
                best = client.quote(symbol).nbbo
                price = best.bid if side == client.buy else best.ask
            side(symbol, qty, limit_price=price, tag=tag)
            sandbox.clock.advance(seconds=draws.choice([1, 5, 12]))
        client.cancel_all()
        sandbox.clock.advance(seconds=61)
        yield sandbox, sandbox.results()


@pytest.fixture(scope="module")
def results(traded):
    return traded[1]


def usd(value):
    return Fraction(value)


def signed(fill):
    return 1 if fill.side == "buy" else -1


def test_the_run_is_worth_looking_at(results):
    assert len(results.fills) > 15
    assert 0 < results.maker_share < 1
    assert len(results.round_trips) > 3
    assert {row.key for row in results.pnl_by("tag")} == {"(no tag)", "make", "take & <hedge>"}


@pytest.mark.parametrize("what", ["symbol", "venue", "tag"])
def test_groups_add_up_to_the_profit_of_the_account(results, what):
    rows = results.pnl_by(what)
    assert abs(sum(usd(row.pnl_usd) for row in rows) - usd(results.pnl_usd)) < Fraction(1, 10**6)
    assert sum(row.fills for row in rows) == len(results.fills)
    assert sum(row.fees_usd for row in rows) == results.fees_usd
    assert sum(row.volume_usd for row in rows) == results.volume_usd


def test_the_profit_is_the_change_of_the_value_of_the_account(results):
    first, last = results.equity.snapshots[0], results.equity.snapshots[-1]
    change = Fraction(last.nav_usd_1e9 - first.nav_usd_1e9, E9)
    assert abs(change - usd(results.pnl_usd)) < Fraction(1, 10**6)


@pytest.mark.parametrize("what", ["symbol", "venue", "tag"])
def test_each_group_is_cash_and_what_is_left_at_its_mark(traded, what):
    sandbox, results = traded
    tags = {row.node_order_id: row.tag or "(no tag)" for row in sandbox.client().orders_iter()}
    marks = {}
    for row in sandbox.client().positions(include_closed=True).positions:
        marks[row.venue, row.instrument.symbol] = Fraction(row.current_price_usd_1e9, E9)
    cash, left = defaultdict(Fraction), defaultdict(lambda: defaultdict(Fraction))
    for fill in sandbox.client().fills_iter():
        key = tags[fill.node_order_id] if what == "tag" else getattr(fill, what)
        price, qty = Fraction(fill.price_1e9, E9), Fraction(fill.qty_1e8, 10**8)
        cash[key] -= signed(fill) * price * qty + Fraction(fill.fee_usd_1e9, E9)
        name = fill.symbol if fill.symbol.endswith("-PERP") else fill.symbol.split("-")[0]
        left[key][fill.venue, name] += signed(fill) * qty
    for row in results.pnl_by(what):
        expected = cash[row.key] + sum(qty * marks[at] for at, qty in left[row.key].items())
        assert abs(usd(row.pnl_usd) - expected) < Fraction(1, 10**6), row


def test_the_deepest_fall_is_that_of_the_course(results):
    peak, deepest = 0, 0
    for row in results.equity.snapshots:
        peak = max(peak, row.nav_usd_1e9)
        deepest = max(deepest, peak - row.nav_usd_1e9)
    assert usd(results.max_drawdown_usd) == Fraction(deepest, E9)
    assert deepest > 0


def test_maker_share_and_causes_are_counted_from_the_fills(results):
    volume = sum(fill.notional_usd_1e9 for fill in results.fills)
    made = sum(fill.notional_usd_1e9 for fill in results.fills if fill.is_maker)
    assert abs(usd(results.maker_share) - Fraction(made, volume)) < Fraction(1, 10**20)
    found = {row.cause: row.fills for row in results.causes}
    for cause, count in found.items():
        assert count == sum(fill.cause == cause for fill in results.fills)
    assert sum(found.values()) == len(results.fills)


@pytest.mark.parametrize(("at", "seconds"), [(0, 1), (1, 10), (2, 60)])
def test_a_markout_is_what_holding_on_would_have_brought(results, at, seconds):
    total, volume = Fraction(), Fraction()
    for fill in results.fills:
        later = getattr(results.marks[fill.fill_id], f"after_{seconds}s_1e9")
        if later is None:
            continue
        total += signed(fill) * Fraction(later - fill.price_1e9, E9) * Fraction(fill.qty_1e8, 10**8)
        volume += Fraction(fill.notional_usd_1e9, E9)
    row = results.markouts[at]
    assert row.seconds == seconds
    assert abs(usd(row.usd) - total) < Fraction(1, 10**6)
    assert abs(usd(row.bps) - total / volume * 10_000) < Fraction(1, 10**5)
    assert row.fills == len(results.fills)


def test_slippage_is_counted_from_the_price_when_orders_were_sent(results):
    total = Fraction()
    for fill in results.fills:
        arrival = results.marks[fill.fill_id].arrival_mid_1e9
        moved = Fraction(fill.price_1e9 - arrival, E9)
        total += signed(fill) * moved * Fraction(fill.qty_1e8, 10**8)
    assert abs(usd(results.slippage.usd) - total) < Fraction(1, 10**6)


def test_round_trips_equal_a_queue_of_single_units(results):
    """One small unit after the other, first in, first out."""
    units, queues, gains = {}, defaultdict(deque), defaultdict(int)
    for fill in results.fills:
        at = fill.venue, fill.symbol
        units[at] = gcd(units.get(at, 0), fill.qty_1e8)
    for fill in results.fills:
        at = fill.venue, fill.symbol
        queue = queues[at]
        for _ in range(fill.qty_1e8 // units[at]):
            if queue and queue[0][0] != signed(fill):
                side, price = queue.popleft()
                gains[at] += side * (fill.price_1e9 - price) * units[at]
            else:
                queue.append((signed(fill), fill.price_1e9))
    found = defaultdict(Fraction)
    for trip in results.round_trips:
        found[trip.venue, trip.symbol] += usd(trip.pnl_usd)
    for at, gain in gains.items():
        assert abs(found[at] - Fraction(gain, 10**17)) < Fraction(1, 10**6)
    won = sum(trip.pnl_usd > trip.fees_usd for trip in results.round_trips)
    rate = Fraction(won, len(results.round_trips))
    assert abs(usd(results.win_rate) - rate) < Fraction(1, 10**20)


def test_the_life_of_an_order_is_its_events_in_order(results):
    order = next(row for row in results.orders if row.status == "FILLED")
    life = results.life_of(order.node_order_id)
    assert life[0].after_ns == 0
    assert "status NEW" in life[0].what
    assert "status FILLED" in life[-1].what
    assert [row.ts_ns for row in life] == sorted(row.ts_ns for row in life)
    fills = [fill for fill in results.fills if fill.node_order_id == order.node_order_id]
    assert sum(row.event == "order_filled" for row in life) == len(fills)
    with pytest.raises(ValueError, match="no order graph:x:y:1"):
        results.life_of("graph:x:y:1")


class Page(HTMLParser):
    """What a page would load, and its words."""

    def __init__(self):
        super().__init__()
        self.loads, self.tags, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [v for k, v in attrs if k in ("src", "href", "data", "action")]

    def handle_data(self, data):
        self.words.append(data)


def test_the_report_is_one_file_that_loads_nothing_and_escapes_everything(results):
    page = Page()
    text = results.report("run <script>alert(1)</script>")
    page.feed(text)
    assert page.loads == []
    assert not {"script", "link", "img", "iframe", "hedge"} & set(page.tags)
    assert "http://" not in text
    assert "https://" not in text
    words = " ".join(page.words)
    for part in ("run <script>", "take & <hedge>", "Drawdown", "Round trips", "Not modelled",
                 results.card.params_hash, "seed", "fee rules met", "latency.p50_ppm"):  # fmt: skip
        assert part in words


def test_a_report_of_nothing_is_a_report():
    with Sandbox(clock="manual") as sandbox:
        results = sandbox.results()
    assert results.pnl_usd == 0
    assert results.maker_share == 0
    assert results.win_rate == 0
    assert results.round_trips == []
    assert "Nothing to draw yet" in results.report()


def test_a_summary_is_kept_exactly_and_compared(results):
    summary = results.summary("first")
    again = Summary.from_json(summary.to_json())
    assert again == summary
    other = again.model_copy(update={"name": "second", "card": again.card.model_copy(
        update={"seed": 8})})  # fmt: skip
    rows = dict(comparison(summary, other))
    assert rows["seed"] == ["7", "8"]
    assert "preset" not in rows
    assert len(rows["profit and loss, USD"]) == 2


def test_the_card_names_the_data_by_its_digest(tmp_path):
    import hashlib

    row = (
        '{"ts_ns": %d, "type": "snapshot", "venue": "kraken", "symbol": "BTC-USD", '
        '"bids": [["100", "1"]], "asks": [["101", "1"]]}\n'
    )
    file = tmp_path / "a.jsonl"
    file.write_text("".join(row % (1776657000 * E9 + at * E9) for at in range(3)))
    with Sandbox(clock="replay", market=[file]) as sandbox:
        card = sandbox.results().card
    assert card.data[0].sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert card.data[0].name == "a.jsonl"


def test_what_a_card_says_is_absent_stands_in_the_page_about_it():
    from pathlib import Path

    from sequence.sandbox.card import NOT_MODELLED

    page = (Path(__file__).parents[2] / "docs" / "not-modelled.md").read_text().lower()
    for line in NOT_MODELLED:
        word = re.findall(r"[a-z]{5,}", line.lower())
        assert any(w in page for w in word), line


def test_an_account_has_results_of_its_own(traded):
    sandbox, results = traded
    other = sandbox.results(account="other")
    assert other.fills == []
    assert isinstance(other, Results)
    assert results.fills
