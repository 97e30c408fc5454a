"""What nobody can value in USD is null, never 0, in every row, and limits refuse it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import UnprocessableError
from sequence.sandbox import Sandbox
from sequence.store.check import verify_database
from tests.doors import DOORS, door

SYMBOL = "ABC-EUR"
"""A pair whose quote nothing values."""


@contextmanager
def desk(kind: str, **settings: Any) -> Iterator[Sequence]:
    with Sandbox(clock="manual", market="manual", preset="instant", **settings) as sandbox:
        own = sandbox.client()
        own.sandbox.book("kraken", SYMBOL, bids=[("99", 50)], asks=[("101", 50)])
        own.sandbox.set_positions(
            [{"venue": "kraken", "kind": "fiat", "symbol": "EUR", "qty": 10_000}]
        )
        with door(sandbox, kind) as client:
            yield client


def value_euros(client: Sequence) -> None:
    client.sandbox.book("kraken", "EUR-USD", bids=[("1.09", 5)], asks=[("1.11", 5)])


def held(client: Sequence, asset: str) -> Any:
    rows = client.positions().positions
    return next(row for row in rows if row.instrument.symbol == asset)


@pytest.mark.parametrize("kind", DOORS)
def test_what_nothing_values_is_null_in_every_row(kind):
    with desk(kind) as client:
        preview = client.preview(SYMBOL, "buy", qty=1)
        assert preview.est_notional_usd_1e9 is preview.est_fee_usd_1e9 is None
        assert preview.est_total_cost_usd_1e9 is None
        order = client.buy(SYMBOL, 1).wait()
        assert order.status == "FILLED"
        assert order.fees_usd is order.row.filled_notional_usd_1e9 is None
        fill = client.fills().fills[0]
        assert fill.notional_usd_1e9 is fill.fee_usd is None
        assert fill.fee_1e9 > 0, "it is known in euros"
        assert fill.realized_pnl_usd_1e9 == 0, "nothing was closed"
        row = held(client, "ABC")
        assert row.entry_price is row.value_usd is row.unrealized_pnl_usd is row.mark_source is None
        assert row.current_price_usd_1e9 is row.fees_usd_1e9 is None
        totals = client.positions().totals
        assert totals.nav is totals.nav_usd is totals.cash is totals.crypto is totals.fees is None
        snapshot = client.portfolio_snapshots().snapshots[-1]
        assert snapshot.nav_usd_1e9 is snapshot.nav_usd is None
        assert client.sandbox.marks().marks[0].arrival_mid_1e9 == 100 * 10**9


def test_a_realised_gain_over_an_unknown_cost_is_not_known():
    with desk("in process") as client:
        client.buy(SYMBOL, 2).wait()
        value_euros(client)
        client.sell(SYMBOL, 1).wait()
        newest, first = client.fills().fills
        assert newest.notional_usd_1e9 == 108_900_000_000
        assert first.notional_usd_1e9 is newest.realized_pnl_usd_1e9 is None
        row = held(client, "ABC")
        assert row.value_usd is not None
        assert row.entry_price is row.realized_pnl_usd_1e9 is None


def test_a_holding_that_begins_anew_has_a_cost_again():
    with desk("in process") as client:
        client.buy(SYMBOL, 1).wait()
        value_euros(client)
        client.sell(SYMBOL, 1).wait()
        client.buy(SYMBOL, 1).wait()
        row = held(client, "ABC")
        assert row.entry_price_usd_1e9 == 111_100_000_000
        assert row.unrealized_pnl_usd is not None
        assert row.realized_pnl_usd_1e9 is None, "of the first one, for good"
        assert client.positions().totals.nav is not None


@pytest.mark.parametrize(
    "risk",
    [{"max_order_notional_1e9": 10**15}, {"daily_loss_limit_usd_1e9": 10**15}],
    ids=["size", "loss"],
)
def test_a_limit_in_usd_refuses_what_cannot_be_valued(risk):
    with desk("in process", risk=risk) as client:

        def refused() -> bool:
            try:
                return client.buy(SYMBOL, 1).row.failure_reason == "RISK"
            except UnprocessableError as error:
                return "cannot be valued" in str(error)

        assert refused()
        value_euros(client)
        assert not refused()


def test_a_notional_in_usd_needs_a_value_of_the_quote():
    with desk("in process") as client:
        with pytest.raises(UnprocessableError, match="nothing says what the quote asset is worth"):
            client.buy(SYMBOL, notional=100)
        value_euros(client)
        assert client.buy(SYMBOL, notional=111.1).wait().filled_qty == 1


def test_a_graph_with_a_loss_limit_is_refused_where_its_loss_could_not_be_told():
    with desk("in process") as client:
        node = {"node_id": "a", "instrument": {"symbol": SYMBOL}, "side": "buy"}
        node |= {"quantity": {"fixed": {"qty_1e8": 10**8}}}
        nodes, risk = [node, node | {"node_id": "b"}], {"runtime": {"max_loss_usd": 5}}
        with pytest.raises(UnprocessableError, match="cannot be valued in USD"):
            client.submit_graph(nodes, risk=risk)


def test_rows_without_a_value_come_back_from_a_database(tmp_path):
    file = tmp_path / "a.db"
    with desk("in process", store=file) as client:
        client.buy(SYMBOL, 1).wait()
    assert not verify_database(file)
    with Sandbox(clock="manual", market="manual", preset="instant", store=file) as again:
        client = again.client()
        assert client.fills().fills[0].notional_usd_1e9 is None
        assert client.orders().orders[0].fees_usd is None
        assert held(client, "ABC").entry_price is None
