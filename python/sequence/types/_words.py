"""Words that several nouns share: no model, so that a client knows them at once."""

import re
from typing import Literal

Side = Literal["buy", "sell"]
Mode = Literal["sandbox", "live"]
Kind = Literal["fiat", "crypto", "event_contract", "perp"]
InstrumentType = Literal["spot", "perp", "prediction"]
OrderType = Literal["market", "limit"]
Policy = Literal["sor", "aggressive_chase"]
Urgency = Literal["low", "medium", "high"]
TimeInForce = Literal["gtc", "ioc", "fok", "post_only", "day"]
CatchUp = Literal["none", "next", "spread"]
"""Where the rest of a slice goes."""
MarketStatus = Literal[
    "SYNCING", "OK", "STALE", "RESYNC", "CROSSED", "HALTED", "POST_ONLY", "CLOSED", "PENDING",
    "RESOLVED",
]  # fmt: skip
AmendMode = Literal["native_atomic", "cancel_replace"]
OrderStatus = Literal["NEW", "ACCEPTED", "PARTIAL", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"]
GraphStatus = Literal[
    "ACCEPTED", "RUNNING", "PAUSED", "COMPLETED", "CANCELLED", "REJECTED", "EXPIRED", "FAILED"
]
NodeStatus = Literal["WAITING", "WORKING", "FILLED", "CANCELLED", "REJECTED", "EXPIRED", "SKIPPED"]
FailureAction = Literal["cancel_all", "pause", "flatten", "continue"]
HistoryRange = Literal["1h", "6h", "1d", "1w", "1m", "3m", "6m", "1y", "2y", "5y", "max"]
FaultKind = Literal[
    "delay",
    "drop_reply",
    "http_429",
    "http_503",
    "disconnect_streams",
    "stale_venue",
    "halt_venue",
    "failures",
    "reject_next",
    "cancel_next",
    "expire_next",
    "partial_next",
    "late_next",
]

TERMINAL_ORDER_STATUSES: frozenset[str] = frozenset({"FILLED", "CANCELLED", "REJECTED", "EXPIRED"})
TERMINAL_GRAPH_STATUSES: frozenset[str] = frozenset(
    {"COMPLETED", "CANCELLED", "REJECTED", "EXPIRED", "FAILED"}
)

VENUES: tuple[str, ...] = (
    "binance",
    "bitget",
    "bybit",
    "coinbase",
    "cryptocom",
    "dex",
    "dex_ethereum",
    "hyperliquid",
    "kalshi",
    "kraken",
    "okx",
    "polymarket",
    "solana",
)
"""Every venue id, sorted."""

GRAPH_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""Idempotency keys; the word `graph` itself is none."""

MAX_TAG = 64


def is_tag(value: str) -> bool:
    """Whether a text can be the tag of an order: 1 to 64 printable characters, not all blank."""
    return len(value) <= MAX_TAG and bool(value.strip()) and value.isprintable()
