from decimal import Decimal
from typing import Final, Literal, TypedDict, final

__all__ = [
    "BUILD_PROFILE",
    "MAX_SYMBOL_CHARS",
    "MAX_UNITS",
    "MIN_TOKEN_DIGITS",
    "MONEY_DECIMALS",
    "MONEY_ONE",
    "PRICE_DECIMALS",
    "PRICE_ONE",
    "QUANTITY_DECIMALS",
    "QUANTITY_ONE",
    "VENUES",
    "JsonError",
    "Recording",
    "Symbol",
    "__version__",
    "check_recording",
    "decimal_units",
    "format_units",
    "parse_event_contract",
    "parse_json",
    "parse_symbol",
]

__version__: Final[str]
BUILD_PROFILE: Final[Literal["debug", "release"]]

# Symbols, venues and exact numbers.

PRICE_DECIMALS: Final[int]
QUANTITY_DECIMALS: Final[int]
MONEY_DECIMALS: Final[int]
PRICE_ONE: Final[int]
QUANTITY_ONE: Final[int]
MONEY_ONE: Final[int]
MAX_UNITS: Final[int]
MAX_SYMBOL_CHARS: Final[int]
MIN_TOKEN_DIGITS: Final[int]

class _CashAsset(TypedDict):
    kind: Literal["fiat", "crypto"]
    symbol: str

# A class statement cannot name a key `class`.
_Venue = TypedDict(
    "_Venue",
    {
        "venue": str,
        "class": Literal["cex", "perp_dex", "prediction", "dex"],
        "instrument_types": list[Literal["spot", "perp", "prediction"]],
        "seeded": bool,
        "cash_assets": list[_CashAsset],
        "post_only": bool,
        "initial_margin_1e8": int | None,
        "maintenance_margin_1e8": int | None,
        "max_age_ms": int,
        "amend_mode": Literal["cancel_replace", "native_atomic"],
        "redeem_mode": Literal["auto_settled", "relayer_submitted"] | None,
    },
)

VENUES: Final[list[_Venue]]

@final
class Symbol:
    @property
    def kind(self) -> Literal["spot", "perp", "prediction"]: ...
    @property
    def canonical(self) -> str: ...
    @property
    def base(self) -> str | None: ...
    @property
    def quote(self) -> str | None: ...
    @property
    def chain(self) -> str | None: ...
    @property
    def market_slug(self) -> str | None: ...
    @property
    def outcome(self) -> Literal["YES", "NO"] | None: ...
    @property
    def token_id(self) -> str | None: ...
    @property
    def venue(self) -> str | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...

def parse_symbol(text: str, *, venue: str | None = None) -> Symbol: ...
def parse_event_contract(text: str) -> tuple[str, Literal["YES", "NO"], str | None]: ...
def decimal_units(text: str, decimals: int) -> int: ...
def format_units(units: int, decimals: int, *, fixed: bool = False) -> str: ...

# Request bodies.

_Json = None | bool | int | Decimal | str | list["_Json"] | dict[str, "_Json"]

class JsonError(ValueError):
    kind: Literal["syntax", "encoding", "depth", "duplicate", "string", "array"]
    path: str
    message: str

def parse_json(
    body: bytes, *, max_depth: int = 32, max_string: int = 512, max_array: int = 2000
) -> _Json: ...

# Recorded market data.

class _MarketReport(TypedDict):
    symbol: str
    venue_symbol: str
    kind: Literal["spot", "perp", "prediction"]
    messages: int
    snapshots: int
    updates: int
    prints: int
    crossed: int
    unfinished: int
    statuses: list[int]
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]

class _RecordingReport(TypedDict):
    venue: str
    first_ns: int
    last_ns: int
    messages: int
    backwards: int
    frames: int
    rejected: int
    checksums: int
    checksums_matched: int
    gaps: int
    holes: int
    duplicates: int
    dropped_levels: int
    rebases_equal: int
    rebases_empty: int
    rebases_changed: int
    prints: int
    markets: list[_MarketReport]

@final
class Recording:
    def __new__(cls, data: bytes, venue: str | None = None) -> Recording: ...
    @property
    def venue(self) -> str: ...
    @property
    def symbols(self) -> list[str]: ...
    @property
    def first_ns(self) -> int: ...
    @property
    def last_ns(self) -> int: ...
    @property
    def frames(self) -> int: ...
    def next_ns(self) -> int | None: ...

def check_recording(data: bytes, venue: str | None = None) -> _RecordingReport: ...
