//! A graph out of the wire's JSON. Every refusal names its field as a client wrote it.

use std::sync::Arc;

use super::words::{Action, Activation, Arm, CatchUp, Join, PegTo, PriceReference, Reserve, Word};
use super::{
    Condition, Distance, EdgeSpec, Execution, GraphSpec, NodeSize, NodeSpec, OrderType, Pacing,
    Participation, Peg, PriceTrigger, Ratio, Sizing, TrailTrigger, Trigger, Uniform,
};
use crate::ids::{InstrumentKind, Side, VenueId};
use crate::json::{Raw, Scanner};
use crate::number::{Money, Price, Quantity, parse_decimal};
use crate::order::{Policy, TimeInForce, Urgency};
use crate::reject::Refusal;

/// Between two looks of an order that chases, as between the slices of one that does so at a venue.
const CHASE_INTERVAL_MS: u64 = 250;

type Result<T> = std::result::Result<T, Refusal>;

/// A value, and where it stands.
#[derive(Clone)]
struct At<'a> {
    raw: Raw<'a>,
    path: String,
}

impl GraphSpec {
    /// Reads `{"nodes": [...], "edges": [...]}`.
    pub fn parse(text: &str) -> Result<Self> {
        let whole = At::new(text)?;
        let [nodes, edges] = whole.fields(["nodes", "edges"])?;
        let nodes = nodes.ok_or_else(|| Refusal::invalid("nodes", "is missing"))?;
        let edges = edges.map(At::elements).transpose()?.unwrap_or_default();
        Ok(Self {
            nodes: nodes.elements()?.iter().map(read_node).collect::<Result<_>>()?,
            edges: edges.iter().map(read_edge).collect::<Result<_>>()?,
        })
    }
}

impl NodeSpec {
    /// Reads one node.
    pub fn parse(text: &str) -> Result<Self> {
        read_node(&At::new(text)?)
    }
}

impl EdgeSpec {
    /// Reads one edge.
    pub fn parse(text: &str) -> Result<Self> {
        read_edge(&At::new(text)?)
    }
}

impl Trigger {
    /// Reads a trigger.
    pub fn parse(text: &str) -> Result<Self> {
        read_trigger(&At { path: "trigger".to_owned(), ..At::new(text)? })
    }
}

impl Condition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Self> {
        read_condition(&At { path: "condition".to_owned(), ..At::new(text)? })
    }
}

impl<'a> At<'a> {
    fn new(text: &'a str) -> Result<Self> {
        let raw = Scanner::of(text).value();
        let raw = raw.map_err(|error| Refusal::invalid("", error.to_string()))?;
        Ok(Self { raw, path: String::new() })
    }

    fn bad(&self, message: impl Into<String>) -> Refusal {
        Refusal::invalid(self.path.clone(), message.into())
    }

    /// Members of an object; null is the same as absent.
    fn fields<const N: usize>(&self, names: [&str; N]) -> Result<[Option<Self>; N]> {
        let found = self.raw.scanner().fields(&names);
        let found = found.map_err(|_wrong| self.bad("must be an object"))?;
        let mut names = names.into_iter();
        Ok(found.map(|raw| {
            let name = names.next().unwrap_or_default();
            let dot = if self.path.is_empty() { "" } else { "." };
            let raw = raw.filter(|raw| raw.text() != "null")?;
            Some(Self { raw, path: format!("{}{dot}{name}", self.path) })
        }))
    }

    fn elements(self) -> Result<Vec<Self>> {
        let wrong = |_error| self.bad("must be an array");
        let mut scanner = self.raw.scanner();
        scanner.array().map_err(wrong)?;
        let mut found = Vec::new();
        while scanner.element().map_err(wrong)? {
            let raw = scanner.value().map_err(wrong)?;
            found.push(Self { raw, path: format!("{}[{}]", self.path, found.len()) });
        }
        Ok(found)
    }

    fn text(&self) -> Result<Arc<str>> {
        let text = self.raw.string().map_err(|_wrong| self.bad("must be a text"))?;
        Ok(text.as_ref().into())
    }

    /// One of a closed set.
    fn word<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let text = self.text()?;
        parse(&text).ok_or_else(|| self.bad(format!("knows no {text:?}")))
    }

    fn decimal(&self, decimals: u32) -> Result<i64> {
        let wrong = || self.bad("must be a number");
        let text = self.raw.decimal().map_err(|_wrong| wrong())?;
        let value = parse_decimal(text.as_bytes(), decimals).map_err(|_wrong| wrong())?;
        i64::try_from(value).map_err(|_large| self.bad("is too large"))
    }

    fn above_zero(&self) -> Result<i64> {
        match self.decimal(0)? {
            value if value > 0 => Ok(value),
            _ => Err(self.bad("must be greater than 0")),
        }
    }

    fn count(&self) -> Result<u64> {
        self.raw.unsigned().map_err(|_wrong| self.bad("must be an integer of 0 or more"))
    }

    fn small(&self) -> Result<u32> {
        u32::try_from(self.count()?).map_err(|_large| self.bad("is too large"))
    }

    fn truth(&self) -> Result<bool> {
        self.raw.bool().map_err(|_wrong| self.bad("must be true or false"))
    }

    fn ratio(&self, high: i64) -> Result<Ratio> {
        let value = self.decimal(8)?;
        if value > 0 && value <= high {
            return Ok(Ratio(value));
        }
        let most = high / Ratio::ONE.0;
        Err(self.bad(format!("must be greater than 0 and at most {most}")))
    }

    fn price(&self) -> Result<Price> {
        self.above_zero().map(Price)
    }

    fn quantity(&self) -> Result<Quantity> {
        self.above_zero().map(Quantity)
    }

    /// The member `name` of this object, which must be there.
    fn member(&self, name: &str) -> Result<Self> {
        let [found] = self.fields([name])?;
        found.ok_or_else(|| self.bad(format!("needs {name}")))
    }
}

/// An optional member, read.
fn given<'a, T>(at: Option<At<'a>>, read: impl FnOnce(&At<'a>) -> Result<T>) -> Result<Option<T>> {
    at.map(|at| read(&at)).transpose()
}

fn read_node(at: &At<'_>) -> Result<NodeSpec> {
    let names = ["node_id", "instrument", "side", "order_type", "quantity", "execution"];
    let [id, instrument, side, order_type, quantity, execution] = at.fields(names)?;
    let [activation, join] = at.fields(["activation", "join"])?;
    let missing = |name: &str| at.bad(format!("needs {name}"));
    let instrument = instrument.ok_or_else(|| missing("instrument"))?;
    let [symbol, kind, venue] = instrument.fields(["symbol", "type", "venue"])?;
    let venue = given(venue, |at| {
        VenueId::parse(&at.text()?).map_err(|error| at.bad(Refusal::from(error).message))
    })?;
    let side = side.ok_or_else(|| missing("side"))?;
    Ok(NodeSpec {
        id: id.ok_or_else(|| missing("node_id"))?.text()?,
        symbol: symbol.ok_or_else(|| instrument.bad("needs symbol"))?.text()?,
        kind_hint: given(kind, |at| at.word(kind_of))?.unwrap_or(InstrumentKind::Spot),
        venue,
        side: side.word(|text| match text {
            "buy" => Some(Side::Buy),
            "sell" => Some(Side::Sell),
            _ => None,
        })?,
        order_type: given(order_type, read_order_type)?.unwrap_or(OrderType::Market),
        size: read_size(&quantity.ok_or_else(|| missing("quantity"))?)?,
        execution: given(execution, read_execution)?.unwrap_or_default(),
        activation: given(activation, |at| at.word(Activation::parse))?,
        join: given(join, |at| at.word(Join::parse))?.unwrap_or(Join::Any),
    })
}

fn kind_of(text: &str) -> Option<InstrumentKind> {
    let all = [InstrumentKind::Spot, InstrumentKind::Perp, InstrumentKind::Prediction];
    all.into_iter().find(|kind| kind.as_str() == text)
}

fn read_order_type(at: &At<'_>) -> Result<OrderType> {
    if !at.raw.is_object() {
        return at.word(|text| (text == "market").then_some(OrderType::Market));
    }
    match at.fields(["limit", "peg"])? {
        [Some(limit), None] => Ok(OrderType::Limit(limit.member("price_1e9")?.price()?)),
        [None, Some(peg)] => {
            let [offset, limit] = peg.fields(["offset_1e9", "limit_1e9"])?;
            Ok(OrderType::Peg(Peg {
                to: peg.member("to")?.word(PegTo::parse)?,
                offset: given(offset, |at| at.decimal(0))?.unwrap_or(0),
                limit: given(limit, At::price)?,
            }))
        }
        _ => Err(at.bad("needs exactly one of limit, peg")),
    }
}

fn read_size(at: &At<'_>) -> Result<NodeSize> {
    match at.fields(["fixed", "notional", "from_edge", "position"])? {
        [Some(fixed), None, None, None] => fixed.member("qty_1e8")?.quantity().map(NodeSize::Fixed),
        [None, Some(usd), None, None] => {
            usd.member("usd_1e9")?.above_zero().map(|usd| NodeSize::Notional(Money(usd.into())))
        }
        [None, None, Some(_), None] => Ok(NodeSize::FromEdge),
        [None, None, None, Some(share)] => {
            share.member("ratio")?.ratio(Ratio::ONE.0).map(NodeSize::Position)
        }
        _ => Err(at.bad("needs exactly one of fixed, notional, from_edge, position")),
    }
}

fn read_execution(at: &At<'_>) -> Result<Execution> {
    let [policy, urgency, slippage, horizon] =
        at.fields(["policy", "urgency", "max_slippage_bps", "horizon_ms"])?;
    let [tif, reduce_only, pacing, reserve] =
        at.fields(["tif", "reduce_only", "pacing", "reserve"])?;
    Ok(Execution {
        policy: given(policy, |at| at.word(Policy::parse))?.unwrap_or(Policy::Sor),
        urgency: given(urgency, |at| at.word(Urgency::parse))?.unwrap_or(Urgency::Medium),
        max_slippage_bps: given(slippage, At::small)?,
        horizon_ms: given(horizon, At::count)?,
        tif: given(tif, |at| at.word(TimeInForce::parse))?,
        reduce_only: given(reduce_only, At::truth)?.unwrap_or(false),
        pacing: given(pacing, read_pacing)?,
        reserve: given(reserve, |at| at.word(Reserve::parse))?.unwrap_or(Reserve::AtActivation),
    })
}

fn read_pacing(at: &At<'_>) -> Result<Pacing> {
    let kinds = ["uniform", "profile", "participation", "iceberg", "aggressive_chase"];
    match at.fields(kinds)? {
        [Some(uniform), None, None, None, None] => read_uniform(&uniform).map(Pacing::Uniform),
        [None, Some(profile), None, None, None] => {
            let weights = profile.member("weights")?.elements()?;
            Ok(Pacing::Profile {
                weights: weights.iter().map(At::count).collect::<Result<_>>()?,
                interval_ms: profile.member("interval_ms")?.count()?,
            })
        }
        [None, None, Some(part), None, None] => {
            let [finish] = part.fields(["finish"])?;
            Ok(Pacing::Participation(Participation {
                rate_bps: part.member("rate_bps")?.small()?,
                interval_ms: part.member("interval_ms")?.count()?,
                max_ms: part.member("max_ms")?.count()?,
                finish: given(finish, At::truth)?.unwrap_or(false),
            }))
        }
        [None, None, None, Some(iceberg), None] => {
            let [variance] = iceberg.fields(["variance_pct"])?;
            Ok(Pacing::Iceberg {
                display: iceberg.member("display_qty_1e8")?.quantity()?,
                variance_pct: given(variance, At::small)?.unwrap_or(0),
            })
        }
        [None, None, None, None, Some(chase)] => {
            let [interval] = chase.fields(["interval_ms"])?;
            let interval_ms = given(interval, At::count)?.unwrap_or(CHASE_INTERVAL_MS);
            Ok(Pacing::Chase { interval_ms })
        }
        _ => Err(at.bad(format!("needs exactly one of {}", kinds.join(", ")))),
    }
}

fn read_uniform(at: &At<'_>) -> Result<Uniform> {
    let [catch_up, jitter, slice_type, passive] =
        at.fields(["catch_up", "jitter_pct", "slice_type", "passive_ms"])?;
    let interval_ms = at.member("interval_ms")?.count()?;
    let passive_ms = given(passive, At::count)?;
    let is_passive = given(slice_type, |at| {
        at.word(|text| match text {
            "market" => Some(false),
            "passive" => Some(true),
            _ => None,
        })
    })?;
    Ok(Uniform {
        num_slices: at.member("num_slices")?.small()?,
        interval_ms,
        catch_up: given(catch_up, |at| at.word(CatchUp::parse))?.unwrap_or(CatchUp::None),
        jitter_pct: given(jitter, At::small)?.unwrap_or(0),
        passive_ms: is_passive.unwrap_or(false).then(|| passive_ms.unwrap_or(interval_ms)),
    })
}

fn read_edge(at: &At<'_>) -> Result<EdgeSpec> {
    let [id, condition, sizing, action] =
        at.fields(["edge_id", "condition", "sizing", "action"])?;
    let (from, to) = (at.member("from_node")?.text()?, at.member("to_node")?.text()?);
    let named = given(id, At::text)?;
    Ok(EdgeSpec {
        id: named.unwrap_or_else(|| format!("e_{from}_{to}").into()),
        from,
        to,
        trigger: read_trigger(&at.member("trigger")?)?,
        condition: given(condition, read_condition)?.unwrap_or_default(),
        sizing: given(sizing, read_sizing)?,
        action: given(action, |at| at.word(Action::parse))?.unwrap_or(Action::Activate),
    })
}

fn read_trigger(at: &At<'_>) -> Result<Trigger> {
    if !at.raw.is_object() {
        let known = || Word::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", ");
        let text = at.text()?;
        let word = Word::parse(&text).map(Trigger::On);
        return word.ok_or_else(|| at.bad(format!("knows no {text:?}; known: {}", known())));
    }
    match at.fields(["on_timeout", "on_price", "on_trail", "at"])? {
        [Some(after), None, None, None] => {
            Ok(Trigger::Timeout { ms: after.member("ms")?.count()? })
        }
        [None, Some(price), None, None] => read_price(&price).map(Trigger::Price),
        [None, None, Some(trail), None] => read_trail(&trail).map(Trigger::Trail),
        [None, None, None, Some(time)] => Ok(Trigger::At { ns: time.member("ns")?.decimal(0)? }),
        _ => Err(at.bad("needs exactly one of on_timeout, on_price, on_trail, at")),
    }
}

/// Reference, venue and arm, which price and trail share.
fn read_look(at: &At<'_>) -> Result<(PriceReference, Option<VenueId>, Arm)> {
    let [reference, venue, arm] = at.fields(["reference", "venue", "arm"])?;
    let venue = given(venue, |at| {
        VenueId::parse(&at.text()?).map_err(|error| at.bad(Refusal::from(error).message))
    })?;
    let reference = given(reference, |at| at.word(PriceReference::parse))?;
    let arm = given(arm, |at| at.word(Arm::parse))?;
    Ok((reference.unwrap_or(PriceReference::Mid), venue, arm.unwrap_or(Arm::FullFill)))
}

fn read_price(at: &At<'_>) -> Result<PriceTrigger> {
    let (reference, venue, arm) = read_look(at)?;
    let (price, above) = match at.fields(["lte_1e9", "gte_1e9"])? {
        [Some(price), None] => (price, false),
        [None, Some(price)] => (price, true),
        _ => return Err(at.bad("needs exactly one of lte_1e9, gte_1e9")),
    };
    Ok(PriceTrigger { price: price.price()?, above, reference, venue, arm })
}

fn read_trail(at: &At<'_>) -> Result<TrailTrigger> {
    let (reference, venue, arm) = read_look(at)?;
    let [activate] = at.fields(["activate_1e9"])?;
    let distance = match at.fields(["distance_1e9", "distance_bps"])? {
        [Some(price), None] => Distance::Price(price.price()?),
        [None, Some(bps)] => Distance::Bps(bps.small()?),
        _ => return Err(at.bad("needs exactly one of distance_1e9, distance_bps")),
    };
    let above = at.member("side")?.word(|text| match text {
        "below" => Some(false),
        "above" => Some(true),
        _ => None,
    })?;
    let activate = given(activate, At::price)?;
    Ok(TrailTrigger { distance, above, activate, reference, venue, arm })
}

fn read_condition(at: &At<'_>) -> Result<Condition> {
    let names =
        ["fill_ratio_gte", "fill_ratio_lt", "price_gte_1e9", "price_lte_1e9", "spread_bps_lte"];
    let [gte, lt, above, below, spread] = at.fields(names)?;
    let ratio = |at: &At<'_>| at.ratio(Ratio::ONE.0);
    Ok(Condition {
        fill_ratio_gte: given(gte, ratio)?,
        fill_ratio_lt: given(lt, ratio)?,
        price_gte: given(above, At::price)?,
        price_lte: given(below, At::price)?,
        spread_bps_lte: given(spread, At::small)?,
    })
}

fn read_sizing(at: &At<'_>) -> Result<Sizing> {
    if !at.raw.is_object() {
        return at.word(|text| (text == "target").then_some(Sizing::Target));
    }
    let names = ["from_fill", "from_fill_notional", "from_filled", "remaining"];
    let ratio = |at: &At<'_>| at.member("ratio")?.ratio(100 * Ratio::ONE.0);
    match (at.fields(names)?, at.fields(["fixed", "notional"])?) {
        ([Some(share), None, None, None], [None, None]) => ratio(&share).map(Sizing::FromFill),
        ([None, Some(share), None, None], [None, None]) => {
            ratio(&share).map(Sizing::FromFillNotional)
        }
        ([None, None, Some(share), None], [None, None]) => ratio(&share).map(Sizing::FromFilled),
        ([None, None, None, Some(share)], [None, None]) => ratio(&share).map(Sizing::Remaining),
        ([None, None, None, None], [Some(fixed), None]) => {
            fixed.member("qty_1e8")?.quantity().map(Sizing::Fixed)
        }
        ([None, None, None, None], [None, Some(usd)]) => {
            usd.member("usd_1e9")?.above_zero().map(|usd| Sizing::Notional(Money(usd.into())))
        }
        _ => Err(at.bad("needs exactly one of from_fill, from_fill_notional, from_filled, remaining, fixed, notional")),
    }
}
