"""Every table, once, for every database.

The engine's tables have the columns of its rows in their order; `Journal.tables` says so from the
other side, and a test compares. Amounts that can pass 64 bits are decimal text: no database sums
money, Python and Rust do.
"""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, MetaData, Table, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.sqlite import INTEGER

SCHEMA_REVISION: Final = "0009"
"""The newest step of `migrations`."""

TERMINAL: Final = ("FILLED", "CANCELLED", "REJECTED", "EXPIRED")
OPEN: Final = ("NEW", "ACCEPTED", "PARTIAL")
OPEN_GRAPHS: Final = ("ACCEPTED", "RUNNING", "PAUSED")
"""Statuses of graphs of several orders that go on; such a graph has no order of its own (-1)."""

PRESET_SETTING: Final = "preset"
OVERRIDES_SETTING: Final = "overrides"
"""What `meta` says of how fills were simulated at the last start: the laws are judged by it."""

PEPPER_SETTING: Final = "pepper_check"
"""What `meta` says of the pepper: enough to tell another one, too little to find it."""

DIGEST: Final = "row_digest"
"""The last column of every table: what `seal` makes of the others."""

metadata: Final = MetaData()

_INT: Final = BigInteger().with_variant(INTEGER(), "sqlite")


def _key(name: str) -> Column[int]:
    return Column(name, _INT, primary_key=True, autoincrement=False)


def _text_key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _ints(*names: str) -> list[Column[int]]:
    return [Column(name, _INT, nullable=False) for name in names]


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


def _maybe_ints(*names: str) -> list[Column[int]]:
    return [Column(name, _INT) for name in names]


def _maybe_texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


def _not_negative(*names: str) -> list[CheckConstraint]:
    return [CheckConstraint(f"{name} NOT LIKE '-%'", f"{name}_not_negative") for name in names]


def _table(name: str, *parts: "Column[int] | Column[str] | Unique | CheckConstraint") -> Table:
    columns = [part for part in parts if isinstance(part, Column)]
    rest = [part for part in parts if not isinstance(part, Column)]
    digest = Column(DIGEST, _INT, nullable=False, server_default=text("0"))
    return Table(name, metadata, *columns, digest, *rest, sqlite_strict=True)


meta = _table("meta", _text_key("name"), *_texts("value"))

engine = _table(
    "engine",
    _key("id"),
    *_ints("now_ns", "last_seq", "event_hash", "ulid_ms", "ulid_count"),
    *_ints("next_order", "next_graph", "next_fill", "next_position"),
    CheckConstraint("id = 1", "one_row"),
)
assets = _table("assets", _key("asset_no"), *_texts("kind", "code"), Unique("kind", "code"))
contra = _table(
    "contra",
    _key("asset_no"),
    *_texts("external", "venue", "fees", "rounding", "insurance"),
)
markets = _table(
    "markets",
    _key("market_no"),
    *_texts("venue", "symbol"),
    *_maybe_ints("tick_1e9"),
    *_ints("lot_1e8"),
    *_maybe_ints("mark_1e9", "mark_ns"),
    *_maybe_texts("grid"),
)
funding_rates = _table("funding_rates", _key("market_no"), *_ints("rate_1e9"))
settlements = _table(
    "settlements",
    _text_key("venue"),
    _text_key("market"),
    *_ints("number", "value_1e9", "positions"),
    *_texts("payout", "paid"),
)
accounts = _table(
    "accounts",
    _key("account_no"),
    *_texts("client_id"),
    *_ints("epoch", "ended_hash", "loss_day"),
    *_texts("loss_start_usd_1e9"),
    *_ints("loss_breached", "draws"),
    Unique("client_id"),
)
lines = _table(
    "lines",
    _key("account_no"),
    _text_key("venue"),
    *_ints("entry_z", "entry_at", "cancel_z", "cancel_at", "response_z", "response_at"),
    *_ints("feed_z", "feed_at", "last_arrival_ns", "last_match_ns", "last_answer_ns"),
)
kill_switches = _table(
    "kill_switches",
    _key("account_no"),
    _text_key("mode"),
    *_ints("engaged"),
    *_maybe_texts("reason"),
    *_maybe_ints("engaged_ns"),
    *_maybe_texts("engaged_by"),
    *_maybe_ints("cleared_ns"),
)
balances = _table(
    "balances",
    _key("account_no"),
    _text_key("venue"),
    _key("asset_no"),
    *_texts("available", "reserved"),
    *_not_negative("available", "reserved"),
)
positions_v2 = _table(
    "positions_v2",
    _key("position_id"),
    *_ints("account_no"),
    *_texts("venue"),
    *_ints("asset_no", "is_sandbox"),
    *_maybe_texts("margin"),
    *_maybe_ints("margin_asset_no", "perp_qty_1e8", "perp_traded"),
    *_ints("updated_ns"),
    *_maybe_texts("cost_1e17"),
    *_ints("cost_qty_1e8"),
    *_maybe_texts("realized_1e17", "fees_usd_1e9"),
    *_texts("lifecycle"),
    *_maybe_ints("closed_ns", "resolved_ns", "redeemed_ns"),
    *_maybe_texts("payout_usd_1e9"),
    *_maybe_ints("settled_mark_1e9"),
    *_maybe_texts("symbol"),
    Unique("account_no", "venue", "asset_no"),
    CheckConstraint("is_sandbox IN (0, 1)", "is_sandbox_flag"),
    CheckConstraint("cost_qty_1e8 <> 0", "cost_of_something"),
)
graphs = _table(
    "graphs",
    _key("graph_no"),
    *_ints("account_no", "epoch"),
    *_texts("graph_id"),
    *_ints("order_no"),
    *_texts("fingerprint", "metadata"),
    *_maybe_texts("first_answer"),
    *_texts("risk", "sent_by"),
    Unique("account_no", "epoch", "graph_id"),
)
graph_runs = _table(
    "graph_runs",
    _key("graph_no"),
    *_ints("account_no", "epoch"),
    *_texts("status"),
    *_maybe_texts("status_reason"),
    *_ints("created_ns", "updated_ns"),
    *_texts("first_answer", "state"),
)
_GOES_ON: Final = text("status IN ('ACCEPTED', 'RUNNING', 'PAUSED')")
Index("graph_runs_open", graph_runs.c.status, sqlite_where=_GOES_ON)
graph_nodes = _table(
    "graph_nodes",
    _key("graph_no"),
    _key("node_no"),
    *_texts("node_id", "role"),
    *_ints("parent_no"),
    *_texts("spec", "symbol", "status"),
    *_maybe_texts("failure"),
    *_maybe_ints("activated_ns", "done_ns"),
    *_ints("barred", "planned_1e8"),
    *_maybe_texts("held"),
    *_texts("state"),
)
graph_edges = _table(
    "graph_edges",
    _key("graph_no"),
    _key("edge_no"),
    *_texts("edge_id"),
    *_ints("from_no", "to_no"),
    *_texts("spec"),
    *_ints("fired", "spent"),
    *_texts("given", "residual"),
    *_maybe_ints("last_fired_ns", "armed_ns", "due_ns", "best_1e9"),
    *_ints("version"),
)
orders = _table(
    "orders",
    _key("order_no"),
    *_ints("account_no", "epoch", "graph_no"),
    *_texts("node_id"),
    *_ints("seq"),
    *_texts("symbol", "kind", "side"),
    *_maybe_texts("venue", "pinned"),
    *_texts("tif", "policy", "urgency"),
    *_maybe_ints("max_slippage_bps", "horizon_ms"),
    *_ints("reduce_only"),
    *_maybe_texts("asked_usd_1e9"),
    *_ints("is_market", "created_ns", "created_seq", "qty_1e8"),
    *_maybe_ints("limit_1e9"),
    *_ints("filled_1e8"),
    *_texts("exact_1e17"),
    *_maybe_texts("notional_usd_1e9", "fees_usd_1e9"),
    *_texts("status"),
    *_maybe_texts("reject", "message", "done"),
    *_ints("version", "event_seq", "updated_ns"),
    *_maybe_ints("expires_ns"),
    *_maybe_texts("amending"),
    CheckConstraint("filled_1e8 BETWEEN 0 AND qty_1e8", "filled_within_quantity"),
    CheckConstraint("(filled_1e8 = qty_1e8) = (status = 'FILLED')", "filled_means_filled"),
)
Index("orders_of_account", orders.c.account_no, orders.c.epoch, orders.c.created_seq)
Index("orders_of_graph", orders.c.graph_no)
Index("orders_open", orders.c.status, sqlite_where=text("status IN ('NEW', 'ACCEPTED', 'PARTIAL')"))
legs = _table(
    "legs",
    _key("order_no"),
    _key("leg"),
    *_ints("market_no", "qty_1e8", "filled_1e8", "bound_1e9", "cap_1e9", "margin_at_1e9"),
    *_maybe_texts("reserved"),
    *_ints("reducing_1e8"),
    *_texts("state", "status", "at_venue"),
    *_maybe_texts("cancelling"),
    *_ints("reference_1e9", "deferred"),
    *_texts("exact_1e17", "booked", "due", "due_rest", "paid", "accumulator", "transit"),
    *_maybe_texts("reshape"),
    *_texts("carried"),
    *_maybe_texts("reject", "message", "done"),
    *_ints("place"),
    CheckConstraint("filled_1e8 BETWEEN 0 AND qty_1e8", "leg_within_quantity"),
)
fills = _table(
    "fills",
    _key("fill_no"),
    *_texts("fill_id"),
    *_ints("account_no", "epoch", "order_no", "graph_no", "market_no"),
    *_texts("symbol", "venue"),
    *_ints("price_1e9", "qty_1e8"),
    *_maybe_texts("notional_usd_1e9"),
    *_texts("fee"),
    *_ints("fee_asset_no"),
    *_maybe_texts("fee_usd_1e9", "trade_fee", "rounding_fee", "rebate"),
    *_ints("is_maker"),
    *_texts("cause"),
    *_ints("queue_ahead_1e8"),
    *_maybe_texts("realized_usd_1e9"),
    *_ints("event_seq", "ts_ns"),
    *_texts("charge", "evidence"),
    Unique("order_no", "fill_id"),
    CheckConstraint("qty_1e8 > 0", "fill_of_something"),
)
Index("fills_of_account", fills.c.account_no, fills.c.epoch, fills.c.event_seq)
events = _table(
    "events",
    _key("seq"),
    *_ints("account_no", "ts_ns"),
    *_texts("kind"),
    *_ints("word_0", "word_1", "word_2", "word_3", "word_4"),
    *_ints("account_seq"),
    *_texts("chain"),
    Unique("account_no", "account_seq"),
)

clients = _table(
    "clients",
    _text_key("client_id"),
    *_texts("label", "tier"),
    *_maybe_ints("rate_limit_qps"),
    *_ints("created_ns"),
)
settings = _table("settings", _text_key("client_id"), _text_key("name"), *_texts("value"))
api_keys = _table(
    "api_keys",
    _text_key("key_id"),
    *_texts("client_id", "label", "mode"),
    *_ints("is_admin"),
    *_texts("digest", "prefix"),
    *_ints("created_ns"),
    *_maybe_ints("rotated_ns", "revoked_ns"),
    Unique("digest"),
)

equity = _table(
    "equity",
    _key("account_no"),
    _key("slot"),
    *_ints("ts_ns", "epoch"),
    *_maybe_texts("nav_usd_1e9", "cash_usd_1e9", "realized_usd_1e9", "unrealized_usd_1e9"),
    *_maybe_texts("fees_usd_1e9", "locked_cash_usd_1e9", "peak_usd_1e9", "drawdown_usd_1e9"),
)
"""Samples of what accounts were worth; a slot is written again after a week."""

seals = _table("seals", _text_key("name"), *_ints("rows", "total"))

ENGINE_TABLES: Final = (
    engine, assets, contra, markets, funding_rates, settlements, accounts, lines,
    kill_switches, balances, positions_v2, graphs, graph_runs, graph_nodes, graph_edges,
    orders, legs, fills, events,
)  # fmt: skip
"""Tables whose rows the engine writes, in the order in which it writes them."""

UNBOUNDED: Final = (
    graphs, graph_runs, graph_nodes, graph_edges, orders, legs, fills, events,
)  # fmt: skip
"""Tables that grow with every order, with numbers as keys: only what is open is loaded."""

WHOLE: Final = tuple(table for table in ENGINE_TABLES if table not in UNBOUNDED)
"""Tables of the engine that are held in memory whole."""

NUMBERED: Final = {
    orders: ("order_no", "order"),
    legs: ("order_no", "order"),
    graphs: ("graph_no", "graph"),
    graph_runs: ("graph_no", "graph"),
    graph_nodes: ("graph_no", "graph"),
    graph_edges: ("graph_no", "graph"),
    fills: ("fill_no", "fill"),
}
"""The other ones but for events, which always go on: their first key, and what numbers it."""

NEVER_CHANGE: Final = {
    accounts: ("client_id",),
    positions_v2: ("account_no", "venue", "asset_no"),
    orders: ("account_no", "epoch", "graph_no", "created_seq"),
}
"""Columns with an index that say what a row is of: for as long as it is there, the same."""

APP_TABLES: Final = (meta, clients, settings, api_keys, equity)
"""Tables of what lives around the engine."""

CHAIN_COLUMNS: Final = ("account_seq", "chain")
"""Columns of an event that the store adds."""
