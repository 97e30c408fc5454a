"""The sandbox in this process: engine, clock, market and accounts behind one object."""

from sequence.sandbox.envelope import Envelope, OrderReading, Reading, envelope
from sequence.sandbox.replay import ReplayResult, SandboxEvent
from sequence.sandbox.sandbox import Sandbox
from sequence.sandbox.sim import SimConfig

__all__ = [
    "Envelope",
    "OrderReading",
    "Reading",
    "ReplayResult",
    "Sandbox",
    "SandboxEvent",
    "SimConfig",
    "envelope",
]
