//! What one venue's frames mean; all else a decoder does is the same for every venue.

use super::session::{Lost, Session};
use super::stamp::Stamp;
use super::{Decoder, FeedBatch, FeedError, FeedInstrument, FeedStats, FeedVenue, InstrumentList};
use crate::venue::Terms;

/// What tells one venue's decoder from another's.
pub(super) trait Rules: std::fmt::Debug + Send {
    /// Instruments, health and counters.
    fn session(&self) -> &Session;

    /// The same, to change.
    fn session_mut(&mut self) -> &mut Session;

    /// Decodes one frame and appends to `out`.
    fn read(&mut self, frame: &[u8], stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError>;

    /// Decodes a book fetched over REST, which does not name its instrument.
    fn read_book(
        &mut self,
        venue_symbol: &str,
        body: &[u8],
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let _ = venue_symbol;
        self.read(body, stamp, out)
    }

    /// Which books a frame that could not be read may have changed. The next frame that can be read
    /// might show what was missed, by its number, its checksum, or because it is a whole book; until
    /// then, and there may be none, the book is wrong.
    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a>;

    /// Drops what holds within one connection only.
    fn forget(&mut self) {}
}

impl<T: Rules> Decoder for T {
    fn venue(&self) -> FeedVenue {
        self.session().venue()
    }

    fn decode(&mut self, frame: &[u8], recv_ns: i64, out: &mut FeedBatch) -> Result<(), FeedError> {
        let stamp = Stamp::received(recv_ns);
        self.session_mut().begin(recv_ns);
        // An answer to a ping. All that was sent before it has come, so every book is as it was.
        if frame.eq_ignore_ascii_case(b"pong") {
            self.session_mut().heartbeat_all(stamp, out);
            return Ok(());
        }
        let read = self.read(frame, stamp, out);
        if read.is_err() {
            let lost = self.lost(frame);
            self.session_mut().rejected(lost, stamp, out);
        }
        self.session_mut().tell_standings(stamp, out);
        read
    }

    fn listed(&mut self, list: &InstrumentList, recv_ns: i64, out: &mut FeedBatch) {
        let session = self.session_mut();
        session.begin(recv_ns);
        session.take_list(list);
        session.tell_standings(Stamp::received(recv_ns), out);
    }

    fn undated_list(&mut self, frame: &[u8], recv_ns: i64, out: &mut FeedBatch) {
        self.session_mut().set_dated(false);
        // What cannot be read is counted, as elsewhere.
        let _ = self.decode(frame, recv_ns, out);
        self.session_mut().set_dated(true);
    }

    fn rest_answer(
        &mut self,
        venue_symbol: Option<&str>,
        body: &[u8],
        recv_ns: i64,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let stamp = Stamp::received(recv_ns);
        self.session_mut().begin(recv_ns);
        let read = match venue_symbol {
            Some(venue_symbol) => self.read_book(venue_symbol, body, stamp, out),
            None => self.read(body, stamp, out),
        };
        if read.is_err() {
            // What was fetched and cannot be read takes nothing from what is heard.
            self.session_mut().rejected(Lost::Nothing, stamp, out);
        }
        self.session_mut().tell_standings(stamp, out);
        read
    }

    fn disconnected(&mut self, recv_ns: i64, out: &mut FeedBatch) {
        self.forget();
        self.session_mut().resync_all(Stamp::received(recv_ns), out);
    }

    fn take_terms(&mut self) -> Vec<(u32, Terms)> {
        self.session_mut().take_terms()
    }

    fn instruments(&self) -> &[FeedInstrument] {
        self.session().instruments()
    }

    fn stats(&self) -> &FeedStats {
        &self.session().stats
    }
}
