"""What type checkers must see; checked by pyright, never run."""

from decimal import Decimal
from typing import assert_type

from sequence import AsyncPlacedOrder, AsyncSequence, PlacedOrder, Sequence
from sequence.types import Fill, Order, Quote, SandboxSettings, SymbolRow


def blocking(client: Sequence) -> None:
    order = client.buy("BTC-USD", "0.1", limit_price=Decimal(5), tif="ioc", venue="okx")
    assert_type(order, PlacedOrder)
    assert_type(order.wait(timeout=1), PlacedOrder)
    assert_type(order.row, Order)
    assert_type(order.avg_price, Decimal | None)
    assert_type(order.fills(), list[Fill])
    assert_type(client.quote("BTC-USD"), Quote)
    assert_type(client.symbols(), list[SymbolRow])
    assert_type(client.sandbox.settings(), SandboxSettings)
    client.buy("BTC-USD", 1, tif="soon")  # pyright: ignore[reportArgumentType]
    client.buy("BTC-USD", 1, limitprice=5)  # pyright: ignore[reportCallIssue]


async def asynchronous(client: AsyncSequence) -> None:
    order = await client.sell("BTC-USD", 1)
    assert_type(order, AsyncPlacedOrder)
    assert_type(await order.refresh(), AsyncPlacedOrder)
