//! Levels as venues write them, and which of them are believed.

use std::borrow::Cow;

use crate::book::Book;
use crate::ids::BookSide;
use crate::json::{JsonStr, Raw, Scanner};
use crate::number::{MAX_UNITS, PRICE_DECIMALS, Price, QUANTITY_DECIMALS, Quantity};

use super::FeedError;

/// What a pair of price and size takes in a message at least, as venues mostly write them.
const PAIR_BYTES: usize = 24;

/// A level of one side with its new absolute size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SideLevel {
    pub(super) side: BookSide,
    pub(super) price: Price,
    pub(super) quantity: Quantity,
    /// Orders at the level; 0 = unknown.
    pub(super) orders: u32,
}

/// Levels of one message, read completely before any of them is applied.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    pub(super) levels: Vec<SideLevel>,
    /// Levels that were no levels: not a number, not positive.
    pub(super) dropped: u32,
    /// Levels with a price or size that is a number and none of ours.
    pub(super) beyond: u32,
    /// A size was read that no book has: below zero, or at a price and no number. The sender and we
    /// do not mean the same book, and what stood there before would go on standing.
    pub(super) bad_size: bool,
}

impl Reading {
    pub(super) fn clear(&mut self) {
        self.levels.clear();
        self.dropped = 0;
        self.beyond = 0;
        self.bad_size = false;
    }

    /// Adds a level from its texts, or counts why it is none.
    pub(super) fn push(&mut self, side: BookSide, price: &str, quantity: &str, orders: u32) {
        let texts = [price, quantity];
        let price = parse_price(price).filter(|price| in_range(price.0, 1));
        match (price, parse_quantity(quantity)) {
            (_, Some(quantity)) if quantity.0 < 0 => self.bad_size = true,
            (Some(_), None) if !is_positive_number(quantity) => self.bad_size = true,
            (Some(price), Some(quantity)) if in_range(quantity.0, 0) => {
                self.levels.push(SideLevel { side, price, quantity, orders });
            }
            _ if texts.into_iter().all(is_positive_number) => self.beyond += 1,
            _ => self.dropped += 1,
        }
    }

    /// Reads `[["price","size"], …]`.
    pub(super) fn pairs(&mut self, side: BookSide, list: Raw<'_>) -> Result<(), FeedError> {
        if self.plain_pairs(side, list.text().as_bytes()).is_some() {
            return Ok(());
        }
        let mut scanner = list.scanner();
        scanner.array()?;
        while scanner.element()? {
            let [price, quantity] = row(&mut scanner)?;
            self.push(side, price, quantity, 0);
        }
        Ok(())
    }

    /// The same of a list as venues write it, at the start of `text`: nothing but pairs of quoted
    /// plain decimals in range, without a space. How long the list is; `None`, and no level, leaves
    /// it to the scanner.
    pub(super) fn plain_pairs(&mut self, side: BookSide, text: &[u8]) -> Option<usize> {
        let before = self.levels.len();
        if before == 0 {
            self.levels.reserve(text.len() / PAIR_BYTES);
        }
        let after = self.pairs_before(side, text);
        if after.is_none() {
            self.levels.truncate(before);
        }
        Some(text.len() - after?.len())
    }

    fn pairs_before<'a>(&mut self, side: BookSide, text: &'a [u8]) -> Option<&'a [u8]> {
        let mut rest = text.strip_prefix(b"[")?;
        if let [b']', after @ ..] = rest {
            return Some(after);
        }
        loop {
            let (price, after) = quoted_units(rest.strip_prefix(b"[")?, PRICE_DECIMALS)?;
            let (quantity, after) = quoted_units(after.strip_prefix(b",")?, QUANTITY_DECIMALS)?;
            if !in_range(price, 1) || !in_range(quantity, 0) {
                return None;
            }
            let (price, quantity) = (Price(price), Quantity(quantity));
            self.levels.push(SideLevel { side, price, quantity, orders: 0 });
            match after.strip_prefix(b"]")? {
                [b',', more @ ..] => rest = more,
                [b']', after @ ..] => return Some(after),
                _ => return None,
            }
        }
    }

    /// Reads `[{price: …, size: …}, …]` under the names the venue uses.
    pub(super) fn objects(
        &mut self,
        side: BookSide,
        list: Raw<'_>,
        names: &[&str; 2],
    ) -> Result<(), FeedError> {
        let mut scanner = list.scanner();
        scanner.array()?;
        while scanner.element()? {
            let [price, quantity] = scanner.fields(names)?;
            let price = required(price, "price")?.decimal()?;
            let quantity = required(quantity, "size")?.decimal()?;
            self.push(side, price, quantity, 0);
        }
        Ok(())
    }
}

/// The levels of a message, read in the walk over the message itself where they are written as
/// venues mostly write them, bids (`b`) before asks (`a`).
#[derive(Debug, Default)]
pub(super) struct Sides<'a> {
    reading: Reading,
    bids: Option<&'a [u8]>,
    asks: Option<&'a [u8]>,
}

impl<'a> Sides<'a> {
    /// Reads the list at the start of `text` if it is the next side; how long it is.
    pub(super) fn ahead(&mut self, key: JsonStr<'a>, text: &'a [u8]) -> Option<usize> {
        if self.bids.is_none() && key.is("b") {
            let length = self.reading.plain_pairs(BookSide::Bid, text)?;
            self.bids = text.get(..length);
            Some(length)
        } else if self.bids.is_some() && self.asks.is_none() && key.is("a") {
            let length = self.reading.plain_pairs(BookSide::Ask, text)?;
            self.asks = text.get(..length);
            Some(length)
        } else {
            None
        }
    }

    /// All levels of both lists; read once more where others were met on the way.
    pub(super) fn read(self, bids: Raw<'a>, asks: Raw<'a>) -> Result<Reading, FeedError> {
        let is_that = |read: Option<&[u8]>, list: Raw<'_>| {
            read.is_some_and(|read| std::ptr::eq(read, list.text().as_bytes()))
        };
        if is_that(self.bids, bids) && is_that(self.asks, asks) {
            return Ok(self.reading);
        }
        let mut reading = self.reading;
        reading.clear();
        reading.pairs(BookSide::Bid, bids)?;
        reading.pairs(BookSide::Ask, asks)?;
        Ok(reading)
    }
}

pub(super) fn parse_price(text: &str) -> Option<Price> {
    let plain = plain_units(text, PRICE_DECIMALS).map(Price);
    plain.or_else(|| Price::parse(&with_both_sides(text)).ok())
}

pub(super) fn parse_quantity(text: &str) -> Option<Quantity> {
    let plain = plain_units(text, QUANTITY_DECIMALS).map(Quantity);
    plain.or_else(|| Quantity::parse(&with_both_sides(text)).ok())
}

/// A number with digits on both sides of its point, as JSON has them: venues leave one out where it
/// is zero (`.48`, `1.`).
fn with_both_sides(text: &str) -> Cow<'_, str> {
    let (mantissa, exponent) = text.split_at(text.find(['e', 'E']).unwrap_or(text.len()));
    match mantissa.split_once('.') {
        Some(("" | "-", "")) | None => text.into(),
        Some((whole @ ("" | "-"), decimals)) => format!("{whole}0.{decimals}{exponent}").into(),
        Some((whole, "")) => format!("{whole}{exponent}").into(),
        Some(_) => text.into(),
    }
}

/// A quoted short plain decimal at the start of `text`, in units, and what follows it.
fn quoted_units(text: &[u8], decimals: u32) -> Option<(i64, &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let (whole, mut rest) = digits(0, text);
    let whole_digits = text.len() - rest.len();
    let (mut units, mut places) = (whole, 0);
    if let [b'.', fraction @ ..] = rest {
        (units, rest) = digits(whole, fraction);
        places = fraction.len() - rest.len();
    }
    let [b'"', after @ ..] = rest else { return None };
    let leading_zero = whole_digits > 1 && text.first() == Some(&b'0');
    // Eighteen digits always fit, so nothing wrapped.
    if whole_digits + places == 0 || whole_digits + places > 18 || leading_zero {
        return None;
    }
    let scale = TENS.get((decimals as usize).checked_sub(places)?)?;
    Some((units.checked_mul(*scale)?, after))
}

/// What the digits at the start of `text` make of a number that they continue, and what follows.
#[inline]
fn digits(mut number: i64, mut text: &[u8]) -> (i64, &[u8]) {
    while let [byte @ b'0'..=b'9', rest @ ..] = text {
        number = number.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
        text = rest;
    }
    (number, text)
}

/// Powers of ten, as far as decimals go.
const TENS: [i64; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// Short plain decimals, which is what venues write, in 64-bit steps; `None` leaves the text to
/// the full parser. Most of the time of a large book goes into its digits.
fn plain_units(text: &str, decimals: u32) -> Option<i64> {
    let (mut units, mut whole_digits, mut places) = (0i64, 0usize, None);
    for byte in text.bytes() {
        match (byte, &mut places) {
            (b'0'..=b'9', Some(places)) if *places == decimals => return None,
            (b'0'..=b'9', places) => {
                units = units.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                match places {
                    Some(places) => *places += 1,
                    None => whole_digits += 1,
                }
            }
            (b'.', None) => places = Some(0),
            _ => return None,
        }
    }
    let places = places.unwrap_or(0);
    let leading_zero = whole_digits > 1 && text.starts_with('0');
    let has_digits = whole_digits > 0 || places > 0;
    if leading_zero || !has_digits {
        return None;
    }
    units.checked_mul(10i64.pow(decimals - places))
}

/// A plain number above 0, of any length and size.
pub(super) fn is_positive_number(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let number = !exponent.is_empty() && [whole, decimals, exponent].into_iter().all(digits);
    number && mantissa.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

pub(super) fn in_range(units: i64, least: i64) -> bool {
    (least..=MAX_UNITS).contains(&units)
}

/// An array that starts with exactly the decimal texts asked for; further elements are skipped.
pub(super) fn row<'a, const N: usize>(
    scanner: &mut Scanner<'a>,
) -> Result<[&'a str; N], FeedError> {
    scanner.array()?;
    let mut texts = [""; N];
    let mut filled = 0;
    while scanner.element()? {
        let value = scanner.value()?;
        if let Some(slot) = texts.get_mut(filled) {
            *slot = value.decimal()?;
            filled += 1;
        }
    }
    if filled == N { Ok(texts) } else { Err(FeedError::Field("level")) }
}

/// The value of a member the message cannot do without.
pub(super) fn required<'a>(
    value: Option<Raw<'a>>,
    name: &'static str,
) -> Result<Raw<'a>, FeedError> {
    value.ok_or(FeedError::Field(name))
}

/// Price and size of a print: positive, in range.
pub(super) fn trade_amounts(
    price: Option<Raw<'_>>,
    quantity: Option<Raw<'_>>,
) -> Result<(Price, Quantity), FeedError> {
    let price = required(price, "price")?.decimal()?;
    let quantity = required(quantity, "size")?.decimal()?;
    let price = parse_price(price).ok_or(FeedError::Field("price"))?;
    let quantity = parse_quantity(quantity).ok_or(FeedError::Field("size"))?;
    if !in_range(price.0, 1) {
        return Err(FeedError::Field("price"));
    }
    if !in_range(quantity.0, 1) {
        return Err(FeedError::Field("size"));
    }
    Ok((price, quantity))
}

/// Takes a whole new book and returns the levels in which it differs from the one before.
pub(super) fn replace(book: &mut Book, levels: &[SideLevel]) -> Vec<SideLevel> {
    let mut next = Book::new();
    // Sides mostly come best first and are held best last: from the end, every insert is a push.
    for level in levels.iter().rev() {
        next.set(level.side, level.price, level.quantity);
    }
    if next == *book {
        return Vec::new();
    }
    let mut changed = Vec::new();
    for side in [BookSide::Bid, BookSide::Ask] {
        let gone =
            book.levels(side).filter(|old| next.quantity_at(side, old.price) == Quantity::ZERO);
        changed.extend(gone.map(|old| SideLevel {
            side,
            price: old.price,
            quantity: Quantity::ZERO,
            orders: 0,
        }));
    }
    let differs = |level: &&SideLevel| level.quantity != book.quantity_at(level.side, level.price);
    changed.extend(levels.iter().filter(differs));
    *book = next;
    changed
}

/// A folded book is the same as a snapshot read just now.
pub(super) fn same_levels(book: &Book, levels: &[SideLevel]) -> bool {
    let held = book.depth(BookSide::Bid) + book.depth(BookSide::Ask);
    let mut fresh = Book::new();
    for level in levels {
        fresh.set(level.side, level.price, level.quantity);
    }
    held == fresh.depth(BookSide::Bid) + fresh.depth(BookSide::Ask) && *book == fresh
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_plain_decimal_goes_to_the_full_parser() {
        for text in ["", ".", "01", "-1", "+1", "1e3", "1.0.0", " 1", "NaN", "１"] {
            assert_eq!(plain_units(text, 9), None, "{text}");
            assert_eq!(parse_price(text), Price::parse(text).ok(), "{text}");
        }
    }

    #[test]
    fn a_zero_before_or_after_the_point_may_be_left_out() {
        let as_json = [
            (".48", "0.48"),
            ("-.5", "-0.5"),
            ("1.", "1"),
            ("-1.", "-1"),
            (".5e1", "5"),
            ("1.e-7", "1e-7"),
            (".0", "0"),
        ];
        for (text, json) in as_json {
            assert_eq!(parse_price(text), Some(Price::parse(json).unwrap()), "{text}");
            assert_eq!(parse_quantity(text), Some(Quantity::parse(json).unwrap()), "{text}");
            assert_eq!(is_positive_number(text), is_positive_number(json), "{text}");
            let list = format!("[[\"{text}\",\"{text}\"]]");
            let read = |list: &str| {
                let mut reading = Reading::default();
                reading.pairs(BookSide::Bid, Scanner::of(list).value().unwrap()).unwrap();
                (reading.levels, reading.dropped, reading.beyond, reading.bad_size)
            };
            assert_eq!(read(&list), read(&list.replace(text, json)), "{text}");
        }
        for text in [".", "-.", "..", ".e1", "", "e1", ".-5"] {
            assert_eq!((parse_price(text), parse_quantity(text)), (None, None), "{text}");
            assert!(!is_positive_number(text), "{text}");
        }
    }

    proptest! {
        /// A space is valid JSON, and leaves the list to the scanner.
        #[test]
        fn plain_lists_and_the_scanner_read_the_same(
            rows in prop::collection::vec(
                (prop_oneof![4 => "[1-9][0-9]{0,9}(\\.[0-9]{1,8})?", 1 => "[-0-9.e]{0,20}"],
                 prop_oneof![4 => "[0-9]{1,4}(\\.[0-9]{1,9})?", 1 => "[-0-9.e]{0,20}"]),
                0..5,
            ),
        ) {
            let row = |(price, size): &(String, String)| format!(r#"["{price}","{size}"]"#);
            let rows = rows.iter().map(row).collect::<Vec<_>>().join(",");
            let read = |list: &str| {
                let mut reading = Reading::default();
                let list = Scanner::of(list).value().unwrap();
                reading.pairs(BookSide::Bid, list).unwrap();
                (reading.levels, reading.dropped, reading.beyond, reading.bad_size)
            };
            prop_assert_eq!(read(&format!("[{rows}]")), read(&format!("[{rows} ]")));
        }

        /// Whatever the order of members, and whichever object has them.
        #[test]
        fn sides_read_on_the_way_are_those_read_afterwards(
            members in Just(vec![
                r#""b":[["1.5","2"],["1.4","3"]]"#,
                r#""a":[["1.6","2"]]"#,
                r#""x":{"b":[["9","9"]]}"#,
                r#""n":7"#,
            ]).prop_shuffle(),
            outer in prop_oneof![Just(""), Just(r#""b":[["7","7"]],"#), Just(r#""a":[["8","8"]],"#)],
            list in prop_oneof![Just("[]"), Just(r#"[["1","2","3"]]"#), Just(r#"[["x","1"]]"#)],
            odd in any::<bool>(),
        ) {
            let mut inner = members.join(",");
            if odd {
                inner = inner.replace(r#"[["1.6","2"]]"#, list);
            }
            let text = format!("{{{outer}\"data\":{{{inner}}}}}");
            let (mut scanner, mut sides) = (Scanner::of(&text), Sides::default());
            let (_, carried) = scanner
                .fields_through(&["n"], "data", &["b", "a"], |key, text| sides.ahead(key, text))
                .unwrap();
            let [bids, asks] = carried.unwrap().unwrap().map(Option::unwrap);
            let on_the_way = sides.read(bids, asks).map(|reading| reading.levels);
            let mut after = Reading::default();
            let read = after.pairs(BookSide::Bid, bids).and(after.pairs(BookSide::Ask, asks));
            prop_assert_eq!(on_the_way, read.map(|()| after.levels));
        }

        #[test]
        fn the_short_way_and_the_full_parser_agree(text in "[0-9]{1,12}(\\.[0-9]{1,12})?(e-?[0-9])?") {
            prop_assert_eq!(parse_price(&text), Price::parse(&text).ok());
            prop_assert_eq!(parse_quantity(&text), Quantity::parse(&text).ok());
        }
    }
}
