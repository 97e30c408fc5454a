//! The lines of a recording, read in pieces: no more than the longest line is in memory.

use std::fmt;
use std::io::{self, Read};

/// Bytes asked for at once.
const PIECE: usize = 256 * 1024;
/// Longest line, and longest JSON text that spans lines. The largest book a venue sends in one
/// frame is about 10 MB.
pub(super) const MAX_LINE: usize = 64 * 1024 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why no line could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineError {
    /// The file cannot be read.
    Io(io::ErrorKind),
    /// A line, or a JSON text over several, is longer than [`MAX_LINE`].
    TooLong,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(kind) => write!(f, "it cannot be read: {kind}"),
            Self::TooLong => {
                write!(f, "no line ends within {} MB: one frame a line", MAX_LINE >> 20)
            }
        }
    }
}

/// Reads lines one by one; blank ones and comments (`#`, `//`) are left out.
pub(super) struct Lines {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were not handed out yet.
    from: usize,
    to: usize,
    ended: bool,
    started: bool,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Lines {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, buffer: Vec::new(), from: 0, to: 0, ended: false, started: false }
    }

    /// The next line without its end and without white space around it; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, LineError> {
        loop {
            let Some((start, end)) = self.take()? else { return Ok(None) };
            let line = self.buffer.get(start..end).unwrap_or_default();
            if !is_left_out(line.trim_ascii()) {
                let line = self.buffer.get(start..end).unwrap_or_default();
                return Ok(Some(line.trim_ascii()));
            }
        }
    }

    /// Everything that is left, for a text that spans lines.
    pub(super) fn rest(mut self) -> Result<Vec<u8>, LineError> {
        while !self.ended {
            self.fill()?;
        }
        self.buffer.truncate(self.to);
        self.buffer.drain(..self.from);
        if !self.started {
            strip_bom(&mut self.buffer);
        }
        Ok(self.buffer)
    }

    /// Where the next line stands in the buffer.
    fn take(&mut self) -> Result<Option<(usize, usize)>, LineError> {
        let mut looked = self.from;
        loop {
            let fresh = self.buffer.get(looked..self.to).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                let (start, end) = (self.from, looked + at);
                self.from = end + 1;
                return Ok(Some((self.after_bom(start), end)));
            }
            looked = self.to;
            if self.ended {
                let start = std::mem::replace(&mut self.from, self.to);
                let found = (self.after_bom(start), self.to);
                return Ok((found.0 < found.1).then_some(found));
            }
            let moved = self.fill()?;
            looked -= moved;
        }
    }

    /// Skips the mark that some editors put in front of a file.
    fn after_bom(&mut self, start: usize) -> usize {
        let first = !std::mem::replace(&mut self.started, true);
        let marked = first && self.buffer.get(start..).is_some_and(|text| text.starts_with(BOM));
        if marked { start + BOM.len() } else { start }
    }

    /// Reads another piece; returns by how much what is unread moved forward.
    fn fill(&mut self) -> Result<usize, LineError> {
        let moved = self.from;
        self.buffer.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - moved);
        if self.to > MAX_LINE {
            return Err(LineError::TooLong);
        }
        if self.buffer.len() < self.to + PIECE {
            self.buffer.resize(self.to + PIECE, 0);
        }
        let free = self.buffer.get_mut(self.to..).unwrap_or_default();
        match self.reader.read(free) {
            Ok(0) => self.ended = true,
            Ok(count) => self.to += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(LineError::Io(error.kind())),
        }
        Ok(moved)
    }
}

fn strip_bom(text: &mut Vec<u8>) {
    if text.starts_with(BOM) {
        text.drain(..BOM.len());
    }
}

/// Lines that hold nothing: blank, or a remark of whoever wrote the file.
fn is_left_out(line: &[u8]) -> bool {
    line.is_empty() || line.starts_with(b"#") || line.starts_with(b"//")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time, with interruptions.
    struct Dripping(Vec<u8>, usize);

    impl Read for Dripping {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(3) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = self.0.len().min(1 + self.1 % 4).min(to.len());
            to[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    fn all(text: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(Box::new(Dripping(text.to_vec(), 0)));
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push(String::from_utf8(line.to_vec()).unwrap());
        }
        found
    }

    #[test]
    fn lines_come_whole_however_they_arrive() {
        assert_eq!(all(b"one\r\n\n  two \n# no\n// no\nthree"), ["one", "two", "three"]);
        assert_eq!(all(b"\xef\xbb\xbf{\"a\":1}\n\xef\xbb\xbfb\n")[0], "{\"a\":1}");
        assert_eq!(all(b""), [""; 0]);
        assert_eq!(all(b"\n\n"), [""; 0]);
    }

    #[test]
    fn the_rest_is_what_was_not_read() {
        let mut lines = Lines::new(Box::new(Dripping(b"one\ntwo\nthree".to_vec(), 0)));
        assert_eq!(lines.next().unwrap(), Some(b"one".as_slice()));
        assert_eq!(lines.rest().unwrap(), b"two\nthree");
        let whole = Lines::new(Box::new(Dripping(b"\xef\xbb\xbf{\n}".to_vec(), 0)));
        assert_eq!(whole.rest().unwrap(), b"{\n}");
    }

    #[test]
    fn a_line_without_end_is_refused_and_not_read_for_ever() {
        let mut endless = Lines::new(Box::new(io::repeat(0)));
        assert_eq!(endless.next(), Err(LineError::TooLong));
        assert_eq!(Lines::new(Box::new(io::repeat(b'x'))).rest(), Err(LineError::TooLong));
    }
}
