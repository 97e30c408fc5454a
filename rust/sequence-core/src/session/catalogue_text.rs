//! A row of a catalogue as a line: name, prices, lot, least quantity and notional, status, end,
//! fees. A dash stands for what the venue does not say.

use std::num::ParseIntError;

use crate::feed::{Listed, Standing};
use crate::number::{Money, Price, Quantity};
use crate::tape::FeedStatus;
use crate::venue::{PriceGrid, Terms, TermsOrigin};

const NOT_SAID: &str = "-";

/// One instrument as its venue lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueRow {
    /// The venue's own name.
    pub venue_symbol: String,
    /// Listed among the futures of a venue whose spot has the same names.
    pub futures: bool,
    /// What the venue says of it.
    pub listed: Listed,
}

pub(super) fn line(name: &str, Listed { terms, standing }: &Listed) -> String {
    let prices = terms.grid.map(|grid| match grid {
        PriceGrid::Tick(tick) => tick.0.to_string(),
        other => other.as_str().to_owned(),
    });
    let fees = standing.fees_1e8.unzip();
    let columns = [
        Some(name.to_owned()),
        prices,
        terms.lot.map(|lot| lot.0.to_string()),
        terms.min_qty.map(|least| least.0.to_string()),
        terms.min_notional.map(|least| least.0.to_string()),
        standing.status.map(|status| (status as u32).to_string()),
        standing.ends_ns.map(|end| end.to_string()),
        fees.0.map(|fee| fee.to_string()),
        fees.1.map(|fee| fee.to_string()),
    ];
    let texts: Vec<String> =
        columns.into_iter().map(|text| text.unwrap_or_else(|| NOT_SAID.to_owned())).collect();
    texts.join("\t") + "\n"
}

/// The row of a line; `None` for what is none, such as a comment.
pub(super) fn parse(line: &str, futures: bool) -> Option<CatalogueRow> {
    if line.starts_with('#') {
        return None;
    }
    let columns: [&str; 9] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let [name, prices, lot, least, notional, status, end, maker, taker] = columns;
    let grid = match prices {
        NOT_SAID => None,
        text => Some(match text.parse() {
            Ok(tick) => PriceGrid::Tick(Price(tick)),
            Err(_) => PriceGrid::parse(text)?,
        }),
    };
    let terms = Terms {
        grid,
        lot: number(lot).ok()?.map(Quantity),
        min_qty: number(least).ok()?.map(Quantity),
        min_notional: number(notional).ok()?.map(|units| Money(i128::from(units))),
        ..Terms::of(TermsOrigin::Venue)
    };
    let status = number(status).ok()?.and_then(|code| u32::try_from(code).ok());
    let standing = Standing {
        status: status.and_then(FeedStatus::from_code),
        ends_ns: number(end).ok()?,
        fees_1e8: number(maker).ok()?.zip(number(taker).ok()?),
    };
    let listed = Listed { terms, standing };
    Some(CatalogueRow { venue_symbol: name.to_owned(), futures, listed })
}

/// What a column says; an error when it is neither a number nor a dash.
fn number(text: &str) -> Result<Option<i64>, ParseIntError> {
    if text == NOT_SAID { Ok(None) } else { text.parse().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_the_row_it_was() {
        for text in [
            "BTC/USD\t1000\t1\t50000\t500000000\t1\t-\t160000\t260000\n",
            "KX-1\tlinear_cent\t1000000\t-\t-\t5\t1785117600000000000\t-\t-\n",
            "BTC\t-\t1000\t-\t-\t-\t-\t-\t-\n",
        ] {
            let row = parse(text.trim_end(), false).unwrap();
            assert_eq!(line(&row.venue_symbol, &row.listed), text);
        }
    }

    #[test]
    fn what_is_no_row_is_none() {
        for text in [
            "",
            "# 2026",
            "BTC/USD\t1000",
            "A\tx\t-\t-\t-\t-\t-\t-\t-",
            "A\t-\ty\t-\t-\t-\t-\t-\t-",
        ] {
            assert_eq!(parse(text, false), None, "{text}");
        }
    }
}
