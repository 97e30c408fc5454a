//! What a real venue tells of a leg. Each thing is told once, however often it is sent; what
//! contradicts what was told before is refused and changes nothing: a question, never a guess.
//!
//! From here on a report goes the way of a simulated one: the desk hears it.

use std::sync::Arc;

use super::{Live, LiveState, Wire};
use crate::command::TextTold;
use crate::engine::seam::{LegEnd, LegRef, Matched, Told, VenueReport};
use crate::engine::{Evidence, FillCause, Reply, VenueTrade};
use crate::event::{EventKind, VenueWord};
use crate::ids::{AssetId, MarketId, VenueId};
use crate::number::{Price, Quantity};
use crate::reject::{DoneReason, Refusal};

impl Wire<'_> {
    /// A real venue told something. What it told before leaves no trace.
    pub(in crate::engine) fn hear(
        &mut self,
        venue: VenueId,
        client_order_id: &str,
        venue_ns: i64,
        told: TextTold<'_>,
    ) -> Result<Reply, Refusal> {
        let leg = self
            .live
            .names
            .get(client_order_id)
            .copied()
            .filter(|leg| self.live.market(*leg).is_some_and(|id| self.is_at(id, venue)))
            .ok_or_else(|| Refusal::not_found("no live order has this client order id"))?;
        if self.live.knows(leg, told) {
            return Ok(Reply::Done);
        }
        match told {
            TextTold::Ack { venue_order } => self.acked(leg, venue_ns, Some(venue_order)),
            TextTold::Reject { reason, text } => {
                self.live.may_reject(leg)?;
                self.note_told(leg, VenueWord::Reject, venue_ns);
                self.live.end(leg);
                self.pass_on(leg, Told::Refused(reason, text.into()));
            }
            TextTold::Fill { .. } => self.filled(leg, venue_ns, told)?,
            TextTold::Reversed { trade } => self.reversed(leg, venue_ns, trade)?,
            TextTold::Done { reason, filled } => {
                self.live.may_end(leg, filled)?;
                self.acked(leg, venue_ns, None);
                self.note_told(leg, VenueWord::Done, venue_ns);
                self.live.end_after(leg, self.end_of(leg, reason), filled);
                self.end_when_whole(leg);
            }
            TextTold::Amended { qty, price } => {
                self.check_form(leg, qty, price)?;
                self.acked(leg, venue_ns, None);
                self.note_told(leg, VenueWord::Amended, venue_ns);
                self.pass_on(leg, Told::Amended);
            }
            TextTold::AmendRefused => {
                if self.has_change(leg) {
                    self.acked(leg, venue_ns, None);
                    self.note_told(leg, VenueWord::AmendRefused, venue_ns);
                    self.pass_on(leg, Told::Unchanged);
                }
            }
            TextTold::Unknown => {
                self.note_told(leg, VenueWord::Unknown, venue_ns);
                self.live.lose(leg);
            }
        }
        Ok(Reply::Done)
    }

    fn is_at(&self, market: MarketId, venue: VenueId) -> bool {
        self.papers.facts.registry.market(market).venue == venue
    }

    fn pass_on(&mut self, leg: LegRef, told: Told) {
        self.post.reports.push_back(VenueReport { leg, told });
    }

    fn note_told(&mut self, (order, at): LegRef, word: VenueWord, venue_ns: i64) {
        let leg = u32::try_from(at).unwrap_or(u32::MAX);
        let account = self.papers.desk.order(order).spec.account;
        let kind = EventKind::VenueTold { order, leg, word, venue_ns };
        self.journal.tell(self.papers.facts.now_ns, account, kind);
    }

    /// The venue has it: said by itself, or by all that it can tell only of what it has.
    fn acked(&mut self, leg: LegRef, venue_ns: i64, venue_order: Option<&str>) {
        let first = self.live.open(leg, venue_order);
        if first || venue_order.is_some() {
            self.note_told(leg, VenueWord::Ack, venue_ns);
        }
        if !first {
            return;
        }
        self.pass_on(leg, Told::Ack);
    }

    fn filled(&mut self, leg: LegRef, venue_ns: i64, told: TextTold<'_>) -> Result<(), Refusal> {
        let TextTold::Fill { trade, price, quantity, fee, fee_asset, is_maker } = told else {
            return Ok(());
        };
        let fee_asset = self
            .asset_named(leg, fee_asset)
            .ok_or_else(|| Refusal::invalid("fee_asset", "no asset has this code"))?;
        let id: Arc<str> = trade.into();
        let trade = VenueTrade { id: id.clone(), quantity, fee, fee_asset, is_maker, venue_ns };
        let matched = matched_there(price, trade, self.papers.facts.now_ns);
        self.papers.check_told_fill(leg, &matched)?;
        self.acked(leg, venue_ns, None);
        self.note_told(leg, VenueWord::Fill, venue_ns);
        self.live.fill(leg, id, quantity);
        self.pass_on(leg, Told::Fill(matched));
        self.end_when_whole(leg);
        Ok(())
    }

    /// A trade that was told is told as taken back: once, and while what it moved is there.
    fn reversed(&mut self, leg: LegRef, venue_ns: i64, trade: &str) -> Result<(), Refusal> {
        let fill = self
            .papers
            .desk
            .fill_named(leg, trade)
            .ok_or_else(|| Refusal::not_found("no fill of this order has this trade id"))?;
        self.papers.check_reversal(leg, fill)?;
        self.note_told(leg, VenueWord::Reversed, venue_ns);
        let quantity = self.papers.desk.fill(fill).quantity;
        self.live.reverse(leg, trade.into(), quantity);
        self.pass_on(leg, Told::Reversed(fill));
        Ok(())
    }

    /// An asset of a leg's market by its code, or any other that is known.
    fn asset_named(&self, (order, at): LegRef, code: &str) -> Option<AssetId> {
        let row = self.papers.desk.order(order);
        let terms = self.papers.facts.registry.market(row.legs.get(at)?.market);
        let own = [terms.settle, terms.held(row.spec.outcome)];
        let is_named = |id: &AssetId| *self.papers.facts.registry.asset_row(*id).code == *code;
        own.into_iter()
            .find(is_named)
            .or_else(|| self.papers.facts.registry.assets().map(|(id, _)| id).find(is_named))
    }

    /// How a leg ended, in the words of whoever ended it.
    fn end_of(&self, (order, at): LegRef, reason: DoneReason) -> LegEnd {
        let asked = self.papers.desk.order(order).legs.get(at).and_then(|leg| leg.cancelling);
        match (reason, asked) {
            (DoneReason::Expired, _)
            | (DoneReason::CancelledByClient, Some(DoneReason::Expired)) => LegEnd::Expired,
            (DoneReason::CancelledByClient, Some(why)) => LegEnd::Cancelled(why),
            (reason, _) => LegEnd::Cancelled(reason),
        }
    }

    /// The end is told once every fill before it is.
    fn end_when_whole(&mut self, leg: LegRef) {
        if let Some(end) = self.live.ended(leg) {
            self.pass_on(leg, Told::Done(end));
        }
    }

    fn has_change(&self, (order, at): LegRef) -> bool {
        self.papers.desk.order(order).legs.get(at).is_some_and(|leg| leg.reshape.is_some())
    }

    /// The venue has the form that was asked for, and no other.
    fn check_form(
        &self,
        (order, at): LegRef,
        qty: Quantity,
        price: Option<Price>,
    ) -> Result<(), Refusal> {
        let form =
            self.papers.desk.order(order).legs.get(at).and_then(|leg| leg.reshape.as_deref());
        let asked = form.map(|form| (form.qty, form.bound));
        if asked
            .is_some_and(|(size, bound)| size == qty && price.is_none_or(|price| price == bound))
        {
            return Ok(());
        }
        Err(Refusal::conflict("no such change was asked for: the venue has another order"))
    }
}

/// A trade of a real venue as a fill. Whoever rested was reached in the queue.
fn matched_there(price: Price, trade: VenueTrade, now_ns: i64) -> Matched {
    let quantity = trade.quantity;
    let cause = if trade.is_maker { FillCause::Queue } else { FillCause::Walk };
    Matched { price, quantity, cause, evidence: Box::new(Evidence::told(trade, now_ns)) }
}

impl Live {
    fn market(&self, leg: LegRef) -> Option<MarketId> {
        self.legs.get(&leg).map(|held| held.market)
    }

    /// True when it was told before, or says nothing any more.
    fn knows(&self, leg: LegRef, told: TextTold<'_>) -> bool {
        let Some(held) = self.legs.get(&leg) else { return true };
        let done = held.state == LiveState::Done;
        match told {
            TextTold::Ack { .. } => held.venue_order.is_some(),
            TextTold::Reject { .. } => done && held.filled.0 == 0,
            TextTold::Fill { trade, .. } => self.trades.contains_key(&(held.market, trade.into())),
            TextTold::Reversed { trade } => {
                self.trades.get(&(held.market, trade.into())).is_some_and(|reversed| *reversed)
            }
            TextTold::Done { filled, .. } => {
                let first = Quantity(held.filled.0.saturating_add(held.reversed.0));
                (done && (held.filled == filled || first == filled))
                    || held.ending.is_some_and(|(_, waits)| waits == filled)
            }
            TextTold::Amended { .. } | TextTold::AmendRefused => done,
            TextTold::Unknown => done || held.unknown,
        }
    }

    /// Nobody could say where it stands.
    fn lose(&mut self, leg: LegRef) {
        if let Some(held) = self.legs.get_mut(&leg) {
            held.unknown = true;
        }
    }

    /// True when nothing of it was told before.
    fn open(&mut self, leg: LegRef, venue_order: Option<&str>) -> bool {
        let Some(held) = self.legs.get_mut(&leg) else { return false };
        if let Some(name) = venue_order {
            held.venue_order = Some(name.into());
        }
        held.unknown = false;
        let first = held.state == LiveState::Sent;
        if first {
            held.state = LiveState::Open;
        }
        first
    }

    fn fill(&mut self, leg: LegRef, trade: Arc<str>, quantity: Quantity) {
        if let Some(held) = self.legs.get_mut(&leg) {
            held.filled = Quantity(held.filled.0.saturating_add(quantity.0));
            self.trades.insert((held.market, trade), false);
        }
    }

    fn reverse(&mut self, leg: LegRef, trade: Arc<str>, quantity: Quantity) {
        if let Some(held) = self.legs.get_mut(&leg) {
            held.filled = Quantity(held.filled.0.saturating_sub(quantity.0));
            held.reversed = Quantity(held.reversed.0.saturating_add(quantity.0));
            self.trades.insert((held.market, trade), true);
        }
    }

    fn may_reject(&self, leg: LegRef) -> Result<(), Refusal> {
        match self.legs.get(&leg) {
            Some(held) if held.filled.0 > 0 => {
                Err(Refusal::conflict("the venue filled part of what it now rejects"))
            }
            _ => Ok(()),
        }
    }

    fn may_end(&self, leg: LegRef, filled: Quantity) -> Result<(), Refusal> {
        match self.legs.get(&leg) {
            Some(held) if held.filled > filled => {
                Err(Refusal::conflict("the venue filled more than it now says"))
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, leg: LegRef) {
        if let Some(held) = self.legs.get_mut(&leg) {
            (held.state, held.unknown) = (LiveState::Done, false);
        }
    }

    fn end_after(&mut self, leg: LegRef, end: LegEnd, filled: Quantity) {
        if let Some(held) = self.legs.get_mut(&leg) {
            held.ending = Some((end, filled));
        }
    }

    /// How it ended, once every fill before its end was told.
    fn ended(&mut self, leg: LegRef) -> Option<LegEnd> {
        let held = self.legs.get_mut(&leg)?;
        let (end, _) = held.ending.filter(|(_, filled)| held.filled >= *filled)?;
        held.ending = None;
        held.state = LiveState::Done;
        Some(end)
    }
}
