//! Names that are nearly right: what a slip of the finger meant.

/// Changes of a character within which a name may have been meant.
const MOST_CHANGES: usize = 2;
const SHOWN: usize = 3;
/// Longer texts are no slip of the finger.
const LONGEST: usize = 64;

/// `: did you mean A or B?` with the names nearest to a text, or nothing where none is near. Letters
/// of another case are the same.
pub fn did_you_mean<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    if text.len() > LONGEST {
        return String::new();
    }
    let wanted = text.to_ascii_lowercase();
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| name.len().abs_diff(wanted.len()) <= MOST_CHANGES)
        .map(|name| (distance(wanted.as_bytes(), name.to_ascii_lowercase().as_bytes()), name))
        .filter(|(changes, _)| *changes <= MOST_CHANGES)
        .collect();
    near.sort_unstable();
    near.dedup();
    let shown: Vec<&str> = near.into_iter().map(|(_, name)| name).take(SHOWN).collect();
    if shown.is_empty() { String::new() } else { format!(": did you mean {}?", shown.join(" or ")) }
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

    #[test]
    fn the_nearest_come_first_and_strangers_do_not_come() {
        let names = ["kraken", "kalshi", "okx"];
        assert_eq!(did_you_mean("Krakn", names), ": did you mean kraken?");
        assert_eq!(did_you_mean("nasdaq", names), "");
        assert_eq!(did_you_mean(&"k".repeat(100), names), "");
    }
}
