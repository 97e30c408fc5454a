"""WebSocket frames as the server sends them: unmasked, whole, without extensions."""

from struct import pack
from typing import Final

from sequence.sandbox.stream import Packet

_TEXT: Final = 0x81
_SHORT: Final = 126
_MEDIUM: Final = 1 << 16


def wire(packet: Packet) -> bytes:
    """The frame of a message; made once, however many sockets send it."""
    if not packet.wire:
        packet.wire = text_frame(packet.text)
    return packet.wire


def text_frame(text: bytes) -> bytes:
    """A text frame."""
    size = len(text)
    if size < _SHORT:
        return pack("!BB", _TEXT, size) + text
    if size < _MEDIUM:
        return pack("!BBH", _TEXT, 126, size) + text
    return pack("!BBQ", _TEXT, 127, size) + text
