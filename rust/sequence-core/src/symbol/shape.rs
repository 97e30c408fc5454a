//! The parts a symbol text falls into, and the classes of character that decide between forms.

use super::error::{SymbolError, first_fault};
use super::{EVENT_URL_PREFIX, MAX_SYMBOL_CHARS, MIN_TOKEN_DIGITS, Symbol, is_quote_code};
use crate::ids::Outcome;

pub(super) const DIGIT: u8 = 1;
pub(super) const UPPER: u8 = 2;
pub(super) const LOWER: u8 = 4;
pub(super) const DASH: u8 = 8;
pub(super) const DOT: u8 = 16;
pub(super) const COLON: u8 = 32;
pub(super) const UNDERSCORE: u8 = 64;
const OTHER: u8 = 128;

pub(super) const fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => DIGIT,
        b'A'..=b'Z' => UPPER,
        b'a'..=b'z' => LOWER,
        b'-' => DASH,
        b'.' => DOT,
        b'_' => UNDERSCORE,
        b':' => COLON,
        _ => OTHER,
    }
}

/// The class of every byte.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        if let Some(slot) = classes.split_at_mut(byte as usize).1.first_mut() {
            *slot = class(byte);
        }
        byte += 1;
    }
    classes
};

pub(super) fn classes(text: &str) -> u8 {
    let class = |byte| CLASSES.get(usize::from(byte)).copied().unwrap_or(OTHER);
    text.bytes().fold(0, |seen, byte| seen | class(byte))
}

/// Checks length and characters; returns the classes of character that occur.
pub(super) fn check_characters(text: &str) -> Result<u8, SymbolError> {
    let seen = classes(text);
    let plain_start = text.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if plain_start && seen & OTHER == 0 && text.len() <= MAX_SYMBOL_CHARS {
        Ok(seen)
    } else {
        Err(first_fault(text))
    }
}

/// Slug in the rest of a page address: query, fragment and one closing slash dropped.
pub(super) fn page_slug(rest: &str) -> &str {
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let slug = rest.get(..end).unwrap_or(rest);
    slug.strip_suffix('/').unwrap_or(slug)
}

pub(super) fn behind_prefix(error: SymbolError) -> SymbolError {
    SymbolError { column: error.column + EVENT_URL_PREFIX.len(), ..error }
}

/// Polymarket text: slug with optional suffix, or token id.
pub(super) fn by_slug(text: &str) -> Result<Symbol<'_>, SymbolError> {
    slug_form(text, check_characters(text)?)
}

fn slug_form(text: &str, seen: u8) -> Result<Symbol<'_>, SymbolError> {
    if is_token(text, seen) {
        return Ok(Symbol::Token { token_id: text });
    }
    let (slug, outcome) = split_suffix(text, seen)?;
    Ok(Symbol::Slug { slug, outcome: outcome.unwrap_or(Outcome::Yes) })
}

/// Text with a suffix, or without any capital.
pub(super) fn by_suffix(text: &str, seen: u8) -> Result<Symbol<'_>, SymbolError> {
    let (market, outcome) = split_suffix(text, seen)?;
    let market_seen = if outcome.is_none() { seen } else { classes(market) };
    match outcome {
        Some(outcome) if market_seen & (UPPER | LOWER) == UPPER => ticker(text, market, outcome),
        _ => slug_form(text, seen),
    }
}

fn is_token(text: &str, seen: u8) -> bool {
    seen == DIGIT && text.len() >= MIN_TOKEN_DIGITS
}

/// Splits off `:YES` or `:NO`, any case.
pub(super) fn split_suffix(text: &str, seen: u8) -> Result<(&str, Option<Outcome>), SymbolError> {
    if seen & COLON == 0 {
        return Ok((text, None));
    }
    let (market, suffix) = text.split_once(':').unwrap_or((text, ""));
    let outcome = if suffix.eq_ignore_ascii_case("yes") {
        Outcome::Yes
    } else if suffix.eq_ignore_ascii_case("no") {
        Outcome::No
    } else {
        return Err(SymbolError::at(text, market.len() + 1, "YES or NO after the colon"));
    };
    if is_token(market, classes(market)) {
        let expected = "the end: a token id is one outcome already";
        return Err(SymbolError::at(text, market.len(), expected));
    }
    Ok((market, Some(outcome)))
}

/// Index series without the `KX` prefix.
pub(super) fn is_index_ticker(text: &str) -> bool {
    text.starts_with("INX") || text.starts_with("NASDAQ100")
}

/// Pair, chain pair or perpetual; `None` when the parts do not have that form.
pub(super) fn coin_form(text: &str, seen: u8, is_quote: fn(&str) -> bool) -> Option<Symbol<'_>> {
    if seen & (LOWER | COLON | UNDERSCORE) != 0 {
        return None;
    }
    let (base, rest) = split_dash(text)?;
    if !(1..=20).contains(&base.len()) {
        return None;
    }
    let plain_base = seen & DOT == 0 || classes(base) & DOT == 0;
    match split_dash(rest) {
        None if rest == "PERP" && plain_base => Some(Symbol::Perp { base, quote: "USD" }),
        None if is_code(rest) && is_quote(rest) => Some(Symbol::Pair { base, quote: rest }),
        Some((quote, "PERP")) if plain_base && is_code(quote) => Some(Symbol::Perp { base, quote }),
        Some((quote, chain)) if is_chain(chain) && is_quote_code(quote) => {
            Some(Symbol::Swap { base, quote, chain })
        }
        _ => None,
    }
}

/// Splits at the first dash. Faster on a few characters than the general search of `split_once`.
fn split_dash(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == b'-')?;
    let (head, tail) = text.split_at_checked(at)?;
    Some((head, tail.get(1..)?))
}

/// Quote part: 1 to 10 capitals and digits.
fn is_code(text: &str) -> bool {
    (1..=10).contains(&text.len()) && classes(text) & !(UPPER | DIGIT) == 0
}

/// Chain part: 2 to 10 capitals.
fn is_chain(text: &str) -> bool {
    (2..=10).contains(&text.len()) && classes(text) == UPPER
}

/// The ticker in front of what else `text` holds; its parts are not empty.
pub(super) fn ticker<'a>(
    text: &str,
    ticker: &'a str,
    outcome: Outcome,
) -> Result<Symbol<'a>, SymbolError> {
    let mut last = 0;
    for (at, byte) in ticker.bytes().chain([b'-']).enumerate() {
        if byte == b'-' && last == b'-' {
            return Err(SymbolError::at(text, at, "a part after the dash, like KXBTCZ-26DEC31"));
        }
        last = byte;
    }
    Ok(Symbol::Ticker { ticker, outcome })
}
