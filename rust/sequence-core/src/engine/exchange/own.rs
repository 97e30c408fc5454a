//! What an account has in a market for itself: levels that it took, and its own resting orders.

use crate::engine::exchange::market::MarketSim;
use crate::ids::{AccountId, BookSide, Side};
use crate::number::{Price, Quantity};

impl MarketSim {
    /// Size an account already took of a level and that has not come back.
    pub(in crate::engine) fn consumed(
        &self,
        account: AccountId,
        side: BookSide,
        price: Price,
        now_ns: i64,
    ) -> Quantity {
        self.worlds
            .get(&account)
            .filter(|world| !world.overlay.is_empty())
            .map_or(Quantity::ZERO, |world| {
                world.overlay.consumed(side, price, now_ns, self.resilience)
            })
    }

    /// Forgets a part of what an account took of a level.
    pub(in crate::engine) fn give_back(
        &mut self,
        account: AccountId,
        (side, price): (BookSide, Price),
        size: Quantity,
        now_ns: i64,
    ) {
        let rule = self.resilience;
        if let Some(world) = self.worlds.get_mut(&account) {
            world.overlay.give_back(side, price, size, now_ns, rule);
        }
    }

    /// Remembers what an account took of a level.
    pub(in crate::engine) fn consume(
        &mut self,
        account: AccountId,
        side: BookSide,
        price: Price,
        size: Quantity,
        now_ns: i64,
    ) {
        let rule = self.resilience;
        if let Some(world) = self.worlds.get_mut(&account) {
            world.overlay.take(side, price, size, now_ns, rule);
            // The quote that gave it may have shrunk since, within the same message.
            let shown = self.market.book.quantity_at(side, price);
            world.overlay.on_level(side, price, shown, now_ns, rule);
        }
    }

    /// Best own resting price on the side an order of this direction rests on.
    pub(in crate::engine) fn best_own(&self, account: AccountId, side: Side) -> Option<Price> {
        self.worlds.get(&account)?.queue.best(side.rests())
    }

    /// Forgets an account: its new epoch meets an untouched market.
    pub(in crate::engine) fn forget(&mut self, account: AccountId) {
        self.worlds.remove(&account);
    }
}
