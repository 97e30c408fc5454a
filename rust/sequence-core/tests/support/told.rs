//! What a decoder makes of frames, one line a message.

use sequence_core::feed::{Decoder, FeedBatch, FeedError};
use sequence_core::ids::BookSide;
use sequence_core::tape::{EventKind, MarketEvent, flag};

pub(crate) const S: i64 = 1_000_000_000;

/// Feeds frames and collects what comes out, one line an event.
pub(crate) fn tell(decoder: &mut dyn Decoder, frames: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for (minute, frame) in (1i64..).zip(frames) {
        let mut batch = FeedBatch::new();
        let result = decoder.decode(frame.as_bytes(), minute * 60 * S, &mut batch);
        if let Err(error) = result {
            lines.push(format!(
                "error {}",
                if matches!(error, FeedError::Json(_)) { "json" } else { "field" }
            ));
        }
        for (instrument, events) in batch.messages() {
            let name = &decoder.instruments()[instrument as usize].symbol;
            let told: Vec<_> = events.iter().map(describe).collect();
            lines.push(format!("{name}: {}", told.join(", ")));
        }
    }
    lines
}

pub(crate) fn describe(event: &MarketEvent) -> String {
    let side = match event.side {
        Some(BookSide::Bid) => "bid",
        Some(BookSide::Ask) => "ask",
        None => "?",
    };
    match event.kind {
        EventKind::LevelSet => format!("{side} {} {}", event.price, event.quantity),
        EventKind::Print => {
            let old = if event.flags & flag::BACKFILLED == 0 { "" } else { " old" };
            format!("print {side} {} {}{old}", event.price, event.quantity)
        }
        EventKind::Status => match event.count {
            1 => "open".to_owned(),
            2 => "resync".to_owned(),
            7 => "unfit".to_owned(),
            other => format!("status {other}"),
        },
        EventKind::SnapshotBegin => "[".to_owned(),
        EventKind::SnapshotEnd => "]".to_owned(),
        EventKind::Heartbeat => "alive".to_owned(),
        other => panic!("a decoder does not emit {other:?}"),
    }
}
