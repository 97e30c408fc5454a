//! Recording containers: how frames and their receipt times are written down, line by line.
//!
//! | container | line |
//! |---|---|
//! | envelope | `{"recv_ns"｜"recv_ms"｜"ts": time, "frame"｜"event"｜"payload": frame}` |
//! | capture text | `EPOCH: FRAME`, `URL -> EPOCH: REST BODY`, `URL <-> EPOCH` (connected) |
//! | prefixed | `TIME FRAME` |
//! | bare | one frame a line, timed by its own venue stamp |
//! | single | the whole file is one frame or one array of frames |
//!
//! Times are in seconds, ms, us or ns: their size tells which.

use super::FeedVenue;
use super::clock::{Written, ns_by_size};
use super::stamp::parse_rfc3339;
use super::venues::{is_futures, venue_of};
use crate::json::{Raw, Scanner};

const PER_S_NS: i64 = 1_000_000_000;
const PER_S_MS: i64 = 1_000;

/// How frames are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// One JSON object a line with a time and a frame.
    Envelope,
    /// Text with a direction and epoch seconds before each frame.
    CaptureText,
    /// Receipt time, a space, the frame.
    Prefixed,
    /// One frame a line.
    Bare,
    /// One JSON text in the whole file, on any number of lines: a frame, or an array of frames.
    Single,
}

/// What one line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// A frame received on the connection. Without a receipt time the venue's stamp counts.
    Frame {
        /// Receipt time.
        time: Option<Written>,
        /// Wire text.
        frame: &'a [u8],
    },
    /// An answer over REST: a book, or the venue's list of instruments.
    Rest {
        /// Receipt time.
        time: Written,
        /// The instrument asked for.
        symbol: Option<&'a str>,
        /// Wire text.
        body: &'a [u8],
    },
    /// A connection was opened: what was known before is void.
    Connected {
        /// Time.
        time: Written,
    },
    /// Nothing the venue sent.
    Other,
}

/// What a recording turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How frames are wrapped.
    pub container: Container,
    /// Whose frames they are, when they say so.
    pub venue: Option<FeedVenue>,
    /// Binance futures, whose diffs also name the id before them.
    pub futures: bool,
}

/// Finds out the container from the first lines; `None` when none fits.
pub(super) fn container_of(lines: &[Vec<u8>]) -> Option<Container> {
    let first = lines.first()?;
    match first.first()? {
        b'{' | b'[' if is_json(first) => {
            let wrapped = matches!(envelope(first), Record::Frame { .. });
            // One line that is a list of frames is a file of its own kind.
            let list = lines.len() == 1 && first.starts_with(b"[");
            Some(match (wrapped, list) {
                (true, _) => Container::Envelope,
                (false, true) => Container::Single,
                (false, false) => Container::Bare,
            })
        }
        b'{' | b'[' => Some(Container::Single),
        b'0'..=b'9' if split_once(first, b": ").is_some_and(|(head, _)| is_number(head)) => {
            Some(Container::CaptureText)
        }
        b'0'..=b'9' if split_once(first, b" ").is_some_and(|(head, _)| is_number(head)) => {
            Some(Container::Prefixed)
        }
        _ => lines.iter().any(|line| is_capture_line(line)).then_some(Container::CaptureText),
    }
}

/// What the first lines say of a recording. Two venues in one are an error, with both.
pub(super) fn layout_of(
    container: Container,
    lines: &[Vec<u8>],
) -> Result<Layout, (FeedVenue, FeedVenue)> {
    let mut layout = Layout { container, venue: None, futures: false };
    for line in lines {
        let record = read_line(container, line);
        let (Record::Frame { frame, .. } | Record::Rest { body: frame, .. }) = record else {
            continue;
        };
        if let Some(venue) = venue_of(frame) {
            let known = *layout.venue.get_or_insert(venue);
            if known != venue {
                return Err((known, venue));
            }
        }
        layout.futures |= is_futures(frame);
    }
    Ok(layout)
}

fn is_json(text: &[u8]) -> bool {
    Scanner::new(text).and_then(|mut scanner| scanner.value().and(scanner.finish())).is_ok()
}

fn is_capture_line(line: &[u8]) -> bool {
    !matches!(capture_text(line), Record::Other)
}

/// Reads one line of a container.
pub fn read_line(container: Container, line: &[u8]) -> Record<'_> {
    match container {
        Container::Envelope => envelope(line),
        Container::CaptureText => capture_text(line),
        Container::Prefixed => prefixed(line),
        Container::Bare | Container::Single => Record::Frame { time: None, frame: line },
    }
}

fn envelope(line: &[u8]) -> Record<'_> {
    let fields = Scanner::new(line).and_then(|mut scanner| {
        let names = ["recv_ns", "recv_ms", "ts", "frame", "event", "payload"];
        let fields = scanner.fields(&names)?;
        scanner.finish().map(|()| fields)
    });
    let Ok([ns, ms, ts, frame, event, payload]) = fields else { return Record::Other };
    let Some(frame) = frame.or(event).or(payload).filter(|frame| is_container(*frame)) else {
        return Record::Other;
    };
    let number = |raw: Option<Raw<'_>>, per_s| {
        raw.and_then(|raw| raw.decimal().ok()).and_then(|text| Written::parse(text, per_s))
    };
    let text = |raw: Raw<'_>| raw.string().ok().and_then(|text| parse_rfc3339(&text));
    let time = number(ns, Some(PER_S_NS))
        .or_else(|| number(ms, Some(PER_S_MS)))
        .or_else(|| ts.and_then(text).map(Written::epoch_ns))
        .or_else(|| number(ts, None));
    match time {
        Some(_) => Record::Frame { time, frame: frame.text().as_bytes() },
        None => Record::Other,
    }
}

fn is_container(raw: Raw<'_>) -> bool {
    raw.is_object() || raw.is_array()
}

fn prefixed(line: &[u8]) -> Record<'_> {
    let read = split_once(line, b" ")
        .and_then(|(head, frame)| Some(Record::Frame { time: Some(written(head)?), frame }));
    read.unwrap_or(Record::Other)
}

fn capture_text(line: &[u8]) -> Record<'_> {
    capture_record(line).unwrap_or(Record::Other)
}

fn capture_record(line: &[u8]) -> Option<Record<'_>> {
    if line.first().is_some_and(u8::is_ascii_digit) {
        let (epoch, frame) = split_once(line, b": ")?;
        return Some(Record::Frame { time: Some(written(epoch)?), frame });
    }
    if let Some((url, answer)) = split_once(line, b" -> ") {
        let (epoch, body) = split_once(answer, b": ")?;
        let symbol = query_symbol(std::str::from_utf8(url).ok()?);
        return Some(Record::Rest { time: written(epoch)?, symbol, body });
    }
    let (_, epoch) = split_once(line, b" <-> ")?;
    Some(Record::Connected { time: written(epoch)? })
}

/// The instrument of a REST address (`…/depth?symbol=BTCUSDT&limit=1000`).
fn query_symbol(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|part| part.strip_prefix("symbol="))
}

fn written(text: &[u8]) -> Option<Written> {
    Written::parse(std::str::from_utf8(text).ok()?, None)
}

fn is_number(text: &[u8]) -> bool {
    written(text).is_some()
}

fn split_once<'a>(line: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = line.windows(separator.len()).position(|window| window == separator)?;
    let (head, tail) = line.split_at_checked(at)?;
    Some((head, tail.get(separator.len()..)?))
}

/// The venue's own stamp of a frame without a receipt time: the first member of that meaning,
/// wherever it stands. Only used to pace recordings; decoders read their stamps properly.
pub fn venue_time(frame: &[u8]) -> Option<i64> {
    ["\"timestamp\":", "\"ts_ms\":", "\"time\":", "\"E\":"].iter().find_map(|name| {
        let (_, rest) = split_once(frame, name.as_bytes())?;
        let rest = rest.trim_ascii_start();
        let end = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b']'))?;
        let text = std::str::from_utf8(rest.get(..end)?).ok()?.trim().trim_matches('"');
        parse_rfc3339(text).or_else(|| ns_by_size(text)).filter(|ns| *ns > 0)
    })
}
