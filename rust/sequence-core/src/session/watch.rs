//! What a strategy wants to be told while a session moves, and what it was not told yet.
//!
//! The watch only looks: what is told, and how often, changes nothing that is decided. Time may also
//! move inside a call that the strategy makes; what it saw then waits until it is asked for.

use std::collections::VecDeque;

use crate::book::Level;
use crate::engine::Engine;
use crate::ids::{BookSide, MarketId};
use crate::number::{Price, Quantity};
use crate::tape::{EventKind, MarketEvent};

/// How often a changed book is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// After each message.
    Message,
    /// When price or size of a best level changed.
    Touch,
    /// With the first message after so many nanoseconds.
    Every(i64),
}

/// What to tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Books, and how often.
    pub books: Option<Pace>,
    /// Trades of the recording.
    pub trades: bool,
    /// Events of the log.
    pub orders: bool,
}

/// One thing to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The log has new events.
    Orders,
    /// A book changed.
    Book(MarketId),
    /// Somebody traded.
    Trade {
        /// Where.
        market: MarketId,
        /// The side that was hit, where the venue says so.
        hit: Option<BookSide>,
        /// Price.
        price: Price,
        /// Size.
        quantity: Quantity,
    },
}

/// Looks at every message while somebody wants to know.
#[derive(Debug)]
pub(super) struct Watch {
    wanted: Wanted,
    markets: Vec<Shown>,
    waiting: VecDeque<Told>,
    log_seq: u64,
}

/// What was last told of a market.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    touch: [Option<Level>; 2],
    told_ns: Option<i64>,
    waits: bool,
}

impl Watch {
    /// Looks from here on: what the books show now is no news.
    pub(super) fn new(wanted: Wanted, engine: &Engine) -> Self {
        let shown = |(id, _)| Shown { touch: touch_of(engine, id), ..Shown::default() };
        let markets = engine.registry().markets().map(shown).collect();
        let log_seq = engine.log().last_seq();
        Self { wanted, markets, waiting: VecDeque::new(), log_seq }
    }

    /// Notes what a message that was just applied has to tell.
    pub(super) fn saw(&mut self, engine: &Engine, market: MarketId, events: &[MarketEvent]) {
        if self.wanted.trades {
            let is_trade = |kind| {
                matches!(kind, EventKind::Print | EventKind::Execute | EventKind::HiddenExecute)
            };
            let trades = events.iter().filter(|event| is_trade(event.kind));
            self.waiting.extend(trades.map(|trade| Told::Trade {
                market,
                hit: trade.side,
                price: trade.price,
                quantity: trade.quantity,
            }));
        }
        let Some(pace) = self.wanted.books else { return };
        let at = market.0 as usize;
        if self.markets.len() <= at {
            self.markets.resize(at + 1, Shown::default());
        }
        let Some(shown) = self.markets.get_mut(at) else { return };
        // One that waits to be told is shown as it is then.
        if !shown.waits && shown.is_news(engine, market, pace) {
            shown.waits = true;
            self.waiting.push_back(Told::Book(market));
        }
    }

    /// True when there is something to tell.
    pub(super) fn has_news(&self, engine: &Engine) -> bool {
        !self.waiting.is_empty() || self.has_orders(engine)
    }

    /// What comes next: own orders first, they are known before the market that moved them.
    pub(super) fn next(&mut self, engine: &Engine) -> Option<Told> {
        if self.has_orders(engine) {
            self.log_seq = engine.log().last_seq();
            return Some(Told::Orders);
        }
        let told = self.waiting.pop_front()?;
        if let Told::Book(market) = told
            && let Some(shown) = self.markets.get_mut(market.0 as usize)
        {
            shown.waits = false;
        }
        Some(told)
    }

    /// What of markets was not told yet.
    pub(super) fn untold(self) -> VecDeque<Told> {
        self.waiting
    }

    fn has_orders(&self, engine: &Engine) -> bool {
        self.wanted.orders && engine.log().last_seq() != self.log_seq
    }
}

impl Shown {
    fn is_news(&mut self, engine: &Engine, market: MarketId, pace: Pace) -> bool {
        match pace {
            Pace::Message => true,
            Pace::Touch => {
                let touch = touch_of(engine, market);
                std::mem::replace(&mut self.touch, touch) != touch
            }
            Pace::Every(step_ns) => {
                let now_ns = engine.now_ns();
                let due =
                    self.told_ns.is_none_or(|told_ns| now_ns.saturating_sub(told_ns) >= step_ns);
                if due {
                    self.told_ns = Some(now_ns);
                }
                due
            }
        }
    }
}

fn touch_of(engine: &Engine, market: MarketId) -> [Option<Level>; 2] {
    let book = &engine.market(market).market.book;
    [book.best(BookSide::Bid), book.best(BookSide::Ask)]
}
