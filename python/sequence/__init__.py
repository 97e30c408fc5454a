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
    from sequence._client.ask.graph_edge import START, EdgeConfig, Sizing, Trigger
    from sequence._client.ask.graph_node import Node
    from sequence._client.ask.graph_risk import Risk
    from sequence._client.ask.orders import OrderItem, OrderOptions
    from sequence._client.ask.recipe_options import RecipeOptions
    from sequence._client.async_.client import AsyncSequence
    from sequence._client.async_.graph import AsyncGraphBuilder
    from sequence._client.async_.handle import AsyncPlacedGraph, AsyncPlacedStop, AsyncPlacedTrail
    from sequence._client.async_.order import AsyncPlacedOrder
    from sequence._client.async_.stream import AsyncStream
    from sequence._client.carry.transport import AsyncTransport, Transport
    from sequence._client.explain import explain, verify
    from sequence._client.sync.client import Sequence
    from sequence._client.sync.graph import GraphBuilder
    from sequence._client.sync.handle import PlacedGraph, PlacedStop, PlacedTrail
    from sequence._client.sync.order import PlacedOrder
    from sequence._client.sync.stream import Stream
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
    "START": "_client.ask.graph_edge",
    "ApiError": "errors",
    "AsyncGraphBuilder": "_client.async_.graph",
    "AsyncPlacedGraph": "_client.async_.handle",
    "AsyncPlacedOrder": "_client.async_.order",
    "AsyncPlacedStop": "_client.async_.handle",
    "AsyncPlacedTrail": "_client.async_.handle",
    "AsyncSequence": "_client.async_.client",
    "AsyncStream": "_client.async_.stream",
    "AsyncTransport": "_client.carry.transport",
    "CapabilityMissingError": "errors",
    "DeserializeError": "errors",
    "EdgeConfig": "_client.ask.graph_edge",
    "GraphBuilder": "_client.sync.graph",
    "NetworkError": "errors",
    "Node": "_client.ask.graph_node",
    "OrderItem": "_client.ask.orders",
    "OrderOptions": "_client.ask.orders",
    "PlacedGraph": "_client.sync.handle",
    "PlacedOrder": "_client.sync.order",
    "PlacedStop": "_client.sync.handle",
    "PlacedTrail": "_client.sync.handle",
    "RecipeOptions": "_client.ask.recipe_options",
    "Risk": "_client.ask.graph_risk",
    "Sequence": "_client.sync.client",
    "SequenceError": "errors",
    "Sizing": "_client.ask.graph_edge",
    "Stream": "_client.sync.stream",
    "Transport": "_client.carry.transport",
    "Trigger": "_client.ask.graph_edge",
    "ValidationError": "errors",
    "explain": "_client.explain",
    "frame": "types",
    "verify": "_client.explain",
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
