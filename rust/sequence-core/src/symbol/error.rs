//! Where a symbol stops making sense, and what would have been right there.

use std::fmt;

use super::MAX_SYMBOL_CHARS;

/// A text that is no symbol. Displays as `column 4 is ' ', expected a letter, …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolError {
    /// 1-based column, in characters.
    pub column: usize,
    /// The character there; `None` at the end of the text.
    pub found: Option<char>,
    /// What would have been right.
    pub expected: &'static str,
}

impl SymbolError {
    /// At a 0-based character index.
    pub(super) fn at(text: &str, index: usize, expected: &'static str) -> Self {
        Self { column: index + 1, found: text.chars().nth(index), expected }
    }

    pub(super) fn at_end(text: &str, expected: &'static str) -> Self {
        Self { column: text.chars().count() + 1, found: None, expected }
    }
}

impl fmt::Display for SymbolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {} is ", self.column)?;
        match self.found {
            None => f.write_str("the end of the text")?,
            Some(found) if found.is_ascii_graphic() || found == ' ' => write!(f, "'{found}'")?,
            // Look-alikes, controls and direction marks are named, never echoed.
            Some(found) => write!(f, "U+{:04X}", u32::from(found))?,
        }
        write!(f, ", expected {}", self.expected)
    }
}

impl std::error::Error for SymbolError {}

/// The first character that breaks the rule of symbols; called when one is known to.
pub(super) fn first_fault(text: &str) -> SymbolError {
    if text.is_empty() {
        return SymbolError::at(text, 0, "a symbol, like BTC-USD");
    }
    for (index, found) in text.chars().enumerate() {
        let expected = if index >= MAX_SYMBOL_CHARS {
            "the end: a symbol has at most 128 characters"
        } else if found == '/' && index > 0 {
            "'-': pairs are written BTC-USD here"
        } else if index == 0 && !found.is_ascii_alphanumeric() {
            "an ASCII letter or digit"
        } else if !(found.is_ascii_alphanumeric() || matches!(found, '.' | '_' | ':' | '-')) {
            "an ASCII letter, a digit or one of . _ : -"
        } else {
            continue;
        };
        return SymbolError { column: index + 1, found: Some(found), expected };
    }
    SymbolError::at_end(text, "a symbol, like BTC-USD")
}
