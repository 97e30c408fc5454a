//! What an order would meet now, whoever pays for it: taken at once, or resting at the best price of
//! its own side. The router and the walk are those of a submit; funds, limits
//! of the account and other open orders do not count, and nothing is copied or recorded.

use super::preview::distance;
use super::{Value, bps_number};
use crate::command::{Size, Submit};
use crate::engine::Engine;
use crate::engine::desk::admit::{Admitted, new_order};
use crate::ids::{AccountId, MarketId, Side};
use crate::number::{Price, Quantity};
use crate::order::{Leg, Order, TimeInForce, average_price, book_price, book_side};
use crate::reject::Refusal;
use crate::sim::outlook::HORIZON_NS;
use crate::sim::queue::better;

impl Engine {
    /// What taking a quantity would cost, and where: per share its price against the mid, its fee
    /// and its risks before urgency weighs them, in basis points, and the time (ns) to the venue. Shares of what the books do
    /// not hold are left out. Without a mid there are none.
    pub fn taking_view(&self, account: AccountId, ask: &Submit<'_>) -> Result<Value, Refusal> {
        let order = self.imagined(account, ask, None, TimeInForce::Ioc)?;
        let mid = self.middle(&order);
        let mut filled = Quantity::ZERO;
        let mut shares = Vec::new();
        for leg in self.imagined_legs(&order) {
            let Ok(leg) = self.expected(&order, leg) else { continue };
            let average = average_price(leg.fees.exact(), leg.filled);
            let (Some(mid), Some(average)) = (mid, average) else { continue };
            filled = Quantity(filled.0.saturating_add(leg.filled.0));
            shares.push(self.share_view(&order, &leg, average, mid));
        }
        Ok(Value::Map(vec![
            ("symbol", self.named_symbol(&order)),
            ("live", self.nbbo(order.spec.symbol).live.into()),
            ("mid_1e9", Value::option(mid)),
            ("qty_1e8", order.qty.into()),
            ("filled_1e8", filled.into()),
            ("shares", Value::List(shares)),
        ]))
    }

    /// Where an order would rest at the best price of its own side, and what is known of its being
    /// reached: `null` where nothing may rest or no book shows both sides.
    pub fn resting_view(&self, account: AccountId, ask: &Submit<'_>) -> Result<Value, Refusal> {
        let aside = self.imagined(account, ask, None, TimeInForce::Ioc)?;
        let markets = self.papers().usable_markets(&aside.spec, None).unwrap_or_default();
        let opposite = if ask.side == Side::Buy { Side::Sell } else { Side::Buy };
        let near = self.facts().best_touch(&markets, opposite, aside.spec.outcome);
        let (Some(near), Some(mid)) = (near, self.middle(&aside)) else { return Ok(Value::Null) };
        let order = self.imagined(account, ask, Some(near), TimeInForce::PostOnly)?;
        let Some(leg) = self.imagined_legs(&order).into_iter().next() else {
            return Ok(Value::Null);
        };
        let terms = self.registry.market(leg.market);
        let before = self.shown_before(&order, leg.market, leg.bound);
        let side = book_side(order.spec.side, order.spec.outcome).rests();
        let flow = self.exchange.market(leg.market).tracker.flow();
        let outlook = flow.outlook(side, before.0, self.agenda.now_ns());
        Ok(Value::Map(vec![
            ("venue", terms.venue.as_str().into()),
            ("price_1e9", leg.bound.into()),
            ("qty_1e8", leg.qty.into()),
            ("book_bps", bps_number(distance(leg.bound, mid, order.spec.side))),
            ("fee_bps", bps_number(terms.fees.share_at(leg.bound, true).into())),
            ("before_1e8", before.into()),
            ("reached_ppm", Value::option(outlook.map(|seen| seen.reached_ppm))),
            ("within_ns", HORIZON_NS.into()),
            ("wait_ns", Value::option(outlook.and_then(|seen| seen.wait_ns))),
        ]))
    }

    fn share_view(&self, order: &Order, leg: &Leg, average: Price, mid: Price) -> Value {
        let terms = self.registry.market(leg.market);
        let worth = i128::from(mid.0) * i128::from(leg.filled.0);
        let fee = leg.fees.paid().0.saturating_mul(crate::number::EXACT_PER_MONEY);
        let risk = self.facts().plain_risk(leg.market);
        Value::Map(vec![
            ("venue", terms.venue.as_str().into()),
            ("filled_1e8", leg.filled.into()),
            ("book_bps", bps_number(distance(average, mid, order.spec.side))),
            ("fee_bps", bps_number(fee.saturating_mul(100_000_000) / worth.max(1))),
            ("latency_risk_bps", bps_number(risk.latency_1e8.into())),
            ("freshness_bps", bps_number(risk.freshness_1e8.into())),
            ("delay_ns", self.facts().delay_ns(leg.market).into()),
        ])
    }

    /// An order that nobody sends.
    fn imagined(
        &self,
        account: AccountId,
        ask: &Submit<'_>,
        limit: Option<Price>,
        tif: TimeInForce,
    ) -> Result<Order, Refusal> {
        let (symbol, outcome) = self.facts().resolve(ask)?;
        let kind = self.registry.symbol(symbol).kind;
        let Size::Quantity(qty) = ask.size else {
            return Err(Refusal::invalid("qty", "give a quantity"));
        };
        let admitted = Admitted { symbol, outcome, kind, tif, qty, notional: None };
        let graph = (self.desk.next_graph(), 1);
        let ask = Submit { limit, ..ask.clone() };
        let spec = self.papers().spec_of(account, &ask, &admitted, ask.node_id.into(), graph);
        Ok(new_order(spec, qty, limit, self.agenda.now_ns()))
    }

    /// The shares it would get if every venue could be paid.
    fn imagined_legs(&self, order: &Order) -> Vec<Leg> {
        let markets = self.papers().usable_markets(&order.spec, order.limit).unwrap_or_default();
        let touch = self.facts().best_touch(&markets, order.spec.side, order.spec.outcome);
        let leg = |(market, bound, share)| self.papers().leg(order, market, bound, share, touch);
        self.papers().unfunded_shares(order, &markets, touch).into_iter().map(leg).collect()
    }

    fn middle(&self, order: &Order) -> Option<Price> {
        let mid = self.nbbo(order.spec.symbol).mid();
        mid.map(|mid| book_price(mid, order.spec.outcome))
    }

    fn named_symbol(&self, order: &Order) -> Value {
        self.registry.symbol(order.spec.symbol).canonical(order.spec.outcome).clone().into()
    }

    /// What a market displays at a price of an order's own side, or nearer.
    fn shown_before(&self, order: &Order, market: MarketId, price: Price) -> Quantity {
        let side = book_side(order.spec.side, order.spec.outcome).rests();
        let price = book_price(price, order.spec.outcome);
        let levels = self.exchange.market(market).market.book.levels(side);
        let before = levels.take_while(|level| !better(side, price, level.price));
        Quantity(before.fold(0, |sum, level| sum.saturating_add(level.quantity.0)))
    }
}
