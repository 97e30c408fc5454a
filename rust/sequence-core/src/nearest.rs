//! Names that are nearly right: what a slip of the finger meant.

/// Names that are shown.
const SHOWN: usize = 3;
/// Longer texts are no slip of the finger.
const LONGEST: usize = 64;
/// Letters that make the beginning of a name worth showing the name.
const BEGINNING: usize = 3;

/// `; did you mean A or B?` with the names nearest to a text, or nothing where none is near.
pub fn did_you_mean<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let shown = near_names(text, names);
    if shown.is_empty() { String::new() } else { format!("; did you mean {}?", shown.join(" or ")) }
}

/// The names that a text was probably meant as, nearest first, at most three. Letters of another
/// case are the same; a name is near when one letter in three is changed at most, or when it
/// begins with the text.
pub fn near_names<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    let wanted = text.to_lowercase();
    let letters: Vec<char> = wanted.chars().collect();
    let most = most_changes(letters.len());
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let folded = name.to_lowercase();
            if folded.len() > LONGEST {
                return None;
            }
            let known: Vec<char> = folded.chars().collect();
            let is_close = known.len().abs_diff(letters.len()) <= most;
            let changes = is_close.then(|| distance(&letters, &known));
            let changes = changes.filter(|changes| *changes <= most);
            let begins = letters.len() >= BEGINNING && folded.starts_with(&wanted);
            Some((changes.or_else(|| begins.then_some(most + 1))?, name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, name)| name).take(SHOWN).collect()
}

/// Changes within which a name may have been meant: more of them in a longer one.
fn most_changes(letters: usize) -> usize {
    (letters / 3).clamp(1, 4)
}

/// Letters to put in, leave out, replace or exchange with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    // The row before `row`, and the letters before those compared: for an exchange.
    let mut older: Vec<usize> = Vec::new();
    let mut left_before = None;
    for (at, left) in (1..).zip(a) {
        let mut next = vec![at];
        let mut before = at;
        let mut right_before = None;
        for (column, (right, pair)) in b.iter().zip(row.windows(2)).enumerate() {
            let [diagonal, above] = pair else { break };
            before = (diagonal + usize::from(left != right)).min(above + 1).min(before + 1);
            if left_before == Some(right)
                && right_before == Some(left)
                && let Some(exchanged) = column.checked_sub(1).and_then(|at| older.get(at))
            {
                before = before.min(exchanged + 1);
            }
            next.push(before);
            right_before = Some(right);
        }
        older = std::mem::replace(&mut row, next);
        left_before = Some(left);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted() {
        let rows = [
            ("BTC-USD", "BTC-USD", 0),
            ("BTC-USDD", "BTC-USD", 1),
            ("", "AB", 2),
            ("byu", "buy", 1),
            ("BTC-UDS", "BTC-USD", 1),
            ("ab", "ba", 1),
            ("abc", "cab", 2),
        ];
        for (a, b, changes) in rows {
            let [left, right] = [a, b].map(|text| text.chars().collect::<Vec<char>>());
            assert_eq!(distance(&left, &right), changes, "{a} {b}");
            assert_eq!(distance(&right, &left), changes, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_come_first_and_strangers_do_not_come() {
        let names = ["kraken", "kalshi", "okx"];
        assert_eq!(did_you_mean("Krakn", names), "; did you mean kraken?");
        assert_eq!(did_you_mean("nasdaq", names), "");
        assert_eq!(did_you_mean(&"k".repeat(100), names), "");
        assert_eq!(near_names("kra", names), ["kraken"], "the beginning of a name");
        assert_eq!(near_names("ÖKX", ["ökx"]), ["ökx"]);
        assert_eq!(near_names("ioc", ["gtd", "day"]), [""; 0], "two letters of three are another");
    }
}
