//! The simulated venues: books, queues, delays, fills.

pub(in crate::engine) mod arrive;
pub(in crate::engine) mod change;
pub(in crate::engine) mod cite;
mod decided;
pub(in crate::engine) mod evidence;
pub(in crate::engine) mod impact;
mod kept;
pub(in crate::engine) mod legs;
pub(in crate::engine) mod line;
pub(in crate::engine) mod lines;
pub(in crate::engine) mod listing;
pub(in crate::engine) mod mark;
pub(in crate::engine) mod market;
pub(in crate::engine) mod message;
mod own;
mod past;
pub(in crate::engine) mod queues;
mod reach;
pub(in crate::engine) mod receive;
pub(in crate::engine) mod rows;
pub(in crate::engine) mod tell;
pub(in crate::engine) mod walk;
pub(in crate::engine) mod world;

use std::collections::BTreeSet;

use crate::engine::seam::LegRef;
use crate::ids::{AccountId, MarketId, OrderId, VenueId};
use crate::market::TradingPhase;
use crate::number::{Price, Quantity};
use crate::order::AtVenue;
use crate::sim::preset::Params;
use crate::sim::walk::LevelTaken;
use crate::table::Table;
use crate::tape::MarketEvent;
use legs::VenueLeg;
use mark::BookMark;
use market::MarketSim;

/// Books, and what the simulated venues hold.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Exchange {
    markets: Table<MarketId, MarketSim>,
    rest_seq: u64,
    takes: Vec<LevelTaken>,
    unclaimed: BTreeSet<MarketId>,
    books_age: bool,
    /// What is heard is of before the present.
    reads_past: bool,
    lines: lines::Lines,
    legs: legs::Legs,
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            markets: Table::default(),
            rest_seq: 0,
            takes: Vec::new(),
            unclaimed: BTreeSet::new(),
            books_age: true,
            reads_past: false,
            lines: lines::Lines::default(),
            legs: legs::Legs::default(),
        }
    }
}

impl Exchange {
    pub(in crate::engine) fn market(&self, id: MarketId) -> &MarketSim {
        &self.markets[id]
    }

    pub(in crate::engine) fn markets(&self) -> impl Iterator<Item = (MarketId, &MarketSim)> {
        self.markets.iter()
    }

    /// What a simulated venue has of a leg; of one that was never sent to one nothing.
    #[inline]
    pub(in crate::engine) fn leg(&self, leg: LegRef) -> &VenueLeg {
        self.legs.get(leg)
    }

    /// When the last answer that a venue sent to an account becomes visible, ns.
    pub(in crate::engine) fn last_answer_ns(&self, account: AccountId, venue: VenueId) -> i64 {
        self.lines.of(account).get(&venue).map_or(0, lines::Line::last_answer_ns)
    }

    /// A leg that ended for its client: whatever of it still travels is for nobody.
    pub(in crate::engine) fn let_go(&mut self, leg: LegRef) {
        self.legs.lets_go(leg);
    }

    /// Lets go of legs that readers had read back from bytes.
    #[inline]
    pub(in crate::engine) fn settle(&mut self) {
        self.legs.settle();
    }

    /// Nobody asks for the legs of an order any more.
    pub(in crate::engine) fn forget_order(&mut self, id: OrderId) {
        self.legs.forget(id);
    }

    /// Applies events to the record of a market; none but the last ends a message.
    #[inline]
    pub(in crate::engine) fn apply(&mut self, id: MarketId, events: &[MarketEvent], now_ns: i64) {
        self.markets[id].read(events, now_ns);
    }

    /// The same for a whole message; where nobody is there to meet it, that is all, and true.
    #[inline]
    pub(in crate::engine) fn pass(
        &mut self,
        id: MarketId,
        events: &[MarketEvent],
        now_ns: i64,
    ) -> bool {
        let sim = &mut self.markets[id];
        sim.read(events, now_ns);
        let is_unmet = sim.worlds.is_empty();
        if is_unmet {
            sim.note_mark(now_ns);
            sim.settle_without_worlds();
        }
        is_unmet
    }

    /// Whether nobody is there to meet a message that ended; nothing of it is kept then.
    #[inline]
    pub(in crate::engine) fn passes_unmet(&mut self, id: MarketId) -> bool {
        let sim = self.markets.quietly(id);
        let is_unmet = sim.worlds.is_empty();
        if is_unmet {
            sim.settle_without_worlds();
        }
        is_unmet
    }

    /// The mark of a market now; that of a good book is remembered.
    pub(in crate::engine) fn note_mark(&mut self, id: MarketId, now_ns: i64) -> Option<BookMark> {
        self.markets[id].note_mark(now_ns)
    }

    /// Number of the leg that came to rest or to wait last.
    pub(in crate::engine) const fn rest_seq(&self) -> u64 {
        self.rest_seq
    }

    /// Who comes to rest from here on stands behind this number.
    pub(in crate::engine) fn go_on_behind(&mut self, place: u64) {
        self.rest_seq = self.rest_seq.max(place);
    }

    /// Lets books go stale by age, or not.
    pub(in crate::engine) fn set_books_age(&mut self, enabled: bool) {
        self.books_age = enabled;
        for market in self.markets.rows_mut() {
            market.set_ageing(enabled);
        }
    }

    /// As another exchange had it, without telling the books.
    pub(in crate::engine) const fn age_books_as(&mut self, other: &Self) {
        self.books_age = other.books_age;
    }

    /// Treats a book as old, or no longer.
    pub(in crate::engine) fn hold_stale(&mut self, id: MarketId, held: bool, now_ns: i64) {
        self.markets[id].market.hold_stale(held, now_ns);
    }

    pub(in crate::engine) fn set_phase(&mut self, id: MarketId, phase: TradingPhase, now_ns: i64) {
        self.markets[id].market.set_phase(phase, now_ns);
    }

    /// The last mark of a market, as it was kept.
    pub(in crate::engine) fn put_mark(&mut self, id: MarketId, price: Price, as_of_ns: i64) {
        self.markets[id].put_mark(price, as_of_ns);
    }

    /// The quantity step of a market, as it was kept.
    pub(in crate::engine) fn set_lot(&mut self, id: MarketId, lot: Quantity) {
        self.markets[id].set_lot(lot);
    }

    /// Whoever feeds the market next says how.
    pub(in crate::engine) fn unclaim(&mut self, id: MarketId) {
        self.unclaimed.insert(id);
    }

    /// A leg waits for the next live book.
    pub(in crate::engine) fn wait(
        &mut self,
        id: MarketId,
        account: AccountId,
        params: &Params,
        leg: LegRef,
    ) {
        self.legs.at(leg).state = AtVenue::Waiting;
        self.markets[id].world(account, params).waiting.push(leg);
    }

    /// Nothing of an account is left at any venue.
    pub(in crate::engine) fn forget(&mut self, account: AccountId) {
        for market in self.markets.rows_mut() {
            market.forget(account);
        }
        self.lines.forget(account);
    }
}
