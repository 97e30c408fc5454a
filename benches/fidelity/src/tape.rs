//! Reads a tape of order-by-order truth: one JSON line, then 64-byte records.

use std::io;
use std::path::Path;

use sequence_core::ids::BookSide;

/// What happened to one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Add,
    Reduce,
    Execute,
    Hidden,
}

/// One order-by-order event; `t` in ns, price in 1e-9, size in 1e-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub t: i64,
    pub kind: Kind,
    pub side: BookSide,
    pub px: i64,
    pub qty: i64,
    pub order: u64,
    /// Last event of its message: the book is consistent after it.
    pub last: bool,
}

/// A whole tape.
#[derive(Debug, Clone)]
pub struct Tape {
    pub name: String,
    pub sha256: String,
    pub tick: i64,
    pub lot: i64,
    pub events: Vec<Event>,
}

impl Tape {
    /// Where scoring starts: what comes before was there to choose thresholds on.
    pub fn split(&self) -> i64 {
        match (self.events.first(), self.events.last()) {
            (Some(first), Some(last)) => first.t + (last.t - first.t) * 5 / 12,
            _ => 0,
        }
    }
}

/// Reads a tape file.
pub fn load(path: &Path) -> io::Result<Tape> {
    let bytes = std::fs::read(path)?;
    let at = bytes.iter().position(|byte| *byte == b'\n').ok_or(io::ErrorKind::InvalidData)?;
    let (header, body) = bytes.split_at(at);
    let header = String::from_utf8_lossy(header);
    let events = body.get(1..).unwrap_or_default().chunks_exact(64).filter_map(event).collect();
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Ok(Tape {
        name: name.unwrap_or_default(),
        sha256: field(&header, "sha256").trim_matches('"').to_owned(),
        tick: field(&header, "tick").parse().map_err(io::Error::other)?,
        lot: field(&header, "lot").parse().map_err(io::Error::other)?,
        events,
    })
}

/// The text of a flat header field.
fn field<'a>(header: &'a str, key: &str) -> &'a str {
    let start = header.split(&format!("\"{key}\": ")).nth(1).unwrap_or_default();
    start.split([',', '}']).next().unwrap_or_default()
}

fn event(record: &[u8]) -> Option<Event> {
    let word = |at: usize| -> Option<u64> {
        record.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
    };
    let signed = |at: usize| word(at).map(u64::cast_signed);
    Some(Event {
        t: signed(0)?,
        kind: match record.get(24)? {
            1 => Kind::Add,
            2 | 3 => Kind::Reduce,
            4 => Kind::Execute,
            _ => Kind::Hidden,
        },
        side: if *record.get(25)? == 1 { BookSide::Bid } else { BookSide::Ask },
        px: signed(32)?,
        qty: signed(40)?,
        order: word(48)?,
        last: record.get(26)? & 16 != 0,
    })
}
