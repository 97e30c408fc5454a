//! The body of an ordinary order, read without a copy of its structure: what this takes needs no
//! further check.
//!
//! It takes less than the wire contract does and refuses nothing: of a body with an unknown key, a
//! value out of its range, a text with an escape or parts that few orders have it says `None`, and
//! whoever asked reads it the long way, which knows the words for what is wrong.

use crate::ids::{InstrumentKind, Side, VenueId};
use crate::json::{JsonNumber, JsonStr, Scanner, Token};
use crate::number::{MAX_UNITS, Money, Price, Quantity, parse_decimal};
use crate::order::{Policy, TimeInForce, Urgency};
use crate::risk::{GraphRisk, Mode};
use crate::submit::{Size, Submit};

const QTY_DECIMALS: u32 = 8;
const PRICE_DECIMALS: u32 = 9;
/// Most that an order may slip, in basis points; clients read it here.
pub const MAX_SLIPPAGE_BPS: u32 = 10_000;
/// Longest that an order may work, in milliseconds: 30 days; clients read it here.
pub const MAX_HORIZON_MS: u64 = 2_592_000_000;
const MAX_NAME: usize = 128;
const MAX_TAG: usize = 64;
const MAX_TEXT: usize = 512;

/// One order as its body says it, with the defaults of the wire contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBody {
    symbol: Box<str>,
    side: Side,
    size: Size,
    limit: Option<Price>,
    venue: Option<VenueId>,
    graph_id: Option<Box<str>>,
    kind: InstrumentKind,
    policy: Policy,
    urgency: Urgency,
    max_slippage_bps: Option<u32>,
    horizon_ms: Option<u64>,
    tif: Option<TimeInForce>,
    reduce_only: bool,
    metadata: Box<str>,
    wallet: Option<Box<str>>,
    wants_sandbox: bool,
}

impl OrderBody {
    /// Reads a body; no text of it may be longer than `longest` bytes.
    pub fn read(body: &[u8], longest: usize) -> Option<Self> {
        let (mut scanner, mut found) = (Scanner::new(body).ok()?, Found::default());
        object(&mut scanner)?;
        members(&mut scanner, longest, |key, value, _| {
            if let Token::String(text) = value {
                plain(text, longest)?;
            }
            found.take(key, value)
        })?;
        scanner.finish().ok()?;
        found.order()
    }

    /// The command, by a key of this mode.
    pub fn submit(&self, by: Mode) -> Submit<'_> {
        Submit {
            symbol: &self.symbol,
            side: self.side,
            size: self.size,
            limit: self.limit,
            venue: self.venue,
            graph_id: self.graph_id.as_deref(),
            node_id: "order",
            kind_hint: self.kind,
            policy: self.policy,
            urgency: self.urgency,
            max_slippage_bps: self.max_slippage_bps,
            horizon_ms: self.horizon_ms,
            tif: self.tif,
            reduce_only: self.reduce_only,
            metadata: &self.metadata,
            wallet: self.wallet.as_deref(),
            risk: GraphRisk::default(),
            by,
        }
    }

    /// Symbol text of any form.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The hint beside the symbol.
    pub const fn kind(&self) -> InstrumentKind {
        self.kind
    }

    /// The venue it is pinned to.
    pub const fn venue(&self) -> Option<VenueId> {
        self.venue
    }

    /// Idempotency key of the client.
    pub fn graph_id(&self) -> Option<&str> {
        self.graph_id.as_deref()
    }

    /// The paper flag of the order.
    pub const fn wants_sandbox(&self) -> bool {
        self.wants_sandbox
    }
}

/// The members so far.
#[derive(Debug, Default)]
struct Found<'a> {
    symbol: Option<&'a str>,
    side: Option<Side>,
    qty: Option<i64>,
    notional: Option<i64>,
    price: Option<i64>,
    order_type: Option<&'a str>,
    venue: Option<VenueId>,
    graph_id: Option<&'a str>,
    kind: Option<InstrumentKind>,
    policy: Option<Policy>,
    urgency: Option<Urgency>,
    max_slippage_bps: Option<u32>,
    horizon_ms: Option<u64>,
    tif: Option<TimeInForce>,
    reduce_only: Option<bool>,
    tag: Option<&'a str>,
    wallet: Option<&'a str>,
    sandbox: Option<bool>,
    is_sandbox: Option<bool>,
}

impl<'a> Found<'a> {
    fn take(&mut self, key: &'a str, value: Token<'a>) -> Option<()> {
        match (key, value) {
            // Of what may be left out, null is the same as absent.
            (_, Token::Null) => return is_optional(key).then_some(()),
            (_, Token::String(text)) => return self.text(key, plain(text, MAX_TEXT)?),
            (_, Token::Number(number)) => return self.number(key, number),
            ("reduce_only", Token::Bool(flag)) => self.reduce_only = Some(flag),
            ("sandbox", Token::Bool(flag)) => self.sandbox = Some(flag),
            ("is_sandbox", Token::Bool(flag)) => self.is_sandbox = Some(flag),
            _ => return None,
        }
        Some(())
    }

    fn text(&mut self, key: &str, text: &'a str) -> Option<()> {
        match key {
            "symbol" => self.symbol = Some(text).filter(|text| is_symbol(text)),
            "side" => self.side = side_of(text),
            "order_type" => self.order_type = Some(text),
            "venue" => self.venue = VenueId::parse(text).ok(),
            "graph_id" => self.graph_id = Some(text).filter(|text| is_graph_id(text)),
            "instrument_type" => self.kind = kind_of(text),
            "policy" => self.policy = Policy::parse(text),
            "urgency" => self.urgency = Urgency::parse(text),
            "tif" => self.tif = TimeInForce::parse(&text.to_ascii_lowercase()),
            "tag" => self.tag = Some(text).filter(|text| is_tag(text)),
            "wallet_id" => self.wallet = Some(text).filter(|text| is_printable(text)),
            _ => return None,
        }
        self.holds(key).then_some(())
    }

    /// Whether the text that was given for a key was one that is known.
    fn holds(&self, key: &str) -> bool {
        match key {
            "symbol" => self.symbol.is_some(),
            "side" => self.side.is_some(),
            "order_type" => matches!(self.order_type, Some("market" | "limit")),
            "venue" => self.venue.is_some(),
            "graph_id" => self.graph_id.is_some(),
            "instrument_type" => self.kind.is_some(),
            "policy" => self.policy.is_some(),
            "urgency" => self.urgency.is_some(),
            "tif" => self.tif.is_some(),
            "tag" => self.tag.is_some(),
            "wallet_id" => self.wallet.is_some(),
            _ => false,
        }
    }

    fn number(&mut self, key: &str, number: JsonNumber<'a>) -> Option<()> {
        match key {
            "qty" => self.qty = Some(units(number, QTY_DECIMALS)?),
            "notional" => self.notional = Some(units(number, PRICE_DECIMALS)?),
            "price" => self.price = Some(units(number, PRICE_DECIMALS)?),
            "max_slippage_bps" => {
                let bps = u32::try_from(count(number)?).ok()?;
                self.max_slippage_bps =
                    Some(bps).filter(|bps| (1..=MAX_SLIPPAGE_BPS).contains(bps));
                self.max_slippage_bps?;
            }
            "horizon_ms" => {
                let horizon = Some(count(number)?);
                self.horizon_ms = horizon.filter(|ms| (1..=MAX_HORIZON_MS).contains(ms));
                self.horizon_ms?;
            }
            _ => return None,
        }
        Some(())
    }

    /// The order, if its parts go together.
    fn order(self) -> Option<OrderBody> {
        let size = match (self.qty, self.notional) {
            (Some(qty), None) => Size::Quantity(Quantity(qty)),
            (None, Some(usd)) => Size::Notional(Money(i128::from(usd))),
            _ => return None,
        };
        let goes = match (self.order_type, self.price) {
            (Some("limit"), None) | (Some("market"), Some(_)) => false,
            (_, None) => self.tif != Some(TimeInForce::PostOnly),
            (_, Some(_)) => true,
        };
        let flags_agree = self.sandbox.zip(self.is_sandbox).is_none_or(|(one, other)| one == other);
        if !goes || !flags_agree {
            return None;
        }
        let metadata = self.tag.map_or_else(|| "{}".into(), |tag| format!(r#"{{"tag":"{tag}"}}"#));
        Some(OrderBody {
            symbol: self.symbol?.into(),
            side: self.side?,
            size,
            limit: self.price.map(Price),
            venue: self.venue,
            graph_id: self.graph_id.map(Into::into),
            kind: self.kind.unwrap_or(InstrumentKind::Spot),
            policy: self.policy.unwrap_or(Policy::Sor),
            urgency: self.urgency.unwrap_or(Urgency::Medium),
            max_slippage_bps: self.max_slippage_bps,
            horizon_ms: self.horizon_ms,
            tif: self.tif,
            reduce_only: self.reduce_only.unwrap_or(false),
            metadata: metadata.into(),
            wallet: self.wallet.map(Into::into),
            wants_sandbox: self.sandbox.or(self.is_sandbox).unwrap_or(false),
        })
    }
}

/// Enters the object that a body is.
pub(crate) fn object(scanner: &mut Scanner<'_>) -> Option<()> {
    (scanner.next_token().ok()? == Some(Token::ObjectStart)).then_some(())
}

/// The members of an object behind its opening brace. Each stands once: a second one is for
/// readers who say what is wrong.
pub(crate) fn members<'a>(
    scanner: &mut Scanner<'a>,
    longest: usize,
    mut take: impl FnMut(&'a str, Token<'a>, &mut Scanner<'a>) -> Option<()>,
) -> Option<()> {
    let mut seen: Vec<&str> = Vec::new();
    loop {
        match scanner.next_token().ok()?? {
            Token::ObjectEnd => return Some(()),
            Token::Key(key) => {
                let key = plain(key, longest)?;
                if seen.contains(&key) {
                    return None;
                }
                seen.push(key);
                let value = scanner.next_token().ok()??;
                take(key, value, scanner)?;
            }
            _ => return None,
        }
    }
}

/// A text without escapes.
fn plain(text: JsonStr<'_>, longest: usize) -> Option<&str> {
    match text.decode() {
        std::borrow::Cow::Borrowed(text) if text.len() <= longest => Some(text),
        _ => None,
    }
}

fn is_optional(key: &str) -> bool {
    matches!(
        key,
        "qty"
            | "notional"
            | "price"
            | "order_type"
            | "venue"
            | "graph_id"
            | "instrument_type"
            | "policy"
            | "urgency"
            | "max_slippage_bps"
            | "horizon_ms"
            | "tif"
            | "reduce_only"
            | "tag"
            | "wallet_id"
            | "sandbox"
            | "is_sandbox"
            | "metadata"
            | "pacing"
    )
}

/// An amount above zero that is exact at its scale and inside the range of a request.
fn units(number: JsonNumber<'_>, decimals: u32) -> Option<i64> {
    let units = i64::try_from(parse_decimal(number.text().as_bytes(), decimals).ok()?).ok()?;
    (1..=MAX_UNITS).contains(&units).then_some(units)
}

/// A number without sign, fraction and exponent.
pub(crate) fn count(number: JsonNumber<'_>) -> Option<u64> {
    if number.is_integer() { number.text().parse().ok() } else { None }
}

fn side_of(text: &str) -> Option<Side> {
    [Side::Buy, Side::Sell].into_iter().find(|side| side.as_str() == text)
}

fn kind_of(text: &str) -> Option<InstrumentKind> {
    let all = [InstrumentKind::Spot, InstrumentKind::Perp, InstrumentKind::Prediction];
    all.into_iter().find(|kind| kind.as_str() == text)
}

/// A symbol that is no address of a web page.
fn is_symbol(text: &str) -> bool {
    let may_follow = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
    text.len() <= MAX_NAME
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && text.bytes().all(may_follow)
        && !text.contains("://")
}

fn is_graph_id(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(known) && text != "graph"
}

fn is_tag(text: &str) -> bool {
    text.len() <= MAX_TAG && is_printable(text) && !text.trim().is_empty()
}

/// Letters that mean themselves wherever they are written.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<OrderBody> {
        OrderBody::read(body.as_bytes(), MAX_TEXT)
    }

    #[test]
    fn an_order_that_says_little_is_a_market_order_with_every_default() {
        let body = read(r#" {"symbol": "BTC-USD", "side": "buy", "qty": 1e-3} "#).expect("plain");
        let size = Size::Quantity(Quantity(100_000));
        let expected = Submit::new("BTC-USD", Side::Buy, size);
        assert_eq!(format!("{:?}", body.submit(Mode::Sandbox)), format!("{expected:?}"));
        assert!(!body.wants_sandbox());
    }

    #[test]
    fn every_key_says_what_it_says() {
        let body = read(
            r#"{"symbol":"ETH-USD","side":"sell","notional":25,"price":1.5,"order_type":"limit",
                "venue":"kraken","graph_id":"a.b-c_1","instrument_type":"perp","policy":"sor",
                "urgency":"high","max_slippage_bps":7,"horizon_ms":60000,"tif":"IOC","tag":"a b",
                "reduce_only":true,"wallet_id":"w \u007e"}"#,
        );
        assert_eq!(body, None, "an escape is read the long way");
        let body = read(
            r#"{"symbol":"ETH-USD","side":"sell","notional":25,"price":1.5,"order_type":"limit",
                "venue":"kraken","graph_id":"a.b-c_1","instrument_type":"perp","policy":"sor",
                "urgency":"high","max_slippage_bps":7,"horizon_ms":60000,"tif":"IOC","tag":"a b",
                "reduce_only":true,"wallet_id":"w","sandbox":true,"is_sandbox":null}"#,
        )
        .expect("plain");
        let order = body.submit(Mode::Live);
        assert_eq!(order.size, Size::Notional(Money(25_000_000_000)));
        assert_eq!(order.limit, Some(Price(1_500_000_000)));
        assert_eq!(order.venue.map(VenueId::as_str), Some("kraken"));
        assert_eq!((order.graph_id, order.wallet), (Some("a.b-c_1"), Some("w")));
        assert_eq!(order.kind_hint, InstrumentKind::Perp);
        assert_eq!(order.urgency, Urgency::High);
        assert_eq!((order.max_slippage_bps, order.horizon_ms), (Some(7), Some(60_000)));
        assert_eq!(order.tif, Some(TimeInForce::Ioc));
        assert!(order.reduce_only && body.wants_sandbox());
        assert_eq!(order.metadata, r#"{"tag":"a b"}"#);
    }

    #[test]
    fn what_is_not_an_ordinary_order_is_left_to_others() {
        let order = r#""symbol":"BTC-USD","side":"buy","qty":1"#;
        assert!(read(&format!("{{{order}}}")).is_some());
        for more in [
            r#","qty":2"#,
            r#","notional":1"#,
            r#","other":1"#,
            r#","other":null"#,
            r#","metadata":{}"#,
            r#","pacing":{"mode":"twap"}"#,
            r#","order_type":"limit""#,
            r#","order_type":"market","price":1"#,
            r#","tif":"post_only""#,
            r#","price":0"#,
            r#","price":1e-10"#,
            r#","price":9000000000.000000001"#,
            r#","max_slippage_bps":1.0"#,
            r#","max_slippage_bps":0"#,
            r#","horizon_ms":2592000001"#,
            r#","graph_id":"graph""#,
            r#","tag":" ""#,
            r#","venue":"nowhere""#,
            r#","sandbox":true,"is_sandbox":false"#,
            r#","reduce_only":1"#,
            ",",
        ] {
            assert_eq!(read(&format!("{{{order}{more}}}")), None, "{more}");
        }
        for body in ["", "[]", "{}", "nope", r#"{"symbol":null,"side":"buy","qty":1}"#] {
            assert_eq!(read(body), None, "{body}");
        }
        assert_eq!(OrderBody::read(br#"{"symbol":"BTC-USD","side":"buy","qty":1}"#, 6), None);
    }
}
