//! Where the bytes of a recording come from. Who implements it opens; the core only reads.

use std::fmt::Debug;
use std::io::{self, BufRead, Cursor};
use std::sync::Arc;

/// Bytes that can be read from their start as often as needed, with bounded memory.
pub trait Input: Debug + Send + Sync {
    /// A reader of its own, at the start. It shows what it has, so that nothing is copied to be read.
    fn open(&self) -> io::Result<Box<dyn BufRead + Send>>;
}

/// Bytes in memory, shared by every reader.
#[derive(Debug, Clone)]
pub struct Bytes(pub Arc<[u8]>);

impl Input for Bytes {
    fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(Cursor::new(Arc::clone(&self.0))))
    }
}
