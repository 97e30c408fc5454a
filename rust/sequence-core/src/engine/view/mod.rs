//! What a client sees: wire-shaped rows, built on demand and never stored.
//!
//! A [`Value`] is a tree of plain values with the wire contract's keys; the binding turns it into
//! Python objects without knowing any of the names. Reads change nothing.

mod controls;
mod evidence;
mod explain;

mod fair;
mod fast;
mod fills;
mod forecast;
mod graphs;
mod in_use;
mod markets;
mod marks;
mod not_filled;
mod orders;
mod positions;
mod preview;
mod quotes;
mod research;
mod row;
mod runs;
mod spec;
mod stream;
mod text;
mod verify;
mod words;

use crate::engine::view::row::Plain;
use crate::engine::{AccountMode, Engine};
use crate::ids::AccountId;
use crate::number::{MONEY_DECIMALS, Money, Price, Quantity};

pub use explain::{fill_text, wait_text};
pub use fills::FillFilter;
pub(crate) use markets::listing_row;
pub use orders::OrderFilter;
pub(in crate::engine) use orders::View;
pub use positions::Worth;
pub use research::TimeRange;
pub use runs::GraphFilter;
pub(in crate::engine) use text::Text;
pub use verify::verify;

/// One wire value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An exact integer.
    Int(i128),
    /// A number for display: `units / 10^decimals`.
    Decimal(i128, u32),
    /// A number for display that shows no fraction when it is whole: `units / 10^decimals`.
    Number(i128, u32),
    /// The same for a number that a float could change.
    Exact(i128, u32),
    /// Text that is part of the program.
    Name(&'static str),
    /// Any other text.
    Text(String),
    /// JSON text, shown as it is.
    Json(String),
    /// A list.
    List(Vec<Value>),
    /// An object; keys in order.
    Map(Vec<(&'static str, Value)>),
    /// An object whose keys are data, such as venue ids.
    Named(Vec<(String, Value)>),
}

/// The two other readings of a resting order: what each filled since it rests, and at which mean
/// price.
fn envelope(low_filled: i64, high_filled: i64, price: Price, row: &mut impl row::Row) {
    let vwap = |filled: i64| (filled > 0).then_some(price);
    row.put("low_filled_1e8", low_filled);
    row.put("high_filled_1e8", high_filled);
    row.put("low_vwap_1e9", vwap(low_filled));
    row.put("high_vwap_1e9", vwap(high_filled));
}

impl Value {
    /// The value of a key of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(rows) => rows.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
            Self::Named(rows) => rows.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// An exact integer.
    pub const fn int(&self) -> Option<i128> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// Text of any kind.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Name(text) => Some(text),
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Rows of a list.
    pub fn rows(&self) -> &[Self] {
        if let Self::List(rows) = self { rows } else { &[] }
    }

    /// Folds the value into a hash, keys and kinds included.
    pub fn hash_into(&self, hasher: &mut crate::hash::StateHasher) {
        match self {
            Self::Null => hasher.word(0),
            Self::Bool(value) => hasher.word(1 + u64::from(*value)),
            Self::Int(value) => hasher.wide(*value),
            Self::Decimal(units, decimals)
            | Self::Number(units, decimals)
            | Self::Exact(units, decimals) => {
                hasher.wide(*units);
                hasher.word(u64::from(*decimals));
            }
            Self::Name(text) => hasher.text(text),
            Self::Text(text) | Self::Json(text) => hasher.text(text),
            Self::List(rows) => {
                hasher.word(rows.len() as u64);
                for row in rows {
                    row.hash_into(hasher);
                }
            }
            Self::Map(_) | Self::Named(_) => {
                let mut rows: Vec<_> = self.entries().collect();
                rows.sort_by_key(|(key, _)| *key);
                for (key, value) in rows {
                    hasher.text(key);
                    value.hash_into(hasher);
                }
            }
        }
    }

    /// Entries of an object, in the order written.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let (known, named) = match self {
            Self::Map(rows) => (rows.as_slice(), &[][..]),
            Self::Named(rows) => (&[][..], rows.as_slice()),
            _ => (&[][..], &[][..]),
        };
        let known = known.iter().map(|(key, value)| (*key, value));
        known.chain(named.iter().map(|(key, value)| (key.as_str(), value)))
    }

    /// `None` is null.
    pub fn option<T: Into<Self>>(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What a row of text writes so, a tree holds so.
macro_rules! value_from_plain {
    ($($from:ty),+ $(,)?) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Plain::from(value).into()
            }
        })+
    };
}

value_from_plain!(bool, i128, i64, u64, u32, Price, Quantity, Money, &'static str);

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<std::sync::Arc<str>> for Value {
    fn from(text: std::sync::Arc<str>) -> Self {
        Plain::from(&text).into()
    }
}

impl From<Box<str>> for Value {
    fn from(text: Box<str>) -> Self {
        Self::Text(text.into())
    }
}

impl From<Vec<Self>> for Value {
    fn from(list: Vec<Self>) -> Self {
        Self::List(list)
    }
}

impl Engine {
    /// Whether simulated venues fill the orders of an account.
    fn is_sandbox(&self, account: AccountId) -> bool {
        self.desk.account(account).mode == AccountMode::Sandbox
    }
}

/// Basis points given in 1e-4 of one.
fn bps_number(units: i128) -> Value {
    Value::Number(units, 4)
}

/// A price for display.
fn shown_price(price: Price) -> Value {
    Value::Decimal(i128::from(price.0), crate::number::PRICE_DECIMALS)
}

/// A quantity for display.
fn shown_quantity(quantity: Quantity) -> Value {
    Value::Decimal(i128::from(quantity.0), crate::number::QUANTITY_DECIMALS)
}

/// A USD total as decimal text with every digit.
fn total_text(usd: Option<i128>) -> Value {
    Value::option(usd.map(|usd| crate::number::format_fixed(usd, MONEY_DECIMALS)))
}

/// Selects a page, newest first, of rows that pass a filter; and counts all that pass.
fn page<T: Copy>(
    newest_first: impl Iterator<Item = T>,
    limit: usize,
    offset: usize,
) -> (Vec<T>, usize) {
    let mut rows = Vec::new();
    let mut total = 0;
    for row in newest_first {
        if total >= offset && rows.len() < limit {
            rows.push(row);
        }
        total += 1;
    }
    (rows, total)
}

/// The keys around a page of rows.
fn page_value(
    name: &'static str,
    rows: Vec<Value>,
    total: usize,
    limit: usize,
    offset: usize,
) -> Value {
    let more = offset.saturating_add(rows.len()) < total;
    Value::Map(vec![
        (name, Value::List(rows)),
        ("total", count(total)),
        ("limit", count(limit)),
        ("offset", count(offset)),
        ("has_more", more.into()),
    ])
}

fn count(value: usize) -> Value {
    Value::Int(i128::try_from(value).unwrap_or(i128::MAX))
}
