"""What every order-by-order source is turned into."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from pathlib import Path

ADD, REDUCE, DELETE, EXECUTE, HIDDEN = 1, 2, 3, 4, 5
BID, ASK = 1, 2
LAST = 16
RECORD = struct.Struct("<QQQBBHIqqQQ")


@dataclass(slots=True)
class Event:
    """One order-by-order event; price in 1e-9, size in 1e-8."""

    t: int
    kind: int
    side: int
    px: int
    qty: int
    order: int
    seeded: bool = False
    last: bool = True


def unpack(path: Path) -> bytes:
    """The unpacked bytes of a zstd file."""
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read()


def units(text: str, decimals: int) -> int:
    """Decimal text as an integer at a scale."""
    whole, _, fraction = text.partition(".")
    scale: int = 10**decimals
    return int(whole) * scale + int(fraction[:decimals].ljust(decimals, "0"))
