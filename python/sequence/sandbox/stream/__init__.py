"""Streams without sockets: topics, numbered private events, market data that keeps the latest.

A `Session` is one reader; what it is told goes into its `Sink`. The WebSocket server and the
in-process client each bring a sink, everything else is shared.
"""

from sequence.sandbox.stream.hub import Hub
from sequence.sandbox.stream.packet import Packet
from sequence.sandbox.stream.session import Session, SessionLimits, StreamEndError

__all__ = ["Hub", "Packet", "Session", "SessionLimits", "StreamEndError"]
