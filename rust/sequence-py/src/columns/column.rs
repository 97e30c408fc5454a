//! One column as it lies in memory: numbers of any width and byte order, texts, codes of names.
//!
//! Nothing is converted before a row is looked at, so what a row does not need may be anything.

use std::collections::BTreeMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use sequence_core::number::{self, MAX_UNITS, NumberError};

/// Label, form, bytes, one byte a row that is not 0 where there is nothing, names by code, and why
/// single rows hold nothing of use. A column of one row is the same in every row.
pub(crate) type Given = (
    String,
    String,
    PyBackedBytes,
    Option<PyBackedBytes>,
    Option<Vec<String>>,
    Option<BTreeMap<usize, String>>,
);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Signed,
    Unsigned,
    Float,
    /// Whole numbers of the scale that is asked for.
    Units,
    /// Texts of as many bytes, filled with zeros.
    Bytes,
    /// Texts of four bytes a character, filled with zeros.
    Wide,
}

pub(crate) struct Column {
    pub(crate) label: String,
    form: Form,
    is_big: bool,
    width: usize,
    data: PyBackedBytes,
    nulls: Option<PyBackedBytes>,
    names: Option<Vec<String>>,
    wrong: BTreeMap<usize, String>,
}

/// What a row holds, or why it holds nothing of use.
pub(crate) type Cell<T> = Result<Option<T>, String>;

impl Column {
    /// `form` is an order (`<`, `>`), a letter (`i`, `u`, `f`, `q`, `S`, `U`) and bytes a row.
    pub(crate) fn new(given: Given) -> PyResult<Self> {
        let (label, form, data, nulls, names, wrong) = given;
        let bad = || PyValueError::new_err(format!("no form of a column: {form:?}"));
        let mut letters = form.chars();
        let (order, letter) = (letters.next(), letters.next());
        let width: usize = letters.as_str().parse().map_err(|_none| bad())?;
        let form = match letter {
            Some('i') if width <= 8 => Form::Signed,
            Some('u') if width <= 8 => Form::Unsigned,
            Some('q') if width == 8 => Form::Units,
            Some('f') if width == 4 || width == 8 => Form::Float,
            Some('S') => Form::Bytes,
            Some('U') if width.is_multiple_of(4) => Form::Wide,
            _ => return Err(bad()),
        };
        if width == 0 || !data.len().is_multiple_of(width) {
            return Err(bad());
        }
        let wrong = wrong.unwrap_or_default();
        Ok(Self { label, form, is_big: order == Some('>'), width, data, nulls, names, wrong })
    }

    pub(crate) fn rows(&self) -> usize {
        self.data.len() / self.width
    }

    /// The row as it lies in memory; `None` where there is nothing.
    pub(crate) fn raw(&self, row: usize) -> Cell<&[u8]> {
        let row = if self.rows() == 1 { 0 } else { row };
        if let Some(why) = self.wrong.get(&row) {
            return Err(why.clone());
        }
        if self.nulls.as_ref().is_some_and(|nulls| nulls.get(row) != Some(&0)) {
            return Ok(None);
        }
        Ok(self.data.get(row * self.width..(row + 1) * self.width))
    }

    fn int(&self, raw: &[u8]) -> i128 {
        let mut word = [0; 8];
        for (at, slot) in word.iter_mut().take(self.width).enumerate() {
            let at = if self.is_big { self.width - 1 - at } else { at };
            *slot = raw.get(at).copied().unwrap_or_default();
        }
        let value = u64::from_le_bytes(word);
        if self.form == Form::Unsigned {
            return value.into();
        }
        let empty = 64 - 8 * self.width;
        (value.cast_signed() << empty >> empty).into()
    }

    /// The shortest digits that read back as the same float of its own width, as Python has them.
    fn float_text(&self, raw: &[u8]) -> String {
        if self.width == 4 {
            let word = <[u8; 4]>::try_from(raw).unwrap_or_default();
            let value =
                if self.is_big { f32::from_be_bytes(word) } else { f32::from_le_bytes(word) };
            return shown(value.into(), format!("{value:?}"), || format!("{value:e}"));
        }
        let value = self.double(raw);
        shown(value, format!("{value:?}"), || format!("{value:e}"))
    }

    fn double(&self, raw: &[u8]) -> f64 {
        let word = <[u8; 8]>::try_from(raw).unwrap_or_default();
        if self.is_big { f64::from_be_bytes(word) } else { f64::from_le_bytes(word) }
    }

    /// A whole number.
    pub(crate) fn whole(&self, row: usize) -> Cell<i128> {
        Ok(self.raw(row)?.map(|raw| self.int(raw)))
    }

    /// A number of people as units of a scale; `None` decimals takes it as units already.
    pub(crate) fn units(&self, row: usize, decimals: Option<u32>) -> Cell<i64> {
        let Some(raw) = self.raw(row)? else { return Ok(None) };
        if self.form == Form::Float
            && self.width == 8
            && let Some(units) = decimals.and_then(|to| whole_units(self.double(raw), to))
        {
            return Ok(Some(units));
        }
        if matches!(self.form, Form::Signed | Form::Unsigned | Form::Units) && self.names.is_none()
        {
            let value = self.int(raw);
            let scale = match decimals.filter(|_| self.form != Form::Units) {
                Some(decimals) => 10_i128.pow(decimals),
                None => 1,
            };
            return in_range(value * scale, || value.to_string()).map(Some);
        }
        let text = match self.form {
            Form::Float => self.float_text(raw),
            _ => self.text(row)?.unwrap_or_default(),
        };
        read_units(&text, decimals.unwrap_or_default()).map(Some)
    }

    /// The text of a row.
    pub(crate) fn text(&self, row: usize) -> Cell<String> {
        let Some(raw) = self.raw(row)? else { return Ok(None) };
        match self.form {
            Form::Bytes => {
                let end = raw.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                let text = str::from_utf8(raw.get(..end).unwrap_or_default());
                text.map(|text| Some(text.to_owned())).map_err(|_bad| "is not UTF-8".to_owned())
            }
            Form::Wide => {
                let words = raw.as_chunks::<4>().0.iter();
                let order = if self.is_big { u32::from_be_bytes } else { u32::from_le_bytes };
                let letters = words.map(|word| order(*word)).collect::<Vec<_>>();
                let end = letters.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
                let letters = letters.iter().take(end).map(|word| char::from_u32(*word));
                letters.collect::<Option<String>>().map(Some).ok_or_else(|| "is no text".into())
            }
            _ => {
                let code = self.int(raw);
                let names = self.names.as_deref().unwrap_or_default();
                let name = usize::try_from(code).ok().and_then(|code| names.get(code));
                name.map(|name| Some(name.clone())).ok_or_else(|| format!("{code} is no code"))
            }
        }
    }
}

/// A float whose shortest digits are these many units, where fifteen digits hold them.
///
/// Two decimals of at most fifteen digits never read as the same float, so the one found by a
/// division that is rounded once is the shortest, too.
#[expect(clippy::float_arithmetic, reason = "exact for what it answers, as said above")]
fn whole_units(value: f64, decimals: u32) -> Option<i64> {
    const FIFTEEN_DIGITS: f64 = 1e15;
    let scale = f64::from(10_u32.checked_pow(decimals)?);
    let units = (value * scale).round();
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    #[expect(clippy::float_cmp, reason = "the same float is what is asked")]
    (units.abs() < FIFTEEN_DIGITS && units / scale == value).then_some(units as i64)
}

/// A float as Python writes it, of the same digits as Rust does.
fn shown(value: f64, plain: String, exponent: impl Fn() -> String) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value == 0.0 || !value.is_finite() || (1e-4..1e16).contains(&value.abs()) {
        return plain;
    }
    let text = exponent();
    let Some((digits, power)) = text.split_once('e') else { return text };
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{digits}e{sign}{power:0>2}")
}

fn read_units(text: &str, decimals: u32) -> Result<i64, String> {
    let units = number::parse_decimal(text.as_bytes(), decimals)
        .map_err(|error| unreadable(text, error))?;
    in_range(units, || text.to_owned())
}

fn in_range(units: i128, text: impl Fn() -> String) -> Result<i64, String> {
    let most = i128::from(MAX_UNITS);
    let found = i64::try_from(units).ok().filter(|_| (-most..=most).contains(&units));
    found.ok_or_else(|| format!("{} is out of range", text()))
}

/// Why a text is no number, with what to do about it.
pub(crate) fn unreadable(text: &str, error: NumberError) -> String {
    let hint = match error {
        NumberError::TooManyDecimals(_) => ": round it first",
        NumberError::Syntax => ": write it like 0.29",
        NumberError::Range => "",
    };
    let shown: String = text.chars().take(40).collect();
    format!("{shown:?} {error}{hint}")
}
