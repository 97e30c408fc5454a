//! What a request means: which symbol it names, which markets may take it, what it would meet there,
//! and how much it is.

use std::borrow::Cow;

use crate::command::{Size, Submit};
use crate::engine::desk::admit::only;
use crate::engine::facts::Facts;
use crate::ids::{InstrumentKind, MarketId, Outcome, Side, SymbolId};
use crate::listing::{resolve, unknown_symbol};
use crate::number::{Money, PRICE_ONE, Price, Quantity, mul_div_floor};
use crate::order::{book_price, book_side};
use crate::registry::Resolved;
use crate::reject::Refusal;

impl<'a> Facts<'a> {
    /// The symbol an order names; a pair with the hint `perp` means its perpetual.
    pub(in crate::engine) fn resolve(
        &self,
        order: &Submit<'_>,
    ) -> Result<(SymbolId, Option<Outcome>), Refusal> {
        let unknown = || {
            let text = unknown_symbol(self.registry, order.symbol);
            Refusal::invalid("symbol", text)
        };
        let mut found = self.resolve_text(order.symbol);
        if order.kind_hint == InstrumentKind::Perp && !order.symbol.ends_with("-PERP") {
            let perp = format!("{}-PERP", order.symbol);
            found = self.registry.resolve(&perp).or(found);
        }
        let found = found.ok_or_else(unknown)?;
        let kind = self.registry.symbol(found.symbol).kind;
        let fits = match order.kind_hint {
            InstrumentKind::Spot => true,
            hint => hint == kind,
        };
        if !fits {
            let message = format!(
                "{} is a {} symbol, not {}",
                order.symbol,
                kind.as_str(),
                order.kind_hint.as_str()
            );
            return Err(Refusal::invalid("instrument_type", message));
        }
        Ok((found.symbol, found.outcome))
    }

    /// Markets the order may use, by venue.
    pub(in crate::engine) fn eligible(
        &self,
        symbol: SymbolId,
        order: &Submit<'_>,
    ) -> Result<Cow<'a, [MarketId]>, Refusal> {
        let allowed = order.risk.admission.allowed_venues;
        let Some(venue) = order.venue else {
            let listed = &self.registry.symbol(symbol).markets[..];
            let markets =
                only(listed.into(), |id| allowed.contains(self.registry.market(id).venue));
            return if markets.is_empty() {
                let text = format!("none of them lists {}", order.symbol);
                Err(Refusal::invalid("risk.admission.allowed_venues", text))
            } else {
                Ok(markets)
            };
        };
        if !allowed.contains(venue) {
            let text = format!("{} is not one of them", venue.as_str());
            return Err(Refusal::invalid("risk.admission.allowed_venues", text));
        }
        let markets = self.registry.markets_at(symbol, venue);
        if markets.is_empty() {
            let text = format!("{} does not list {}", venue.as_str(), order.symbol);
            return Err(Refusal::invalid("venue", text));
        }
        Ok(markets.into())
    }

    /// Best live opposite price of a market, in the order's own outcome.
    pub(in crate::engine) fn touch_of(
        &self,
        market: MarketId,
        side: Side,
        outcome: Option<Outcome>,
    ) -> Option<Price> {
        let sim = self.exchange.market(market);
        if !sim.market.is_live(self.now_ns) {
            return None;
        }
        let level = sim.market.best(book_side(side, outcome).takes())?;
        Some(book_price(level.price, outcome))
    }

    /// Best live opposite price over markets.
    pub(in crate::engine) fn best_touch(
        &self,
        markets: &[MarketId],
        side: Side,
        outcome: Option<Outcome>,
    ) -> Option<Price> {
        let touches = markets.iter().filter_map(|market| self.touch_of(*market, side, outcome));
        match side {
            Side::Buy => touches.min(),
            Side::Sell => touches.max(),
        }
    }

    /// Quantity asked for; a notional is converted once, at the limit or the best opposite price.
    pub(in crate::engine) fn size(
        &self,
        order: &Submit<'_>,
        markets: &[MarketId],
        price: Option<Price>,
    ) -> Result<(Quantity, Option<Money>), Refusal> {
        let usd = match order.size {
            Size::Quantity(qty) if qty.0 >= 1 => return Ok((qty, None)),
            Size::Quantity(_) => return Err(Refusal::invalid("qty", "must be greater than 0")),
            Size::Notional(usd) if usd.0 >= 1 => usd,
            Size::Notional(_) => {
                return Err(Refusal::invalid("notional", "must be greater than 0"));
            }
        };
        let specs = || markets.iter().map(|market| self.registry.market(*market));
        let price = price.filter(|price| price.0 > 0);
        let (Some(price), Some(lot)) = (price, specs().map(|spec| spec.grid.order_lot()).min())
        else {
            return Err(Refusal::invalid("notional", "needs a live price to become a quantity"));
        };
        let Some(rate) = specs().next().and_then(|spec| self.usd_rate(spec.settle)) else {
            let text = "is in USD, and nothing says what the quote asset is worth";
            return Err(Refusal::invalid("notional", text));
        };
        let usd_price =
            mul_div_floor(i128::from(price.0), i128::from(rate.0), i128::from(PRICE_ONE))?.max(1);
        let units = mul_div_floor(usd.0, 100_000_000, usd_price)?;
        let Ok(qty) = i64::try_from(units) else {
            return Err(Refusal::invalid("notional", "is too large for this price"));
        };
        let qty = Quantity(qty).floor_to(lot);
        if qty.0 <= 0 {
            return Err(Refusal::invalid("notional", format!("buys less than one lot of {lot}")));
        }
        Ok((qty, Some(usd)))
    }

    /// Resolves a symbol text; a venue's event URL counts as its slug.
    pub(in crate::engine) fn resolve_text(&self, text: &str) -> Option<Resolved> {
        resolve(self.registry, text)
    }
}
