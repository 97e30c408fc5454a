//! What a row of a list of instruments says beside terms: whether it trades, until when, for what fee.

use super::FeedVenue;
use super::levels::parse_price;
use super::stamp::{millis, rfc3339};
use crate::json::{Raw, Scanner};
use crate::tape::FeedStatus;

/// A percent, read as a price in units of 1e-9, has so many units of a rate in 1e-8.
const UNITS_PER_RATE: i64 = 1_000;
/// Dates of what never ends, such as the year 2100 of a perpetual.
const NEVER_NS: i64 = 4_000_000_000_000_000_000;

/// Whether an instrument trades, as its venue says it; what is left out is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Whether it trades.
    pub status: Option<FeedStatus>,
    /// When it ends, ns since the Unix epoch.
    pub ends_ns: Option<i64>,
    /// Fees of maker and taker without any discount (1e-8 of the notional).
    pub fees_1e8: Option<(i64, i64)>,
}

impl Standing {
    /// Reads a row that is known to be one of this venue.
    pub(super) fn read(venue: FeedVenue, row: Raw<'_>) -> Self {
        match venue {
            FeedVenue::Binance => {
                dated(row, "deliveryDate", &["status", "contractStatus"], binance)
            }
            FeedVenue::Bybit => dated(row, "deliveryTime", &["status", "status"], bybit),
            FeedVenue::Okx => dated(row, "expTime", &["state", "state"], okx),
            FeedVenue::Coinbase => coinbase(row),
            FeedVenue::Hyperliquid => Self { status: Some(hyperliquid(row)), ..Self::default() },
            FeedVenue::Kalshi => kalshi(row),
            FeedVenue::Kraken => kraken(row),
            FeedVenue::Polymarket => polymarket(row),
        }
    }

    /// The status at a time: what has ended is closed.
    pub fn status_at(&self, now_ns: i64) -> FeedStatus {
        match self.ends_ns {
            Some(end) if end <= now_ns => FeedStatus::Closed,
            _ => self.status.unwrap_or(FeedStatus::Open),
        }
    }
}

/// Of two statuses that hold at once, the one that allows less.
pub(super) fn stricter(one: FeedStatus, other: FeedStatus) -> FeedStatus {
    let rank = |status| match status {
        FeedStatus::Open => 0,
        FeedStatus::PostOnly => 1,
        FeedStatus::Resync | FeedStatus::Down | FeedStatus::Unfit => 2,
        FeedStatus::Halted => 3,
        FeedStatus::Closed => 4,
    };
    if rank(one) >= rank(other) { one } else { other }
}

/// A row with a word for its status and a date in milliseconds.
fn dated(
    row: Raw<'_>,
    date: &str,
    [status, other]: &[&str; 2],
    means: fn(&str) -> Option<FeedStatus>,
) -> Standing {
    let [word, second, end] = fields(row, &[status, other, date]);
    let word = text(word.or(second));
    let ends_ns = Some(millis(end)).filter(|at| (1..NEVER_NS).contains(at));
    Standing { status: word.and_then(|word| means(&word)), ends_ns, fees_1e8: None }
}

fn binance(word: &str) -> Option<FeedStatus> {
    Some(match word {
        "TRADING" => FeedStatus::Open,
        "CLOSE" | "DELIVERED" | "DELIVERING" | "END_OF_DAY" => FeedStatus::Closed,
        "HALT" | "BREAK" | "AUCTION_MATCH" | "PRE_TRADING" | "POST_TRADING" | "PENDING_TRADING"
        | "PRE_DELIVERING" | "SETTLING" | "PRE_SETTLE" => FeedStatus::Halted,
        _ => return None,
    })
}

fn bybit(word: &str) -> Option<FeedStatus> {
    Some(match word {
        "Trading" => FeedStatus::Open,
        "PreLaunch" | "Settling" => FeedStatus::Halted,
        "Delivering" | "Closed" => FeedStatus::Closed,
        _ => return None,
    })
}

fn okx(word: &str) -> Option<FeedStatus> {
    Some(match word {
        "live" => FeedStatus::Open,
        "suspend" | "preopen" | "rebase" => FeedStatus::Halted,
        "expired" | "settling" => FeedStatus::Closed,
        _ => return None,
    })
}

fn coinbase(row: Raw<'_>) -> Standing {
    let [status, disabled, trading, cancels, posts] =
        fields(row, &["status", "is_disabled", "trading_disabled", "cancel_only", "post_only"]);
    let is_set = |flag: Option<Raw<'_>>| flag.and_then(|raw| raw.bool().ok()) == Some(true);
    let word = text(status);
    let status = if word.as_deref() == Some("delisted") {
        FeedStatus::Closed
    } else if word.as_deref() == Some("offline")
        || [disabled, trading, cancels].into_iter().any(is_set)
    {
        FeedStatus::Halted
    } else if is_set(posts) {
        FeedStatus::PostOnly
    } else {
        FeedStatus::Open
    };
    Standing { status: Some(status), ..Standing::default() }
}

fn hyperliquid(row: Raw<'_>) -> FeedStatus {
    let [delisted] = fields(row, &["isDelisted"]);
    match delisted.and_then(|raw| raw.bool().ok()) {
        Some(true) => FeedStatus::Closed,
        _ => FeedStatus::Open,
    }
}

fn kalshi(row: Raw<'_>) -> Standing {
    let [status, close] = fields(row, &["status", "close_time"]);
    let status = text(status).and_then(|word| {
        Some(match &*word {
            "active" | "open" => FeedStatus::Open,
            "initialized" | "unopened" | "inactive" | "paused" => FeedStatus::Halted,
            "closed" | "determined" | "disputed" | "amended" | "settled" | "finalized" => {
                FeedStatus::Closed
            }
            _ => return None,
        })
    });
    Standing { status, ends_ns: Some(rfc3339(close)).filter(|at| *at > 0), fees_1e8: None }
}

/// In order of volume; the first step is what an account without history pays.
fn kraken(row: Raw<'_>) -> Standing {
    let [status, taker, maker] = fields(row, &["status", "fees", "fees_maker"]);
    let status = text(status).and_then(|word| {
        Some(match &*word {
            "online" | "limit_only" => FeedStatus::Open,
            "post_only" => FeedStatus::PostOnly,
            "cancel_only" | "reduce_only" | "maintenance" | "work_in_progress" => {
                FeedStatus::Halted
            }
            "delisted" => FeedStatus::Closed,
            _ => return None,
        })
    });
    let first = |steps: Option<Raw<'_>>| {
        let mut steps = steps?.scanner();
        steps.array().ok()?;
        let mut step = steps.element().ok()?.then(|| steps.value().ok())??.scanner();
        step.array().ok()?;
        let _volume = step.element().ok()?.then(|| step.value().ok())??;
        let fee = step.element().ok()?.then(|| step.value().ok())??;
        Some(parse_price(fee.decimal().ok()?)?.0 / UNITS_PER_RATE)
    };
    Standing { status, ends_ns: None, fees_1e8: first(maker).zip(first(taker)) }
}

/// The end of a market here is a date to expect: it trades on until it is closed.
fn polymarket(row: Raw<'_>) -> Standing {
    let [accepts, accepting, closed] =
        fields(row, &["acceptingOrders", "accepting_orders", "closed"]);
    let flag = |raw: Option<Raw<'_>>| raw.and_then(|raw| raw.bool().ok());
    let status = match (flag(closed), flag(accepts.or(accepting))) {
        (Some(true), _) => Some(FeedStatus::Closed),
        (_, Some(false)) => Some(FeedStatus::Halted),
        (_, Some(true)) => Some(FeedStatus::Open),
        (_, None) => None,
    };
    Standing { status, ..Standing::default() }
}

fn text(raw: Option<Raw<'_>>) -> Option<std::borrow::Cow<'_, str>> {
    raw.and_then(|raw| raw.string().ok())
}

fn fields<'a, const N: usize>(row: Raw<'a>, names: &[&str; N]) -> [Option<Raw<'a>>; N] {
    let read = |mut scanner: Scanner<'a>| scanner.fields(names).ok();
    if row.is_object() { read(row.scanner()).unwrap_or([None; N]) } else { [None; N] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Decoder, FeedBatch};
    use crate::tape::EventKind;

    const BOOK: &[u8] = br#"{"channel":"l2Book","data":{"coin":"BTC","time":1,
        "levels":[[{"px":"10","sz":"1","n":1}],[{"px":"11","sz":"1","n":1}]]}}"#;
    const TRADED: &[u8] = br#"{"universe":[{"name":"BTC","szDecimals":5}]}"#;
    const DELISTED: &[u8] = br#"{"universe":[{"name":"BTC","szDecimals":5,"isDelisted":true}]}"#;

    /// The statuses that a decoder tells of a frame.
    fn told(decoder: &mut dyn Decoder, frame: &[u8], at_ns: i64) -> Vec<FeedStatus> {
        let mut out = FeedBatch::new();
        decoder.decode(frame, at_ns, &mut out).unwrap();
        statuses(&out)
    }

    fn statuses(out: &FeedBatch) -> Vec<FeedStatus> {
        let events = out.messages().flat_map(|(_, events)| events);
        let found = events.filter(|event| event.kind == EventKind::Status);
        found.filter_map(|event| FeedStatus::from_code(event.count)).collect()
    }

    #[test]
    fn a_list_that_ends_trading_is_told_once_and_again_after_a_loss() {
        let mut decoder = FeedVenue::Hyperliquid.decoder();
        assert_eq!(told(&mut *decoder, BOOK, 1), []);
        assert_eq!(told(&mut *decoder, TRADED, 2), []);
        assert_eq!(told(&mut *decoder, DELISTED, 3), [FeedStatus::Closed]);
        assert_eq!(told(&mut *decoder, DELISTED, 4), []);
        let mut out = FeedBatch::new();
        decoder.disconnected(5, &mut out);
        assert_eq!(statuses(&out), [FeedStatus::Resync]);
        assert_eq!(told(&mut *decoder, BOOK, 6), [FeedStatus::Closed], "not open with its book");
        assert_eq!(told(&mut *decoder, TRADED, 7), [FeedStatus::Open]);
    }

    #[test]
    fn a_list_that_comes_before_the_book_holds_for_it() {
        let mut decoder = FeedVenue::Hyperliquid.decoder();
        assert_eq!(told(&mut *decoder, DELISTED, 1), []);
        assert_eq!(told(&mut *decoder, BOOK, 2), [FeedStatus::Closed]);
    }

    #[test]
    fn a_list_without_a_date_says_nothing_about_the_present() {
        let mut decoder = FeedVenue::Hyperliquid.decoder();
        let mut out = FeedBatch::new();
        decoder.undated_list(DELISTED, 1, &mut out);
        assert_eq!(told(&mut *decoder, BOOK, 2), []);
        assert_eq!(decoder.take_terms().len(), 1, "its grid holds");
    }

    #[test]
    fn a_market_ends_at_its_time() {
        let mut decoder = FeedVenue::Kalshi.decoder();
        let list = br#"{"market":{"ticker":"KX-1","status":"active",
            "close_time":"1970-01-01T00:00:01Z","price_level_structure":"linear_cent"}}"#;
        let book = br#"{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KX-1",
            "yes_dollars_fp":[["0.0800","3.00"]],"no_dollars_fp":[["0.5400","2.00"]]}}"#;
        let alive = br#"{"type":"ok","sid":1,"seq":2}"#;
        assert_eq!(told(&mut *decoder, list, 1), []);
        assert_eq!(told(&mut *decoder, book, 2), []);
        assert_eq!(told(&mut *decoder, alive, 1_000_000_000), [FeedStatus::Halted]);
    }

    #[test]
    fn of_two_statuses_the_one_counts_that_allows_less() {
        use FeedStatus::{Closed, Halted, Open, PostOnly};
        for (one, other, want) in
            [(Open, Halted, Halted), (Closed, Halted, Closed), (PostOnly, Open, PostOnly)]
        {
            assert_eq!((stricter(one, other), stricter(other, one)), (want, want));
        }
    }

    #[test]
    fn each_venue_says_in_its_own_words_whether_it_trades() {
        for (venue, row, want) in [
            (FeedVenue::Binance, r#"{"status":"BREAK"}"#, FeedStatus::Halted),
            (FeedVenue::Binance, r#"{"contractStatus":"CLOSE"}"#, FeedStatus::Closed),
            (FeedVenue::Bybit, r#"{"status":"PreLaunch"}"#, FeedStatus::Halted),
            (FeedVenue::Okx, r#"{"state":"suspend"}"#, FeedStatus::Halted),
            (
                FeedVenue::Coinbase,
                r#"{"status":"online","trading_disabled":true}"#,
                FeedStatus::Halted,
            ),
            (FeedVenue::Coinbase, r#"{"status":"delisted"}"#, FeedStatus::Closed),
            (FeedVenue::Coinbase, r#"{"status":"online","post_only":true}"#, FeedStatus::PostOnly),
            (FeedVenue::Kalshi, r#"{"status":"finalized"}"#, FeedStatus::Closed),
            (FeedVenue::Kraken, r#"{"status":"cancel_only"}"#, FeedStatus::Halted),
            (FeedVenue::Polymarket, r#"{"acceptingOrders":false}"#, FeedStatus::Halted),
            (
                FeedVenue::Polymarket,
                r#"{"closed":true,"acceptingOrders":true}"#,
                FeedStatus::Closed,
            ),
        ] {
            let raw = Scanner::of(row).value().unwrap();
            assert_eq!(Standing::read(venue, raw).status, Some(want), "{venue:?} {row}");
        }
    }

    #[test]
    fn fees_are_those_of_the_first_step() {
        let row = r#"{"fees":[[0,0.26],[50000,0.24]],"fees_maker":[[0,0.16]]}"#;
        let raw = Scanner::of(row).value().unwrap();
        assert_eq!(Standing::read(FeedVenue::Kraken, raw).fees_1e8, Some((160_000, 260_000)));
    }
}
