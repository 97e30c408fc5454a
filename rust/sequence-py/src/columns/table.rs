//! Rows of columns as the messages that single calls would have sent.

use std::ops::Range;

use pyo3::prelude::*;
use sequence_core::ids::{BookSide, Side, VenueId};
use sequence_core::number::{PRICE_DECIMALS, QUANTITY_DECIMALS};
use sequence_core::reject::Refusal;
use sequence_core::tape::{EventKind, FeedStatus, MarketEvent, flag};

use crate::columns::column::{Column, Given};
use crate::columns::names::Names;
use crate::engine::Answer;
use crate::error::bad_choice;
use crate::parse;

const SINGLE_ORDERS: [&str; 5] = ["add", "reduce", "delete", "execute", "hidden_execute"];
const KINDS: [&str; 6] =
    ["level", "print", "snapshot_begin", "snapshot_end", "status", "heartbeat"];
const STATUSES: [&str; 6] = ["open", "resync", "halted", "post_only", "closed", "down"];

/// Side of the book and whether it was named by who came: `buy` takes from the asks.
type Named = (Option<BookSide>, bool);

pub(crate) struct Table {
    kind: Names<EventKind>,
    venue: Names<VenueId>,
    symbol: Names<String>,
    side: Option<Names<Named>>,
    status: Option<Names<FeedStatus>>,
    price: Option<Column>,
    qty: Option<Column>,
    time: Option<Column>,
    flags: Option<Column>,
    is_units: [bool; 2],
    pub(crate) rows: usize,
}

/// Consecutive rows that one call would have sent, and why they cannot be if they cannot.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) rows: Range<usize>,
    pub(crate) is_snapshot: bool,
    pub(crate) wrong: Option<(usize, Refusal)>,
}

fn kind(text: &str) -> Answer<EventKind> {
    Ok(match text {
        "level" => EventKind::LevelSet,
        "print" => EventKind::Print,
        "snapshot_begin" => EventKind::SnapshotBegin,
        "snapshot_end" => EventKind::SnapshotEnd,
        "status" => EventKind::Status,
        "heartbeat" => EventKind::Heartbeat,
        other if SINGLE_ORDERS.contains(&other) => {
            let why = format!("{other} is of a single order: a book fed by hand has levels");
            return Err(Refusal::invalid("kind", why));
        }
        other => return Err(bad_choice("kind", other, &KINDS)),
    })
}

fn side(text: &str) -> Answer<Named> {
    Ok(match text {
        "none" | "" => (None, false),
        "bid" => (Some(BookSide::Bid), false),
        "ask" => (Some(BookSide::Ask), false),
        "buy" => (Some(Side::Buy.takes()), true),
        "sell" => (Some(Side::Sell.takes()), true),
        other => return Err(bad_choice("side", other, &["bid", "ask", "buy", "sell", "none"])),
    })
}

fn status(text: &str) -> Answer<FeedStatus> {
    if STATUSES.contains(&text) {
        return parse::feed_status(text);
    }
    Err(bad_choice("status", text, &STATUSES))
}

fn missing(label: &'static str) -> Refusal {
    Refusal::invalid(label, "is missing")
}

fn flags_of(column: &Column, row: usize) -> Answer<u16> {
    let found = column.whole(row).map_err(|why| Refusal::invalid("flags", why))?;
    let flags = u16::try_from(found.unwrap_or_default());
    flags.map_err(|_far| Refusal::invalid("flags", "must be from 0 to 65535"))
}

/// A number of a row that has to hold one.
fn units(
    column: Option<&Column>,
    row: usize,
    decimals: Option<u32>,
    label: &'static str,
) -> Answer<i64> {
    let column = column.ok_or_else(|| missing(label))?;
    let found = column.units(row, decimals).map_err(|why| Refusal::invalid(label, why))?;
    found.ok_or_else(|| missing(label))
}

impl Table {
    pub(crate) fn new(
        [kinds, venues, symbols, sides, statuses]: [Option<Given>; 5],
        [price, qty, time, flags]: [Option<Given>; 4],
        is_units: [bool; 2],
        rows: usize,
    ) -> PyResult<Option<Self>> {
        let (Some(kinds), Some(venues), Some(symbols)) = (kinds, venues, symbols) else {
            return Ok(None);
        };
        let column = |given: Option<Given>| given.map(Column::new).transpose();
        Ok(Some(Self {
            kind: Names::new(kinds, kind)?,
            venue: Names::new(venues, parse::venue)?,
            symbol: Names::new(symbols, |text| Ok(text.to_owned()))?,
            side: sides.map(|given| Names::new(given, side)).transpose()?,
            status: statuses.map(|given| Names::new(given, status)).transpose()?,
            price: column(price)?,
            qty: column(qty)?,
            time: column(time)?,
            flags: column(flags)?,
            is_units,
            rows,
        }))
    }

    /// Venue and symbol of a message, and numbers that tell its market from others.
    pub(crate) fn market(&mut self, row: usize) -> Answer<(VenueId, &str)> {
        let venue = *self.venue.needed(row)?;
        Ok((venue, self.symbol.needed(row)?))
    }

    fn numbers(&mut self, row: usize) -> Option<(usize, usize)> {
        Some((self.venue.number(row).ok()??, self.symbol.number(row).ok()??))
    }

    fn is_kind(&mut self, row: usize, kind: EventKind) -> bool {
        matches!(self.kind.value(row), Ok(Some(found)) if *found == kind)
    }

    /// The message that begins with a row; its events are added to `events`.
    pub(crate) fn message(
        &mut self,
        from: usize,
        now_ns: i64,
        events: &mut Vec<MarketEvent>,
    ) -> Message {
        let is_snapshot = self.is_kind(from, EventKind::SnapshotBegin);
        let (end, is_whole) = if is_snapshot { self.snapshot(from) } else { self.changes(from) };
        let rows = from..end;
        if !is_whole {
            let why = "a snapshot needs its snapshot_end before another market or snapshot";
            let wrong = Some((from, Refusal::invalid("kind", why)));
            return Message { rows, is_snapshot, wrong };
        }
        let wrong = rows.clone().find_map(|row| {
            let event = self.event(row, is_snapshot, now_ns);
            event.map(|event| events.push(event)).err().map(|refusal| (row, refusal))
        });
        if let Some(last) = events.last_mut() {
            last.flags |= flag::LAST;
        }
        Message { rows, is_snapshot, wrong }
    }

    /// Where the snapshot that begins with a row ends, and whether it does.
    fn snapshot(&mut self, from: usize) -> (usize, bool) {
        let market = self.numbers(from);
        for row in from + 1..self.rows {
            if self.numbers(row) != market || self.is_kind(row, EventKind::SnapshotBegin) {
                return (row, false);
            }
            if self.is_kind(row, EventKind::SnapshotEnd) {
                return (row + 1, true);
            }
        }
        (self.rows, false)
    }

    /// Where a message of changes ends: with its row, or with the one that says so.
    fn changes(&mut self, from: usize) -> (usize, bool) {
        let market = self.numbers(from);
        let mut row = from;
        while !self.ends(row) {
            row += 1;
            let is_other = row >= self.rows
                || self.numbers(row) != market
                || self.is_kind(row, EventKind::SnapshotBegin);
            if is_other {
                return (row, true);
            }
        }
        (row + 1, true)
    }

    /// A row whose flags cannot be read ends a message, too: it is refused with it.
    fn ends(&self, row: usize) -> bool {
        let flags = self.flags.as_ref().and_then(|flags| flags.whole(row).ok()?);
        flags.is_none_or(|flags| flags & i128::from(flag::LAST) != 0)
    }

    fn event(&mut self, row: usize, in_snapshot: bool, now_ns: i64) -> Answer<MarketEvent> {
        let kind = *self.kind.needed(row)?;
        let time = |column: &Column| {
            let found = column.whole(row).map_err(|why| Refusal::invalid("ts_ns", why))?;
            let Some(ns) = found else { return Ok(now_ns) };
            let most = sequence_core::number::MAX_UNITS;
            i64::try_from(ns).ok().filter(|ns| (0..=most).contains(ns)).ok_or_else(|| {
                let why = format!("must be an integer from 0 to {most}, not {ns}");
                Refusal::invalid("ts_ns", why)
            })
        };
        let ts_ns = self.time.as_ref().map_or(Ok(now_ns), time)?;
        let flags = match &self.flags {
            Some(flags) => flags_of(flags, row)?,
            None => 0,
        };
        match kind {
            EventKind::LevelSet => self.level(row, ts_ns, now_ns),
            EventKind::SnapshotBegin | EventKind::SnapshotEnd if in_snapshot => {
                Ok(MarketEvent::new(kind, ts_ns, now_ns))
            }
            EventKind::SnapshotEnd => {
                Err(Refusal::invalid("kind", "a snapshot_end without its snapshot_begin"))
            }
            _ if in_snapshot => Err(Refusal::invalid("kind", "a snapshot holds levels alone")),
            EventKind::Print => {
                let mut event = self.print(row, ts_ns, now_ns)?;
                event.flags |= flags & (flag::OFF_BOOK | flag::BACKFILLED);
                Ok(event)
            }
            EventKind::Status => {
                let status = self.status.as_mut().ok_or_else(|| missing("status"))?;
                Ok(MarketEvent::status(*status.needed(row)?, now_ns, now_ns))
            }
            _ => Ok(MarketEvent::new(EventKind::Heartbeat, ts_ns, now_ns)),
        }
    }

    fn numbers_of(&self, row: usize) -> Answer<(i64, i64)> {
        let [price_units, qty_units] = self.is_units;
        let price = (!price_units).then_some(PRICE_DECIMALS);
        let qty = (!qty_units).then_some(QUANTITY_DECIMALS);
        let price = units(self.price.as_ref(), row, price, "price")?;
        Ok((price, units(self.qty.as_ref(), row, qty, "qty")?))
    }

    fn level(&mut self, row: usize, ts_ns: i64, now_ns: i64) -> Answer<MarketEvent> {
        let (price, qty) = self.numbers_of(row)?;
        let side = self.side.as_mut().ok_or_else(|| missing("side"))?;
        let (Some(side), false) = *side.needed(row)? else {
            return Err(Refusal::invalid("side", "a level is on the bid or the ask side"));
        };
        parse::levels(side, &[(price, qty)], ts_ns, now_ns)?.pop().ok_or_else(|| missing("level"))
    }

    fn print(&mut self, row: usize, ts_ns: i64, now_ns: i64) -> Answer<MarketEvent> {
        let (price, qty) = self.numbers_of(row)?;
        let side = self.side.as_mut().map(|side| side.value(row)).transpose()?.flatten();
        parse::print(side.and_then(|(hit, _)| *hit), (price, qty), ts_ns, now_ns)
    }
}
