//! One row, written key by key to whatever takes it: JSON text, a tree of values, a hash.
//!
//! Rows that are told of every change are written this way, so that each place they go to costs
//! what it keeps: text takes no tree on its way, and a hash keeps neither.

use std::fmt;
use std::sync::Arc;

use super::Value;
use crate::number::{Money, Price, Quantity};

/// A value without parts.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Plain<'a> {
    Null,
    Bool(bool),
    Int(i128),
    /// As [`Value::Decimal`].
    Decimal(i128, u32),
    /// As [`Value::Number`].
    Number(i128, u32),
    Name(&'static str),
    Text(&'a str),
    /// Text that is put together where it is written.
    Made(fmt::Arguments<'a>),
    /// As [`Value::Json`].
    Json(&'a str),
}

/// Where the keys of an object go, in the order of the wire.
pub(in crate::engine) trait Row: Sized {
    /// A plain value.
    fn put<'a>(&mut self, key: &'static str, value: impl Into<Plain<'a>>);

    /// An object.
    fn map(&mut self, key: &'static str, write: impl FnOnce(&mut Self));

    /// A list of objects.
    fn rows<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    );

    /// A list of plain values.
    fn list<'a, T: Into<Plain<'a>>>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
    );

    /// An object, or null where there is nothing to make it of.
    fn option<T>(&mut self, key: &'static str, of: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match of {
            Some(of) => self.map(key, |row| write(row, of)),
            None => self.put(key, Plain::Null),
        }
    }
}

/// A row as a tree of values.
#[derive(Debug, Default)]
pub(in crate::engine) struct Tree(Vec<(&'static str, Value)>);

impl Tree {
    /// A value that is a tree already.
    pub(super) fn value(&mut self, key: &'static str, value: Value) {
        self.0.push((key, value));
    }
}

impl Value {
    /// The row that something writes.
    pub(in crate::engine) fn of_row(write: impl FnOnce(&mut Tree)) -> Self {
        let mut tree = Tree(Vec::with_capacity(32));
        write(&mut tree);
        Self::Map(tree.0)
    }
}

impl Row for Tree {
    fn put<'a>(&mut self, key: &'static str, value: impl Into<Plain<'a>>) {
        self.0.push((key, value.into().into()));
    }

    fn map(&mut self, key: &'static str, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.0.push((key, Value::Map(inner.0)));
    }

    fn rows<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) {
        let row = |item| {
            let mut inner = Self::default();
            write(&mut inner, item);
            Value::Map(inner.0)
        };
        self.0.push((key, Value::List(items.into_iter().map(row).collect())));
    }

    fn list<'a, T: Into<Plain<'a>>>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
    ) {
        let items = items.into_iter().map(|item| item.into().into());
        self.0.push((key, Value::List(items.collect())));
    }
}

impl From<Plain<'_>> for Value {
    fn from(plain: Plain<'_>) -> Self {
        match plain {
            Plain::Null => Self::Null,
            Plain::Bool(flag) => Self::Bool(flag),
            Plain::Int(number) => Self::Int(number),
            Plain::Decimal(units, decimals) => Self::Decimal(units, decimals),
            Plain::Number(units, decimals) => Self::Number(units, decimals),
            Plain::Name(text) => Self::Name(text),
            Plain::Text(text) => Self::Text(text.to_owned()),
            Plain::Made(text) => Self::Text(text.to_string()),
            Plain::Json(text) => Self::Json(text.to_owned()),
        }
    }
}

macro_rules! plain_from {
    ($($from:ty => |$name:ident| $make:expr),+ $(,)?) => {
        $(impl<'a> From<$from> for Plain<'a> {
            fn from($name: $from) -> Self {
                $make
            }
        })+
    };
}

plain_from!(
    bool => |value| Self::Bool(value),
    i128 => |value| Self::Int(value),
    i64 => |value| Self::Int(i128::from(value)),
    u64 => |value| Self::Int(i128::from(value)),
    u32 => |value| Self::Int(i128::from(value)),
    Price => |value| Self::Int(i128::from(value.0)),
    Quantity => |value| Self::Int(i128::from(value.0)),
    Money => |value| Self::Int(value.0),
    &'static str => |value| Self::Name(value),
    &'a String => |value| Self::Text(value),
    &'a Arc<str> => |value| Self::Text(value),
    &'a Box<str> => |value| Self::Text(value),
    fmt::Arguments<'a> => |value| Self::Made(value),
);

impl<T: Into<Self>> From<Option<T>> for Plain<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
