//! Strict JSON without copies and without recursion.
//!
//! [`Scanner`] walks a text token by token and lends pieces of it: numbers stay text, so no value
//! passes through a float on its way to fixed point. Feed decoders pick the fields they need with
//! [`Scanner::fields`]; request bodies go through [`read`], which also knows where it is (the path
//! of an error) and refuses duplicate keys and oversized parts.
//!
//! Strict means RFC 8259 and no more: UTF-8, one value, no `NaN`, no leading zeros, no lone
//! surrogates, no control characters in strings.

mod plain;
mod read;
mod scan;
mod value;

#[cfg(test)]
mod tests;

pub use read::{Fault, Limits, ReadError, Sink, read};
pub use scan::{Scanner, Through, Token};
pub use value::{JsonNumber, JsonStr, Raw};

use crate::reject::text_enum;

text_enum!(
    /// What is wrong with a text.
    JsonErrorKind {
        /// Not the JSON grammar, or more than one value.
        Syntax = "syntax",
        /// Not UTF-8, or an escape that is half a surrogate pair.
        Encoding = "encoding",
        /// Nested deeper than allowed.
        Depth = "depth",
        /// A key appears twice in one object.
        Duplicate = "duplicate",
        /// A string is longer than allowed.
        String = "string",
        /// An array has more elements than allowed.
        Array = "array",
        /// Valid JSON, but another type stands here.
        Type = "type",
    }
);

/// An error and the byte offset at which it was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Byte offset into the scanned text.
    pub at: usize,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} error at byte {}", self.kind.as_str(), self.at)
    }
}

impl std::error::Error for JsonError {}
