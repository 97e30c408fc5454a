//! Where plain text in a string ends: the loop that most bytes of a frame go through.

/// Bytes before the first that ends plain text in a string: a quote, a backslash, a control.
///
/// Eight at a time: in each sum the lowest marked byte is a true one, because a borrow comes only
/// from a marked byte below.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    const QUOTES: u64 = ONES * b'"' as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    const SPACES: u64 = ONES * b' ' as u64;
    let (words, tail) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let (quote, slash) = (word ^ QUOTES, word ^ BACKSLASHES);
        let marked = (quote.wrapping_sub(ONES) & !quote)
            | (slash.wrapping_sub(ONES) & !slash)
            | (word.wrapping_sub(SPACES) & !word);
        let marked = marked & TOPS;
        if marked != 0 {
            return at * 8 + marked.trailing_zeros() as usize / 8;
        }
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    words.len() * 8 + tail.iter().position(ends).unwrap_or(tail.len())
}

/// How long a list of pairs of quoted numbers is, `[["1.5","20"],["1.4","3"]]`: most of what venues
/// send of a book. `None` of whatever is written another way.
pub(super) fn pairs_length(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes.strip_prefix(b"[[\"")?;
    loop {
        rest = after_number(rest)?.strip_prefix(b",\"")?;
        rest = after_number(rest)?;
        match rest {
            [b']', b',', b'[', b'"', more @ ..] => rest = more,
            [b']', b']', more @ ..] => return Some(bytes.len() - more.len()),
            _ => return None,
        }
    }
}

/// What follows digits and points, and the quote behind them.
fn after_number(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'.'))?;
    bytes.get(end..)?.strip_prefix(b"\"")
}

#[cfg(test)]
mod tests {
    use super::super::{Scanner, Token};
    use super::*;
    use proptest::prelude::*;

    /// The same, token by token.
    fn slow_length(text: &str) -> Option<usize> {
        let (mut scanner, mut depth) = (Scanner::of(text), 0_u32);
        loop {
            match scanner.next_token().ok()?? {
                Token::ArrayStart | Token::ObjectStart => depth += 1,
                Token::ArrayEnd | Token::ObjectEnd => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(scanner.at());
            }
        }
    }

    #[test]
    fn only_lists_of_pairs_without_a_space_are_short() {
        for list in [r#"[["1","2"]]"#, r#"[["1.50","0"],["","."]]"#] {
            assert_eq!(pairs_length(format!("{list},").as_bytes()), Some(list.len()));
        }
        for other in ["[]", "[[]]", r#"[["1"]]"#, r#"[["1","2","3"]]"#, r#"[["1", "2"]]"#, "1", ""]
        {
            assert_eq!(pairs_length(other.as_bytes()), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_list_that_is_short_ends_where_its_last_token_does(
            text in "(\\[\\[\"[0-9.]{0,3}\",\"[0-9.a\"\\]]{0,3}\"(\\],\\[\"[0-9]\",\"[0-9]\"){0,3}\\]){0,1}[\\],\\[\"]{0,3}",
        ) {
            if let Some(length) = pairs_length(text.as_bytes()) {
                prop_assert_eq!(slow_length(&text), Some(length));
            }
        }

        #[test]
        fn eight_bytes_at_a_time_end_where_one_does(
            bytes in prop::collection::vec(prop_oneof![3 => b'!'..=b'~', 1 => any::<u8>()], 0..40),
        ) {
            let slow = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            prop_assert_eq!(plain_length(&bytes), slow.unwrap_or(bytes.len()));
        }
    }
}
