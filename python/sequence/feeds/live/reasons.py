"""Why a venue, or an instrument of a connected one, has no live book here."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_POOL: Final = (
    "a pool has no order book and no public feed: its ladder would come from a node of yours"
)
NOT_CONNECTED: Final = {
    "bitget": "its frames are not decoded here",
    "cryptocom": "its frames are not decoded here",
    "dex": _POOL,
    "dex_ethereum": _POOL,
    "solana": _POOL,
}
"""Venues of the API without a live feed, and why."""


class _Kind(NamedTuple):
    """Names that a venue gives instruments which are not traded here."""

    venue: str
    names: re.Pattern[str]
    reason: str


_KINDS: Final = tuple(
    _Kind(venue, re.compile(names, re.IGNORECASE), reason)
    for venue, names, reason in (
        (
            "hyperliquid",
            r"[a-z0-9]+:[A-Z0-9]+(-.*)?",
            "perpetuals of other deployers (HIP-3) have margin and settlement of their own, "
            "which are not modelled",
        ),
        (
            "hyperliquid",
            r"#\d+",
            "outcome coins (HIP-4) settle by rules that are not modelled",
        ),
        (
            "hyperliquid",
            r"@\d+|[A-Z0-9]+[-/]USDC",
            "its spot pairs are numbered (@107) and not connected: name the perpetual, "
            "such as BTC-USD-PERP",
        ),
        (
            "binance",
            r"[A-Z0-9]+USD_(PERP|\d{6})|[A-Z0-9]+-USD-PERP",
            "coin-margined contracts (COIN-M) are sized in dollars and settled in the coin, "
            "which is not modelled: name the one in USDT, such as BTC-USDT-PERP",
        ),
        (
            "binance",
            r"[A-Z0-9]+USD[TC]_\d{6}",
            "futures that expire are not modelled: name the perpetual, such as BTC-USDT-PERP",
        ),
        (
            "bybit",
            r"[A-Z0-9]+USD|[A-Z0-9]+-USD-PERP|[A-Z0-9]+-\d{2}[A-Z]{3}\d{2}",
            "inverse contracts and those that expire are not modelled: name the perpetual in USDT, "
            "such as BTC-USDT-PERP",
        ),
        (
            "coinbase",
            r"[A-Z0-9]+-PERP(-INTX)?|[A-Z0-9]+-(USD|USDC)-PERP|[A-Z0-9]+-\d{2}[A-Z]{3}\d{2}-CDE",
            "its perpetuals and futures need an account of another of its exchanges: "
            "only spot is connected",
        ),
        (
            "coinbase",
            r"[A-Z0-9]+[-/]USDC",
            "its pairs in USDC share the book of those in USD: name that one, such as BTC-USD",
        ),
        (
            "okx",
            r"[A-Z0-9]+-(USD|USDT|USDC)-(SWAP|PERP|\d{6})",
            "sizes of its swaps and futures are in contracts, whose size the book does not tell",
        ),
        (
            "kraken",
            r"(P[IF]|F[IF])_[A-Z0-9_]+|[A-Z0-9]+-(USD|USDT)-PERP",
            "its futures are another exchange, which is not connected",
        ),
    )
)


def reasons(symbol: str, venues: Iterable[str]) -> list[str]:
    """What is known of instruments of this name at these venues: why they are not traded here."""
    names = set(venues)
    return [
        f"{row.venue}: {row.reason}"
        for row in _KINDS
        if row.venue in names and row.names.fullmatch(symbol) is not None
    ]
