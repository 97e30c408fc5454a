"""The sandbox in this process: engine, clock, market and accounts behind one object."""

from sequence._core import Book
from sequence.sandbox.desk import Desk, NewOrder
from sequence.sandbox.envelope import Envelope, OrderReading, Reading, envelope
from sequence.sandbox.replay import ReplayResult
from sequence.sandbox.replay_calls import OrderChange, OrderFill, SandboxEvent
from sequence.sandbox.sandbox import Sandbox
from sequence.sandbox.sim import SimConfig

__all__ = [
    "Book",
    "Desk",
    "Envelope",
    "NewOrder",
    "OrderChange",
    "OrderFill",
    "OrderReading",
    "Reading",
    "ReplayResult",
    "Sandbox",
    "SandboxEvent",
    "SimConfig",
    "envelope",
]
