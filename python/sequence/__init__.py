"""Paper-trading sandbox and client for the Sequence Markets API.

>>> from sequence import Sequence
>>> with Sequence("seq_test_...") as client:
...     order = client.buy("BTC-USD", 0.1)
...     print(order.status, order.avg_price)

`Sequence` blocks, `AsyncSequence` is the same for asyncio. Errors are in `sequence.errors`, the
models of the wire in `sequence.types`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequence._async.client import AsyncSequence
    from sequence._async.graph import AsyncGraphBuilder
    from sequence._async.order import AsyncPlacedOrder
    from sequence._async.stream import AsyncStream
    from sequence._explain import explain, verify
    from sequence._graphs import Node, Risk, Sizing, Trigger
    from sequence._orders import OrderOptions
    from sequence._sync.client import Sequence
    from sequence._sync.graph import GraphBuilder
    from sequence._sync.order import PlacedOrder
    from sequence._sync.stream import Stream
    from sequence._transport import AsyncTransport, Transport
    from sequence.errors import (
        ApiError,
        CapabilityMissingError,
        DeserializeError,
        NetworkError,
        SequenceError,
        ValidationError,
    )

__all__ = [
    "ApiError",
    "AsyncGraphBuilder",
    "AsyncPlacedOrder",
    "AsyncSequence",
    "AsyncStream",
    "AsyncTransport",
    "CapabilityMissingError",
    "DeserializeError",
    "GraphBuilder",
    "NetworkError",
    "Node",
    "OrderOptions",
    "PlacedOrder",
    "Risk",
    "Sequence",
    "SequenceError",
    "Sizing",
    "Stream",
    "Transport",
    "Trigger",
    "ValidationError",
    "explain",
    "verify",
]

_HOMES = {
    "ApiError": "errors",
    "AsyncGraphBuilder": "_async.graph",
    "AsyncPlacedOrder": "_async.order",
    "AsyncSequence": "_async.client",
    "AsyncStream": "_async.stream",
    "AsyncTransport": "_transport",
    "CapabilityMissingError": "errors",
    "DeserializeError": "errors",
    "GraphBuilder": "_sync.graph",
    "NetworkError": "errors",
    "Node": "_graphs",
    "OrderOptions": "_orders",
    "PlacedOrder": "_sync.order",
    "Risk": "_graphs",
    "Sequence": "_sync.client",
    "SequenceError": "errors",
    "Sizing": "_graphs",
    "Stream": "_sync.stream",
    "Transport": "_transport",
    "Trigger": "_graphs",
    "ValidationError": "errors",
    "explain": "_explain",
    "verify": "_explain",
}


def __getattr__(name: str) -> object:
    # Names load on first use: importing the package costs a millisecond, not the models.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
