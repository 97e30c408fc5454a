from collections.abc import Mapping, Sequence
from decimal import Decimal
from os import PathLike
from typing import Any, Final, Literal, TypedDict, final, overload

__all__ = [
    "BUILD_PROFILE",
    "MAX_HORIZON_MS",
    "MAX_SLIPPAGE_BPS",
    "MAX_SYMBOL_CHARS",
    "MAX_UNITS",
    "MIN_TOKEN_DIGITS",
    "MODEL_VERSION",
    "MONEY_DECIMALS",
    "MONEY_ONE",
    "PRICE_DECIMALS",
    "PRICE_ONE",
    "QUANTITY_DECIMALS",
    "QUANTITY_ONE",
    "REJECT_REASONS",
    "VENUES",
    "AmendBody",
    "Answer",
    "Book",
    "Catalogue",
    "Engine",
    "Frames",
    "InstrumentList",
    "Journal",
    "JsonError",
    "OrderBody",
    "Panic",
    "Recording",
    "Refusal",
    "Snapshot",
    "Symbol",
    "Tape",
    "Unread",
    "__version__",
    "check_recording",
    "decimal_units",
    "digested",
    "event_link",
    "explain_fill",
    "explain_wait",
    "format_units",
    "join_recordings",
    "join_records",
    "near_names",
    "parse_event_contract",
    "parse_json",
    "parse_symbol",
    "recording_records",
    "row_digest",
    "score_recording",
    "select_records",
    "sim_config",
    "sim_presets",
    "split_records",
    "venue_symbol",
    "verify_fill",
]

__version__: Final[str]
BUILD_PROFILE: Final[Literal["debug", "release"]]

# What records say. They need nothing but themselves.

def explain_fill(record: dict[str, Any]) -> str: ...
def explain_wait(evidence: dict[str, Any]) -> str: ...
def near_names(text: str, names: Sequence[str]) -> list[str]: ...
def verify_fill(record: dict[str, Any]) -> list[str]: ...

# Symbols, venues and exact numbers.

PRICE_DECIMALS: Final[int]
QUANTITY_DECIMALS: Final[int]
MONEY_DECIMALS: Final[int]
PRICE_ONE: Final[int]
QUANTITY_ONE: Final[int]
MONEY_ONE: Final[int]
MAX_UNITS: Final[int]
REJECT_REASONS: Final[tuple[str, ...]]
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
def venue_symbol(venue: str, symbol: str) -> str: ...
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
    unread: int
    frames: int
    rejected: int
    checksums: int
    checksums_matched: int
    gaps: int
    holes: int
    duplicates: int
    listed: int
    unknown: int
    dropped_levels: int
    beyond_range: int
    rebases_equal: int
    rebases_empty: int
    rebases_changed: int
    prints: int
    markets: list[_MarketReport]

@final
class Recording:
    def __new__(cls, data: bytes, venue: str | None = None) -> Recording: ...
    @staticmethod
    def open(
        path: str | PathLike[str], venue: str | None = None, *, temporary: bool = False
    ) -> Recording: ...
    @property
    def venue(self) -> str: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def warnings(self) -> list[str]: ...
    @property
    def stats(self) -> dict[str, int]: ...
    @property
    def symbols(self) -> list[str]: ...
    @property
    def first_ns(self) -> int: ...
    @property
    def last_ns(self) -> int: ...
    @property
    def frames(self) -> int: ...
    def check(self) -> _RecordingReport: ...
    def next_ns(self) -> int | None: ...

def join_recordings(recordings: list[Recording]) -> list[Recording]: ...
def check_recording(data: bytes, venue: str | None = None) -> _RecordingReport: ...

# Tapes: 64-byte records. Columns are little-endian numbers in the order of the fields.

@final
class Tape:
    def __new__(
        cls,
        records: bytes,
        instruments: list[tuple[str, str, int | None, int | None]],
        by_hand: bool,
    ) -> Tape: ...
    @staticmethod
    def open(
        path: str | PathLike[str],
        head: int,
        instruments: list[tuple[str, str, int | None, int | None]],
        by_hand: bool,
        *,
        temporary: bool = False,
    ) -> Tape: ...
    @property
    def instruments(self) -> list[tuple[str, str]]: ...
    @property
    def by_hand(self) -> bool: ...
    @property
    def events(self) -> int: ...
    @property
    def first_ns(self) -> int: ...
    @property
    def last_ns(self) -> int: ...

# Scores of a recording without order ids. Shares in ppm, None where they say nothing.

class _FrontScore(TypedDict):
    tested: int
    right_ppm: int | None
    before_ppm: int | None

class _SizeRule(TypedDict):
    rule: str
    exact_ppm: int | None
    early_ppm: int | None

class _SizeScore(TypedDict):
    filled: int
    cancelled: int
    rules: list[_SizeRule]

class _SingleRule(TypedDict):
    rule: str
    error_ppm: int | None

class _SingleScore(TypedDict):
    followed: int
    rules: list[_SingleRule]

class _MarketScore(TypedDict):
    venue: str
    symbol: str
    messages: int
    backwards: int
    span_ns: int
    levels: int
    prints: int
    starts: int
    feed_class: Literal["event", "conflated"]
    trade_depth: Literal["trade_first", "depth_first", "unordered"] | None
    decreases: int
    match_rate_ppm: int
    fronts: _FrontScore
    sizes: _SizeScore
    singles: _SingleScore
    doubts: list[str]

def score_recording(source: Recording | Tape) -> list[_MarketScore]: ...
def recording_records(
    recording: Recording,
) -> tuple[list[tuple[str, str, int | None, int | None]], bytes]: ...
def split_records(records: bytes) -> list[bytes]: ...
def join_records(columns: list[bytes]) -> bytes: ...
def select_records(records: bytes, renumber: list[int | None]) -> bytes: ...

# Presets of the simulator. Values are texts by published key.

MAX_SLIPPAGE_BPS: Final[int]
MAX_HORIZON_MS: Final[int]
MODEL_VERSION: Final[str]

def sim_config(
    preset: str, overrides: Mapping[str, str] | None = None
) -> tuple[dict[str, str], str]: ...
def sim_presets() -> dict[str, dict[str, str]]: ...

# The engine. Rows are wire-shaped: the keys and integer scales of the API. Times are nanoseconds.

class Panic(BaseException):
    """A bug of the core: what it was about to do is half done."""

class Refusal(ValueError):  # noqa: N818 - a refusal is a value of the core, not a mistake
    code: str
    field: str
    message: str

_Row = dict[str, Any]
_Told = tuple[int, str, int, Literal["buy", "sell"] | None, int, int]
_Levels = list[tuple[int, int]]
_Given = tuple[int | None, int | None, int | None, int | None]
_Column = tuple[str, str, bytes, bytes | None, list[str] | None, dict[int, str] | None]
_MarketRow = tuple[
    str,
    str,
    str,
    int,
    _Levels,
    _Levels,
    tuple[int, int, str | None] | None,
    str | None,
    _Given | None,
]

@final
class Snapshot: ...

@final
class Frames:
    def __len__(self) -> int: ...
    def rows(self) -> list[tuple[int, str, int, int, str]]: ...
    def numbers(self) -> list[tuple[int, str, int]]: ...

@final
class Answer:
    def row(self) -> _Row: ...
    def first(self, key: str) -> object: ...
    def open(self) -> list[tuple[str, str]]: ...

@final
class OrderBody:
    @staticmethod
    def read(body: bytes, max_string: int) -> OrderBody | None: ...
    @property
    def symbol(self) -> str: ...
    @property
    def instrument_type(self) -> Literal["spot", "perp", "prediction"]: ...
    @property
    def venue(self) -> str | None: ...
    @property
    def graph_id(self) -> str | None: ...
    @property
    def wants_sandbox(self) -> bool: ...

@final
class AmendBody:
    @staticmethod
    def read(body: bytes, max_string: int) -> AmendBody | None: ...
    @property
    def new_qty_1e8(self) -> int | None: ...
    @property
    def reduce_by_1e8(self) -> int | None: ...
    @property
    def price_1e9(self) -> int | None: ...
    @property
    def expected_version(self) -> int | None: ...

@final
class Unread:
    def __new__(cls, capacity: int) -> Unread: ...
    def keep(self, frames: Frames) -> None: ...
    def take(self) -> list[tuple[int, str, int, int, str]]: ...

# Frames of open connections: venue symbol, symbol here, state, whether it can be traded.

_LiveChange = tuple[str, str, Literal["waiting", "joined", "live", "resync", "refuted"], bool]

@final
class Book:
    """A view of one venue's book of one instrument: always the present, and never a copy."""

    @property
    def market(self) -> int:
        """Number of the market, as the desk takes it."""
    @property
    def venue(self) -> str:
        """Venue id."""
    @property
    def symbol(self) -> str:
        """Canonical symbol."""
    @property
    def now_ns(self) -> int:
        """The present, in nanoseconds since the Unix epoch."""
    @property
    def live(self) -> bool:
        """True when a fill may use the book now."""
    @property
    def bid(self) -> int | None:
        """Best bid times 1e9; None without one."""
    @property
    def ask(self) -> int | None:
        """Best ask times 1e9; None without one."""
    @property
    def bid_qty(self) -> int:
        """Size of the best bid times 1e8; 0 without one."""
    @property
    def ask_qty(self) -> int:
        """Size of the best ask times 1e8; 0 without one."""
    @property
    def bids(self) -> int:
        """How many levels of bids there are."""
    @property
    def asks(self) -> int:
        """How many levels of asks there are."""
    def bid_at(self, depth: int) -> tuple[int, int] | None:
        """Price times 1e9 and size times 1e8 of a bid; 0 is the best, None is beyond the last."""
    def ask_at(self, depth: int) -> tuple[int, int] | None:
        """The same of an ask."""
    def touch(self) -> tuple[int | None, int, int | None, int]:
        """Best bid, its size, best ask and its size, in one read."""

@final
class InstrumentList:
    def __new__(cls, venue: str, body: bytes) -> InstrumentList: ...
    def __len__(self) -> int: ...

@final
class Catalogue:
    def __new__(cls) -> Catalogue: ...
    def take(self, rows: InstrumentList, *, futures: bool = False, whole: bool = True) -> None: ...
    def read_text(self, venue: str, text: str, *, futures: bool = False) -> int: ...
    def text(self, venue: str, *, futures: bool = False) -> str: ...
    def status(
        self, venue: str, symbol: str, now_ns: int
    ) -> Literal["trading", "post_only", "halted", "closed"] | None: ...
    def symbol(self, symbol: str, now_ns: int) -> dict[str, Any] | None: ...
    def names(self, venue: str | None = None) -> list[str]: ...
    def symbols(
        self, now_ns: int, venue: str | None = None, instrument_type: str | None = None
    ) -> list[dict[str, Any]]: ...

@final
class Engine:
    def __new__(
        cls, *, seed: int = 42, preset: str = "instant", overrides: Mapping[str, str] | None = None
    ) -> Engine: ...
    @property
    def now_ns(self) -> int: ...
    @property
    def last_seq(self) -> int: ...
    @property
    def market_count(self) -> int: ...
    def start_demo(
        self, now_ns: int, *, venues: Sequence[str] = ..., symbols: Sequence[str] = ...
    ) -> set[str]: ...
    def symbols_in_use(self) -> list[tuple[str, str | None]]: ...
    def add_recording(self, recording: Recording) -> None: ...
    def add_tape(self, tape: Tape) -> None: ...
    def begin_past(self) -> None: ...
    def end_past(self) -> None: ...
    def open_feed(self, venue: str, *, futures: bool = False) -> int: ...
    def live_frame(
        self, feed: int, frame: bytes, now_ns: int
    ) -> tuple[list[_LiveChange], str | None]: ...
    def live_book(
        self, feed: int, venue_symbol: str, body: bytes, now_ns: int
    ) -> tuple[list[_LiveChange], str | None]: ...
    def live_frames(
        self, feed: int, frames: list[tuple[str | None, bytes, int]], until_ns: int | None
    ) -> list[tuple[int, int, str | None]]: ...
    def live_list(self, feed: int, rows: InstrumentList, now_ns: int) -> list[_LiveChange]: ...
    def live_lost(self, feed: int, now_ns: int) -> list[_LiveChange]: ...
    def live_delay(self, feed: int) -> tuple[int, int, int] | None: ...
    def live_stats(self, feed: int) -> dict[str, int]: ...
    def desk_market(self, venue: str, symbol: str) -> int: ...
    def desk_submit(
        self,
        account: int,
        market: int,
        is_buy: bool,
        qty_1e8: int,
        price_1e9: int | None,
        tif: str | None,
        reduce_only: bool,
        max_slippage_bps: int | None,
        horizon_ms: int | None,
    ) -> int: ...
    def desk_submit_many(
        self,
        account: int,
        orders: Sequence[tuple[int, str, int, int | None, str | None]],
    ) -> tuple[list[int | Refusal], list[int]]: ...
    def desk_cancel(self, account: int, order: int) -> bool: ...
    def desk_cancel_many(
        self, account: int, orders: Sequence[int]
    ) -> tuple[list[bool | Refusal], list[int]]: ...
    def desk_amend(
        self, account: int, order: int, qty_1e8: int | None, price_1e9: int | None
    ) -> bool: ...
    def desk_order(
        self, account: int, order: int
    ) -> tuple[str, int, int, int | None, int | None]: ...
    def desk_name(self, account: int, order: int) -> str: ...
    def desk_open(self, account: int) -> list[int]: ...
    def desk_position(self, account: int, market: int) -> int: ...
    def desk_cash(self, account: int, market: int) -> int: ...
    def book(self, market: int) -> Book: ...
    def watch(self, every_ns: int | None, trades: bool, orders: bool) -> None: ...
    def unwatch(self) -> list[_Told]: ...
    def next_told(self, until_ns: int) -> _Told: ...
    def order_events(
        self, since_seq: int
    ) -> tuple[
        list[
            tuple[Literal["order"], int, int, str, int]
            | tuple[Literal["fill"], int, int, int, int, int]
        ],
        int,
    ]: ...
    def advance_to_change(self, now_ns: int) -> tuple[int, bool]: ...
    def last_recorded_ns(self) -> int | None: ...
    def unread_recording(self) -> str | None: ...
    def advance(self, now_ns: int) -> None: ...
    def next_due_ns(self) -> int | None: ...
    def list_market(self, venue: str, symbol: str, given: _Given | None = None) -> None: ...
    def market_rows(self, rows: list[_MarketRow], now_ns: int) -> None: ...
    def market_columns(
        self,
        texts: tuple[
            _Column | None, _Column | None, _Column | None, _Column | None, _Column | None
        ],
        numbers: tuple[_Column | None, _Column | None, _Column | None, _Column | None],
        is_units: tuple[bool, bool],
        rows: int,
        now_ns: int,
    ) -> list[tuple[int, int, int, str, str, str]]: ...
    def market_snapshot(
        self,
        venue: str,
        symbol: str,
        bids: _Levels,
        asks: _Levels,
        ts_ns: int,
        now_ns: int,
        given: _Given | None = None,
    ) -> None: ...
    def market_delta(
        self,
        venue: str,
        symbol: str,
        bids: _Levels,
        asks: _Levels,
        ts_ns: int,
        now_ns: int,
    ) -> None: ...
    def market_trade(
        self,
        venue: str,
        symbol: str,
        price_1e9: int,
        qty_1e8: int,
        side: str | None,
        ts_ns: int,
        now_ns: int,
    ) -> None: ...
    def market_status(self, venue: str, symbol: str, status: str, now_ns: int) -> None: ...
    def set_book_max_age(self, venue: str, symbol: str, max_age_ns: int | None) -> None: ...
    def set_max_age(self, enabled: bool) -> None: ...
    def account(self, client: str) -> int: ...
    def live_account(self, client: str) -> int: ...
    def account_mode(self, account: int) -> Literal["sandbox", "live"]: ...
    def take_requests(self) -> list[_Row]: ...
    def report(
        self,
        venue: str,
        client_order_id: str,
        word: str,
        venue_ns: int,
        now_ns: int,
        *,
        venue_order: str | None = None,
        reason: str | None = None,
        text: str = "",
        trade: str | None = None,
        price_1e9: int | None = None,
        qty_1e8: int | None = None,
        fee_1e9: int = 0,
        fee_asset: str | None = None,
        is_maker: bool = False,
    ) -> None: ...
    def epoch(self, account: int) -> int: ...
    def first_epoch(self, account: int) -> int: ...
    def reset(self, account: int, initial_balance_1e8: int, now_ns: int) -> _Row: ...
    def equity(self, account: int, since_ns: int, limit: int) -> _Row: ...
    def put_back_equity(
        self,
        account: int,
        kept: list[tuple[int, int, list[int | None]]],
        extremes: tuple[int | None, int],
    ) -> None: ...
    def marks(self, account: int, limit: int, before_seq: int | None = None) -> list[_Row]: ...
    def set_positions(
        self,
        account: int,
        rows: list[tuple[str, str, str, int, int | None]],
        replace: bool,
        now_ns: int,
    ) -> tuple[int, int]: ...
    def settle(
        self, venue: str, market_slug: str, value_1e9: int | None, now_ns: int
    ) -> tuple[int, int]: ...
    def redeem(
        self, account: int, venue: str, market_slug: str, now_ns: int
    ) -> tuple[int, int]: ...
    def set_funding_rate(self, venue: str, symbol: str, rate_1e9: int, now_ns: int) -> None: ...
    def positions(
        self,
        account: int,
        *,
        venues: list[str] | None = None,
        kinds: list[str] | None = None,
        include_closed: bool = False,
    ) -> _Row: ...
    @overload
    def submit(
        self,
        account: int,
        now_ns: int,
        symbol: str,
        side: str,
        qty_1e8: int | None = None,
        notional_1e9: int | None = None,
        price_1e9: int | None = None,
        venue: str | None = None,
        graph_id: str | None = None,
        node_id: str = "order",
        instrument_type: str = "spot",
        policy: str = "sor",
        urgency: str = "medium",
        max_slippage_bps: int | None = None,
        horizon_ms: int | None = None,
        tif: str | None = None,
        reduce_only: bool = False,
        metadata: str = "{}",
        wallet: str | None = None,
        risk: dict[str, Any] | None = None,
        by: str = "sandbox",
        *,
        form: Literal["late"],
    ) -> tuple[Answer, bool]: ...
    @overload
    def submit(
        self,
        account: int,
        now_ns: int,
        symbol: str,
        side: str,
        qty_1e8: int | None = None,
        notional_1e9: int | None = None,
        price_1e9: int | None = None,
        venue: str | None = None,
        graph_id: str | None = None,
        node_id: str = "order",
        instrument_type: str = "spot",
        policy: str = "sor",
        urgency: str = "medium",
        max_slippage_bps: int | None = None,
        horizon_ms: int | None = None,
        tif: str | None = None,
        reduce_only: bool = False,
        metadata: str = "{}",
        wallet: str | None = None,
        risk: dict[str, Any] | None = None,
        by: str = "sandbox",
        *,
        form: Literal["text"],
    ) -> tuple[tuple[bytes, tuple[str, str] | None], bool]: ...
    @overload
    def submit(
        self,
        account: int,
        now_ns: int,
        symbol: str,
        side: str,
        qty_1e8: int | None = None,
        notional_1e9: int | None = None,
        price_1e9: int | None = None,
        venue: str | None = None,
        graph_id: str | None = None,
        node_id: str = "order",
        instrument_type: str = "spot",
        policy: str = "sor",
        urgency: str = "medium",
        max_slippage_bps: int | None = None,
        horizon_ms: int | None = None,
        tif: str | None = None,
        reduce_only: bool = False,
        metadata: str = "{}",
        wallet: str | None = None,
        risk: dict[str, Any] | None = None,
        by: str = "sandbox",
        *,
        form: Literal["row"] = "row",
    ) -> tuple[_Row, bool]: ...
    def submit_body(
        self, account: int, now_ns: int, body: OrderBody, by: str
    ) -> tuple[bytes, tuple[str, str] | None, bool]: ...
    def place(
        self,
        account: int,
        now_ns: int,
        symbol: str,
        side: str,
        qty_1e8: int,
        price_1e9: int | None = None,
        venue: str | None = None,
        tif: str | None = None,
    ) -> tuple[str, int, int | None]: ...
    def preview(
        self,
        account: int,
        *,
        symbol: str,
        side: str,
        qty_1e8: int | None = None,
        notional_1e9: int | None = None,
        price_1e9: int | None = None,
        venue: str | None = None,
        instrument_type: str = "spot",
        urgency: str = "medium",
        by: str = "sandbox",
    ) -> _Row: ...
    @overload
    def cancel_order(
        self, account: int, node_order_id: str, now_ns: int, *, text: Literal[False] = False
    ) -> _Row: ...
    @overload
    def cancel_order(
        self, account: int, node_order_id: str, now_ns: int, *, text: bool
    ) -> _Row | bytes: ...
    def submit_graph(
        self,
        account: int,
        now_ns: int,
        spec: str,
        *,
        graph_id: str | None = None,
        metadata: str = "{}",
        wallet: str | None = None,
        risk: dict[str, Any] | None = None,
        by: str = "sandbox",
    ) -> tuple[_Row | str, bool]: ...
    def cancel_graph(self, account: int, graph_id: str, now_ns: int) -> _Row: ...
    def cancel_venue(self, account: int, venue: str, now_ns: int) -> _Row: ...
    def is_terminal(self, account: int, order_id: str) -> bool: ...
    @overload
    def amend_order(
        self,
        account: int,
        node_order_id: str,
        now_ns: int,
        *,
        new_qty_1e8: int | None = None,
        reduce_by_1e8: int | None = None,
        price_1e9: int | None = None,
        expected_version: int | None = None,
        by: str = "sandbox",
        text: Literal[False] = False,
    ) -> _Row: ...
    @overload
    def amend_order(
        self,
        account: int,
        node_order_id: str,
        now_ns: int,
        *,
        new_qty_1e8: int | None = None,
        reduce_by_1e8: int | None = None,
        price_1e9: int | None = None,
        expected_version: int | None = None,
        by: str = "sandbox",
        text: bool,
    ) -> _Row | bytes: ...
    def amend_state(self, account: int, node_order_id: str) -> _Row: ...
    def amend_node(
        self,
        account: int,
        graph_id: str,
        node_id: str,
        now_ns: int,
        *,
        new_qty_1e8: int | None = None,
        price_1e9: int | None = None,
        max_slippage_bps: int | None = None,
        horizon_ms: int | None = None,
        urgency: str | None = None,
        expected_version: int | None = None,
        by: str = "sandbox",
    ) -> _Row: ...
    def amend_edge(
        self,
        account: int,
        graph_id: str,
        edge_id: str,
        now_ns: int,
        *,
        trigger: str | None = None,
        condition: str | None = None,
        expected_version: int | None = None,
        by: str = "sandbox",
    ) -> _Row: ...
    def resume_graph(
        self, account: int, graph_id: str, now_ns: int, by: str = "sandbox"
    ) -> _Row: ...
    def kill_switch(self, account: int, mode: str) -> _Row: ...
    def engage_kill_switch(
        self, account: int, mode: str, by: str, reason: str | None, now_ns: int
    ) -> _Row: ...
    def clear_kill_switch(self, account: int, mode: str, now_ns: int) -> _Row: ...
    def keep_newest(self, newest: int | None) -> None: ...
    def set_limits(
        self,
        *,
        max_position_1e8: int | None = None,
        max_order_notional_1e9: int | None = None,
        max_order_rate: int | None = None,
        max_open_orders: int | None = None,
        daily_loss_limit_usd_1e9: int | None = None,
    ) -> None: ...
    def limits(self, mode: str) -> _Row: ...
    def daily_pnl(self, account: int) -> int | None: ...
    def fair_prices(self, underlying: str | None = None) -> list[_Row]: ...
    def listen(self, enabled: bool) -> None: ...
    @property
    def is_heard(self) -> bool: ...
    def settle_frames(self) -> int: ...
    def take_frames(self) -> Frames: ...
    def frame_base(self, account: int, topic: str) -> int: ...
    def resume_frames(self, told: Sequence[tuple[int, str, int]]) -> None: ...
    def open_rows(self, account: int) -> tuple[list[str], list[str]]: ...
    def price_tick(self, symbol: str) -> tuple[str, int] | None: ...
    def book_frame(self, symbol: str, depth: int) -> tuple[str, int] | None: ...
    def depth_frame(self, symbol: str, depth: int) -> tuple[str, int] | None: ...
    def venues_frame(self, symbol: str) -> tuple[str, int] | None: ...
    def open_evidence(self, account: int) -> list[tuple[str, _Row]]: ...
    def rejects(self, account: int) -> dict[str, int]: ...
    def risk_state(self, account: int) -> _Row: ...
    def seeded_accounts(self) -> int: ...
    def decide_next(
        self,
        account: int,
        fate: str,
        reason: str = "EXCHANGE_REJECT",
        count: int = 1,
        venue: str | None = None,
        symbol: str | None = None,
    ) -> None: ...
    def hold_stale(self, venue: str, symbol: str, held: bool) -> None: ...
    def forget_decided(self, account: int, fate: str) -> int: ...
    def decided_left(self, account: int, fate: str) -> int: ...
    def snapshot(self) -> Snapshot: ...
    def fork(self) -> Engine: ...
    def restore(self, snapshot: Snapshot, now_ns: int) -> list[int]: ...
    def order(self, account: int, node_order_id: str) -> _Row: ...
    def orders(
        self,
        account: int,
        *,
        limit: int = 50,
        offset: int = 0,
        symbol: str | None = None,
        node_order_id: str | None = None,
        graph_id: str | None = None,
        venue: str | None = None,
        side: str | None = None,
        statuses: list[str] | None = None,
        open_only: bool = False,
        before_seq: int | None = None,
    ) -> _Row: ...
    def graph(self, account: int, graph_id: str) -> _Row: ...
    def graphs(
        self,
        account: int,
        *,
        limit: int = 50,
        offset: int = 0,
        statuses: list[str] | None = None,
        open_only: bool = False,
        before_seq: int | None = None,
    ) -> _Row: ...
    def fills(
        self,
        account: int,
        *,
        limit: int = 50,
        offset: int = 0,
        symbol: str | None = None,
        node_order_id: str | None = None,
        graph_id: str | None = None,
        venue: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        before_seq: int | None = None,
    ) -> _Row: ...
    def quote(self, symbol: str, depth: int) -> _Row: ...
    def quotes(self, symbols: list[str] | None, max_age_s: int) -> list[_Row]: ...
    def unusable(self) -> list[_Row]: ...
    def depth(self, symbol: str, limit: int) -> _Row: ...
    def mid(self, symbol: str) -> int | None: ...
    def sample_prices(self) -> None: ...
    def prices(
        self, symbol: str, since_ns: int, until_ns: int, bar_s: int, limit: int
    ) -> list[_Row]: ...
    def trades(
        self, symbol: str, venue: str | None, since_ns: int, until_ns: int, limit: int
    ) -> list[_Row]: ...
    def taking(
        self,
        account: int,
        *,
        symbol: str,
        side: str,
        qty_1e8: int,
        venue: str | None = None,
        urgency: str = "medium",
    ) -> _Row: ...
    def resting(self, account: int, *, symbol: str, side: str, qty_1e8: int) -> _Row | None: ...
    def funding_rates(self) -> list[_Row]: ...
    def funding_history(
        self, symbol: str, venue: str, since_ns: int, until_ns: int, limit: int
    ) -> _Row: ...
    def settlement(self, venue: str, market_slug: str) -> _Row: ...
    def symbols(
        self, venue: str | None = None, instrument_type: str | None = None
    ) -> list[_Row]: ...
    def symbol(self, symbol: str) -> _Row: ...
    def fees(self, ticker: str, venues: list[str] | None = None) -> _Row: ...
    def check_invariants(self) -> list[_Row]: ...
    def state_hash(self) -> str: ...
    def world_hash(self) -> str: ...
    def event_hash(self) -> str: ...
    def events(self, since_seq: int, limit: int) -> list[_Row]: ...

# What a store keeps of an engine.

_Value = int | str | None
_StoredRows = Sequence[tuple[_Value, ...]]

def row_digest(table: str, row: Sequence[object]) -> int: ...
def digested(table: str, rows: _StoredRows) -> tuple[list[tuple[_Value, ...]], list[int]]: ...
def event_link(previous: str, event: Sequence[object]) -> str: ...

@final
class Journal:
    def __new__(cls, engine: Engine) -> Journal: ...
    def listen(self) -> None: ...
    def changed(self) -> bool: ...
    def keep_marks(self) -> None: ...
    def take(
        self,
    ) -> (
        tuple[dict[str, list[tuple[_Value, ...]]], list[int], tuple[int, int, int] | None] | None
    ): ...
    def all_rows(self) -> dict[str, list[tuple[_Value, ...]]]: ...
    def restore(self, tables: Sequence[tuple[str, _StoredRows]], now_ns: int) -> None: ...
    def recall(
        self,
        orders: _StoredRows,
        legs: _StoredRows,
        graphs: _StoredRows,
        fills: _StoredRows,
        shapes: tuple[_StoredRows, _StoredRows, _StoredRows] | None = None,
    ) -> None: ...
    def holds_order(self, order_no: int) -> bool: ...
    def holds_graph(self, graph_no: int) -> bool: ...
    def holds_fill(self, fill_no: int) -> bool: ...
    def stored(self, seq: int) -> None: ...
    def graph_numbers(
        self,
        account: int,
        most: int,
        *,
        every: bool,
        statuses: list[str] | None = None,
        open_only: bool = False,
        before_seq: int | None = None,
    ) -> tuple[int, list[int], int]: ...
    @staticmethod
    def graph_status(status: str, filled: bool, done: str | None) -> str: ...
    def graphs(self, numbers: list[int]) -> list[_Row]: ...
    def canonical_symbol(self, symbol: str) -> str | None: ...
    def order_numbers(
        self,
        account: int,
        most: int,
        *,
        symbol: str | None = None,
        node_order_id: str | None = None,
        graph_id: str | None = None,
        venue: str | None = None,
        side: str | None = None,
        statuses: list[str] | None = None,
        open_only: bool = False,
        before_seq: int | None = None,
    ) -> tuple[int, list[int], list[int], int, list[int]]: ...
    def fill_numbers(
        self,
        account: int,
        most: int,
        *,
        symbol: str | None = None,
        node_order_id: str | None = None,
        graph_id: str | None = None,
        venue: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        before_seq: int | None = None,
    ) -> tuple[int, list[int], list[int], int, list[int]]: ...
    def orders(self, numbers: list[int]) -> list[_Row]: ...
    def fills(self, numbers: list[int]) -> list[_Row]: ...
    @staticmethod
    def fold_events(
        before: int | None, events: Sequence[tuple[int, int, int, Sequence[int]]]
    ) -> int: ...
    @staticmethod
    def tables() -> list[tuple[str, list[str]]]: ...
