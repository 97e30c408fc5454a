//! Orders by numbers at a market that stands, without delays: what a strategy's desk does.

use sequence_core::command::Command;
use sequence_core::engine::{Engine, FeedKind};
use sequence_core::ids::{AccountId, BookSide, MarketId, OrderId, Side};
use sequence_core::number::{PRICE_ONE, Price, Quantity};
use sequence_core::session::{DeskOrder, Session};
use sequence_core::sim::preset::INSTANT;
use sequence_core::tape::{EventKind, MarketEvent};
use sequence_core::venue;

const START_NS: i64 = 1_776_657_000_000_000_000;
const BID: i64 = 60_000 * PRICE_ONE;
/// A million coins a level: the book is the same for the last order as for the first.
const LEVEL: Quantity = Quantity(100_000_000_000_000);

/// A session with ten levels a side and a funded account.
#[derive(Debug)]
pub struct Desk {
    /// All of it.
    pub session: Session,
    account: AccountId,
    market: MarketId,
}

impl Desk {
    /// As a new sandbox with a hand-fed market.
    ///
    /// # Panics
    ///
    /// When the engine refuses its own fixture.
    pub fn new() -> Self {
        let mut engine = Engine::new(1, "instant", INSTANT);
        let listed = engine.list_market(venue::KRAKEN, "BTC-USD", FeedKind::HandFed);
        let market = listed.unwrap_or(MarketId(0));
        let mut events = vec![MarketEvent::new(EventKind::SnapshotBegin, START_NS, START_NS)];
        for depth in 0..10 {
            let prices = [BID - depth * PRICE_ONE, BID + (1 + depth) * PRICE_ONE];
            for (side, price) in [BookSide::Bid, BookSide::Ask].into_iter().zip(prices) {
                events.push(MarketEvent::level(side, Price(price), LEVEL, START_NS, START_NS));
            }
        }
        events.push(MarketEvent::new(EventKind::SnapshotEnd, START_NS, START_NS).last());
        assert!(engine.apply(Command::Market { market, events: &events }, START_NS).is_ok());
        let account = engine.account("bench");
        let initial = Quantity(100_000_000_000_000_000);
        assert!(engine.apply(Command::Reset { account, initial }, START_NS).is_ok());
        Self { session: Session::new(engine), account, market }
    }

    /// A hundredth at the market, or a whole one so far behind the touch.
    pub const fn order(&self, side: Side, behind: Option<i64>) -> DeskOrder {
        let (qty, limit) = match behind {
            Some(depth) => (Quantity(100_000_000), Some(Price(BID - depth * PRICE_ONE))),
            None => (Quantity(1_000_000), None),
        };
        DeskOrder {
            market: self.market,
            outcome: None,
            side,
            qty,
            limit,
            tif: None,
            reduce_only: false,
            max_slippage_bps: None,
            horizon_ms: None,
        }
    }

    /// One call: sources and timers, then the order.
    ///
    /// # Panics
    ///
    /// When it is refused.
    #[expect(clippy::expect_used, reason = "a measurement that gets a wrong answer must stop")]
    pub fn submit(&mut self, order: &DeskOrder) -> OrderId {
        self.session.bring_up();
        self.session.desk_submit(self.account, order).expect("it is taken")
    }

    /// One call: sources and timers, then the cancel; whether the order was open.
    pub fn cancel(&mut self, order: OrderId) -> bool {
        self.session.bring_up();
        self.session.desk_cancel(self.account, order).is_ok_and(|was_open| was_open)
    }

    /// One call for all of them.
    ///
    /// # Panics
    ///
    /// When one is refused.
    #[expect(clippy::expect_used, reason = "as above")]
    pub fn submit_many(&mut self, orders: &[DeskOrder]) -> Vec<OrderId> {
        self.session.bring_up();
        let one = |order| self.session.desk_submit(self.account, order).expect("it is taken");
        orders.iter().map(one).collect()
    }

    /// How many of them were open; one call.
    pub fn cancel_many(&mut self, orders: &[OrderId]) -> usize {
        self.session.bring_up();
        let was_open = |order: &&OrderId| {
            self.session.desk_cancel(self.account, **order).is_ok_and(|was_open| was_open)
        };
        orders.iter().filter(was_open).count()
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}
