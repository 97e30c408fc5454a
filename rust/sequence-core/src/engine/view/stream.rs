//! Payloads of the stream that no other read has.

use super::preview::distance;
use super::quotes::{seen, sides};
use super::row::{Plain, Row};
use super::{Value, shown_price, shown_quantity};
use crate::engine::Engine;
use crate::ids::{AccountId, GraphIx, VenueId};
use crate::market::consolidated_by_venue;
use crate::number::{Price, Quantity};
use crate::order::{Order, average_price, book_price};
use crate::reject::Refusal;

/// Keys of a graph object that a graph row leaves out.
const NOT_IN_A_ROW: [&str; 3] = ["nodes", "edges", "risk"];

impl Engine {
    /// The best prices of a symbol and when they changed; `None` while a side is empty.
    pub fn price_tick(&self, text: &str) -> Result<Option<(Value, i64)>, Refusal> {
        let Value::Map(keys) = self.quote_view(text, 1)? else { return Ok(None) };
        let nbbo = keys.into_iter().find_map(|(key, value)| match value {
            Value::Map(nbbo) if key == "nbbo" => Some(nbbo),
            _ => None,
        });
        let nbbo = nbbo.unwrap_or_default();
        let find = |name| nbbo.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        let sides = ["bid_1e9", "ask_1e9"].map(find);
        if sides.iter().any(|side| side.as_ref().is_none_or(|price| *price == Value::Int(0))) {
            return Ok(None);
        }
        let Some(Value::Int(ts_ns)) = find("last_update_ns") else { return Ok(None) };
        let names = [
            ("bid", "bid"),
            ("ask", "ask"),
            ("mid", "mid"),
            ("spread_bps", "spread_bps"),
            ("bid_sz", "bid_size"),
            ("ask_sz", "ask_size"),
        ];
        let tick = names.into_iter().filter_map(|(to, from)| Some((to, find(from)?))).collect();
        Ok(Some((Value::Map(tick), i64::try_from(ts_ns).unwrap_or_default())))
    }

    /// The consolidated book of a symbol and when it changed; `None` before its first message.
    pub fn book_frame(&self, text: &str, depth: usize) -> Result<Option<(Value, i64)>, Refusal> {
        let found = self.resolved(text)?;
        let ts_ns = self.nbbo(found.symbol).last_update_ns;
        let seen = ts_ns != 0;
        Ok(seen.then(|| (self.book_view(found.symbol, found.outcome, depth), ts_ns)))
    }

    /// The same, each level with what every venue shows there.
    pub fn depth_frame(&self, text: &str, depth: usize) -> Result<Option<(Value, i64)>, Refusal> {
        let found = self.resolved(text)?;
        let ts_ns = self.nbbo(found.symbol).last_update_ns;
        let (bids, asks) = sides(found.outcome);
        let ladder = |side| {
            let now_ns = self.agenda.now_ns();
            let levels = consolidated_by_venue(self.books_of(found.symbol), side, depth, now_ns);
            let level = |(price, shares): (Price, Vec<(VenueId, Quantity)>)| {
                let sum = shares.iter().fold(0i64, |sum, (_, part)| sum.saturating_add(part.0));
                let named =
                    |(venue, part): (VenueId, _)| (venue.as_str().to_owned(), shown_quantity(part));
                Value::List(vec![
                    shown_price(seen(price, found.outcome)),
                    shown_quantity(Quantity(sum)),
                    Value::Named(shares.into_iter().map(named).collect()),
                ])
            };
            Value::List(levels.into_iter().map(level).collect())
        };
        let view = || Value::Map(vec![("bids", ladder(bids)), ("asks", ladder(asks))]);
        Ok((ts_ns != 0).then(|| (view(), ts_ns)))
    }

    /// Best prices of a symbol at each of its venues, and when one was last heard of; `None` before.
    pub fn venues_frame(&self, text: &str) -> Result<Option<(Value, i64)>, Refusal> {
        let found = self.resolved(text)?;
        let heard = self.books_of(found.symbol).filter_map(|(_, market)| market.last_update_ns());
        let Some(ts_ns) = heard.max() else { return Ok(None) };
        let Value::Named(mut venues) = self.venues_view(found.symbol, found.outcome) else {
            return Ok(None);
        };
        // An age changes with every look; when it was last heard of does not.
        for (_, row) in &mut venues {
            if let Value::Map(keys) = row {
                keys.retain(|(key, _)| *key != "age_ms");
            }
        }
        Ok(Some((Value::Map(vec![("venues", Value::Named(venues))]), ts_ns)))
    }

    /// A graph without its parts.
    pub fn graph_row_view(&self, id: GraphIx) -> Value {
        without_parts(self.graph_view(id))
    }

    /// Writes how an order was split, and what the parts are expected to cost against the mid.
    pub(in crate::engine) fn routing_row(&self, order: &Order, row: &mut impl Row) {
        let spec = &order.spec;
        let mid = self.nbbo(spec.symbol).mid().map(|mid| book_price(mid, spec.outcome));
        let (mut weighted, mut total) = (0i128, 0i128);
        // After an amend some legs may have been withdrawn.
        let chosen = || order.legs.iter().filter(|leg| leg.committed().0 > 0);
        let expected = chosen().map(|leg| {
            let terms = self.registry.market(leg.market);
            let walked = self.expected(order, leg.clone()).ok();
            let price = walked
                .and_then(|leg| average_price(leg.fees.exact(), leg.filled))
                .unwrap_or_else(|| order.limit.unwrap_or(leg.bound));
            let share = i128::from(terms.fees.share_at(price, false));
            let cost = distance(price, mid.unwrap_or(price), spec.side) + share;
            weighted += cost * i128::from(leg.qty.0);
            total += i128::from(leg.qty.0);
            (leg, price, cost)
        });
        let expected: Vec<_> = expected.collect();
        row.put("node_order_id", format_args!("{}", self.desk.name_of(&order.spec)));
        row.put("symbol", self.registry.symbol(spec.symbol).canonical(spec.outcome));
        row.put("side", spec.side.as_str());
        row.put("qty_1e8", order.qty);
        row.rows("legs", expected, |row, (leg, price, cost)| {
            let risk = self.facts().delay_risk(leg.market, spec.urgency);
            row.put("venue", self.registry.market(leg.market).venue.as_str());
            row.put("qty_1e8", leg.qty);
            row.put("est_price_1e9", price);
            row.put("cost_bps", bps(cost));
            row.put("latency_risk_bps", bps(risk.latency_1e8.into()));
            row.put("freshness_bps", bps(risk.freshness_1e8.into()));
            row.put("score_bps", bps(cost + i128::from(risk.sum_1e8())));
        });
        row.put("est_cost_bps", bps(if total == 0 { 0 } else { weighted / total }));
        row.list("chosen", chosen().map(|leg| self.registry.market(leg.market).venue.as_str()));
        row.put("ts_ns", self.agenda.now_ns());
    }

    /// What the account risks now: open orders, profit and loss of the day, net value, breaches.
    pub fn risk_state_view(&self, account: AccountId) -> Value {
        let row = self.desk.account(account);
        let nav = self.net_value(account);
        let breached = if self.papers().is_day_breached(account) {
            vec!["daily_loss_limit_usd_1e9".into()]
        } else {
            Vec::new()
        };
        Value::Map(vec![
            ("open_orders", super::count(row.open.len())),
            ("daily_pnl_usd_1e9", Value::option(self.daily_pnl(account))),
            ("daily_loss_limit_usd_1e9", Value::option(self.limits().daily_loss)),
            ("nav_usd_1e9", Value::option(nav)),
            ("nav_usd", super::total_text(nav.map(|nav| nav.0))),
            ("breached", Value::List(breached)),
        ])
    }

    /// Rows of everything that is open: what a reader of the stream needs after a gap.
    pub fn open_rows(&self, account: AccountId) -> (Vec<Value>, Vec<Value>) {
        let open = || self.desk.account(account).open.keys().copied();
        let mut graphs: std::collections::BTreeSet<GraphIx> =
            open().map(|id| self.desk.order(id).spec.graph).collect();
        let running = self.graphs.iter().filter(|(_, run)| run.account == account);
        graphs.extend(running.filter(|(_, run)| !run.status.is_terminal()).map(|(id, _)| id));
        let graphs = graphs.into_iter().map(|id| self.graph_row_view(id)).collect();
        (open().map(|id| self.order_view(id)).collect(), graphs)
    }
}

/// A row of a graph object: what it has of its own.
fn without_parts(graph: Value) -> Value {
    let Value::Map(keys) = graph else { return graph };
    let kept = keys.into_iter().filter(|(key, _)| !NOT_IN_A_ROW.contains(key));
    let row = kept.map(|(key, value)| match value {
        Value::Text(text) if key == "metadata" => (key, Value::Json(text)),
        value => (key, value),
    });
    Value::Map(row.collect())
}

/// Basis points given in 1e-4 of one.
const fn bps(units: i128) -> Plain<'static> {
    Plain::Number(units, 4)
}
