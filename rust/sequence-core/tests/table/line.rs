//! One line of a scenario: `verb words… -> expected words…`.

use std::fmt;

use sequence_core::number::parse_decimal;

/// A line that says something.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Number in its file, from 1.
    pub(crate) number: usize,
    /// First word.
    pub(crate) verb: &'a str,
    /// Words after the verb.
    pub(crate) words: Vec<&'a str>,
    /// Words after the arrow; empty without one.
    pub(crate) expected: Vec<&'a str>,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} {}", self.number, self.verb, self.words.join(" "))
    }
}

/// The lines of a file; comments and empty ones are left out.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let said = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    said.map(|(at, line)| {
        let (said, expected) = line.split_once("->").unwrap_or((line, ""));
        let mut words = said.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let (words, expected) = (words.collect(), expected.split_whitespace().collect());
        Line { number: at + 1, verb, words, expected }
    })
    .collect()
}

/// A decimal number in units of `10^-decimals`.
pub(crate) fn units(text: &str, decimals: u32) -> i64 {
    let exact = parse_decimal(text.as_bytes(), decimals);
    exact.ok().and_then(|value| i64::try_from(value).ok()).unwrap_or_else(|| panic!("{text:?}"))
}

/// `250ms`, `5s`, `24h` in nanoseconds.
pub(crate) fn duration_ns(text: &str) -> i64 {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap());
    let unit = match unit {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "h" => 3_600_000_000_000,
        other => panic!("unknown unit of time {other:?}"),
    };
    number.parse::<i64>().unwrap() * unit
}

/// Levels after the words `bid` and `ask`: price and quantity in turn.
pub(crate) fn levels(words: &[&str]) -> [Vec<(i64, i64)>; 2] {
    let mut sides = [Vec::new(), Vec::new()];
    let (mut side, mut at) = (0, 0);
    while let Some(word) = words.get(at) {
        match *word {
            "bid" | "ask" => (side, at) = (usize::from(*word == "ask"), at + 1),
            price => {
                sides[side].push((units(price, 9), units(words[at + 1], 8)));
                at += 2;
            }
        }
    }
    sides
}
