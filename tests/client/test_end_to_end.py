"""Both clients against a sandbox in the same process: the demo market on a clock that stands."""

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from sequence import errors
from sequence.sandbox import Sandbox

Ask = Callable[..., Any]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=7, clock="manual", preset="instant") as sandbox:
        yield sandbox
        assert sandbox.check_invariants() == []


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, sandbox: Sandbox) -> Ask:
    """Calls a verb by its name, or a bound method, on one of the two clients."""
    plain = request.param == "sync"
    client: Any = sandbox.client() if plain else sandbox.async_client()

    def call(what: Any, *args: Any, **options: Any) -> Any:
        if isinstance(what, str):
            group, _, verb = what.rpartition(".")
            what = getattr(getattr(client, group) if group else client, verb)
        if plain:
            return what(*args, **options)
        return asyncio.run(what(*args, **options))

    return call


def test_the_golden_fill(ask: Ask):
    order = ask("buy", "BTC-USD", 0.1, venue="binance")
    [fill] = ask(order.fills)
    assert (order.status, order.avg_price, order.fees_usd) == (
        "FILLED",
        Decimal("74349.45"),
        Decimal("7.434945"),
    )
    assert (fill.qty, fill.price, fill.fee_asset) == (
        Decimal("0.1"),
        Decimal("74349.45"),
        "USDT",
    )
    assert ask(ask(order.wait).refresh).row == order.row


def test_a_resting_order_is_cancelled_for_good(ask: Ask):
    order = ask("buy", "BTC-USD", 0.29, limit_price=70_000, venue="binance")
    assert (order.status, order.row.qty_1e8) == ("ACCEPTED", 29_000_000)
    assert ask(order.cancel).status == "CANCELLED"
    assert (order.status, order.row.done_reason) == ("CANCELLED", "CANCELLED_BY_CLIENT")
    assert ask("cancel", order.id).already_terminal


def test_a_resting_order_changes_itself(ask: Ask):
    order = ask("buy", "BTC-USD", 0.3, limit_price=70_000, venue="binance")
    assert ask(order.amend, new_price=69_000, new_qty="0.25").node_order_id == order.id
    assert (order.row.limit_price, order.qty) == (69_000, Decimal("0.25"))
    ask(order.decrease, "0.05", expected_version=order.row.version)
    assert order.qty == Decimal("0.2")
    with pytest.raises(errors.ConflictError):
        ask(order.amend, new_price=68_000, expected_version=order.row.version - 1)
    with pytest.raises(errors.ValidationError, match="give new_price or new_qty"):
        ask(order.amend)


def test_an_order_in_the_place_of_its_id_is_told_what_is_meant(ask: Ask):
    order = ask("buy", "BTC-USD", 0.3, limit_price=70_000, venue="binance")
    for verb in ("cancel", "order"):
        with pytest.raises(errors.ValidationError, match=r"not \w*PlacedOrder: give its id$"):
            ask(verb, order)
    graph = ask("stop", "BTC-USD", "buy", 1, stop_price=90_000)
    with pytest.raises(errors.ValidationError, match=r"give its graph_id$"):
        ask("graph_cancel", graph)


def test_a_wait_for_a_resting_order_ends_in_time(ask: Ask):
    order = ask("buy", "BTC-USD", 0.1, limit_price=70_000, venue="binance")
    with pytest.raises(errors.WaitTimeoutError, match="still ACCEPTED"):
        ask(order.wait, timeout=0)


def test_a_resent_order_is_the_same_order(ask: Ask):
    first = ask("buy", "BTC-USD", 0.1, graph_id="once")
    again = ask("buy", "BTC-USD", 0.1, graph_id="once")
    assert first.row == again.row
    assert ask("orders").total == 1
    with pytest.raises(errors.ConflictError, match="graph_id") as caught:
        ask("buy", "BTC-USD", 0.2, graph_id="once")
    assert caught.value.graph_id == "once"


def test_paper_positions_are_set_exactly_and_reset(ask: Ask):
    rows = [{"venue": "kalshi", "kind": "fiat", "symbol": "USD", "qty": 5000.29}]
    written = ask("sandbox.set_positions", rows, replace=True)
    assert (written.written, written.deleted) == (1, 15)
    [row] = ask("positions").positions
    assert (row.venue, row.qty) == ("kalshi", Decimal("5000.29"))
    assert ask("sandbox.settings", 100_000.5).initial_balance_usd == Decimal("100000.5")
    assert ask("sandbox.reset").initial_balance_usd == Decimal("100000.5")
    assert len(ask("positions").positions) == 15


REFUSALS: list[tuple[Callable[[Ask], object], type[errors.SequenceError], str | None]] = [
    (lambda ask: ask("buy", "NOPE-USD", 1), errors.UnprocessableError, "symbol"),
    (lambda ask: ask("buy", "BTC-USD", 1, venue="foo"), errors.UnprocessableError, "unknown venue"),
    (lambda ask: ask("quote", "NOPE-USD"), errors.NotFoundError, "NOPE-USD"),
    (lambda ask: ask("order", "graph:x:order:1"), errors.NotFoundError, None),
    (lambda ask: ask("cancel", "graph"), errors.NotFoundError, "send the graph id"),
    (lambda ask: ask("graph_status", "../kill_switch"), errors.NotFoundError, None),
]


@pytest.mark.parametrize(("call", "error", "part"), REFUSALS)
def test_refusals_have_the_class_of_their_status(
    ask: Ask, call: Callable[[Ask], object], error: type[errors.SequenceError], part: str | None
):
    with pytest.raises(error, match=part):
        call(ask)


def test_reads_answer_models(ask: Ask):
    assert ask("health") is True
    assert ask("quote", "BTC-USD").nbbo.ask_1e9 == 74_349_450_000_000
    assert {row.symbol for row in ask("symbols")} >= {"BTC-USD", "ETH-USD-PERP"}
    assert ask("fees", "BTC-USD", venues=["binance"]).fees[0].taker_bps == 10
    assert ask("venues").venues[0].class_ == "cex"
    assert ask("account").mode == "sandbox"
    assert ask("quotes_batch", ["BTC-USD", "NOPE-USD"]).quotes[1].error
    preview = ask("preview", "BTC-USD", "buy", 0.1, venue="binance")
    assert preview.est_avg_price_1e9 == 74_349_450_000_000
