"""One message to readers, made once however many there are."""

from typing import Final

from pydantic_core import to_json


class Packet:
    """A message: its JSON text, and whatever form a sink makes of it once for all readers."""

    __slots__ = ("text", "wire")

    def __init__(self, text: bytes) -> None:
        self.text: Final = text
        self.wire = b""
        """The text as a WebSocket frame, filled in by the first socket that sends it."""


def packet_of(value: object) -> Packet:
    """A message made of plain values."""
    return Packet(to_json(value))


def error_packet(code: str, message: str) -> Packet:
    """An error frame; it has no ``channel``."""
    return packet_of({"error": {"code": code, "message": message}})


def private_packet(channel: str, seq: int, ts_ns: int, data: str, *, snapshot: bool) -> Packet:
    """A numbered event; a row of an open order that follows a gap says that it is no event."""
    mark = '"snapshot":true,' if snapshot else ""
    head = f'{{"channel":"{channel}","seq":{seq},"ts_ns":{ts_ns},{mark}"data":'
    return Packet((head + data + "}").encode())


def market_packet(channel: bytes, data: str) -> Packet:
    """Market data; the channel is JSON text already, for it echoes what the reader wrote."""
    return Packet(b'{"channel":' + channel + b',"data":' + data.encode() + b"}")
