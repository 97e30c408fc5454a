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
    from sequence._async.handle import AsyncPlacedGraph, AsyncPlacedStop, AsyncPlacedTrail
    from sequence._async.order import AsyncPlacedOrder
    from sequence._async.stream import AsyncStream
    from sequence._explain import explain, verify
    from sequence._graph_edge import START, EdgeConfig, Sizing, Trigger
    from sequence._graph_node import Node
    from sequence._graph_risk import Risk
    from sequence._orders import OrderItem, OrderOptions
    from sequence._recipe_options import RecipeOptions
    from sequence._sync.client import Sequence
    from sequence._sync.graph import GraphBuilder
    from sequence._sync.handle import PlacedGraph, PlacedStop, PlacedTrail
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
    from sequence.types import frame

__all__ = [
    "START",
    "ApiError",
    "AsyncGraphBuilder",
    "AsyncPlacedGraph",
    "AsyncPlacedOrder",
    "AsyncPlacedStop",
    "AsyncPlacedTrail",
    "AsyncSequence",
    "AsyncStream",
    "AsyncTransport",
    "CapabilityMissingError",
    "DeserializeError",
    "EdgeConfig",
    "GraphBuilder",
    "NetworkError",
    "Node",
    "OrderItem",
    "OrderOptions",
    "PlacedGraph",
    "PlacedOrder",
    "PlacedStop",
    "PlacedTrail",
    "RecipeOptions",
    "Risk",
    "Sequence",
    "SequenceError",
    "Sizing",
    "Stream",
    "Transport",
    "Trigger",
    "ValidationError",
    "explain",
    "frame",
    "verify",
]

_HOMES = {
    "START": "_graph_edge",
    "ApiError": "errors",
    "AsyncGraphBuilder": "_async.graph",
    "AsyncPlacedGraph": "_async.handle",
    "AsyncPlacedOrder": "_async.order",
    "AsyncPlacedStop": "_async.handle",
    "AsyncPlacedTrail": "_async.handle",
    "AsyncSequence": "_async.client",
    "AsyncStream": "_async.stream",
    "AsyncTransport": "_transport",
    "CapabilityMissingError": "errors",
    "DeserializeError": "errors",
    "EdgeConfig": "_graph_edge",
    "GraphBuilder": "_sync.graph",
    "NetworkError": "errors",
    "Node": "_graph_node",
    "OrderItem": "_orders",
    "OrderOptions": "_orders",
    "PlacedGraph": "_sync.handle",
    "PlacedOrder": "_sync.order",
    "PlacedStop": "_sync.handle",
    "PlacedTrail": "_sync.handle",
    "RecipeOptions": "_recipe_options",
    "Risk": "_graph_risk",
    "Sequence": "_sync.client",
    "SequenceError": "errors",
    "Sizing": "_graph_edge",
    "Stream": "_sync.stream",
    "Transport": "_transport",
    "Trigger": "_graph_edge",
    "ValidationError": "errors",
    "explain": "_explain",
    "frame": "types",
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
