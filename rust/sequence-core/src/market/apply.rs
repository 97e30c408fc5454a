//! What one event does to a market.

use super::{
    Change, Loss, MAX_CROSSED_NS, Market, MarketStatus, Message, NEVER, Sync, Trade, TradingPhase,
};
use crate::ids::BookSide;
use crate::number::Quantity;
use crate::tape::{EventKind, FeedStatus, MarketEvent, flag};

impl Market {
    /// Applies one event, received at `now_ns` on the engine's clock.
    ///
    /// Cost: a look-up; where a level comes or goes, a binary search and the levels between it and
    /// the touch. No allocation once the sides have grown. Anything is accepted: what makes no sense is counted and ignored.
    pub fn apply(&mut self, event: &MarketEvent, now_ns: i64) -> Change {
        if event.kind == EventKind::LevelSet {
            let (price, after) = (event.price, event.quantity);
            return match self.apply_level(event, now_ns) {
                Ok((side, before)) => Change::Level { side, price, before, after },
                Err(change) => change,
            };
        }
        self.note_time(now_ns);
        let change = match event.kind {
            EventKind::Print => self.print(event, now_ns),
            EventKind::SnapshotBegin => self.begin_snapshot(event),
            EventKind::SnapshotEnd => self.end_snapshot(event, now_ns),
            EventKind::Status => self.venue_status(event, now_ns),
            // Order-by-order kinds belong to recordings of true queues, not to a book of levels.
            EventKind::LevelSet
            | EventKind::Add
            | EventKind::Reduce
            | EventKind::Delete
            | EventKind::Execute
            | EventKind::HiddenExecute
            | EventKind::Heartbeat => Change::None,
        };
        self.end_event(event, change != Change::None, now_ns);
        change
    }

    /// The same for an event that sets a level, as nearly all do: the side and the size before of a
    /// level that shows the event's size now, else what it did instead.
    #[inline]
    pub(crate) fn apply_level(
        &mut self,
        event: &MarketEvent,
        now_ns: i64,
    ) -> Result<(BookSide, Quantity), Change> {
        self.note_time(now_ns);
        let set = self.level(event, now_ns);
        self.end_event(event, !matches!(set, Err(Change::None)), now_ns);
        set
    }

    /// An event was applied, and may be the last of its message.
    #[inline]
    fn end_event(&mut self, event: &MarketEvent, is_change: bool, now_ns: i64) {
        self.version = self.version.saturating_add(u64::from(is_change));
        if event.is_last() {
            self.end_message(now_ns);
        }
    }

    /// What passed between the last message and this one; nothing since an event of the same instant.
    #[inline]
    fn note_time(&mut self, now_ns: i64) {
        if now_ns != self.message_ns {
            self.pass_time(now_ns);
        }
    }

    /// A silence, a cross that stood too long.
    fn pass_time(&mut self, now_ns: i64) {
        let crossed = self.crossed_since.map(|since| since.saturating_add(MAX_CROSSED_NS));
        if let Some(lost_ns) = crossed.filter(|lost_ns| now_ns > *lost_ns) {
            self.lose();
            self.note_status(lost_ns);
        }
        let max_age = self.config.max_age_ns.filter(|_| self.message_ns != NEVER);
        let silence = max_age.map(|max_age| self.message_ns.saturating_add(max_age));
        if let Some(silent_ns) = silence.filter(|silent_ns| now_ns > *silent_ns) {
            self.silenced = true;
            self.note_status(silent_ns);
        }
        self.message_ns = self.message_ns.max(now_ns);
    }

    fn begin_snapshot(&mut self, event: &MarketEvent) -> Change {
        self.book.clear();
        self.sync = Sync::Loading;
        if self.loss == Loss::Unfit {
            self.loss = Loss::Gap;
        }
        self.crossed_since = None;
        self.cropped = (None, None);
        self.seq = event.seq;
        self.stamp_ns = event.ts_venue_ns;
        self.message = Message::default();
        self.guard.forgive();
        Change::SnapshotBegun
    }

    fn end_snapshot(&mut self, event: &MarketEvent, now_ns: i64) -> Change {
        if self.sync != Sync::Loading {
            return Change::None;
        }
        self.sync = Sync::NeedsUpdate;
        self.crop();
        self.message.bridges = self.config.live_on_snapshot;
        self.silenced &= !self.config.live_on_snapshot;
        self.seq = self.seq.max(event.seq);
        self.update_ns = now_ns;
        self.unexplained_ns = NEVER;
        Change::SnapshotEnded
    }

    fn venue_status(&mut self, event: &MarketEvent, now_ns: i64) -> Change {
        let Some(status) = FeedStatus::from_code(event.count) else {
            return Change::None;
        };
        let phase = match status {
            FeedStatus::Resync | FeedStatus::Down | FeedStatus::Unfit => {
                self.lose();
                if status == FeedStatus::Unfit {
                    self.loss = Loss::Unfit;
                }
                self.phase
            }
            FeedStatus::Open => TradingPhase::Trading,
            FeedStatus::PostOnly => TradingPhase::PostOnly,
            FeedStatus::Halted => TradingPhase::Halted,
            FeedStatus::Closed => TradingPhase::Closed,
        };
        if !self.phase.is_final() {
            self.phase = phase;
        }
        Change::Status(self.status(now_ns))
    }

    fn print(&mut self, event: &MarketEvent, now_ns: i64) -> Change {
        if event.flags & flag::OFF_BOOK != 0 {
            return Change::None;
        }
        let (price, quantity) = (event.price, event.quantity);
        if quantity.0 <= 0 || self.guard.is_impossible(price) {
            return self.drop_tick(now_ns);
        }
        if self.guard.is_far(price) {
            // It says nothing about the levels, and it is not believed to have filled anything.
            self.counters.dropped = self.counters.dropped.saturating_add(1);
            return Change::None;
        }
        let side = event.side.or_else(|| self.side_hit(event));
        if event.flags & flag::BACKFILLED == 0 {
            self.print_ns = now_ns;
            if self.unexplained_ns == NEVER {
                self.unexplained_ns = now_ns;
            }
            self.trades.add(Trade { price, quantity, side, received_ns: now_ns });
        }
        Change::Print { side, price, quantity, flags: event.flags }
    }

    /// The side an unlabelled print hit, by price alone. The direction of earlier trades says
    /// nothing about it, so there is no tick rule.
    fn side_hit(&self, event: &MarketEvent) -> Option<BookSide> {
        let at_bid = self.best(BookSide::Bid).is_some_and(|bid| event.price <= bid.price);
        let at_ask = self.best(BookSide::Ask).is_some_and(|ask| event.price >= ask.price);
        match (at_bid, at_ask) {
            (true, false) => Some(BookSide::Bid),
            (false, true) => Some(BookSide::Ask),
            _ => None,
        }
    }

    #[inline]
    fn level(&mut self, event: &MarketEvent, now_ns: i64) -> Result<(BookSide, Quantity), Change> {
        let side = match event.side {
            Some(side) if self.is_plain(event) => side,
            _ => self.judge(event, now_ns)?,
        };
        self.note_progress(event, now_ns);
        self.set_level(side, event)
    }

    /// Whether nothing about a level is in question: its message was judged, on a book that is known.
    #[inline]
    const fn is_plain(&self, event: &MarketEvent) -> bool {
        matches!(self.sync, Sync::Contiguous)
            && self.message.judged
            && !self.message.old
            && event.quantity.0 >= 0
            && !self.guard.is_impossible(event.price)
    }

    /// Whether a level counts: its side, or what it does instead. Apart from what most levels need,
    /// as is all that a level seldom does.
    #[inline(never)]
    fn judge(&mut self, event: &MarketEvent, now_ns: i64) -> Result<BookSide, Change> {
        if self.sync == Sync::NoSnapshot {
            return Err(self.ignore());
        }
        if self.sync != Sync::Loading && !self.message.judged {
            self.message.judged = true;
            self.message.old = event.seq != 0 && event.seq <= self.seq;
            let gap = self.config.contiguous && event.seq > self.seq.saturating_add(1);
            if gap && self.seq != 0 {
                self.lose();
                return Err(Change::Status(MarketStatus::Resync));
            }
        }
        if self.message.old {
            return Err(self.ignore());
        }
        let Some(side) = event.side else {
            return Err(self.drop_tick(now_ns));
        };
        let impossible = self.guard.is_impossible(event.price);
        if impossible && event.price.0 > 0 && event.quantity.0 == 0 {
            return Err(self.ignore());
        }
        if impossible || event.quantity.0 < 0 {
            if self.config.strict && event.quantity.0 < 0 {
                self.counters.dropped = self.counters.dropped.saturating_add(1);
                self.lose();
                return Err(Change::Status(MarketStatus::Resync));
            }
            return Err(self.drop_tick(now_ns));
        }
        Ok(side)
    }

    #[inline]
    fn note_progress(&mut self, event: &MarketEvent, now_ns: i64) {
        let unstamped = event.seq == 0 && event.ts_venue_ns == 0;
        if unstamped || event.seq > self.seq || event.ts_venue_ns > self.stamp_ns {
            self.unexplained_ns = NEVER;
        }
        self.seq = self.seq.max(event.seq);
        self.stamp_ns = self.stamp_ns.max(event.ts_venue_ns);
        self.update_ns = now_ns;
        if self.sync != Sync::Loading {
            self.message.bridges = true;
            self.silenced = false;
        }
    }

    #[inline]
    fn set_level(
        &mut self,
        side: BookSide,
        event: &MarketEvent,
    ) -> Result<(BookSide, Quantity), Change> {
        let (price, after) = (event.price, event.quantity);
        let limit = self.config.max_levels;
        if after.0 > 0 && self.book.depth(side) >= limit && self.book.is_beyond(side, price) {
            self.note_cropped(side, price.0);
            return Err(Change::None);
        }
        let before = self.book.set(side, price, after);
        if before == Quantity::ZERO {
            self.level_came(side, event)?;
        }
        Ok((side, before))
    }

    /// A level was set that was not there: it came, or nobody knew what was removed.
    #[inline(never)]
    fn level_came(&mut self, side: BookSide, event: &MarketEvent) -> Result<(), Change> {
        if event.quantity == Quantity::ZERO {
            self.counters.unknown_deletes = self.counters.unknown_deletes.saturating_add(1);
            if self.config.strict && !self.was_cropped(side, event.price.0) {
                self.lose();
                return Err(Change::Status(MarketStatus::Resync));
            }
            return Err(Change::None);
        }
        // Room for an eighth more: the crop moves the whole side, so it happens rarely.
        let limit = self.config.max_levels;
        if self.book.depth(side) > limit.saturating_add(limit / 8) {
            self.crop();
        }
        Ok(())
    }

    fn crop(&mut self) {
        let limit = self.config.max_levels;
        for side in [BookSide::Bid, BookSide::Ask] {
            let first_lost = self.book.levels(side).nth(limit).map(|level| level.price.0);
            if let Some(price) = first_lost {
                self.note_cropped(side, price);
            }
        }
        self.book.crop(limit);
    }

    #[cold]
    fn note_cropped(&mut self, side: BookSide, price: i64) {
        self.counters.cropped = self.counters.cropped.saturating_add(1);
        match side {
            BookSide::Bid => self.cropped.0 = self.cropped.0.max(Some(price)),
            BookSide::Ask => {
                self.cropped.1 = Some(self.cropped.1.map_or(price, |best| best.min(price)));
            }
        }
    }

    fn was_cropped(&self, side: BookSide, price: i64) -> bool {
        match side {
            BookSide::Bid => self.cropped.0.is_some_and(|best| price <= best),
            BookSide::Ask => self.cropped.1.is_some_and(|best| price >= best),
        }
    }

    fn ignore(&mut self) -> Change {
        self.counters.ignored = self.counters.ignored.saturating_add(1);
        Change::None
    }

    /// Drops what can be no level and no print. A burst of them means that the feed is broken;
    /// inside a snapshot, which says what the whole book is, it proves nothing more.
    fn drop_tick(&mut self, now_ns: i64) -> Change {
        self.counters.dropped = self.counters.dropped.saturating_add(1);
        if self.sync != Sync::Loading && self.guard.is_burst(now_ns) {
            self.lose();
            return Change::Status(MarketStatus::Resync);
        }
        Change::None
    }

    /// A message is complete: what it brought may count, and the touch is looked at.
    #[inline(never)]
    fn end_message(&mut self, now_ns: i64) {
        let bridges = self.message.bridges;
        self.message = Message::default();
        if bridges && self.sync == Sync::NeedsUpdate {
            self.sync = Sync::Contiguous;
            self.loss = Loss::None;
        }
        if !matches!(self.sync, Sync::NoSnapshot | Sync::Loading) {
            self.look_at_touch(now_ns);
        }
        self.note_status(now_ns);
    }

    fn look_at_touch(&mut self, now_ns: i64) {
        if self.book.is_crossed() {
            self.crossed_since = self.crossed_since.or(Some(now_ns));
        } else {
            self.crossed_since = None;
            self.guard.set_reference(&self.book);
        }
    }
}
