"""The client for asyncio; `sequence._sync` is generated from this folder."""

from sequence._async.client import AsyncSequence
from sequence._async.graph import AsyncGraphBuilder
from sequence._async.order import AsyncPlacedOrder
from sequence._async.sandbox import AsyncSandboxCalls
from sequence._async.stream import AsyncStream

__all__ = [
    "AsyncGraphBuilder",
    "AsyncPlacedOrder",
    "AsyncSandboxCalls",
    "AsyncSequence",
    "AsyncStream",
]
