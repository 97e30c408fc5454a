//! What is said of a symbol that nobody lists.

use crate::registry::Registry;

/// Changes of a character within which a name may have been meant.
const MOST_CHANGES: usize = 2;
const SHOWN: usize = 3;
/// Longer texts are no slip of the finger.
const LONGEST: usize = 64;

/// The sentence of a refusal, with the listed names nearest to the text.
pub fn unknown_symbol(registry: &Registry, text: &str) -> String {
    let wanted: Vec<u8> = text.bytes().take(LONGEST + 1).map(|b| b.to_ascii_uppercase()).collect();
    let mut near: Vec<(usize, &str)> = Vec::new();
    if wanted.len() <= LONGEST {
        for (_, row) in registry.symbols() {
            if row.text.len().abs_diff(wanted.len()) <= MOST_CHANGES {
                let changes = distance(&wanted, row.text.as_bytes());
                if changes <= MOST_CHANGES {
                    near.push((changes, &row.text));
                }
            }
        }
    }
    near.sort_unstable();
    let names: Vec<&str> = near.into_iter().map(|(_, name)| name).take(SHOWN).collect();
    if names.is_empty() {
        return format!("unknown symbol {text:?}");
    }
    format!("unknown symbol {text:?}: did you mean {}?", names.join(" or "))
}

/// Characters to put in, leave out or replace.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, left) in (1..).zip(a) {
        let mut before = at;
        let mut next = vec![at];
        for (right, pair) in b.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { break };
            before = (diagonal + usize::from(left != right)).min(above + 1).min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted() {
        for (a, b, changes) in
            [("BTC-USD", "BTC-USD", 0), ("BTC-USDD", "BTC-USD", 1), ("", "AB", 2)]
        {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), changes, "{a} {b}");
        }
    }
}
