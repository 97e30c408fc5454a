//! Wire values as JSON text, for frames that no Python object needs to exist for.

use std::fmt::Write as _;

use super::Value;
use crate::number::format_fixed;

impl Value {
    /// The value as compact JSON.
    pub fn json(&self) -> String {
        let mut out = String::with_capacity(1024);
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Self::Int(number) => write_int(*number, out),
            Self::Decimal(units, decimals) => out.push_str(&decimal(*units, *decimals, true)),
            Self::Number(units, decimals) | Self::Exact(units, decimals) => {
                out.push_str(&decimal(*units, *decimals, false));
            }
            Self::Name(text) => write_text(text, out),
            Self::Text(text) => write_text(text, out),
            Self::Json(text) => out.push_str(text),
            Self::List(items) => {
                write_joined(out, ['[', ']'], items, Self::write_json);
            }
            Self::Map(entries) => write_joined(out, ['{', '}'], entries, |(key, item), out| {
                // A key of ours has nothing to escape.
                out.push('"');
                out.push_str(key);
                out.push_str("\":");
                item.write_json(out);
            }),
            Self::Named(entries) => write_joined(out, ['{', '}'], entries, |(key, item), out| {
                write_text(key, out);
                out.push(':');
                item.write_json(out);
            }),
        }
    }
}

fn write_joined<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: &[T],
    write: impl Fn(&T, &mut String),
) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
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
fn write_int(number: i128, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = match i64::try_from(number) {
        Ok(small) => write!(out, "{small}"),
        Err(_) => write!(out, "{number}"),
    };
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        // Ids, names and most of what people write.
        out.push_str(text);
    } else {
        write_escaped(text, out);
    }
    out.push('"');
}

fn write_escaped(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            letter => out.push(letter),
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
}
