//! What a store writes beside its rows to tell when one was changed: digests and links.
//!
//! A row is digested as the text that Python shows of it, in ASCII: so it was written by the first
//! store, and every file since says the same of the same row.

use std::fmt::Write as _;

use blake2::Blake2b;
use blake2::digest::Digest as _;
use blake2::digest::consts::U8;
use sha2::Sha256;

/// The text of a row, one value behind the other, until its digest is asked for.
#[derive(Debug)]
pub struct RowText(String);

impl RowText {
    /// The beginning of a row of a table.
    pub fn new(table: &str) -> Self {
        let mut text = Self(String::with_capacity(512));
        text.0.push('(');
        push_shown(&mut text.0, table);
        text
    }

    /// A whole number.
    pub fn int(&mut self, number: i64) {
        self.0.push_str(", ");
        push_int(&mut self.0, number);
    }

    /// No value.
    pub fn none(&mut self) {
        self.0.push_str(", None");
    }

    /// A text.
    pub fn text(&mut self, value: &str) {
        self.0.push_str(", ");
        push_shown(&mut self.0, value);
    }

    /// What Python shows of another kind of value.
    pub fn shown(&mut self, shown: &str) {
        self.0.push_str(", ");
        shown.chars().for_each(|letter| push_ascii(&mut self.0, letter));
    }

    /// The digest: eight bytes of `BLAKE2b` as a signed number.
    pub fn digest(mut self) -> i64 {
        self.0.push(')');
        i64::from_be_bytes(Blake2b::<U8>::digest(self.0).into())
    }
}

/// The text of an event behind the link before it, until its own link is asked for.
#[derive(Debug)]
pub struct LinkText {
    text: String,
    is_first: bool,
}

impl LinkText {
    /// An event that follows this link.
    pub fn new(previous: &str) -> Self {
        let mut text = String::with_capacity(512);
        text.push_str(previous);
        text.push('|');
        Self { text, is_first: true }
    }

    /// A whole number.
    pub fn int(&mut self, number: i64) {
        self.text("");
        push_int(&mut self.text, number);
    }

    /// A text; an empty one stands for no value, too.
    pub fn text(&mut self, value: &str) {
        if !self.is_first {
            self.text.push('|');
        }
        self.is_first = false;
        self.text.push_str(value);
    }

    /// The link: SHA-256 in hexadecimal digits.
    pub fn link(&self) -> String {
        hex(&Sha256::digest(&self.text))
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for word in bytes.as_chunks().0 {
        // Writing to a string does not fail.
        let _ = write!(digits, "{:016x}", u64::from_be_bytes(*word));
    }
    digits
}

fn push_int(text: &mut String, number: i64) {
    let mut digits = [0_u8; 20];
    let mut rest = number.unsigned_abs();
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        text.push('-');
    }
    let shown = digits.iter().skip(digits.len() - used);
    text.extend(shown.map(|digit| char::from(*digit)));
}

/// A text as Python shows it: between quotes, with everything escaped that is not plain ASCII.
fn push_shown(text: &mut String, value: &str) {
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte) && byte != b'\'' && byte != b'\\';
    if value.bytes().all(is_plain) {
        text.push('\'');
        text.push_str(value);
        text.push('\'');
        return;
    }
    let quote = if value.contains('\'') && !value.contains('"') { '"' } else { '\'' };
    text.push(quote);
    for letter in value.chars() {
        match letter {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\\' => text.push_str("\\\\"),
            _ if letter == quote => text.extend(['\\', quote]),
            _ if letter < ' ' || letter == '\x7f' => push_escaped(text, letter),
            _ => push_ascii(text, letter),
        }
    }
    text.push(quote);
}

fn push_ascii(text: &mut String, letter: char) {
    if letter.is_ascii() {
        text.push(letter);
    } else {
        push_escaped(text, letter);
    }
}

fn push_escaped(text: &mut String, letter: char) {
    let code = u32::from(letter);
    // Writing to a string does not fail.
    let _ = match code {
        0..=0xff => write!(text, "\\x{code:02x}"),
        0x100..=0xffff => write!(text, "\\u{code:04x}"),
        _ => write!(text, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_of_known_texts() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let two = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
        assert_eq!(hex(&Sha256::digest(b"")), empty);
        assert_eq!(hex(&Sha256::digest(b"abc")), abc);
        let text = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(&Sha256::digest(text)), two);
    }

    #[test]
    fn blake2b_of_known_texts_at_the_edges_of_a_block() {
        let known = [(0, EMPTY), (127, LAST), (128, FULL), (129, NEXT), (1000, LONG)];
        for (length, digest) in known {
            assert_eq!(
                u64::from_be_bytes(Blake2b::<U8>::digest(vec![b'a'; length]).into()),
                digest,
                "{length}"
            );
        }
    }

    #[test]
    fn a_row_is_digested_as_python_shows_it() {
        let mut row = RowText::new("orders");
        row.int(i64::MIN);
        row.none();
        row.text("it's");
        row.text("\"\n'\u{e9}\u{20ac}\u{1f600}\u{7f}\\");
        row.shown("1.5");
        assert_eq!(row.0.as_str(), SHOWN);
    }

    #[test]
    fn a_link_covers_the_one_before_and_every_value() {
        let mut event = LinkText::new("00");
        event.int(7);
        event.text("");
        event.text("order_filled");
        assert_eq!(event.text, "00|7||order_filled");
        assert_eq!(event.link(), LINK);
    }

    const EMPTY: u64 = 0xe4a6_a057_7479_b2b4;
    const LAST: u64 = 0x03d6_a9be_11f3_f18a;
    const FULL: u64 = 0xf066_43fe_9c7e_18da;
    const NEXT: u64 = 0xe462_535b_b0c5_a299;
    const LONG: u64 = 0x1fd5_13b6_ebdb_21d8;
    const LINK: &str = "bb631f55c54e7f3c511af5436cbc7bb438bb00cbac3c8cf071f9f9af9df55b8d";
    const SHOWN: &str =
        r#"('orders', -9223372036854775808, None, "it's", '"\n\'\xe9\u20ac\U0001f600\x7f\\', 1.5"#;
}
