//! Symbols of sandbox configuration rows: the row's kind is given, so nothing is guessed.
//!
//! Stricter than orders: an outcome suffix is exact upper case, and a perpetual is written in full.

use std::fmt;

use super::shape::{DASH, DIGIT, DOT, UNDERSCORE, UPPER, class, classes};
use super::{MIN_TOKEN_DIGITS, SymbolError};
use crate::ids::{AssetKind, Outcome};

/// Longest market slug of a configured event contract.
const MAX_SLUG_CHARS: usize = 124;
/// What an asset code may hold.
const CODE: u8 = UPPER | DIGIT | DOT | UNDERSCORE | DASH;
/// Longest asset code.
const MAX_CODE_CHARS: usize = 32;

/// One outcome of an event market, as configuration names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventContract<'a> {
    /// Ticker, slug, or the token id itself.
    pub market_slug: &'a str,
    /// YES for a token id: there it means "this token pays 1".
    pub outcome: Outcome,
    /// Set when the text was a token id.
    pub token_id: Option<&'a str>,
}

impl fmt::Display for EventContract<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.token_id {
            Some(token_id) => f.write_str(token_id),
            None => write!(f, "{}:{}", self.market_slug, self.outcome.as_str()),
        }
    }
}

/// A configured symbol of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Configured<'a> {
    /// Fiat asset code.
    Fiat(&'a str),
    /// Crypto asset code.
    Crypto(&'a str),
    /// Event contract.
    Event(EventContract<'a>),
    /// Perpetual.
    Perp {
        /// Underlying.
        base: &'a str,
        /// Quote.
        quote: &'a str,
    },
}

/// Reads the symbol of a configuration row of the given kind.
pub fn parse_configured(kind: AssetKind, text: &str) -> Result<Configured<'_>, SymbolError> {
    match kind {
        AssetKind::Fiat => asset_code(text).map(Configured::Fiat),
        AssetKind::Crypto => asset_code(text).map(Configured::Crypto),
        AssetKind::EventContract => parse_event_contract(text).map(Configured::Event),
        AssetKind::Perp => perp(text),
    }
}

/// Reads an event contract: `SLUG`, `SLUG:YES`, `SLUG:NO`, or a token id of 30 digits or more.
pub fn parse_event_contract(text: &str) -> Result<EventContract<'_>, SymbolError> {
    const SUFFIX: &str = "exactly YES or NO after the colon";
    let (market_slug, outcome) = match text.split_once(':') {
        None => (text, None),
        Some((slug, "YES")) => (slug, Some(Outcome::Yes)),
        Some((slug, "NO")) => (slug, Some(Outcome::No)),
        Some((slug, _)) => {
            let expected = check_slug(slug)
                .map_or_else(|error| error, |()| SymbolError::at(text, slug.len() + 1, SUFFIX));
            return Err(expected);
        }
    };
    check_slug(market_slug)?;
    let is_token = market_slug.len() >= MIN_TOKEN_DIGITS && classes(market_slug) == DIGIT;
    match (is_token, outcome) {
        (true, Some(_)) => {
            let expected = "the end: a token id is one outcome already";
            Err(SymbolError::at(text, market_slug.len(), expected))
        }
        (true, None) => {
            Ok(EventContract { market_slug, outcome: Outcome::Yes, token_id: Some(market_slug) })
        }
        (false, outcome) => {
            let outcome = outcome.unwrap_or(Outcome::Yes);
            Ok(EventContract { market_slug, outcome, token_id: None })
        }
    }
}

/// `[A-Za-z0-9._-]{1,124}`
fn check_slug(slug: &str) -> Result<(), SymbolError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    check(slug, MAX_SLUG_CHARS, fits, "an ASCII letter, a digit or one of . _ -")
}

/// `[A-Z0-9][A-Z0-9._-]{0,31}`
fn asset_code(text: &str) -> Result<&str, SymbolError> {
    if text.bytes().next().is_some_and(|first| class(first) & (DOT | UNDERSCORE | DASH) != 0) {
        return Err(SymbolError::at(text, 0, "a capital letter or a digit"));
    }
    let fits = |c: char| u8::try_from(c).is_ok_and(|c| class(c) & CODE != 0);
    check(text, MAX_CODE_CHARS, fits, "a capital letter, a digit or one of . _ -")?;
    Ok(text)
}

/// `[A-Z0-9]{1,20}-[A-Z0-9]{1,10}-PERP`
fn perp(text: &str) -> Result<Configured<'_>, SymbolError> {
    const EXPECTED: &str = "BASE-QUOTE-PERP, like BTC-USD-PERP";
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    check(text, 36, fits, "a capital letter, a digit or '-'")?;
    let pair = text.strip_suffix("-PERP").and_then(|pair| pair.split_once('-'));
    match pair {
        Some((base, quote))
            if (1..=20).contains(&base.len())
                && (1..=10).contains(&quote.len())
                && !quote.contains('-') =>
        {
            Ok(Configured::Perp { base, quote })
        }
        _ => Err(SymbolError::at(text, 0, EXPECTED)),
    }
}

fn check(
    text: &str,
    longest: usize,
    fits: impl Fn(char) -> bool,
    expected: &'static str,
) -> Result<(), SymbolError> {
    for (index, found) in text.chars().enumerate() {
        if !fits(found) {
            return Err(SymbolError { column: index + 1, found: Some(found), expected });
        }
        if index >= longest {
            return Err(SymbolError {
                column: index + 1,
                found: Some(found),
                expected: "the end: the text is too long",
            });
        }
    }
    if text.is_empty() { Err(SymbolError::at(text, 0, expected)) } else { Ok(()) }
}
