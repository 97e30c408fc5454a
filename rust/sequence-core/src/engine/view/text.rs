//! Rows and wire values as JSON text, for what no Python object needs to exist for.

use std::fmt::{self, Write as _};

use super::Value;
use super::row::{Plain, Row};
use crate::number::format_fixed;

/// Room for most rows.
const ROW_BYTES: usize = 4_096;

/// Rows as JSON text, one after the other in the same memory.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Text(Vec<u8>);

impl Text {
    /// The text of the row that something writes; the one before it is gone.
    pub(in crate::engine) fn of_row(&mut self, write: impl FnOnce(&mut Self)) -> &str {
        self.0.clear();
        self.0.reserve(ROW_BYTES);
        self.braced(write);
        // Nothing but whole texts is written, so that it is one.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn braced(&mut self, write: impl FnOnce(&mut Self)) {
        self.0.push(b'{');
        write(self);
        self.0.push(b'}');
    }

    /// What stands between two items of an object or a list.
    fn comma(&mut self) {
        if !matches!(self.0.last(), Some(b'{' | b'[')) {
            self.0.push(b',');
        }
    }

    fn key(&mut self, key: &'static str) {
        self.comma();
        write_key(key, &mut self.0);
    }
}

impl Row for Text {
    fn put<'a>(&mut self, key: &'static str, value: impl Into<Plain<'a>>) {
        self.key(key);
        write_plain(value.into(), &mut self.0);
    }

    fn map(&mut self, key: &'static str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.braced(write);
    }

    fn rows<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) {
        self.key(key);
        self.0.push(b'[');
        for item in items {
            self.comma();
            self.braced(|row| write(row, item));
        }
        self.0.push(b']');
    }

    fn list<'a, T: Into<Plain<'a>>>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
    ) {
        self.key(key);
        self.0.push(b'[');
        for item in items {
            self.comma();
            write_plain(item.into(), &mut self.0);
        }
        self.0.push(b']');
    }
}

impl Value {
    /// The value as compact JSON.
    pub fn json(&self) -> String {
        let mut out = Vec::with_capacity(1024);
        self.write_json(&mut out);
        // Nothing but whole texts is written, so that it is one.
        String::from_utf8(out).unwrap_or_default()
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => write_plain(Plain::Null, out),
            Self::Bool(flag) => write_plain(Plain::Bool(*flag), out),
            Self::Int(number) => write_int(*number, out),
            Self::Decimal(units, decimals) => write_plain(Plain::Decimal(*units, *decimals), out),
            Self::Number(units, decimals) | Self::Exact(units, decimals) => {
                write_plain(Plain::Number(*units, *decimals), out);
            }
            Self::Name(text) => write_plain(Plain::Name(text), out),
            Self::Text(text) => write_text(text, out),
            Self::Json(text) => out.extend_from_slice(text.as_bytes()),
            Self::List(items) => {
                write_joined(out, [b'[', b']'], items, Self::write_json);
            }
            Self::Map(entries) => write_joined(out, [b'{', b'}'], entries, |(key, item), out| {
                write_key(key, out);
                item.write_json(out);
            }),
            Self::Named(entries) => write_joined(out, [b'{', b'}'], entries, |(key, item), out| {
                write_text(key, out);
                out.push(b':');
                item.write_json(out);
            }),
        }
    }
}

fn write_joined<T>(
    out: &mut Vec<u8>,
    [open, close]: [u8; 2],
    items: &[T],
    write: impl Fn(&T, &mut Vec<u8>),
) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(close);
}

/// A key of ours has nothing to escape.
fn write_key(key: &'static str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

fn write_plain(value: Plain<'_>, out: &mut Vec<u8>) {
    match value {
        Plain::Null => out.extend_from_slice(b"null"),
        Plain::Bool(true) => out.extend_from_slice(b"true"),
        Plain::Bool(false) => out.extend_from_slice(b"false"),
        Plain::Int(number) => write_int(number, out),
        Plain::Decimal(units, decimals) => {
            out.extend_from_slice(decimal(units, decimals, true).as_bytes());
        }
        Plain::Number(units, decimals) => {
            out.extend_from_slice(decimal(units, decimals, false).as_bytes());
        }
        Plain::Name(text) | Plain::Text(text) => write_text(text, out),
        Plain::Made(text) => {
            out.push(b'"');
            // Writing to memory cannot fail.
            let _ = Inside(out).write_fmt(text);
            out.push(b'"');
        }
        Plain::Json(text) => out.extend_from_slice(text.as_bytes()),
    }
}

/// A number without trailing zeros; a display number always shows that it is not an integer.
fn decimal(units: i128, decimals: u32, shows_point: bool) -> String {
    let text = format_fixed(units, decimals);
    if !text.contains('.') {
        return if shows_point { text + ".0" } else { text };
    }
    let trimmed = text.trim_end_matches('0');
    match trimmed.strip_suffix('.') {
        Some(whole) if !shows_point => whole.to_owned(),
        Some(whole) => format!("{whole}.0"),
        None => trimmed.to_owned(),
    }
}

/// Most numbers fit 64 bits, whose digits are found several times faster.
fn write_int(number: i128, out: &mut Vec<u8>) {
    let Ok(small) = i64::try_from(number) else {
        return out.extend_from_slice(number.to_string().as_bytes());
    };
    if small < 0 {
        out.push(b'-');
    }
    write_digits(small.unsigned_abs(), out);
}

/// Half of what an event says is numbers: two digits at a time, and without the general way of
/// writing them, which knows widths, signs and other bases.
fn write_digits(mut left: u64, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut begin = digits.len();
    let (pairs, _) = digits.as_chunks_mut::<2>();
    for pair in pairs.iter_mut().rev() {
        let two = u8::try_from(left % 100).unwrap_or_default();
        *pair = [b'0' + two / 10, b'0' + two % 10];
        left /= 100;
        begin -= 2;
        if left == 0 {
            begin += usize::from(two < 10);
            break;
        }
    }
    out.extend_from_slice(digits.get(begin..).unwrap_or_default());
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    write_inside(text, out);
    out.push(b'"');
}

/// What stands between the quotes of a text.
struct Inside<'a>(&'a mut Vec<u8>);

impl fmt::Write for Inside<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_inside(text, self.0);
        Ok(())
    }
}

fn write_inside(text: &str, out: &mut Vec<u8>) {
    // Looked through to its end, which goes by many bytes at once: hardly a text has one of these.
    let is_special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if text.bytes().fold(false, |found, byte| found | is_special(byte)) {
        write_escaped(text, out);
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

fn write_escaped(text: &str, out: &mut Vec<u8>) {
    for letter in text.chars() {
        match letter {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            control if control < ' ' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes());
            }
            letter => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_compact_json() {
        let value = Value::Map(vec![
            ("a", Value::Null),
            ("b", Value::List(vec![true.into(), 7i64.into(), Value::Decimal(7_434_945, 2)])),
            ("c", Value::Named(vec![("x".to_owned(), "quote \" and \u{1}".into())])),
            ("d", Value::Json(r#"{"k":1}"#.into())),
        ]);
        let text =
            r#"{"a":null,"b":[true,7,74349.45],"c":{"x":"quote \" and \u0001"},"d":{"k":1}}"#;
        assert_eq!(value.json(), text);
    }

    #[test]
    fn display_numbers_keep_a_fraction_and_lose_trailing_zeros() {
        for (units, decimals, text) in [
            (0, 8, "0.0"),
            (100, 2, "1.0"),
            (-150, 2, "-1.5"),
            (5, 0, "5.0"),
            (1, 9, "0.000000001"),
        ] {
            assert_eq!(Value::Decimal(units, decimals).json(), text);
        }
        assert_eq!(Value::Exact(100, 2).json(), "1");
        assert_eq!(Value::Exact(150, 2).json(), "1.5");
    }
    #[test]
    fn a_row_reads_as_its_tree_does() {
        fn row(out: &mut impl Row) {
            out.map("none", |_| {});
            out.put("made", format_args!("{}:{}", "quote \" and \u{1}", 7));
            out.put("int", i128::from(i64::MIN));
            out.put("wide", i128::MAX);
            out.put("shown", Plain::Decimal(150, 2));
            out.put("json", Plain::Json("[1]"));
            out.list("list", [0u64, 7, 10, 99, 100, 12_345, i64::MAX.cast_unsigned(), u64::MAX]);
            out.put("text", &"\t\u{e9}\\ ".to_owned());
            out.rows("rows", [Some(1i64), None], |out, of| {
                out.option("of", of, |out, number| out.put("n", number));
            });
        }
        let mut text = Text::default();
        for _ in 0..2 {
            assert_eq!(text.of_row(row), Value::of_row(row).json());
        }
        let list = r#""list":[0,7,10,99,100,12345,9223372036854775807,18446744073709551615],"#;
        assert!(text.of_row(row).contains(list));
        assert!(text.of_row(row).contains("\"text\":\"\\t\u{e9}\\\\ \""));
        assert!(text.of_row(row).starts_with(
            r#"{"none":{},"made":"quote \" and \u0001:7","int":-9223372036854775808,"wide":17"#
        ));
        assert!(text.of_row(row).ends_with(r#""rows":[{"of":{"n":1}},{"of":null}]}"#));
    }
}
