//! Times of a recording: in which unit they are written, and since when they count.
//!
//! A time says its unit by its size: between 1990 and 2200, seconds, milliseconds, microseconds and
//! nanoseconds have 9 or 10, 12 or 13, 15 or 16, and 18 or 19 digits. A clock that counts from
//! somewhere else (from the start of a machine) is steady and can be shifted, so that the first
//! message a venue stamped arrives when it was stamped.

const NS_PER_S: i64 = 1_000_000_000;
/// 1990-01-01 and 2200-01-01, s.
const EARLIEST_S: i64 = 631_152_000;
const LATEST_S: i64 = 7_258_118_400;
/// Receipt and venue stamp of one message are never further apart than this, s.
const MAX_APART_S: i64 = 30 * 86_400;

/// A time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    whole: i64,
    /// Decimals of the unit, 1e-9.
    fraction: i64,
    /// Units in a second, where the writer names them.
    named: Option<i64>,
}

/// How a recording's times become nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// Each time says its unit by its size.
    BySize,
    /// Nanoseconds of a steady clock, and what to add.
    Steady { shift_ns: i64 },
}

impl Written {
    /// A number with decimals, or none.
    pub(super) fn parse(text: &str, named: Option<i64>) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 19 || !digits(whole) || !digits(decimals) {
            return None;
        }
        if text.ends_with('.') {
            return None;
        }
        let padded = decimals.bytes().chain(std::iter::repeat(b'0')).take(9);
        let fraction = padded.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        Some(Self { whole: whole.parse().ok()?, fraction, named })
    }

    /// Nanoseconds that are known to count from the Unix epoch.
    pub(super) const fn epoch_ns(ns: i64) -> Self {
        Self { whole: ns, fraction: 0, named: Some(NS_PER_S) }
    }

    /// Nanoseconds in the unit named, else in the unit the size tells; `None` where neither is a
    /// time of this age.
    pub(super) fn since_epoch_ns(self) -> Option<i64> {
        let named = self.named.filter(|unit| self.is_time_in(*unit));
        let unit = named.or_else(|| {
            [1, 1_000, 1_000_000, NS_PER_S].into_iter().find(|unit| self.is_time_in(*unit))
        });
        unit.and_then(|unit| self.in_ns(unit))
    }

    fn steady_ns(self) -> Option<i64> {
        self.in_ns(self.named.unwrap_or(NS_PER_S))
    }

    fn is_time_in(self, per_second: i64) -> bool {
        (EARLIEST_S..LATEST_S).contains(&(self.whole / per_second))
    }

    fn in_ns(self, per_second: i64) -> Option<i64> {
        let scale = NS_PER_S / per_second;
        self.whole.checked_mul(scale)?.checked_add(self.fraction / per_second)
    }
}

impl Clock {
    /// The clock of a recording whose first message with a venue's stamp was written at `written`.
    /// `None` where its times are none and nothing says what they are.
    pub(super) fn of(written: Written, stamp_ns: Option<i64>) -> Option<Self> {
        let near = |ns: i64| {
            stamp_ns
                .is_none_or(|stamp| ns.abs_diff(stamp) / 1_000_000_000 < MAX_APART_S.unsigned_abs())
        };
        if written.since_epoch_ns().is_some_and(near) {
            return Some(Self::BySize);
        }
        Self::steady(written, stamp_ns?)
    }

    /// A steady clock, shifted so that a message written at `written` arrives at `stamp_ns`.
    pub(super) fn steady(written: Written, stamp_ns: i64) -> Option<Self> {
        Some(Self::Steady { shift_ns: stamp_ns.checked_sub(written.steady_ns()?)? })
    }

    /// Nanoseconds since the Unix epoch; `None` for what is no time.
    pub(super) fn read(self, written: Written) -> Option<i64> {
        match self {
            Self::BySize => written.since_epoch_ns(),
            Self::Steady { shift_ns } => written.steady_ns()?.checked_add(shift_ns),
        }
        .filter(|ns| *ns > 0)
    }
}

/// A plain number in a unit its size tells, as ns since the Unix epoch.
pub(super) fn ns_by_size(text: &str) -> Option<i64> {
    Written::parse(text, None)?.since_epoch_ns()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_unit_by_its_size() {
        for (text, ns) in [
            ("1618677817", 1_618_677_817_000_000_000),
            ("1618677817.0618958", 1_618_677_817_061_895_800),
            ("1618677817061", 1_618_677_817_061_000_000),
            ("1618677817061.5", 1_618_677_817_061_500_000),
            ("1618677817061895", 1_618_677_817_061_895_000),
            ("1618677817061895123", 1_618_677_817_061_895_123),
        ] {
            assert_eq!(ns_by_size(text), Some(ns), "{text}");
        }
        for text in ["", "0", "12", "1e9", "-1618677817", "1618677817.", "99999999999999999999"] {
            assert_eq!(ns_by_size(text), None, "{text}");
        }
    }

    #[test]
    fn a_wrongly_named_unit_gives_way_to_the_size() {
        let ms = Written::parse("1618677817061", Some(NS_PER_S)).unwrap();
        assert_eq!(ms.since_epoch_ns(), Some(1_618_677_817_061_000_000));
    }

    #[test]
    fn a_clock_of_no_known_origin_is_shifted_to_the_first_stamp() {
        let stamp = 1_785_641_751_000_000_000;
        for text in ["5000000000", "1000000000000000", "900000000000000000"] {
            let written = Written::parse(text, Some(NS_PER_S)).unwrap();
            let clock = Clock::of(written, Some(stamp)).unwrap();
            assert_eq!(clock.read(written), Some(stamp), "{text}");
        }
        let nothing = Written::parse("5000", None).unwrap();
        assert_eq!(Clock::of(nothing, None), None);
    }
}
