//! Reads a whole document into a [`Sink`], with limits, duplicate detection and paths.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::scan::{Scanner, Token};
use super::value::{JsonNumber, JsonStr};
use super::{JsonError, JsonErrorKind};

/// What a document may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open containers.
    pub depth: u32,
    /// Bytes of one string or key.
    pub string: usize,
    /// Elements of one array.
    pub array: usize,
}

/// Takes a document in order and builds whatever the caller wants of it.
pub trait Sink<'a> {
    /// What can go wrong while building.
    type Error;

    /// An object starts.
    fn begin_object(&mut self) -> Result<(), Self::Error>;
    /// An array starts.
    fn begin_array(&mut self) -> Result<(), Self::Error>;
    /// The container that started last ends.
    fn end(&mut self) -> Result<(), Self::Error>;
    /// The name of the next value.
    fn key(&mut self, key: Cow<'a, str>) -> Result<(), Self::Error>;
    /// A string.
    fn string(&mut self, text: Cow<'a, str>) -> Result<(), Self::Error>;
    /// A number.
    fn number(&mut self, number: JsonNumber<'a>) -> Result<(), Self::Error>;
    /// `true` or `false`.
    fn bool(&mut self, value: bool) -> Result<(), Self::Error>;
    /// `null`
    fn null(&mut self) -> Result<(), Self::Error>;
}

/// Why a document was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Where, as in `positions[3].qty`; empty at the top.
    pub path: String,
    /// For people.
    pub message: String,
}

/// A document that was refused, or a sink that failed.
#[derive(Debug)]
pub enum ReadError<E> {
    /// The document is at fault.
    Fault(Fault),
    /// The sink is.
    Sink(E),
}

impl<E> From<Fault> for ReadError<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

enum Frame<'a> {
    Object { keys: BTreeSet<Cow<'a, str>>, current: Cow<'a, str> },
    Array { elements: usize },
}

struct Reader<'a> {
    limits: Limits,
    frames: Vec<Frame<'a>>,
    /// The first part found too large. It is reported only if the rest is JSON, so that a body
    /// that is not JSON is always called that.
    too_large: Option<Fault>,
}

/// Reads one document.
pub fn read<'a, S: Sink<'a>>(
    body: &'a [u8],
    limits: Limits,
    sink: &mut S,
) -> Result<(), ReadError<S::Error>> {
    let mut reader = Reader { limits, frames: Vec::new(), too_large: None };
    let mut scanner =
        Scanner::new(body).map_err(|error| reader.fault(error))?.with_max_depth(limits.depth);
    while let Some(token) = scanner.next_token().map_err(|error| reader.fault(error))? {
        let at = scanner.at();
        reader.step(token, at)?;
        if reader.too_large.is_none() {
            feed(sink, token).map_err(ReadError::Sink)?;
        }
    }
    reader.too_large.map_or(Ok(()), |fault| Err(ReadError::Fault(fault)))
}

fn feed<'a, S: Sink<'a>>(sink: &mut S, token: Token<'a>) -> Result<(), S::Error> {
    match token {
        Token::ObjectStart => sink.begin_object(),
        Token::ArrayStart => sink.begin_array(),
        Token::ObjectEnd | Token::ArrayEnd => sink.end(),
        Token::Key(key) => sink.key(key.decode()),
        Token::String(text) => sink.string(text.decode()),
        Token::Number(number) => sink.number(number),
        Token::Bool(value) => sink.bool(value),
        Token::Null => sink.null(),
    }
}

impl<'a> Reader<'a> {
    fn step(&mut self, token: Token<'a>, at: usize) -> Result<(), Fault> {
        match token {
            Token::Key(key) => return self.key(key, at),
            Token::ObjectEnd | Token::ArrayEnd => {
                self.frames.pop();
                return Ok(());
            }
            _ => self.element(at),
        }
        match token {
            Token::ObjectStart => {
                let current = Cow::Borrowed("");
                self.frames.push(Frame::Object { keys: BTreeSet::new(), current });
            }
            Token::ArrayStart => self.frames.push(Frame::Array { elements: 0 }),
            Token::String(text) => self.string(text, at),
            _ => {}
        }
        Ok(())
    }

    fn key(&mut self, key: JsonStr<'a>, at: usize) -> Result<(), Fault> {
        self.string(key, at);
        let name = key.decode();
        let Some(Frame::Object { keys, current }) = self.frames.last_mut() else { return Ok(()) };
        current.clone_from(&name);
        if keys.insert(name) {
            Ok(())
        } else {
            Err(self.fault(JsonError { kind: JsonErrorKind::Duplicate, at }))
        }
    }

    fn element(&mut self, at: usize) {
        let limit = self.limits.array;
        if let Some(Frame::Array { elements }) = self.frames.last_mut() {
            *elements += 1;
            if *elements > limit {
                self.oversize(JsonErrorKind::Array, at);
            }
        }
    }

    fn string(&mut self, text: JsonStr<'a>, at: usize) {
        // The raw text is never shorter than the decoded one: decode only when it could matter.
        if text.raw_len() > self.limits.string && text.decode().len() > self.limits.string {
            self.oversize(JsonErrorKind::String, at);
        }
    }

    fn oversize(&mut self, kind: JsonErrorKind, at: usize) {
        if self.too_large.is_none() {
            self.too_large = Some(self.fault(JsonError { kind, at }));
        }
    }

    fn fault(&self, error: JsonError) -> Fault {
        let message = match error.kind {
            JsonErrorKind::Syntax | JsonErrorKind::Type => {
                format!("not valid JSON at byte {}", error.at)
            }
            JsonErrorKind::Encoding => format!("not valid UTF-8 text at byte {}", error.at),
            JsonErrorKind::Depth => format!("nested deeper than {} levels", self.limits.depth),
            JsonErrorKind::Duplicate => "a key appears twice".to_owned(),
            JsonErrorKind::String => {
                format!("a string is longer than {} bytes", self.limits.string)
            }
            JsonErrorKind::Array => {
                format!("an array has more than {} elements", self.limits.array)
            }
        };
        Fault { kind: error.kind, path: self.path(), message }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.frames {
            match frame {
                Frame::Object { current, .. } if current.is_empty() => {}
                Frame::Object { current, .. } => {
                    let dot = if path.is_empty() { "" } else { "." };
                    // Keys come from outside: keep an error short whatever they hold.
                    let name: String = current.chars().take(64).collect();
                    let _ = write!(path, "{dot}{name}");
                }
                Frame::Array { elements: 0 } => {}
                Frame::Array { elements } => {
                    let _ = write!(path, "[{}]", elements - 1);
                }
            }
        }
        path
    }
}
