//! Times of a frame, and the events that carry them.

use super::levels::SideLevel;
use crate::ids::BookSide;
use crate::json::Raw;
use crate::number::{Price, Quantity};
use crate::tape::{EventKind, FeedStatus, MarketEvent, flag};

const NS_PER_S: i64 = 1_000_000_000;
const NS_PER_MS: i64 = 1_000_000;

/// When a message happened and was received, and its sequence number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) venue_ns: i64,
    pub(super) local_ns: i64,
    pub(super) seq: u64,
}

/// One trade of a feed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trade {
    /// Side of the book that was hit; `None` when the venue does not say.
    pub(super) hit: Option<BookSide>,
    pub(super) price: Price,
    pub(super) quantity: Quantity,
    pub(super) id: u64,
    /// Further flags, such as `OFF_BOOK`.
    pub(super) flags: u16,
}

impl Stamp {
    pub(super) const fn received(local_ns: i64) -> Self {
        Self { venue_ns: 0, local_ns, seq: 0 }
    }

    pub(super) const fn at(self, venue_ns: i64) -> Self {
        Self { venue_ns, ..self }
    }

    pub(super) const fn numbered(self, seq: u64) -> Self {
        Self { seq, ..self }
    }

    pub(super) const fn event(self, kind: EventKind) -> MarketEvent {
        let mut event = MarketEvent::new(kind, self.venue_ns, self.local_ns);
        event.seq = self.seq;
        event
    }

    pub(super) const fn level(self, level: SideLevel) -> MarketEvent {
        let mut event = self.event(EventKind::LevelSet);
        event.side = Some(level.side);
        event.price = level.price;
        event.quantity = level.quantity;
        event.count = level.orders;
        event
    }

    pub(super) const fn status(self, status: FeedStatus) -> MarketEvent {
        let mut event = self.event(EventKind::Status);
        event.count = status as u32;
        event
    }

    pub(super) const fn print(self, trade: Trade) -> MarketEvent {
        let mut event = self.event(EventKind::Print);
        event.side = trade.hit;
        event.price = trade.price;
        event.quantity = trade.quantity;
        event.match_id = trade.id;
        event.flags = trade.flags;
        if trade.hit.is_some() {
            event.flags |= flag::AGGRESSOR_KNOWN;
        }
        event
    }
}

/// Milliseconds since the epoch, as a number or as digits in a string, in ns; 0 when unusable.
pub(super) fn millis(raw: Option<Raw<'_>>) -> i64 {
    raw.and_then(|raw| raw.unsigned().ok())
        .and_then(|ms| i64::try_from(ms).ok())
        .and_then(|ms| ms.checked_mul(NS_PER_MS))
        .unwrap_or(0)
}

/// RFC 3339 text in ns; 0 when unusable or before 1970 (some venues send year 1 for "no time").
pub(super) fn rfc3339(raw: Option<Raw<'_>>) -> i64 {
    raw.and_then(|raw| raw.string().ok()).and_then(|text| parse_rfc3339(&text)).unwrap_or(0)
}

/// `2026-08-02T03:35:51.660084Z` or with `+00:00` at the end, in ns since the epoch.
pub(super) fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', ' '])?;
    let (time, rest) = rest.split_at_checked(8)?;
    let (year, month, day) = triple(date, '-')?;
    let (hour, minute, second) = triple(time, ':')?;
    let in_range = (1970..=2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let (fraction_ns, zone) = fraction(rest)?;
    if !in_range || !matches!(zone, "Z" | "z" | "+00:00" | "-00:00") {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    seconds.checked_mul(NS_PER_S)?.checked_add(fraction_ns)
}

fn fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(rest) = rest.strip_prefix('.') else { return Some((0, rest)) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (decimals, zone) = rest.split_at_checked(end)?;
    Some((nanos(decimals)?, zone))
}

/// Decimals of a second as ns; what lies below one ns is cut off.
fn nanos(decimals: &str) -> Option<i64> {
    if decimals.is_empty() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = decimals.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(padded.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

fn triple(text: &str, separator: char) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(separator);
    let values = (digits(parts.next()?)?, digits(parts.next()?)?, digits(parts.next()?)?);
    parts.next().is_none().then_some(values)
}

fn digits(text: &str) -> Option<i64> {
    let only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if only_digits { text.parse().ok() } else { None }
}

/// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that the leap
/// day comes last.
const fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn venue_times_become_nanoseconds() {
        for (text, ns) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-08-02T03:35:51.660084Z", 1_785_641_751_660_084_000),
            ("2026-07-07T17:15:11.858124+00:00", 1_783_444_511_858_124_000),
            ("2026-08-24T22:34:13.793075885Z", 1_787_610_853_793_075_885),
            ("2024-02-29T23:59:59.5Z", 1_709_251_199_500_000_000),
        ] {
            assert_eq!(parse_rfc3339(text), Some(ns), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_of_ours_is_none() {
        for text in [
            "",
            "0001-01-01T00:00:00.000000Z",
            "2026-13-01T00:00:00Z",
            "2026-08-02T03:35:51",
            "2026-08-02T03:35:51.Z",
            "2026-08-02T03:35:51+02:00",
            "2026-08-02T3:35:51Z",
            "2026-08-0２T03:35:51Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
