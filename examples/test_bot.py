"""Tests of a bot: `pytest examples/test_bot.py`. Books and time by hand, faults when asked."""

from typing import TYPE_CHECKING

import pytest

from sequence import PlacedOrder, Sequence
from sequence.errors import RateLimitedError

if TYPE_CHECKING:
    from sequence.sandbox import Sandbox

pytestmark = pytest.mark.sandbox(market="manual", preset="instant")


def buy_the_dip(client: Sequence, below: int) -> PlacedOrder | None:
    """The bot: buys one tenth when the best offer is low enough."""
    ask = client.quote("BTC-USD").nbbo.ask_price
    return client.buy("BTC-USD", "0.1", tag="dip") if ask is not None and ask < below else None


@pytest.fixture(autouse=True)
def book(sandbox: "Sandbox") -> None:
    """One venue with a bid and an offer."""
    sandbox.market.snapshot("kraken", "BTC-USD", [("66990", 1)], [("67000", "0.04")])


def test_a_dip_is_bought(client: Sequence) -> None:
    """The offer is below the limit of the bot."""
    order = buy_the_dip(client, below=67_001)
    assert order is not None
    assert order.filled_qty == client.fills().fills[0].qty


def test_a_high_price_is_left_alone(client: Sequence) -> None:
    """The offer is not low enough."""
    assert buy_the_dip(client, below=67_000) is None
    assert client.orders().total == 0


def test_a_thin_book_fills_in_part(client: Sequence) -> None:
    """There is less than the bot wants."""
    order = buy_the_dip(client, below=70_000)
    assert order is not None
    assert (order.status, str(order.filled_qty.normalize())) == ("CANCELLED", "0.04")


def test_a_rejection_is_no_exception(client: Sequence, sandbox: "Sandbox") -> None:
    """The venue refuses the next order."""
    sandbox.faults.add("reject_next", reason="INSUFFICIENT_BALANCE")
    order = buy_the_dip(client, below=70_000)
    assert order is not None
    assert order.row.failure_reason == "INSUFFICIENT_BALANCE"


def test_a_server_that_is_busy_is_told(client: Sequence, sandbox: "Sandbox") -> None:
    """More refusals than the client tries again."""
    sandbox.faults.add("http_429", count=20)
    with pytest.raises(RateLimitedError):
        buy_the_dip(client, below=70_000)
