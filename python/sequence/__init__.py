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
    from sequence._async import AsyncGraphBuilder, AsyncPlacedOrder, AsyncSequence, AsyncStream
    from sequence._explain import explain, verify
    from sequence._graphs import Node, Risk, Sizing, Trigger
    from sequence._orders import OrderOptions
    from sequence._sync import GraphBuilder, PlacedOrder, Sequence, Stream
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
    "AsyncGraphBuilder": "_async",
    "AsyncPlacedOrder": "_async",
    "AsyncSequence": "_async",
    "AsyncStream": "_async",
    "AsyncTransport": "_transport",
    "CapabilityMissingError": "errors",
    "DeserializeError": "errors",
    "GraphBuilder": "_sync",
    "NetworkError": "errors",
    "Node": "_graphs",
    "OrderOptions": "_orders",
    "PlacedOrder": "_sync",
    "Risk": "_graphs",
    "Sequence": "_sync",
    "SequenceError": "errors",
    "Sizing": "_graphs",
    "Stream": "_sync",
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
