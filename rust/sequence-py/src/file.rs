//! Files as inputs of the core, which opens nothing itself.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use sequence_core::input::Input;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1 << 16;

/// A file on disk. One that was unpacked for us is removed with its last user.
#[derive(Debug)]
pub(crate) struct FileInput {
    path: PathBuf,
    temporary: bool,
}

impl FileInput {
    pub(crate) const fn new(path: PathBuf, temporary: bool) -> Self {
        Self { path, temporary }
    }
}

impl Input for FileInput {
    fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(BufReader::with_capacity(PIECE_BYTES, File::open(&self.path)?)))
    }
}

impl Drop for FileInput {
    fn drop(&mut self) {
        if self.temporary {
            // Nobody can be told; the system clears its folder of temporary files.
            let _ = fs::remove_file(&self.path);
        }
    }
}
