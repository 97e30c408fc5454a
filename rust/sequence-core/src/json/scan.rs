//! The pull scanner: one token per call, state in a bit set instead of a call stack.

use super::plain::{pairs_length, plain_length};
use super::value::{JsonNumber, JsonStr, Raw};
use super::{JsonError, JsonErrorKind};

/// Containers that may be open at once, whatever a caller asks for: one bit each.
const DEPTH_BITS: u32 = 128;
/// Depth allowed where the caller does not say: market-data frames stay far below.
const DEFAULT_DEPTH: u32 = 32;

/// One step of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The name of a member; its value follows.
    Key(JsonStr<'a>),
    /// A string value.
    String(JsonStr<'a>),
    /// A number value.
    Number(JsonNumber<'a>),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    KeyOrEnd,
    ElementOrEnd,
    CommaOrEnd,
}

/// The named members of an envelope, and of the object that it carries, where it carries one.
pub type Through<'a, const N: usize, const M: usize> =
    ([Option<Raw<'a>>; N], Option<Result<[Option<Raw<'a>>; M], JsonError>>);

/// Walks one JSON text.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    max_depth: u32,
    /// Bit `depth - 1` is set when the container open at that depth is an object.
    objects: u128,
    expect: Expect,
}

impl<'a> Raw<'a> {
    /// A scanner over this value.
    pub const fn scanner(self) -> Scanner<'a> {
        Scanner::of(self.text())
    }
}

impl<'a> Scanner<'a> {
    /// Checks the encoding of the whole text, once.
    pub fn new(bytes: &'a [u8]) -> Result<Self, JsonError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::of(text)),
            Err(error) => Err(JsonError { kind: JsonErrorKind::Encoding, at: error.valid_up_to() }),
        }
    }

    /// A scanner over text that is known to be UTF-8.
    pub const fn of(text: &'a str) -> Self {
        let expect = Expect::Value;
        Self { text, at: 0, depth: 0, max_depth: DEFAULT_DEPTH, objects: 0, expect }
    }

    /// Allows at most this many open containers (never more than 128).
    #[must_use]
    pub fn with_max_depth(mut self, max_depth: u32) -> Self {
        self.max_depth = max_depth.min(DEPTH_BITS);
        self
    }

    /// Byte offset of what comes next.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// The next token, or `None` after the one value and the white space behind it.
    pub fn next_token(&mut self) -> Result<Option<Token<'a>>, JsonError> {
        self.skip_space();
        match self.expect {
            Expect::Value => self.value_token().map(Some),
            Expect::KeyOrEnd => {
                if self.eat(b'}') {
                    Ok(Some(self.close(Token::ObjectEnd)))
                } else {
                    self.key().map(Some)
                }
            }
            Expect::ElementOrEnd => {
                if self.eat(b']') {
                    Ok(Some(self.close(Token::ArrayEnd)))
                } else {
                    self.value_token().map(Some)
                }
            }
            Expect::CommaOrEnd => self.after_value(),
        }
    }

    /// Fails unless the one value has been read and nothing follows it.
    pub fn finish(&mut self) -> Result<(), JsonError> {
        match self.next_token()? {
            None => Ok(()),
            Some(_) => Err(self.error(JsonErrorKind::Syntax)),
        }
    }

    /// Reads a whole value and lends its text, fully checked.
    pub fn value(&mut self) -> Result<Raw<'a>, JsonError> {
        self.skip_space();
        let (start, depth) = (self.at, self.depth);
        self.require_value()?;
        if depth + 2 <= self.max_depth
            && let Some(length) = pairs_length(self.rest())
        {
            return Ok(self.pass(length));
        }
        self.value_token()?;
        while self.depth > depth {
            self.next_token()?;
        }
        Ok(Raw::new(self.slice(start, self.at)))
    }

    /// Reads a whole object and lends the values of the named members.
    ///
    /// Unknown members are checked and skipped. A named member that comes twice is an error.
    pub fn fields<const N: usize>(
        &mut self,
        names: &[&str; N],
    ) -> Result<[Option<Raw<'a>>; N], JsonError> {
        self.object()?;
        let mut found = [None; N];
        while let Some(Token::Key(key)) = self.next_token()? {
            let value = self.value()?;
            self.keep(names, &mut found, key, value)?;
        }
        Ok(found)
    }

    /// The same, and on the way through the member `through`, where that is an object, the values of
    /// its own named members: an envelope and what it carries in one walk.
    ///
    /// What is wrong with those names alone is told in their place: a caller that does not want
    /// them has a good envelope.
    ///
    /// `reader` sees each member first, in either object: it may read what it knows from the text
    /// that begins there, and says how many bytes of it were a whole JSON list at most two deep.
    /// `None` leaves the value to the scanner.
    pub fn fields_through<const N: usize, const M: usize>(
        &mut self,
        names: &[&str; N],
        through: &str,
        inner: &[&str; M],
        mut reader: impl FnMut(JsonStr<'a>, &'a [u8]) -> Option<usize>,
    ) -> Result<Through<'a, N, M>, JsonError> {
        self.object()?;
        let (mut found, mut carried) = ([None; N], None);
        while let Some(Token::Key(key)) = self.next_token()? {
            self.skip_space();
            let value = if key.is(through) && self.peek() == Some(b'{') {
                let start = self.at;
                carried = Some(self.carried(inner, &mut reader)?);
                Raw::new(self.slice(start, self.at))
            } else {
                self.value_read_by(key, &mut reader)?
            };
            self.keep(names, &mut found, key, value)?;
        }
        Ok((found, carried))
    }

    /// The named members of an object; a name that comes twice does not end the walk.
    fn carried<const M: usize>(
        &mut self,
        names: &[&str; M],
        reader: &mut impl FnMut(JsonStr<'a>, &'a [u8]) -> Option<usize>,
    ) -> Result<Result<[Option<Raw<'a>>; M], JsonError>, JsonError> {
        self.object()?;
        let mut found = Ok([None; M]);
        let depth = self.depth;
        while let Some(Token::Key(key)) = self.next_token()? {
            let value = self.value_read_by(key, reader)?;
            if let Ok(slots) = &mut found
                && let Err(error) = self.keep(names, slots, key, value)
            {
                found = Err(error);
            }
        }
        debug_assert_eq!(self.depth + 1, depth, "the object that was entered has ended");
        Ok(found)
    }

    /// The value of a member, read by the caller where it can.
    fn value_read_by(
        &mut self,
        key: JsonStr<'a>,
        reader: &mut impl FnMut(JsonStr<'a>, &'a [u8]) -> Option<usize>,
    ) -> Result<Raw<'a>, JsonError> {
        self.skip_space();
        if self.depth + 2 <= self.max_depth
            && let Some(length) = reader(key, self.rest())
        {
            return Ok(self.pass(length));
        }
        self.value()
    }

    /// Passes over a value of so many bytes that is known to be one.
    fn pass(&mut self, length: usize) -> Raw<'a> {
        let start = self.at;
        self.at += length;
        self.expect = Expect::CommaOrEnd;
        Raw::new(self.slice(start, self.at))
    }

    /// Enters an object.
    fn object(&mut self) -> Result<(), JsonError> {
        self.skip_space();
        self.require_value()?;
        match self.value_token()? {
            Token::ObjectStart => Ok(()),
            _ => Err(self.error(JsonErrorKind::Type)),
        }
    }

    /// Keeps a value where its name is wanted, once.
    fn keep<const N: usize>(
        &self,
        names: &[&str; N],
        found: &mut [Option<Raw<'a>>; N],
        key: JsonStr<'a>,
        value: Raw<'a>,
    ) -> Result<(), JsonError> {
        let slot = names.iter().zip(found).find(|(name, _)| key.is(name));
        if let Some((_, slot)) = slot
            && slot.replace(value).is_some()
        {
            return Err(self.error(JsonErrorKind::Duplicate));
        }
        Ok(())
    }

    /// Enters an array.
    pub fn array(&mut self) -> Result<(), JsonError> {
        self.skip_space();
        self.require_value()?;
        match self.value_token()? {
            Token::ArrayStart => Ok(()),
            _ => Err(self.error(JsonErrorKind::Type)),
        }
    }

    /// True when another element follows in the array entered last; false once it has ended.
    pub fn element(&mut self) -> Result<bool, JsonError> {
        self.skip_space();
        let more = match self.expect {
            Expect::ElementOrEnd => !self.eat(b']'),
            Expect::CommaOrEnd if !self.in_object() && self.depth > 0 => {
                let comma = self.eat(b',');
                if !comma && !self.eat(b']') {
                    return Err(self.error(JsonErrorKind::Syntax));
                }
                comma
            }
            _ => return Err(self.error(JsonErrorKind::Type)),
        };
        if more {
            self.expect = Expect::Value;
        } else {
            self.close(Token::ArrayEnd);
        }
        Ok(more)
    }

    fn require_value(&self) -> Result<(), JsonError> {
        match self.expect {
            Expect::Value => Ok(()),
            _ => Err(self.error(JsonErrorKind::Type)),
        }
    }

    fn after_value(&mut self) -> Result<Option<Token<'a>>, JsonError> {
        if self.depth == 0 {
            return match self.peek() {
                None => Ok(None),
                Some(_) => Err(self.error(JsonErrorKind::Syntax)),
            };
        }
        let object = self.in_object();
        if self.eat(b',') {
            self.skip_space();
            return if object { self.key() } else { self.value_token() }.map(Some);
        }
        let (end, token) = if object { (b'}', Token::ObjectEnd) } else { (b']', Token::ArrayEnd) };
        if self.eat(end) {
            Ok(Some(self.close(token)))
        } else {
            Err(self.error(JsonErrorKind::Syntax))
        }
    }

    fn key(&mut self) -> Result<Token<'a>, JsonError> {
        if !self.eat(b'"') {
            return Err(self.error(JsonErrorKind::Syntax));
        }
        let key = self.string()?;
        self.skip_space();
        if !self.eat(b':') {
            return Err(self.error(JsonErrorKind::Syntax));
        }
        self.expect = Expect::Value;
        Ok(Token::Key(key))
    }

    fn value_token(&mut self) -> Result<Token<'a>, JsonError> {
        let token = match self.peek() {
            Some(b'"') => {
                self.at += 1;
                Token::String(self.string()?)
            }
            Some(b'-' | b'0'..=b'9') => Token::Number(self.number()?),
            Some(b'{') => return self.open(Token::ObjectStart),
            Some(b'[') => return self.open(Token::ArrayStart),
            Some(b't') => self.literal("true", Token::Bool(true))?,
            Some(b'f') => self.literal("false", Token::Bool(false))?,
            Some(b'n') => self.literal("null", Token::Null)?,
            _ => return Err(self.error(JsonErrorKind::Syntax)),
        };
        self.expect = Expect::CommaOrEnd;
        Ok(token)
    }

    fn open(&mut self, token: Token<'a>) -> Result<Token<'a>, JsonError> {
        if self.depth >= self.max_depth {
            return Err(self.error(JsonErrorKind::Depth));
        }
        let bit = 1u128 << self.depth;
        if token == Token::ObjectStart {
            self.objects |= bit;
            self.expect = Expect::KeyOrEnd;
        } else {
            self.objects &= !bit;
            self.expect = Expect::ElementOrEnd;
        }
        self.depth += 1;
        self.at += 1;
        Ok(token)
    }

    fn close(&mut self, token: Token<'a>) -> Token<'a> {
        self.depth = self.depth.saturating_sub(1);
        self.expect = Expect::CommaOrEnd;
        token
    }

    fn in_object(&self) -> bool {
        self.depth > 0 && self.objects >> (self.depth - 1) & 1 == 1
    }

    fn literal(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, JsonError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.error(JsonErrorKind::Syntax));
        }
        self.at += word.len();
        Ok(token)
    }

    fn number(&mut self) -> Result<JsonNumber<'a>, JsonError> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        let whole_end = self.at;
        if self.eat(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(JsonNumber::new(self.slice(start, self.at), self.at == whole_end))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.error(JsonErrorKind::Syntax)) } else { Ok(()) }
    }

    /// The string whose opening quote has been eaten.
    fn string(&mut self) -> Result<JsonStr<'a>, JsonError> {
        let (start, mut escaped) = (self.at, false);
        loop {
            self.at += plain_length(self.rest());
            match self.peek() {
                Some(b'"') => {
                    let text = self.slice(start, self.at);
                    self.at += 1;
                    return Ok(JsonStr::new(text, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.error(JsonErrorKind::Syntax)),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        match self.rest().get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => self.unicode_escape(),
            _ => Err(self.error(JsonErrorKind::Syntax)),
        }
    }

    fn unicode_escape(&mut self) -> Result<(), JsonError> {
        match self.code_unit()? {
            0xD800..=0xDBFF => {
                let paired = self.rest().starts_with(b"\\u");
                if !paired || !matches!(self.code_unit()?, 0xDC00..=0xDFFF) {
                    return Err(self.error(JsonErrorKind::Encoding));
                }
                Ok(())
            }
            0xDC00..=0xDFFF => Err(self.error(JsonErrorKind::Encoding)),
            _ => Ok(()),
        }
    }

    /// Eats `\uXXXX`.
    fn code_unit(&mut self) -> Result<u32, JsonError> {
        let digits = self.rest().get(2..6).unwrap_or_default();
        let mut unit = 0;
        for digit in digits {
            let value = char::from(*digit).to_digit(16);
            unit = unit * 16 + value.ok_or_else(|| self.error(JsonErrorKind::Syntax))?;
        }
        if digits.is_empty() {
            return Err(self.error(JsonErrorKind::Syntax));
        }
        self.at += 6;
        Ok(unit)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Both ends stand beside ASCII characters, so this never cuts a code point.
    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    const fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { kind, at: self.at }
    }
}
