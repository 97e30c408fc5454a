//! How much an edge gives its target, and how much a node sends.
//!
//! Units that an edge gives are counted at 1e-16, so that nothing is lost between fills: what is
//! below a lot or a minimum is owed and goes with the next firing.

use super::Work;
use super::run::{Edge, Firing};
use crate::command::Size;
use crate::engine::desk::minimums::Exit;
use crate::graph::{NodeSize, Ratio, Sizing};
use crate::ids::{InstrumentKind, MarketId, Side};
use crate::number::{Money, PRICE_ONE, Price, Quantity, exact_notional, mul_div_floor};
use crate::reject::{RejectReason, Rejected};

/// Units at 1e-16 in one unit at 1e-8.
const FINE: i128 = 100_000_000;

/// What a firing gives its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// The target's own quantity.
    Own,
    /// So many units.
    Units(Quantity),
    /// Less than can be sent: it is owed.
    Nothing,
}

impl Edge {
    /// Of what is owed so much is given; the rest goes with the next firing.
    fn pay(&mut self, owed: i128, units: Quantity) {
        let paid = i128::from(units.0) * FINE;
        self.given += paid;
        self.residual = owed - paid;
    }
}

impl Work<'_> {
    /// What a firing gives; the edge's accounts are brought up to date.
    pub(super) fn given(&mut self, firing: &Firing) -> Result<Gives, Rejected> {
        let Some(fine) = self.owed_by(firing)? else { return Ok(Gives::Own) };
        let units = self.sendable(self.run.edges[firing.edge].to, fine / FINE);
        self.run.edges[firing.edge].pay(fine, units);
        Ok(if units.0 > 0 { Gives::Units(units) } else { Gives::Nothing })
    }

    /// What the edges of a join give together, once the last of them fired; `None` until then.
    pub(super) fn given_together(&mut self, firing: &Firing) -> Result<Option<Gives>, Rejected> {
        if let Some(fine) = self.owed_by(firing)? {
            self.run.edges[firing.edge].residual = fine;
        }
        let to = self.run.edges[firing.edge].to;
        let incoming = self.run.nodes[to].incoming.clone();
        let edges = || incoming.iter().map(|at| &self.run.edges[*at]);
        if edges().any(|edge| edge.fired == 0 || edge.pending > 0) {
            return Ok(None);
        }
        if edges().any(|edge| edge.spec.sizing() == Sizing::Target) {
            return Ok(Some(Gives::Own));
        }
        let together: i128 = edges().map(|edge| edge.residual).sum();
        let units = self.sendable(to, together.min(self.room(to)) / FINE);
        let mut left = units;
        for at in incoming {
            let edge = &mut self.run.edges[at];
            let most = i64::try_from(edge.residual / FINE).unwrap_or(i64::MAX);
            let paid = left.min(Quantity(most));
            left = Quantity(left.0 - paid.0);
            edge.pay(edge.residual, paid);
        }
        Ok(Some(if units.0 > 0 { Gives::Units(units) } else { Gives::Nothing }))
    }

    /// What a firing would give at 1e-16, with what was owed before; `None` is the target's own.
    fn owed_by(&self, firing: &Firing) -> Result<Option<i128>, Rejected> {
        let edge = &self.run.edges[firing.edge];
        let sizing = edge.spec.sizing();
        let of = |share: Ratio, units: i128| units * i128::from(share.0);
        let source = || edge.from.map(|at| self.sums(at)).unwrap_or_default();
        let (fill, value) = firing.fill;
        let fine = match sizing {
            Sizing::Target => return Ok(None),
            Sizing::FromFill(share) => of(share, i128::from(fill.0)) + edge.residual,
            Sizing::FromFillNotional(share) => {
                let usd = Money(mul_div_floor(value.0, i128::from(share.0), FINE).unwrap_or(0));
                self.worth(edge.to, usd)? + edge.residual
            }
            // What was given before is less than what was filled by what is owed.
            Sizing::FromFilled(share) => of(share, source().filled) - edge.given,
            Sizing::Remaining(share) => of(share, source().qty - source().filled),
            Sizing::Fixed(units) => i128::from(units.0) * FINE,
            Sizing::Notional(usd) => self.worth(edge.to, usd)?,
        };
        Ok(Some(fine.min(self.room(edge.to)).max(0)))
    }

    /// What a `fixed` quantity still lets the edges of a node give it, at 1e-16.
    fn room(&self, at: usize) -> i128 {
        let NodeSize::Fixed(cap) = self.run.nodes[at].spec.size else { return i128::MAX };
        let given: i128 =
            self.run.nodes[at].incoming.iter().map(|edge| self.run.edges[*edge].given).sum();
        (i128::from(cap.0) * FINE - given).max(0)
    }

    /// Units at 1e-16 that so much USD buys of a node's instrument now.
    fn worth(&self, at: usize, usd: Money) -> Result<i128, Rejected> {
        let stale = || (RejectReason::StaleVenue, "no live price says what it is worth".to_owned());
        let price = self.price_in_usd(at).filter(|price| *price > 0).ok_or_else(stale)?;
        mul_div_floor(usd.0, FINE * FINE, price)
            .map_err(|_large| (RejectReason::InvalidParams, "the quantity is too large".to_owned()))
    }

    /// The limit, or the best opposite price, in USD at 1e-9.
    fn price_in_usd(&self, at: usize) -> Option<i128> {
        let price = self.price_of(at)?;
        let settle = self.engine.registry.market(*self.markets_of(at).first()?).settle;
        let rate = self.engine.facts().usd_rate(settle)?;
        mul_div_floor(i128::from(price.0), i128::from(rate.0), i128::from(PRICE_ONE)).ok()
    }

    fn price_of(&self, at: usize) -> Option<Price> {
        let node = &self.run.nodes[at];
        let markets = self.markets_of(at);
        let touch = || self.engine.facts().best_touch(markets, node.spec.side, node.outcome);
        node.spec.limit().or_else(touch)
    }

    /// Markets that a node's orders may use.
    pub(super) fn markets_of(&self, at: usize) -> &[MarketId] {
        let node = &self.run.nodes[at];
        match node.spec.venue {
            Some(venue) => self.engine.registry.markets_at(node.symbol, venue),
            None => &self.engine.registry.symbol(node.symbol).markets,
        }
    }

    /// The smallest lot that a node's orders may have.
    pub(super) fn lot_of(&self, at: usize) -> Quantity {
        let lots =
            self.markets_of(at).iter().map(|id| self.engine.registry.market(*id).grid.order_lot());
        lots.min().unwrap_or(Quantity(1)).max(Quantity(1))
    }

    /// Whole lots, when some venue takes so much; else nothing.
    fn sendable(&self, at: usize, units: i128) -> Quantity {
        let units = Quantity(i64::try_from(units).unwrap_or(i64::MAX)).floor_to(self.lot_of(at));
        if self.is_enough(at, units) { units } else { Quantity::ZERO }
    }

    /// True when some venue takes an order of so many units.
    pub(super) fn is_enough(&self, at: usize, units: Quantity) -> bool {
        let node = &self.run.nodes[at];
        let price = self.price_of(at);
        let exit = Exit {
            account: self.run.account,
            side: node.spec.side,
            reduce_only: node.only_reduces(),
            takes: node.spec.limit().is_none(),
        };
        units.0 > 0
            && self.markets_of(at).iter().any(|market| {
                let grid =
                    self.engine.papers().terms_for(*market, exit, units).grid_of(node.outcome);
                let floored = units.floor_to(grid.order_lot());
                let value =
                    price.map(|price| Money::from_exact_floor(exact_notional(price, floored)));
                floored.0 > 0 && grid.check_minimums(floored, value).is_ok()
            })
    }

    /// What a node sends of its own.
    pub(super) fn own_size(&self, at: usize) -> Result<Size, Rejected> {
        let node = &self.run.nodes[at];
        let short = |text: &str| Err((RejectReason::InvalidParams, text.to_owned()));
        match node.spec.size {
            NodeSize::Fixed(units) => match units.0 - node.reduced.0 {
                left if left > 0 => Ok(Size::Quantity(Quantity(left))),
                _ => short("its edges took all of it off"),
            },
            NodeSize::Notional(usd) => Ok(Size::Notional(usd)),
            NodeSize::FromEdge => short("no edge gave it a quantity"),
            NodeSize::Position(share) => {
                let held = self.position_to_close(at);
                let units = mul_div_floor(held, i128::from(share.0), FINE).unwrap_or(0);
                let units = i64::try_from(units).unwrap_or(i64::MAX);
                match Quantity(units).floor_to(self.lot_of(at)) {
                    units if units.0 > 0 => Ok(Size::Quantity(units)),
                    _ => short("there is no position to reduce"),
                }
            }
        }
    }

    /// What an order of a node could close now: of spot, what is held and free.
    fn position_to_close(&self, at: usize) -> i128 {
        let node = &self.run.nodes[at];
        if node.kind != InstrumentKind::Perp && node.spec.side == Side::Buy {
            return 0;
        }
        let held = self.markets_of(at).iter().map(|market| {
            let terms = self.engine.registry.market(*market);
            if node.kind == InstrumentKind::Perp {
                let held = self.engine.portfolio.opposite(
                    &self.engine.registry,
                    self.run.account,
                    *market,
                    node.spec.side,
                );
                return i128::from(held.0);
            }
            let asset = terms.held(node.outcome);
            let free = self.engine.portfolio.spendable(
                self.engine.facts(),
                self.run.account,
                terms.venue,
                asset,
            );
            free.to_quantity_floor().map_or(0, |units| i128::from(units.0))
        });
        held.sum()
    }
}
