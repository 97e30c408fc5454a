//! Lists of instruments, as each venue publishes them: tick, lot and minimums of its symbols.
//!
//! They stand in a recording as a frame (Kraken's `instrument` channel), as an answer over REST, or
//! in a file of their own beside the frames. A row is known by its members; what has no such row is
//! no list of instruments.

use super::levels::{parse_price, parse_quantity};
use super::standing::Standing;
use super::{FeedError, FeedVenue};
use crate::json::{Raw, Scanner};
use crate::number::{Money, Price, QUANTITY_DECIMALS, Quantity};
use crate::venue::{PriceGrid, Terms, TermsOrigin};

/// Members under which venues put the rows.
const HOLDERS: [&str; 11] = [
    "list", "symbols", "products", "pairs", "data", "result", "universe", "markets", "market",
    "response", "event",
];
/// How deep rows are looked for.
const MAX_DEPTH: u32 = 4;

/// One instrument of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its grid and minimums.
    pub terms: Terms,
    /// Whether it trades.
    pub standing: Standing,
}

type Each<'a> = &'a mut dyn FnMut(&str, Terms);
type EachListed<'a> = &'a mut dyn FnMut(&str, Listed);

/// A list of instruments, read: its rows without the text. A list of thousands of instruments takes
/// long to read, so that is done once and away from whoever uses the rows.
#[derive(Debug, Clone)]
pub struct InstrumentList {
    venue: FeedVenue,
    rows: Vec<(String, Listed)>,
}

impl InstrumentList {
    /// Reads what a venue sent; JSON that is no list has no rows.
    pub fn read(venue: FeedVenue, text: &[u8]) -> Result<Self, FeedError> {
        let mut scanner = Scanner::new(text)?;
        let whole = scanner.value()?;
        scanner.finish()?;
        let mut rows = Vec::new();
        walk(venue, whole, MAX_DEPTH, &mut |name, row| rows.push((name.to_owned(), row)));
        Ok(Self { venue, rows })
    }

    /// Whose list it is.
    pub const fn venue(&self) -> FeedVenue {
        self.venue
    }

    /// The instruments by the venue's own names, in its order.
    pub fn rows(&self) -> &[(String, Listed)] {
        &self.rows
    }
}

fn walk(venue: FeedVenue, value: Raw<'_>, depth: u32, each: EachListed<'_>) -> u32 {
    let Some(depth) = depth.checked_sub(1) else { return 0 };
    let mut found = 0;
    if value.is_array() {
        for_elements(value, |element| found += walk(venue, element, depth, each));
        return found;
    }
    if !value.is_object() {
        return 0;
    }
    if let Some(count) = row(venue, value, each) {
        return count;
    }
    let Ok(held) = value.scanner().fields(&HOLDERS) else { return 0 };
    for inner in held.into_iter().flatten() {
        found += walk(venue, inner, depth, each);
    }
    if venue == FeedVenue::Kraken && found == 0 {
        // Pairs stand under their own names.
        for_members(value, |element| found += row(venue, element, each).unwrap_or(0));
    }
    found
}

/// Reads one row, if it is one of this venue; a row may name several instruments.
fn row(venue: FeedVenue, value: Raw<'_>, each: EachListed<'_>) -> Option<u32> {
    let mut told = |name: &str, terms: Terms| {
        each(name, Listed { terms, standing: Standing::read(venue, value) });
    };
    let each: Each<'_> = &mut told;
    match venue {
        FeedVenue::Binance => binance(value, each),
        FeedVenue::Bybit => bybit(value, each),
        FeedVenue::Okx => okx(value, each),
        FeedVenue::Coinbase => coinbase(value, each),
        FeedVenue::Hyperliquid => hyperliquid(value, each),
        FeedVenue::Kalshi => kalshi(value, each),
        FeedVenue::Kraken => kraken(value, each).or_else(|| asset_pair(value, each)),
        FeedVenue::Polymarket => gamma(value, each).or_else(|| clob(value, each)),
    }
}

fn binance(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [symbol, filters] = fields(value, &["symbol", "filters"])?;
    let mut terms = Terms::of(TermsOrigin::Venue);
    for_elements(filters?, |filter| {
        let names = ["filterType", "tickSize", "stepSize", "minQty", "notional", "minNotional"];
        let Some([kind, tick, step, least, notional, least_notional]) = fields(filter, &names)
        else {
            return;
        };
        match kind.and_then(|kind| kind.string().ok()).as_deref() {
            Some("PRICE_FILTER") => terms.grid = tick_of(tick),
            Some("LOT_SIZE") => {
                (terms.lot, terms.min_qty) = (quantity_of(step), quantity_of(least));
            }
            Some("MIN_NOTIONAL" | "NOTIONAL") => {
                terms.min_notional = money_of(notional.or(least_notional));
            }
            _ => {}
        }
    });
    tell(symbol?, terms, each)
}

fn bybit(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [symbol, prices, lots] = fields(value, &["symbol", "priceFilter", "lotSizeFilter"])?;
    let [tick] = fields(prices?, &["tickSize"])?;
    let [base, step, least, amount, notional] = fields(
        lots?,
        &["basePrecision", "qtyStep", "minOrderQty", "minOrderAmt", "minNotionalValue"],
    )?;
    let terms = Terms {
        grid: tick_of(tick),
        lot: quantity_of(step.or(base)),
        min_qty: quantity_of(least),
        min_notional: money_of(notional.or(amount)),
        ..Terms::of(TermsOrigin::Venue)
    };
    tell(symbol?, terms, each)
}

fn okx(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [name, tick, step, least] = fields(value, &["instId", "tickSz", "lotSz", "minSz"])?;
    let terms = Terms {
        grid: tick_of(Some(tick?)),
        lot: quantity_of(step),
        min_qty: quantity_of(least),
        ..Terms::of(TermsOrigin::Venue)
    };
    tell(name?, terms, each)
}

fn coinbase(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [id, product, tick, price_tick, step, least, funds, quote_least] = fields(
        value,
        &[
            "id",
            "product_id",
            "quote_increment",
            "price_increment",
            "base_increment",
            "base_min_size",
            "min_market_funds",
            "quote_min_size",
        ],
    )?;
    let terms = Terms {
        grid: tick_of(price_tick.or(tick)),
        lot: quantity_of(Some(step?)),
        min_qty: quantity_of(least),
        min_notional: money_of(funds.or(quote_least)),
        ..Terms::of(TermsOrigin::Venue)
    };
    tell(product.or(id)?, terms, each)
}

fn kraken(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [symbol, tick, step, least, cost] =
        fields(value, &["symbol", "price_increment", "qty_increment", "qty_min", "cost_min"])?;
    let terms = Terms {
        grid: tick_of(Some(tick?)),
        lot: quantity_of(step),
        min_qty: quantity_of(least),
        min_notional: money_of(cost),
        ..Terms::of(TermsOrigin::Venue)
    };
    tell(symbol?, terms, each)
}

/// A row of Kraken's REST list, which spells two coins as nobody else does.
fn asset_pair(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [name, tick, decimals, lot_decimals, least, cost] = fields(
        value,
        &["wsname", "tick_size", "pair_decimals", "lot_decimals", "ordermin", "costmin"],
    )?;
    let name = name?.string().ok()?;
    let (base, quote) = name.split_once('/')?;
    let coin = |code: &str| match code {
        "XBT" => "BTC".to_owned(),
        "XDG" => "DOGE".to_owned(),
        other => other.to_owned(),
    };
    let places = |raw: Option<Raw<'_>>| raw.and_then(|raw| raw.unsigned().ok());
    let step = |places: u64, decimals: u32| {
        u32::try_from(places)
            .ok()
            .and_then(|places| decimals.checked_sub(places))
            .map(|up| 10i64.pow(up))
    };
    let by_decimals =
        places(decimals).and_then(|places| step(places, crate::number::PRICE_DECIMALS));
    let terms = Terms {
        grid: tick_of(tick).or_else(|| by_decimals.map(|tick| PriceGrid::Tick(Price(tick)))),
        lot: places(lot_decimals).and_then(|places| step(places, QUANTITY_DECIMALS)).map(Quantity),
        min_qty: quantity_of(least),
        min_notional: money_of(cost),
        ..Terms::of(TermsOrigin::Venue)
    };
    each(&format!("{}/{}", coin(base), coin(quote)), terms);
    Some(1)
}

/// Sizes have `szDecimals` decimals. What prices may be is a rule of the venue.
fn hyperliquid(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [name, decimals] = fields(value, &["name", "szDecimals"])?;
    let places = u32::try_from(decimals?.unsigned().ok()?).ok()?;
    let lot = QUANTITY_DECIMALS.checked_sub(places).map(|up| Quantity(10i64.pow(up)));
    tell(name?, Terms { lot, ..Terms::of(TermsOrigin::Venue) }, each)
}

fn kalshi(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [ticker, structure, fractional] =
        fields(value, &["ticker", "price_level_structure", "fractional_trading_enabled"])?;
    let grid = PriceGrid::parse(&structure?.string().ok()?);
    let lot = fractional.and_then(|raw| raw.bool().ok()).map(|fractional| {
        let whole = crate::number::QUANTITY_ONE;
        Quantity(if fractional { whole / 100 } else { whole })
    });
    tell(ticker?, Terms { grid, lot, ..Terms::of(TermsOrigin::Venue) }, each)
}

fn gamma(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [tokens, tick, least] =
        fields(value, &["clobTokenIds", "orderPriceMinTickSize", "orderMinSize"])?;
    // A list, written as a string.
    let list = tokens?.string().ok()?;
    let terms = polymarket_terms(tick, least);
    let mut told = 0;
    let mut scanner = Scanner::of(&list);
    scanner.array().ok()?;
    while scanner.element().ok()? {
        told += tell(scanner.value().ok()?, terms, each)?;
    }
    Some(told)
}

fn clob(value: Raw<'_>, each: Each<'_>) -> Option<u32> {
    let [tokens, tick, least] =
        fields(value, &["tokens", "minimum_tick_size", "minimum_order_size"])?;
    let terms = polymarket_terms(Some(tick?), least);
    let mut told = 0;
    for_elements(tokens?, |token| {
        let id = fields(token, &["token_id"]).and_then(|[id]| id);
        told += id.and_then(|id| tell(id, terms, each)).unwrap_or(0);
    });
    Some(told)
}

/// Terms of a market of Polymarket, whose rows and books name them alike.
pub(super) fn polymarket_terms(tick: Option<Raw<'_>>, least: Option<Raw<'_>>) -> Terms {
    Terms { grid: unit_tick(tick), min_qty: quantity_of(least), ..Terms::of(TermsOrigin::Venue) }
}

/// A tick of an event market.
pub(super) fn unit_tick(raw: Option<Raw<'_>>) -> Option<PriceGrid> {
    match price_of(raw)? {
        Price(10_000_000) => Some(PriceGrid::LinearCent),
        Price(1_000_000) => Some(PriceGrid::DeciCent),
        tick => Some(PriceGrid::Tick(tick)),
    }
}

fn tell(name: Raw<'_>, terms: Terms, each: Each<'_>) -> Option<u32> {
    let name = name.string().ok()?;
    if terms.is_empty() {
        return None;
    }
    each(&name, terms);
    Some(1)
}

fn fields<'a, const N: usize>(value: Raw<'a>, names: &[&str; N]) -> Option<[Option<Raw<'a>>; N]> {
    if value.is_object() { value.scanner().fields(names).ok() } else { None }
}

fn for_elements<'a>(list: Raw<'a>, mut each: impl FnMut(Raw<'a>)) {
    let mut scanner = list.scanner();
    if scanner.array().is_err() {
        return;
    }
    while let Ok(true) = scanner.element() {
        let Ok(element) = scanner.value() else { return };
        each(element);
    }
}

fn for_members<'a>(object: Raw<'a>, mut each: impl FnMut(Raw<'a>)) {
    use crate::json::Token;
    let mut scanner = object.scanner();
    if !matches!(scanner.next_token(), Ok(Some(Token::ObjectStart))) {
        return;
    }
    while let Ok(Some(Token::Key(_))) = scanner.next_token() {
        let Ok(value) = scanner.value() else { return };
        each(value);
    }
}

fn price_of(raw: Option<Raw<'_>>) -> Option<Price> {
    parse_price(raw?.decimal().ok()?).filter(|price| price.0 > 0)
}

fn tick_of(raw: Option<Raw<'_>>) -> Option<PriceGrid> {
    price_of(raw).map(PriceGrid::Tick)
}

fn quantity_of(raw: Option<Raw<'_>>) -> Option<Quantity> {
    parse_quantity(raw?.decimal().ok()?).filter(|quantity| quantity.0 > 0)
}

fn money_of(raw: Option<Raw<'_>>) -> Option<Money> {
    let units = parse_price(raw?.decimal().ok()?)?.0;
    (units > 0).then(|| Money(i128::from(units)))
}
