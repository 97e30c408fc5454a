//! Fill rows.

use super::row::Row;
use super::{Value, page, page_value};
use crate::engine::desk::heads::OrderHead;
use crate::engine::{Engine, Fill, Liquidity};
use crate::ids::{AccountId, FillIx, InstrumentKind, VenueId};

/// What a list of fills is narrowed to; `None` narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct FillFilter<'a> {
    /// Symbol text of any form.
    pub symbol: Option<&'a str>,
    /// One order.
    pub node_order_id: Option<&'a str>,
    /// One graph.
    pub graph_id: Option<&'a str>,
    /// Venue of the fill.
    pub venue: Option<VenueId>,
    /// Not before this time, ns.
    pub since_ns: Option<i64>,
    /// Before this time, ns.
    pub until_ns: Option<i64>,
    /// Rows before this commit number.
    pub before_seq: Option<u64>,
}

impl FillFilter<'_> {
    /// True when every fill passes.
    const fn is_empty(&self) -> bool {
        let Self { symbol, node_order_id, graph_id, venue, since_ns, until_ns, before_seq } = self;
        symbol.is_none()
            && node_order_id.is_none()
            && graph_id.is_none()
            && venue.is_none()
            && since_ns.is_none()
            && until_ns.is_none()
            && before_seq.is_none()
    }
}

impl Engine {
    /// A page of fills, newest first.
    pub fn fills_view(
        &self,
        account: AccountId,
        filter: &FillFilter<'_>,
        limit: usize,
        offset: usize,
    ) -> Value {
        let (ids, total) = page(self.matching_fills(account, filter), limit, offset);
        let rows = ids.into_iter().map(|id| self.fill_view(id)).collect();
        page_value("fills", rows, total, limit, offset)
    }

    /// Fills of an account that pass a filter, newest first.
    pub fn matching_fills(
        &self,
        account: AccountId,
        filter: &FillFilter<'_>,
    ) -> impl Iterator<Item = FillIx> {
        let named = |text: Option<&str>| {
            text.map(|id| self.find_order(account, id).ok().map(|(graph, _)| graph))
        };
        let graphs = [named(filter.node_order_id), named(filter.graph_id)];
        let symbol = filter.symbol.map(|text| self.facts().resolve_text(text));
        let newest = self.desk.account(account).fills.iter().rev().copied();
        let takes_all = filter.is_empty();
        newest.filter(move |id| {
            if takes_all {
                return true;
            }
            let Some(fill) = self.desk.fill_head(*id) else { return false };
            let venue = self.registry.market(fill.market).venue;
            let is_of_them = |order: &OrderHead| {
                let same_symbol = symbol.is_none_or(|found| {
                    found.is_some_and(|s| (s.symbol, s.outcome) == (order.symbol, order.outcome))
                });
                graphs.iter().all(|graph| graph.is_none_or(|found| found == Some(order.graph)))
                    && same_symbol
            };
            let any_order = symbol.is_none() && graphs.iter().all(Option::is_none);
            (any_order || self.desk.order_head(fill.order).is_some_and(|order| is_of_them(&order)))
                && filter.venue.is_none_or(|wanted| wanted == venue)
                && filter.since_ns.is_none_or(|since| fill.ts_ns >= since)
                && filter.until_ns.is_none_or(|until| fill.ts_ns < until)
                && filter.before_seq.is_none_or(|seq| fill.event_seq < seq)
        })
    }

    /// One fill row.
    pub fn fill_view(&self, id: FillIx) -> Value {
        Value::of_row(|row| self.fill_row(id, row))
    }

    /// Writes the row of a fill.
    pub(in crate::engine) fn fill_row(&self, id: FillIx, row: &mut impl Row) {
        let fill = self.desk.fill(id);
        let order = self.desk.order(fill.order);
        let spec = &order.spec;
        row.put("fill_id", format_args!("fill_{}", fill.id));
        row.put("event_seq", fill.event_seq);
        row.put("node_id", &spec.node_id);
        row.put("node_order_id", format_args!("{}", self.desk.name_of(&order.spec)));
        row.put("graph_id", format_args!("{}", self.desk.graph(spec.graph).id));
        row.put("venue", self.registry.market(fill.market).venue.as_str());
        row.put("symbol", self.registry.symbol(spec.symbol).canonical(spec.outcome));
        row.put("instrument_type", spec.kind.as_str());
        row.put("side", spec.side.as_str());
        row.put("price_1e9", fill.price);
        row.put("qty_1e8", fill.quantity);
        row.put("notional_usd_1e9", fill.notional_usd);
        row.put("fee_usd_1e9", fill.fee_usd);
        row.put("fee_asset", &self.registry.asset_row(fill.fee_asset).code);
        row.put("fee_1e9", fill.fee);
        row.option("fee_parts", fill.fee_leg.parts, |row, parts| {
            row.put("trade_fee_usd_1e9", parts.trade_fee);
            row.put("rounding_fee_usd_1e9", parts.rounding_fee);
            row.put("rebate_usd_1e9", parts.rebate);
        });
        row.put("is_maker", fill.is_maker);
        row.put("is_prediction", spec.kind == InstrumentKind::Prediction);
        row.put("cause", fill.cause.as_str());
        row.put("queue_ahead_1e8", fill.queue_ahead);
        row.map("evidence", |row| self.evidence_row(fill, row));
        row.put("realized_pnl_usd_1e9", fill.realized_usd);
        row.put("is_sandbox", self.is_sandbox(spec.account));
        row.put("ts_ns", fill.ts_ns);
        let venue = self.registry.market(fill.market).venue.as_str();
        let matched_ns = fill.evidence.matched_ns;
        // What the fills of one match share: one order at one venue at one moment, which took from
        // one level or swept several.
        row.put("match_id", format_args!("match_{}_{venue}_{matched_ns}", fill.order.0));
        row.put("level_index", level_index(fill));
        if fill.reversed {
            // No simulated venue takes a fill back, so rows of a sandbox never say so.
            row.put("reversed", true);
        }
    }
}

/// The place of the level that was taken from in its sweep, best first; null of a resting order.
const fn level_index(fill: &Fill) -> Option<u32> {
    match &fill.evidence.liquidity {
        Liquidity::Taker(level, _) => level.index,
        Liquidity::Maker(..) | Liquidity::Venue(_) => None,
    }
}
