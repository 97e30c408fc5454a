//! The grid of a market: prices, range, lot and minimums, each with who said so.
//!
//! One place decides. Orders, amends, caps, the router, previews and the books ask a [`Grid`];
//! whoever knows something tells it by [`Terms`], and the best source of each part is believed: the
//! caller, the venue's own data, a built-in rule, the levels seen, and last nobody, where the grid
//! is as fine as our numbers.

use super::terms::believe;
use super::{PriceGrid, Terms, TermsOrigin, TermsOrigins};
use crate::ids::{InstrumentKind, Outcome, Side};
use crate::number::{Money, PRICE_ONE, Price, Quantity};
use crate::reject::Refusal;

/// What a market takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Prices it quotes.
    pub prices: PriceGrid,
    /// Lowest price.
    pub low: Price,
    /// Highest price.
    pub high: Price,
    /// Quantity step that is shown; [`Self::order_lot`] is the one that binds orders.
    pub lot: Quantity,
    /// Least quantity of an order.
    pub min_qty: Quantity,
    /// Least notional of an order.
    pub min_notional: Money,
    /// Who said each part.
    pub origins: TermsOrigins,
}

impl Grid {
    /// As fine as our numbers and without minimums: nobody has said anything.
    pub const fn finest(kind: InstrumentKind) -> Self {
        let high = match kind {
            InstrumentKind::Prediction => PRICE_ONE - 1,
            InstrumentKind::Spot | InstrumentKind::Perp => i64::MAX,
        };
        Self {
            prices: PriceGrid::Tick(Price(1)),
            low: Price(1),
            high: Price(high),
            lot: Quantity(1),
            min_qty: Quantity(1),
            min_notional: Money::ZERO,
            origins: TermsOrigins::all(TermsOrigin::Default),
        }
    }

    /// Takes what a source says, part by part, where nobody to be believed before it has spoken.
    /// True when a part is another one now.
    pub fn set(&mut self, said: &Terms) -> bool {
        let (from, by) = (&mut self.origins, said.origin);
        let mut range = (self.low, self.high);
        let changed = [
            believe(&mut self.prices, &mut from.grid, said.grid, by),
            believe(&mut range, &mut from.range, said.range, by),
            believe(&mut self.lot, &mut from.lot, said.lot, by),
            believe(&mut self.min_qty, &mut from.min_qty, said.min_qty, by),
            believe(&mut self.min_notional, &mut from.min_notional, said.min_notional, by),
        ];
        (self.low, self.high) = range;
        changed.contains(&true)
    }

    /// Takes finer steps than those in force, which a level showed to be wrong whoever said them.
    /// Only a caller's are kept.
    pub fn refine(&mut self, prices: Option<PriceGrid>, lot: Option<Quantity>) -> bool {
        let from = &mut self.origins;
        let spoken = |origin: TermsOrigin| origin != TermsOrigin::Caller;
        let prices = prices.filter(|prices| spoken(from.grid) && *prices != self.prices);
        let lot = lot.filter(|lot| spoken(from.lot) && *lot != self.lot);
        if let Some(prices) = prices {
            (self.prices, from.grid) = (prices, TermsOrigin::Learnt);
        }
        if let Some(lot) = lot {
            (self.lot, from.lot) = (lot, TermsOrigin::Learnt);
            if from.min_qty == TermsOrigin::Default {
                self.min_qty = self.min_qty.min(lot);
            }
        }
        prices.is_some() || lot.is_some()
    }

    /// The same market as an outcome of it quotes: NO mirrors the prices of YES.
    #[must_use]
    pub fn of(&self, outcome: Option<Outcome>) -> Self {
        if outcome != Some(Outcome::No) {
            return *self;
        }
        let prices = match self.prices {
            PriceGrid::Bands(bands) => PriceGrid::Bands(bands.mirrored()),
            prices => prices,
        };
        let (low, high) = (Price(PRICE_ONE - self.high.0), Price(PRICE_ONE - self.low.0));
        Self { prices, low, high, ..*self }
    }

    /// Whether an order may have this price.
    pub fn contains(&self, price: Price) -> bool {
        price >= self.low && price <= self.high && self.prices.contains(price)
    }

    /// The quantity step that binds orders. The levels of a pair or perpetual show which sizes others
    /// sent and no more: a lot learnt from them binds nobody, and is no minimum. Event contracts have
    /// one named to begin with; what levels prove finer still binds, since their fees are rounded
    /// fill by fill and what an order reserves is bounded by its lots.
    pub fn order_lot(&self) -> Quantity {
        let is_event = self.high.0 < PRICE_ONE;
        if self.origins.lot == TermsOrigin::Learnt && !is_event { Quantity(1) } else { self.lot }
    }

    /// Distance between prices around `price`.
    pub fn tick_at(&self, price: Price) -> Price {
        self.prices.tick_at(price)
    }

    /// The tick that a listing shows: around this price where one is known.
    pub fn shown_tick(&self, near: Option<Price>) -> Price {
        match self.prices {
            PriceGrid::Figures { .. } | PriceGrid::Bands(_) => {
                near.map_or_else(|| self.prices.nominal_tick(), |price| self.tick_at(price))
            }
            prices => prices.nominal_tick(),
        }
    }

    /// The highest price of the market not above this one.
    pub fn floor(&self, price: Price) -> Option<Price> {
        let found = self.prices.floor(price.min(self.high));
        (found >= self.low && found.0 > 0).then_some(found)
    }

    /// The lowest price of the market not below this one.
    pub fn ceil(&self, price: Price) -> Option<Price> {
        let found = self.prices.ceil(price.max(self.low).max(Price(1))).ok()?;
        (found <= self.high).then_some(found)
    }

    /// Where an order with this limit rests: on the grid, rounded toward passive. `None` when that
    /// leaves the range.
    pub fn passive(&self, side: Side, limit: Price) -> Option<Price> {
        match side {
            Side::Buy => self.floor(limit),
            Side::Sell => self.ceil(limit),
        }
    }

    /// The worst price a taker may pay, rounded outward and kept inside the range.
    pub fn outward(&self, side: Side, cap: Price) -> Price {
        let (lowest, highest) = (self.ceil(self.low), self.floor(self.high));
        match side {
            Side::Buy => self.ceil(cap).or(highest).unwrap_or(self.high),
            Side::Sell => self.floor(cap).or(lowest).unwrap_or(self.low),
        }
    }

    /// The price is on the grid and in the range.
    pub fn check_price(&self, price: Price) -> Result<(), Refusal> {
        if self.contains(price) {
            return Ok(());
        }
        let valid: Vec<String> = [self.floor(price), self.ceil(price)]
            .into_iter()
            .flatten()
            .map(|price| price.to_string())
            .collect();
        let wrong = if price < self.low || price > self.high {
            format!("is outside the range from {} to {}", self.low, self.high)
        } else {
            format!("is off the tick of {}", self.tick_at(price))
        };
        Err(Refusal::invalid("price", format!("{wrong}; nearest valid: {}", valid.join(" and "))))
    }

    /// Where an order rests, or the refusal of a limit that no rounding toward passive keeps inside
    /// the range.
    pub fn check_passive(&self, side: Side, limit: Price) -> Result<Price, Refusal> {
        self.passive(side, limit).ok_or_else(|| {
            let (edge, word) = match side {
                Side::Buy => (self.ceil(self.low), "lowest"),
                Side::Sell => (self.floor(self.high), "highest"),
            };
            let edge = edge.map_or_else(|| "none".to_owned(), |price| price.to_string());
            Refusal::invalid("price", format!("leaves the range; the {word} price is {edge}"))
        })
    }

    /// The quantity is whole lots.
    pub fn check_lot(&self, qty: Quantity) -> Result<(), Refusal> {
        let lot = self.order_lot();
        let floored = qty.floor_to(lot);
        if floored == qty {
            return Ok(());
        }
        let high = floored.checked_add(lot)?;
        // Nothing below one lot can be ordered.
        let valid = match floored {
            Quantity(0) => high.to_string(),
            low => format!("{low} and {high}"),
        };
        let text = format!("is off the lot of {lot}; nearest valid: {valid}");
        Err(Refusal::invalid("qty", text))
    }

    /// The market takes orders as small as this.
    pub fn check_minimums(&self, qty: Quantity, notional: Option<Money>) -> Result<(), Refusal> {
        if qty < self.min_qty || qty.0 <= 0 {
            let text = format!("is below the minimum of {}", self.min_qty.max(self.order_lot()));
            return Err(Refusal::invalid("qty", text));
        }
        match notional {
            Some(notional) if notional < self.min_notional => Err(Refusal::invalid(
                "qty",
                format!("is worth {notional}, below the minimum notional of {}", self.min_notional),
            )),
            _ => Ok(()),
        }
    }
}
