//! Symbol text to instrument: every form an order, a quote or a stream may use.
//!
//! [`Symbol::parse`] borrows from the text and allocates nothing. It looks at the shape alone; that
//! a symbol parses does not say that anybody lists it. What the shape decides, in this order:
//!
//! | Shape | Reads as |
//! |---|---|
//! | `https://polymarket.com/event/<slug>` | the slug; query and fragment are dropped |
//! | 30 digits or more | Polymarket token id |
//! | a lower-case letter, or no letter at all | Polymarket slug, optionally `:yes` / `:no` |
//! | `:YES` / `:NO` (any case) after capitals | Kalshi ticker |
//! | `KX…` | Kalshi ticker |
//! | `ETH-PERP`, `BTC-USD-PERP` | perpetual; without a quote it is `USD` |
//! | `BTC-USD`, `ETH-USDC-ARB` where the second part is in [`is_quote_code`] | pair; with a chain: swap |
//! | other capitals with a dash; `INX…`, `NASDAQ100…` | Kalshi ticker |
//!
//! What the shape cannot tell:
//! * `LBJR-BOS` (a market) from a pair with the unknown quote `BOS`. It reads as a ticker;
//!   [`Symbol::parse_at`] knows the venue and reads a pair at an exchange.
//! * A Kalshi event (`KXNBAGAME-26JAN15ATLPOR`) or series with a `KX` prefix from a market
//!   (`GTA6-24DEC31`): both are tickers, only a catalogue knows which of them trade. Other series
//!   have no dash and are refused, since every market ticker has one.
//! * A Polymarket event slug from the slug of one of its markets.
//!
//! Text is ASCII and never folded: `btc-usd` is a slug nobody lists, not `BTC-USD`. Four tickers of
//! 2023 hold `<` or `>` (`FEDDECISION-23SEP-H>25`); the character rule excludes them.

use std::fmt;

use crate::ids::{InstrumentKind, Outcome, VenueId};
use crate::venue;
use shape::{
    COLON, DASH, LOWER, UPPER, behind_prefix, by_slug, by_suffix, check_characters, coin_form,
    is_index_ticker, page_slug, split_suffix, ticker,
};

mod configured;
mod error;
mod shape;
#[cfg(test)]
mod tests;

pub use configured::{Configured, EventContract, parse_configured, parse_event_contract};
pub use error::SymbolError;

/// Longest symbol, in characters, after the URL prefix.
pub const MAX_SYMBOL_CHARS: usize = 128;
/// From this many digits on, a number is a Polymarket token id.
pub const MIN_TOKEN_DIGITS: usize = 30;
/// Page address that is stripped to its slug.
pub const EVENT_URL_PREFIX: &str = "https://polymarket.com/event/";

/// A parsed symbol; borrows the text it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symbol<'a> {
    /// Spot pair, `BTC-USD`.
    Pair {
        /// Base asset.
        base: &'a str,
        /// Quote asset.
        quote: &'a str,
    },
    /// Pair on one chain, `ETH-USDC-ARB`.
    Swap {
        /// Base asset.
        base: &'a str,
        /// Quote asset.
        quote: &'a str,
        /// Chain suffix.
        chain: &'a str,
    },
    /// Perpetual future, `BTC-USD-PERP`.
    Perp {
        /// Underlying.
        base: &'a str,
        /// Quote; `USD` when the text had none.
        quote: &'a str,
    },
    /// One outcome of a Kalshi market.
    Ticker {
        /// Venue ticker, without the suffix.
        ticker: &'a str,
        /// YES unless the suffix says otherwise.
        outcome: Outcome,
    },
    /// One outcome of a Polymarket market, by slug.
    Slug {
        /// Slug, without the suffix.
        slug: &'a str,
        /// YES unless the suffix says otherwise.
        outcome: Outcome,
    },
    /// One outcome of a Polymarket market, by token id; the catalogue knows which.
    Token {
        /// Decimal digits.
        token_id: &'a str,
    },
}

impl<'a> Symbol<'a> {
    /// Reads a symbol by its shape (module documentation).
    pub fn parse(text: &'a str) -> Result<Self, SymbolError> {
        match text.strip_prefix(EVENT_URL_PREFIX) {
            None => Self::by_shape(text),
            Some(rest) => by_slug(page_slug(rest)).map_err(behind_prefix),
        }
    }

    fn by_shape(text: &'a str) -> Result<Self, SymbolError> {
        let seen = check_characters(text)?;
        if seen & (COLON | UPPER) != UPPER {
            // Rare forms first leave the common ones a straight way.
            return by_suffix(text, seen);
        }
        if seen & LOWER != 0 {
            return Ok(Self::Slug { slug: text, outcome: Outcome::Yes });
        }
        if text.starts_with("KX") && text.len() > 2 {
            return ticker(text, text, Outcome::Yes);
        }
        match coin_form(text, seen, is_quote_code) {
            Some(symbol) => Ok(symbol),
            None if seen & DASH != 0 || is_index_ticker(text) => ticker(text, text, Outcome::Yes),
            None => Err(SymbolError::at_end(text, "'-': a pair is BASE-QUOTE, like BTC-USD")),
        }
    }

    /// Reads a symbol that is known to belong to a venue, where the shape alone can mislead: any
    /// quote makes a pair at an exchange, any text without a coin form is a ticker at kalshi.
    pub fn parse_at(venue: VenueId, text: &'a str) -> Result<Self, SymbolError> {
        if venue == venue::POLYMARKET {
            return match text.strip_prefix(EVENT_URL_PREFIX) {
                None => by_slug(text),
                Some(rest) => by_slug(page_slug(rest)).map_err(behind_prefix),
            };
        }
        let seen = check_characters(text)?;
        if venue == venue::KALSHI {
            let (market, outcome) = split_suffix(text, seen)?;
            return ticker(text, market, outcome.unwrap_or(Outcome::Yes));
        }
        coin_form(text, seen, |_| true)
            .ok_or_else(|| SymbolError::at(text, 0, "BASE-QUOTE or BASE-QUOTE-PERP"))
    }

    /// What kind of market it trades on.
    pub const fn kind(&self) -> InstrumentKind {
        match self {
            Self::Pair { .. } | Self::Swap { .. } => InstrumentKind::Spot,
            Self::Perp { .. } => InstrumentKind::Perp,
            Self::Ticker { .. } | Self::Slug { .. } | Self::Token { .. } => {
                InstrumentKind::Prediction
            }
        }
    }

    /// The only venue this shape can trade on, where there is one.
    pub const fn venue_hint(&self) -> Option<VenueId> {
        match self {
            Self::Ticker { .. } => Some(venue::KALSHI),
            Self::Slug { .. } | Self::Token { .. } => Some(venue::POLYMARKET),
            _ => None,
        }
    }

    /// Base asset of a coin market.
    pub const fn base(&self) -> Option<&'a str> {
        match self {
            Self::Pair { base, .. } | Self::Swap { base, .. } | Self::Perp { base, .. } => {
                Some(base)
            }
            _ => None,
        }
    }

    /// Quote asset of a coin market.
    pub const fn quote(&self) -> Option<&'a str> {
        match self {
            Self::Pair { quote, .. } | Self::Swap { quote, .. } | Self::Perp { quote, .. } => {
                Some(quote)
            }
            _ => None,
        }
    }

    /// Ticker, slug or token id of an event market.
    pub const fn market_slug(&self) -> Option<&'a str> {
        match self {
            Self::Ticker { ticker: text, .. }
            | Self::Slug { slug: text, .. }
            | Self::Token { token_id: text } => Some(text),
            _ => None,
        }
    }

    /// Outcome the text names; a token id does not say which it is.
    pub const fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Ticker { outcome, .. } | Self::Slug { outcome, .. } => Some(*outcome),
            _ => None,
        }
    }

    /// Canonical text: what rows and answers show. Parsing it gives the same symbol.
    pub fn canonical(&self) -> String {
        self.pieces().concat()
    }

    /// What the canonical text is put together from.
    const fn pieces(&self) -> [&'a str; 5] {
        match *self {
            Self::Pair { base, quote } => [base, "-", quote, "", ""],
            Self::Swap { base, quote, chain } => [base, "-", quote, "-", chain],
            Self::Perp { base, quote } => [base, "-", quote, "-", "PERP"],
            Self::Ticker { ticker: market, outcome } | Self::Slug { slug: market, outcome } => {
                [market, ":", outcome.as_str(), "", ""]
            }
            Self::Token { token_id } => [token_id, "", "", "", ""],
        }
    }
}

impl fmt::Display for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().iter().try_for_each(|piece| f.write_str(piece))
    }
}

/// Assets that prices are quoted in. Only these make a two-part text a pair when the venue is not
/// known, because two-part tickers (`GTA6-24DEC31`, `COMMENCEMENT-UCLA`) look the same.
pub fn is_quote_code(code: &str) -> bool {
    venue::is_fiat(code)
        || matches!(
            code,
            "USDT"
                | "USDC"
                | "BTC"
                | "ETH"
                | "SOL"
                | "BNB"
                | "DAI"
                | "DOT"
                | "XBT"
                | "EURC"
                | "FDUSD"
                | "PYUSD"
                | "RLUSD"
                | "TUSD"
                | "USDE"
                | "USDG"
                | "USDS"
                | "WBTC"
                | "WETH"
        )
}
