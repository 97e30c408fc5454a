"""The sandbox in this process: engine, clock, market and accounts behind one object."""

from sequence.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
