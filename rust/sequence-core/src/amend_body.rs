//! The body of an amend, read as [`crate::order_body`] reads an order: what this takes needs no
//! further check, and of all else it says `None`.

use crate::json::{JsonNumber, Scanner, Token};
use crate::number::{MAX_UNITS, Price, Quantity};
use crate::order_body::{count, members, object};

/// A change of one order as its body says it; at least one part, and not two sizes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AmendBody {
    /// The new total.
    pub new_qty: Option<Quantity>,
    /// What the total becomes less by.
    pub reduce_by: Option<Quantity>,
    /// The new limit.
    pub price: Option<Price>,
    /// The version that the order must have.
    pub expected_version: Option<u32>,
}

impl AmendBody {
    /// Reads a body; no text of it may be longer than `longest` bytes.
    pub fn read(body: &[u8], longest: usize) -> Option<Self> {
        let (mut scanner, mut found) = (Scanner::new(body).ok()?, Self::default());
        object(&mut scanner)?;
        members(&mut scanner, longest, |key, value, scanner| match (key, value) {
            // Null is the same as absent.
            (_, Token::Null) => is_known(key).then_some(()),
            ("new_qty_1e8", Token::Number(number)) => {
                found.new_qty = Some(Quantity(units(number)?));
                Some(())
            }
            ("reduce_by_1e8", Token::Number(number)) => {
                found.reduce_by = Some(Quantity(units(number)?));
                Some(())
            }
            ("expected_version", Token::Number(number)) => {
                // The last one is what no row has, whatever was asked for.
                let version = u32::try_from(count(number)?).ok()?;
                found.expected_version = Some(version).filter(|version| *version < u32::MAX);
                found.expected_version.map(|_| ())
            }
            ("new_constraints", Token::ObjectStart) => limits(scanner, longest, &mut found.price),
            _ => None,
        })?;
        scanner.finish().ok()?;
        found.goes().then_some(found)
    }

    const fn goes(&self) -> bool {
        let is_one_size = self.new_qty.is_none() || self.reduce_by.is_none();
        let says_something =
            self.new_qty.is_some() || self.reduce_by.is_some() || self.price.is_some();
        is_one_size && says_something
    }
}

/// The limits of an order, behind their opening brace.
fn limits(scanner: &mut Scanner<'_>, longest: usize, price: &mut Option<Price>) -> Option<()> {
    members(scanner, longest, |key, value, _| match (key, value) {
        ("max_price_1e9", Token::Null) => Some(()),
        ("max_price_1e9", Token::Number(number)) => {
            *price = Some(Price(units(number)?));
            Some(())
        }
        _ => None,
    })
}

fn is_known(key: &str) -> bool {
    matches!(key, "new_qty_1e8" | "reduce_by_1e8" | "new_constraints" | "expected_version")
}

/// An amount above zero as its units, inside the range of a request.
fn units(number: JsonNumber<'_>) -> Option<i64> {
    let units = i64::try_from(count(number)?).ok()?;
    (1..=MAX_UNITS).contains(&units).then_some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<AmendBody> {
        AmendBody::read(body.as_bytes(), 512)
    }

    #[test]
    fn every_key_says_what_it_says() {
        let whole = r#" {"new_qty_1e8": 7, "new_constraints": {"max_price_1e9": 8},
            "expected_version": 0, "reduce_by_1e8": null} "#;
        let expected = AmendBody {
            new_qty: Some(Quantity(7)),
            reduce_by: None,
            price: Some(Price(8)),
            expected_version: Some(0),
        };
        assert_eq!(read(whole), Some(expected));
        let less = AmendBody { reduce_by: Some(Quantity(9)), ..AmendBody::default() };
        assert_eq!(read(r#"{"reduce_by_1e8":9,"new_constraints":{}}"#), Some(less));
    }

    #[test]
    fn what_is_not_an_ordinary_change_is_left_to_others() {
        for body in [
            "",
            "[]",
            "{}",
            "{",
            r#"{"expected_version":1}"#,
            r#"{"new_qty_1e8":1,"reduce_by_1e8":1}"#,
            r#"{"new_qty_1e8":1,"new_qty_1e8":1}"#,
            r#"{"new_qty_1e8":1,"other":null}"#,
            r#"{"new_qty_1e8":0}"#,
            r#"{"new_qty_1e8":-1}"#,
            r#"{"new_qty_1e8":1.0}"#,
            r#"{"new_qty_1e8":"1"}"#,
            r#"{"new_qty_1e8":true}"#,
            r#"{"new_qty_1e8":9000000000000000001}"#,
            r#"{"new_qty_1e8":1,"expected_version":-1}"#,
            r#"{"new_qty_1e8":1,"expected_version":4294967295}"#,
            r#"{"new_qty_1e8":1,"new_constraints":1}"#,
            r#"{"new_qty_1e8":1,"new_constraints":{"min_price":1}}"#,
            r#"{"new_qty_1e8":1,"new_constraints":{"max_price_1e9":[]}}"#,
            r#"{"new_qty_1e8":1}}"#,
        ] {
            assert_eq!(read(body), None, "{body}");
        }
        assert_eq!(AmendBody::read(br#"{"new_qty_1e8":1}"#, 5), None);
    }
}
