//! Fill rows.

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
        let fill = self.desk.fill(id);
        let order = self.desk.order(fill.order);
        let spec = &order.spec;
        let mut row = vec![
            ("fill_id", format!("fill_{}", fill.id).into()),
            ("event_seq", fill.event_seq.into()),
            ("node_id", spec.node_id.clone().into()),
            ("node_order_id", self.node_order_id(order).into()),
            ("graph_id", self.desk.graph(spec.graph).id.to_string().into()),
            ("venue", self.registry.market(fill.market).venue.as_str().into()),
            ("symbol", self.registry.symbol(spec.symbol).canonical(spec.outcome).clone().into()),
            ("instrument_type", spec.kind.as_str().into()),
            ("side", spec.side.as_str().into()),
            ("price_1e9", fill.price.into()),
            ("qty_1e8", fill.quantity.into()),
            ("notional_usd_1e9", Value::option(fill.notional_usd)),
            ("fee_usd_1e9", Value::option(fill.fee_usd)),
            ("fee_asset", self.registry.asset_row(fill.fee_asset).code.clone().into()),
            ("fee_1e9", fill.fee.into()),
            ("fee_parts", fee_parts(fill)),
            ("is_maker", fill.is_maker.into()),
            ("is_prediction", (spec.kind == InstrumentKind::Prediction).into()),
            ("cause", fill.cause.as_str().into()),
            ("queue_ahead_1e8", fill.queue_ahead.into()),
            ("evidence", self.evidence_view(fill)),
            ("realized_pnl_usd_1e9", Value::option(fill.realized_usd)),
            ("is_sandbox", self.is_sandbox(spec.account)),
            ("ts_ns", fill.ts_ns.into()),
            ("match_id", self.match_id(fill).into()),
            ("level_index", level_index(fill)),
        ];
        // No simulated venue takes a fill back, so rows of a sandbox never say so.
        row.extend(fill.reversed.then(|| ("reversed", true.into())));
        Value::Map(row)
    }

    /// What the fills of one match share: one order at one venue at one moment, which took from one
    /// level or swept several.
    fn match_id(&self, fill: &Fill) -> String {
        let venue = self.registry.market(fill.market).venue;
        format!("match_{}_{}_{}", fill.order.0, venue.as_str(), fill.evidence.matched_ns)
    }
}

/// The place of the level that was taken from in its sweep, best first; null of a resting order.
fn level_index(fill: &Fill) -> Value {
    match &fill.evidence.liquidity {
        Liquidity::Taker(level, _) => Value::option(level.index),
        Liquidity::Maker(..) | Liquidity::Venue(_) => Value::Null,
    }
}

fn fee_parts(fill: &Fill) -> Value {
    fill.fee_leg.parts.map_or(Value::Null, |parts| {
        Value::Map(vec![
            ("trade_fee_usd_1e9", parts.trade_fee.into()),
            ("rounding_fee_usd_1e9", parts.rounding_fee.into()),
            ("rebate_usd_1e9", parts.rebate.into()),
        ])
    })
}
