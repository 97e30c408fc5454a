//! Markets: what is listed, on which terms, and several messages of them as one command.

use crate::command::MarketRow;
use crate::engine::exchange::listing::FeedKind;
use crate::engine::exchange::rows::shown_level;
use crate::engine::{Engine, Reply};
use crate::ids::{MarketId, VenueId};
use crate::listing::find;
use crate::number::Quantity;
use crate::reject::Refusal;
use crate::sim::fees::FeeSchedule;
use crate::tape::{FeedStatus, MarketEvent};
use crate::venue::{PriceGrid, Terms};

impl Engine {
    /// Lists a symbol at a venue, or finds it listed. The symbol may have any known form.
    pub fn list_market(
        &mut self,
        venue: VenueId,
        text: &str,
        feed: FeedKind,
    ) -> Result<MarketId, Refusal> {
        self.listing().list(venue, text, feed)
    }

    /// A source takes over a market that came back without one; who waits there goes on waiting.
    pub fn claim(&mut self, id: MarketId, feed: FeedKind) {
        self.listing().claim(id, feed);
    }

    /// The market of a symbol text at a venue, when it is listed.
    pub fn find_market(&self, venue: VenueId, text: &str) -> Option<MarketId> {
        find(&self.registry, venue, text)
    }

    /// Takes what a source says of a market's grid, as far as it is to be believed before whoever
    /// spoke so far: instrument data of a feed, the header of a recording, a caller.
    pub fn set_terms(&mut self, id: MarketId, said: &Terms) {
        if self.registry.set_terms(id, said) {
            self.grid_changed(id);
        }
    }

    /// Takes steps finer than those in force: a level off them was seen. A caller's are kept.
    pub fn refine_steps(&mut self, id: MarketId, prices: Option<PriceGrid>, lot: Option<Quantity>) {
        if self.registry.refine(id, prices, lot) {
            self.grid_changed(id);
        }
    }

    /// Orders at prices that the market no longer has end. Steps of the past end none: what rests
    /// is on those that came last.
    fn grid_changed(&mut self, id: MarketId) {
        self.exchange.set_lot(id, self.registry.market(id).grid.lot);
        if self.exchange.reads_past() {
            return;
        }
        let off = self.papers().off_grid(id);
        self.floor().end_off_grid(&off);
    }

    /// How long a hand-fed book stays live without a message; `None` is for ever.
    pub fn set_max_age(&mut self, id: MarketId, max_age_ns: Option<i64>) {
        self.exchange.set_max_age(id, max_age_ns);
    }

    /// The delay for takers that a market's rules name from now on.
    pub fn set_taker_delay(&mut self, id: MarketId, delay_ns: i64) {
        self.registry.set_taker_delay(id, delay_ns.max(0));
    }

    /// The fees of a market from now on. Open legs were reserved under the old ones, so a market
    /// that has one keeps them. Rebates are credited when the parameters say so.
    pub fn set_fees(&mut self, id: MarketId, fees: FeeSchedule) -> Result<(), Refusal> {
        if self.papers().trades_at(id) {
            return Err(Refusal::conflict("the market has open orders"));
        }
        let fees = if self.rules.params().rebates { fees } else { fees.without_rebates() };
        self.registry.set_fees(id, fees);
        Ok(())
    }

    /// Says which row cannot be applied, by its place. What passes cannot fail any more: market
    /// data itself is never refused.
    pub fn check_market_rows(&self, rows: &[MarketRow<'_>]) -> Result<(), Refusal> {
        self.facts().check_rows(rows)
    }

    /// Applies several messages: all of them, or none.
    pub(super) fn market_rows(&mut self, rows: &[MarketRow<'_>]) -> Result<Reply, Refusal> {
        self.check_market_rows(rows)?;
        for row in rows {
            let found = self.find_market(row.venue, row.symbol);
            let market = match found {
                Some(market) => market,
                None => self.list_market(row.venue, row.symbol, FeedKind::HandFed)?,
            };
            self.claim(market, FeedKind::HandFed);
            let grid = self.registry.market(market).grid.prices;
            self.set_terms(market, &row.said);
            // What a message brings was checked: a book leaves the grid with the grid alone.
            let is_new = self.registry.market(market).grid.prices != grid;
            self.cover_levels(market, row.events);
            if !row.events.is_empty() {
                self.market_message(market, row.events);
            }
            if is_new && self.facts().shows_off_grid(market) {
                let now = self.agenda.now_ns();
                let resync = MarketEvent::status(FeedStatus::Resync, now, now);
                self.market_message(market, &[resync]);
            }
            self.carry();
            self.judge_changed();
        }
        Ok(Reply::Done)
    }

    /// A grid that no caller named becomes as fine as the levels it gets.
    fn cover_levels(&mut self, id: MarketId, events: &[MarketEvent]) {
        let prices = self.registry.market(id).grid.prices;
        let shown = events.iter().filter_map(shown_level);
        let finer = shown.fold(prices, |prices, (_, price)| prices.covering(price));
        if finer != prices {
            self.refine_steps(id, Some(finer), None);
        }
    }
}
