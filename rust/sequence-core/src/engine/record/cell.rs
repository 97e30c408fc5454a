//! One value of a row, how core values become cells, and how they are read back in order.

use std::slice::Iter;
use std::sync::Arc;

use super::RestoreError;
use crate::number::{Money, Price, Quantity};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A 64-bit integer.
    Int(i64),
    /// Text that is part of the program.
    Name(&'static str),
    /// Any other text, and integers beyond 64 bits.
    Text(String),
}

/// One row, in the order of its table's columns.
pub type Row = Vec<Cell>;

/// A row of anything that becomes cells.
macro_rules! row {
    ($($value:expr),+ $(,)?) => { vec![$($crate::engine::record::Cell::from($value)),+] };
}
pub(crate) use row;

macro_rules! cell_from {
    ($($from:ty => |$name:ident| $make:expr),+ $(,)?) => {
        $(impl From<$from> for Cell {
            fn from($name: $from) -> Self {
                $make
            }
        })+
    };
}

cell_from!(
    i64 => |value| Self::Int(value),
    u32 => |value| Self::Int(i64::from(value)),
    u64 => |value| Self::Int(value.cast_signed()),
    bool => |value| Self::Int(i64::from(value)),
    i128 => |value| Self::Text(value.to_string()),
    Price => |value| Self::Int(value.0),
    Quantity => |value| Self::Int(value.0),
    Money => |value| Self::Text(value.0.to_string()),
    &'static str => |value| Self::Name(value),
    String => |value| Self::Text(value),
    Arc<str> => |value| Self::Text(value.as_ref().to_owned()),
    Box<str> => |value| Self::Text(value.into()),
);

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Cell {
    /// The text of a cell, of either kind.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Name(text) => Some(text),
            Self::Text(text) => Some(text),
            Self::Null | Self::Int(_) => None,
        }
    }
}

/// What a cell can be read as.
pub(crate) trait FromCell: Sized {
    /// The value, or `None` when the cell holds something else.
    fn from_cell(cell: &Cell) -> Option<Self>;
}

macro_rules! from_cell {
    ($($to:ty => |$name:ident| $make:expr),+ $(,)?) => {
        $(impl FromCell for $to {
            fn from_cell($name: &Cell) -> Option<Self> {
                $make
            }
        })+
    };
}

from_cell!(
    i64 => |cell| if let Cell::Int(value) = cell { Some(*value) } else { None },
    u64 => |cell| i64::from_cell(cell).map(i64::cast_unsigned),
    u32 => |cell| u32::try_from(i64::from_cell(cell)?).ok(),
    bool => |cell| match i64::from_cell(cell)? { 0 => Some(false), 1 => Some(true), _ => None },
    i128 => |cell| cell.as_text()?.parse().ok(),
    Price => |cell| i64::from_cell(cell).map(Price),
    Quantity => |cell| i64::from_cell(cell).map(Quantity),
    Money => |cell| i128::from_cell(cell).map(Money),
    String => |cell| cell.as_text().map(str::to_owned),
);

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: &Cell) -> Option<Self> {
        if *cell == Cell::Null { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}

/// Reads the cells of one row in order.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    table: &'static str,
    cells: Iter<'a, Cell>,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(table: &'static str, row: &'a [Cell]) -> Self {
        Self { table, cells: row.iter(), at: 0 }
    }

    /// The next cell.
    pub(crate) fn next<T: FromCell>(&mut self) -> Result<T, RestoreError> {
        self.at += 1;
        let cell = self.cells.next();
        match cell.and_then(T::from_cell) {
            Some(value) => Ok(value),
            None => Err(self.error(format!("column {} holds {cell:?}", self.at))),
        }
    }

    /// Whether cells are left.
    pub(crate) fn has_more(&self) -> bool {
        self.cells.len() > 0
    }

    /// A whole row that was packed into the next cell.
    pub(crate) fn packed(&mut self) -> Result<Row, RestoreError> {
        let text: String = self.next()?;
        unpack(&text).ok_or_else(|| self.error(format!("column {} is not packed", self.at)))
    }

    /// The same for a cell that may be empty.
    pub(crate) fn packed_or_null(&mut self) -> Result<Option<Row>, RestoreError> {
        let Some(text) = self.next::<Option<String>>()? else { return Ok(None) };
        let row = unpack(&text);
        row.map(Some).ok_or_else(|| self.error(format!("column {} is not packed", self.at)))
    }

    /// A text that is one of these.
    pub(crate) fn known(&mut self, texts: &[&'static str]) -> Result<&'static str, RestoreError> {
        let text: String = self.next()?;
        let found = texts.iter().find(|known| **known == text).copied();
        found.ok_or_else(|| self.error(format!("knows no {text:?}")))
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> RestoreError {
        RestoreError { table: self.table, message: message.into() }
    }
}

/// One row as one text: cells parted by spaces, text marked by a quote.
pub(crate) fn pack(row: &[Cell]) -> String {
    let mut out = String::with_capacity(row.len() * 8);
    for cell in row {
        if !out.is_empty() {
            out.push(' ');
        }
        match cell {
            Cell::Null => out.push('~'),
            Cell::Int(value) => out.push_str(&value.to_string()),
            Cell::Name(text) => pack_text(text, &mut out),
            Cell::Text(text) => pack_text(text, &mut out),
        }
    }
    out
}

fn pack_text(text: &str, out: &mut String) {
    out.push('\'');
    for letter in text.chars() {
        match letter {
            ' ' => out.push_str("\\s"),
            '\\' => out.push_str("\\\\"),
            other => out.push(other),
        }
    }
}

pub(crate) fn unpack(text: &str) -> Option<Row> {
    text.split(' ').map(unpack_cell).collect()
}

fn unpack_cell(text: &str) -> Option<Cell> {
    if text == "~" {
        return Some(Cell::Null);
    }
    let Some(quoted) = text.strip_prefix('\'') else { return text.parse().ok().map(Cell::Int) };
    let (mut out, mut letters) = (String::with_capacity(quoted.len()), quoted.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.push(match letters.next()? {
                's' => ' ',
                '\\' => '\\',
                _ => return None,
            }),
            other => out.push(other),
        }
    }
    Some(Cell::Text(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_row_comes_back_whole() {
        let row = row![-5i64, None::<i64>, String::new(), "a b\\s ü ~".to_owned(), i128::MIN];
        assert_eq!(unpack(&pack(&row)), Some(row));
        assert_eq!(unpack("'a\\x"), None);
        assert_eq!(unpack("five"), None);
    }

    #[test]
    fn a_cell_of_another_kind_names_its_column() {
        let row = row![1i64, "text"];
        let mut reader = Reader::new("orders", &row);
        assert_eq!(reader.next::<i64>(), Ok(1));
        let error = reader.next::<i64>().unwrap_err();
        assert_eq!(error.to_string(), "table orders: column 2 holds Some(Name(\"text\"))");
    }
}
