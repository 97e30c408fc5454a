//! The pieces a scanner lends: strings, numbers, and whole values as text.

use std::borrow::Cow;

use super::{JsonError, JsonErrorKind};

/// A string between its quotes, escapes checked and not yet resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonStr<'a> {
    text: &'a str,
    escaped: bool,
}

impl<'a> JsonStr<'a> {
    pub(super) const fn new(text: &'a str, escaped: bool) -> Self {
        Self { text, escaped }
    }

    /// The characters meant; borrowed unless there is an escape in them.
    pub fn decode(self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(unescape(self.text)) } else { Cow::Borrowed(self.text) }
    }

    /// Bytes between the quotes, an upper bound of the decoded length.
    pub const fn raw_len(self) -> usize {
        self.text.len()
    }

    /// True when this is exactly `other`.
    pub fn is(self, other: &str) -> bool {
        if self.escaped { self.decode() == other } else { self.text == other }
    }
}

/// A number as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonNumber<'a> {
    text: &'a str,
    integer: bool,
}

impl<'a> JsonNumber<'a> {
    pub(super) const fn new(text: &'a str, integer: bool) -> Self {
        Self { text, integer }
    }

    /// The text, every digit kept.
    pub const fn text(self) -> &'a str {
        self.text
    }

    /// True without point and exponent.
    pub const fn is_integer(self) -> bool {
        self.integer
    }
}

/// A whole value, checked by the scanner that lent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a>(&'a str);

impl<'a> Raw<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text of the value.
    pub const fn text(self) -> &'a str {
        self.0
    }

    /// True for `{…}`.
    pub fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    /// True for `[…]`.
    pub fn is_array(self) -> bool {
        self.0.starts_with('[')
    }

    /// The characters of a string.
    pub fn string(self) -> Result<Cow<'a, str>, JsonError> {
        let text = self.quoted().ok_or(WRONG_TYPE)?;
        Ok(JsonStr::new(text, text.contains('\\')).decode())
    }

    /// The text of a number, or of a string that may hold one: venues write both.
    pub fn decimal(self) -> Result<&'a str, JsonError> {
        match self.0.as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => Ok(self.0),
            _ => self.quoted().ok_or(WRONG_TYPE),
        }
    }

    /// A non-negative integer, also one written as a string.
    pub fn unsigned(self) -> Result<u64, JsonError> {
        parse_unsigned(self.decimal()?).ok_or(WRONG_TYPE)
    }

    /// `true` or `false`.
    pub fn bool(self) -> Result<bool, JsonError> {
        match self.0 {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(WRONG_TYPE),
        }
    }

    fn quoted(self) -> Option<&'a str> {
        self.0.strip_prefix('"')?.strip_suffix('"')
    }
}

const WRONG_TYPE: JsonError = JsonError { kind: JsonErrorKind::Type, at: 0 };

/// Digits only: no sign, no spaces, no overflow.
fn parse_unsigned(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// Resolves the escapes of a string that a scanner has checked.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, tail)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut tail = tail.chars();
        match tail.next() {
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let (code, after) = code_point(tail.as_str());
                out.push(code);
                rest = after;
                continue;
            }
            Some(other) => out.push(other),
            None => {}
        }
        rest = tail.as_str();
    }
    out.push_str(rest);
    out
}

/// One code point from `XXXX` or `XXXX\uXXXX`, and the text behind it.
fn code_point(text: &str) -> (char, &str) {
    let unit = |at: usize| text.get(at..at + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let after = |at: usize| text.get(at..).unwrap_or_default();
    match (unit(0), unit(6)) {
        (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
            let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), after(10))
        }
        (Some(code), _) => (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), after(4)),
        (None, _) => (char::REPLACEMENT_CHARACTER, after(4)),
    }
}
