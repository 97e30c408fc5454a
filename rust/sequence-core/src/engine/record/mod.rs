//! Rows of the store: one flat list of integers and texts per row, and the way back.
//!
//! Each row type is written and read in one file, side by side, column by column in the order of
//! [`TABLES`]. Sums that can pass 64 bits are decimal text. What is only ever read back whole, such
//! as the evidence of a fill, is one packed row inside a row.

mod account;
mod cell;
mod codes;
mod evidence;
mod fill;
mod folded;
mod graph;
mod grid;
mod life;
mod order;
mod position;
mod risk;

pub use cell::{Cell, Row};

pub(super) use account::{
    ReadMarket, read_account, read_asset, read_balance, read_contra, read_line, read_market,
    read_switch,
};
pub(super) use account::{
    account_row, asset_row, balance_row, contra_row, line_row, market_row, switch_row,
};
pub(super) use cell::{Reader, pack, row};
pub(super) use fill::{fill_row, read_fill};
pub(super) use graph::{edge_row, node_row, read_edge, read_node, read_run, run_row};
pub(super) use life::{funding_row, read_funding, read_settlement, settlement_row};
pub(super) use order::{graph_row, leg_row, order_row, read_graph, read_leg, read_order};
pub(super) use position::{position_row, read_position};

use std::fmt;

/// Why rows cannot become an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreError {
    /// Table of the row.
    pub table: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {}: {}", self.table, self.message)
    }
}

impl std::error::Error for RestoreError {}

/// Tables with their columns, in the order of the cells; the key comes first.
pub const TABLES: [(&str, &[&str]); 19] = [
    (
        "engine",
        &[
            "id",
            "now_ns",
            "last_seq",
            "event_hash",
            "ulid_ms",
            "ulid_count",
            "next_order",
            "next_graph",
            "next_fill",
            "next_position",
        ],
    ),
    ("assets", &["asset_no", "kind", "code"]),
    ("contra", &["asset_no", "external", "venue", "fees", "rounding", "insurance"]),
    (
        "markets",
        &["market_no", "venue", "symbol", "tick_1e9", "lot_1e8", "mark_1e9", "mark_ns", "grid"],
    ),
    ("funding_rates", &["market_no", "rate_1e9"]),
    ("settlements", &["venue", "market", "number", "value_1e9", "positions", "payout", "paid"]),
    (
        "accounts",
        &[
            "account_no",
            "client_id",
            "epoch",
            "ended_hash",
            "loss_day",
            "loss_start_usd_1e9",
            "loss_breached",
            "draws",
        ],
    ),
    (
        "lines",
        &[
            "account_no",
            "venue",
            "entry_z",
            "entry_at",
            "cancel_z",
            "cancel_at",
            "response_z",
            "response_at",
            "feed_z",
            "feed_at",
            "last_arrival_ns",
            "last_match_ns",
            "last_answer_ns",
        ],
    ),
    (
        "kill_switches",
        &["account_no", "mode", "engaged", "reason", "engaged_ns", "engaged_by", "cleared_ns"],
    ),
    ("balances", &["account_no", "venue", "asset_no", "available", "reserved"]),
    (
        "positions_v2",
        &[
            "position_id",
            "account_no",
            "venue",
            "asset_no",
            "is_sandbox",
            "margin",
            "margin_asset_no",
            "perp_qty_1e8",
            "perp_traded",
            "updated_ns",
            "cost_1e17",
            "cost_qty_1e8",
            "realized_1e17",
            "fees_usd_1e9",
            "lifecycle",
            "closed_ns",
            "resolved_ns",
            "redeemed_ns",
            "payout_usd_1e9",
            "settled_mark_1e9",
            "symbol",
        ],
    ),
    (
        "graphs",
        &[
            "graph_no",
            "account_no",
            "epoch",
            "graph_id",
            "order_no",
            "fingerprint",
            "metadata",
            "first_answer",
            "risk",
            "sent_by",
        ],
    ),
    (
        "graph_runs",
        &[
            "graph_no",
            "account_no",
            "epoch",
            "status",
            "status_reason",
            "created_ns",
            "updated_ns",
            "first_answer",
            "state",
        ],
    ),
    (
        "graph_nodes",
        &[
            "graph_no",
            "node_no",
            "node_id",
            "role",
            "parent_no",
            "spec",
            "symbol",
            "status",
            "failure",
            "activated_ns",
            "done_ns",
            "barred",
            "planned_1e8",
            "held",
            "state",
        ],
    ),
    (
        "graph_edges",
        &[
            "graph_no",
            "edge_no",
            "edge_id",
            "from_no",
            "to_no",
            "spec",
            "fired",
            "spent",
            "given",
            "residual",
            "last_fired_ns",
            "armed_ns",
            "due_ns",
            "best_1e9",
            "version",
        ],
    ),
    (
        "orders",
        &[
            "order_no",
            "account_no",
            "epoch",
            "graph_no",
            "node_id",
            "seq",
            "symbol",
            "kind",
            "side",
            "venue",
            "pinned",
            "tif",
            "policy",
            "urgency",
            "max_slippage_bps",
            "horizon_ms",
            "reduce_only",
            "asked_usd_1e9",
            "is_market",
            "created_ns",
            "created_seq",
            "qty_1e8",
            "limit_1e9",
            "filled_1e8",
            "exact_1e17",
            "notional_usd_1e9",
            "fees_usd_1e9",
            "status",
            "reject",
            "message",
            "done",
            "version",
            "event_seq",
            "updated_ns",
            "expires_ns",
            "amending",
        ],
    ),
    (
        "legs",
        &[
            "order_no",
            "leg",
            "market_no",
            "qty_1e8",
            "filled_1e8",
            "bound_1e9",
            "cap_1e9",
            "margin_at_1e9",
            "reserved",
            "reducing_1e8",
            "state",
            "status",
            "at_venue",
            "cancelling",
            "reference_1e9",
            "deferred",
            "exact_1e17",
            "booked",
            "due",
            "due_rest",
            "paid",
            "accumulator",
            "transit",
            "reshape",
            "carried",
            "reject",
            "message",
            "done",
            "place",
        ],
    ),
    (
        "fills",
        &[
            "fill_no",
            "fill_id",
            "account_no",
            "epoch",
            "order_no",
            "graph_no",
            "market_no",
            "symbol",
            "venue",
            "price_1e9",
            "qty_1e8",
            "notional_usd_1e9",
            "fee",
            "fee_asset_no",
            "fee_usd_1e9",
            "trade_fee",
            "rounding_fee",
            "rebate",
            "is_maker",
            "cause",
            "queue_ahead_1e8",
            "realized_usd_1e9",
            "event_seq",
            "ts_ns",
            "charge",
            "evidence",
        ],
    ),
    (
        "events",
        &["seq", "account_no", "ts_ns", "kind", "word_0", "word_1", "word_2", "word_3", "word_4"],
    ),
];
