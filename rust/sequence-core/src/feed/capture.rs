//! Recording containers: how frames and their receipt times are written down, line by line.
//!
//! | container | line |
//! |---|---|
//! | envelope | `{"recv_ns"｜"recv_ms"｜"ts": time, "frame"｜"event"｜"payload": frame}` |
//! | capture text | `EPOCH: FRAME`, `URL -> EPOCH: REST BODY`, `URL <-> EPOCH` (connected) |
//! | prefixed | `RECV_NS FRAME` |
//! | bare | one frame a line, timed by its own venue stamp |
//! | single | the whole file is one frame |

use super::stamp::{parse_rfc3339, parse_seconds};
use super::{FeedVenue, levels::required};
use crate::json::{Raw, Scanner};

const NS_PER_MS: i64 = 1_000_000;
/// Lines looked at to find out what a recording is.
const PROBED_LINES: usize = 64;

/// How frames are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// One JSON object a line with a time and a frame.
    Envelope,
    /// Text with a direction and epoch seconds before each frame.
    CaptureText,
    /// Receipt time in ns, a space, the frame.
    Prefixed,
    /// One frame a line.
    Bare,
    /// One frame in the whole file, on any number of lines.
    Single,
}

/// What one line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// A frame received on the connection. Without a receipt time the venue's stamp counts.
    Frame {
        /// Receipt time, ns since the Unix epoch.
        recv_ns: Option<i64>,
        /// Wire text.
        frame: &'a [u8],
    },
    /// A book fetched over REST.
    Rest {
        /// Receipt time, ns since the Unix epoch.
        recv_ns: i64,
        /// The instrument asked for.
        symbol: &'a str,
        /// Wire text.
        body: &'a [u8],
    },
    /// A connection was opened: what was known before is void.
    Connected {
        /// Time, ns since the Unix epoch.
        recv_ns: i64,
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

/// Lines of a recording, without their line ends; blank ones are left out.
pub fn lines(data: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    data.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// Finds out the container and the venue from the first lines; `None` when neither fits.
pub fn detect(data: &[u8]) -> Option<Layout> {
    let first = lines(data).next()?;
    let container = match first.first()? {
        b'{' | b'[' => json_container(first, data)?,
        b'0'..=b'9' if split_once(first, b": ").is_some_and(|(head, _)| is_number(head)) => {
            Container::CaptureText
        }
        b'0'..=b'9' if split_once(first, b" ").is_some_and(|(head, _)| is_number(head)) => {
            Container::Prefixed
        }
        _ => {
            lines(data).take(PROBED_LINES).any(is_capture_line).then_some(Container::CaptureText)?
        }
    };
    let mut layout = Layout { container, venue: None, futures: false };
    let frames = lines(if container == Container::Single { &[] } else { data })
        .map(|line| read_line(container, line))
        .chain(
            (container == Container::Single)
                .then_some(Record::Frame { recv_ns: None, frame: data }),
        );
    for record in frames.take(PROBED_LINES) {
        let (Record::Frame { frame, .. } | Record::Rest { body: frame, .. }) = record else {
            continue;
        };
        layout.venue = layout.venue.or_else(|| venue_of(frame));
        layout.futures |= frame.windows(5).any(|window| window == b"\"pu\":");
    }
    Some(layout)
}

fn json_container(first: &[u8], data: &[u8]) -> Option<Container> {
    match Scanner::new(first).and_then(|mut scanner| scanner.value().and(scanner.finish())) {
        Ok(()) if matches!(envelope(first), Record::Frame { .. }) => Some(Container::Envelope),
        Ok(()) => Some(Container::Bare),
        Err(_) => {
            let whole = Scanner::new(data).and_then(|mut scanner| scanner.value());
            whole.is_ok().then_some(Container::Single)
        }
    }
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
        Container::Bare | Container::Single => Record::Frame { recv_ns: None, frame: line },
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
    let integer = |raw: Option<Raw<'_>>| {
        raw.and_then(|raw| raw.unsigned().ok()).and_then(|value| i64::try_from(value).ok())
    };
    let recv_ns = integer(ns)
        .or_else(|| integer(ms).and_then(|ms| ms.checked_mul(NS_PER_MS)))
        .or_else(|| ts.and_then(|ts| ts.string().ok()).and_then(|text| parse_rfc3339(&text)));
    match recv_ns {
        Some(_) => Record::Frame { recv_ns, frame: frame.text().as_bytes() },
        None => Record::Other,
    }
}

fn is_container(raw: Raw<'_>) -> bool {
    raw.is_object() || raw.is_array()
}

fn prefixed(line: &[u8]) -> Record<'_> {
    let read = split_once(line, b" ").and_then(|(head, frame)| {
        let recv_ns = std::str::from_utf8(head).ok()?.parse::<i64>().ok()?;
        Some(Record::Frame { recv_ns: Some(recv_ns), frame })
    });
    read.unwrap_or(Record::Other)
}

fn capture_text(line: &[u8]) -> Record<'_> {
    capture_record(line).unwrap_or(Record::Other)
}

fn capture_record(line: &[u8]) -> Option<Record<'_>> {
    if line.first().is_some_and(u8::is_ascii_digit) {
        let (epoch, frame) = split_once(line, b": ")?;
        return Some(Record::Frame { recv_ns: Some(seconds(epoch)?), frame });
    }
    if let Some((url, answer)) = split_once(line, b" -> ") {
        let (epoch, body) = split_once(answer, b": ")?;
        let symbol = query_symbol(std::str::from_utf8(url).ok()?)?;
        return Some(Record::Rest { recv_ns: seconds(epoch)?, symbol, body });
    }
    let (_, epoch) = split_once(line, b" <-> ")?;
    Some(Record::Connected { recv_ns: seconds(epoch)? })
}

/// The instrument of a REST address (`…/depth?symbol=BTCUSDT&limit=1000`).
fn query_symbol(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|part| part.strip_prefix("symbol="))
}

fn seconds(epoch: &[u8]) -> Option<i64> {
    std::str::from_utf8(epoch).ok().and_then(parse_seconds)
}

fn is_number(text: &[u8]) -> bool {
    seconds(text).is_some()
        || std::str::from_utf8(text).is_ok_and(|text| text.parse::<i64>().is_ok())
}

fn split_once<'a>(line: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = line.windows(separator.len()).position(|window| window == separator)?;
    let (head, tail) = line.split_at_checked(at)?;
    Some((head, tail.get(separator.len()..)?))
}

/// Whose frame this is, judged by the names of its members.
pub fn venue_of(frame: &[u8]) -> Option<FeedVenue> {
    let mut scanner = Scanner::new(frame).ok()?;
    if frame.trim_ascii_start().starts_with(b"[") {
        scanner.array().ok()?;
        if !scanner.element().ok()? {
            return None;
        }
    }
    let [
        channel,
        kind,
        event_type,
        stream,
        event,
        update_id,
        msg,
        product,
        sequence,
        channels,
        method,
    ] = scanner
        .fields(&[
            "channel",
            "type",
            "event_type",
            "stream",
            "e",
            "lastUpdateId",
            "msg",
            "product_id",
            "sequence_num",
            "channels",
            "method",
        ])
        .ok()?;
    if event_type.is_some() {
        return Some(FeedVenue::Polymarket);
    }
    if stream.or(event).or(update_id).is_some() {
        return Some(FeedVenue::Binance);
    }
    if sequence.is_some() || (kind.is_some() && product.or(channels).is_some()) {
        return Some(FeedVenue::Coinbase);
    }
    if kind.is_some() && msg.is_some() {
        return Some(FeedVenue::Kalshi);
    }
    if method.is_some() {
        return Some(FeedVenue::Kraken);
    }
    match &*required(channel, "channel").ok()?.string().ok()? {
        "l2Book" | "trades" | "bbo" | "subscriptionResponse" => Some(FeedVenue::Hyperliquid),
        "book" | "trade" | "status" | "heartbeat" => Some(FeedVenue::Kraken),
        _ => None,
    }
}

/// The venue's own stamp of a frame without a receipt time: the first member of that meaning,
/// wherever it stands. Only used to pace recordings; decoders read their stamps properly.
pub fn venue_time(frame: &[u8]) -> Option<i64> {
    ["\"timestamp\":", "\"ts_ms\":", "\"time\":", "\"E\":"].iter().find_map(|name| {
        let (_, rest) = split_once(frame, name.as_bytes())?;
        let rest = rest.trim_ascii_start();
        let end = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b']'))?;
        let text = std::str::from_utf8(rest.get(..end)?).ok()?.trim().trim_matches('"');
        let millis = || text.parse::<i64>().ok().and_then(|ms| ms.checked_mul(NS_PER_MS));
        parse_rfc3339(text).or_else(millis).filter(|ns| *ns > 0)
    })
}
