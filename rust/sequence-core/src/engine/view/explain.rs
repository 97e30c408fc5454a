//! A fill and an order in a few lines for a person.

use super::{Value, verify};
use crate::engine::{Engine, Fill};
use crate::folded::Seen;
use crate::ids::AccountId;
use crate::number::format_decimal;
use crate::order::Order;
use crate::reject::Refusal;
use crate::ulid::Ulid;

impl Engine {
    /// A fill of an account, in words and checked: `fill_id`, `verified`, `problems`, `text`.
    pub fn explain_fill(&self, account: AccountId, fill_id: &str) -> Result<Value, Refusal> {
        let wanted = fill_id.strip_prefix("fill_").and_then(Ulid::parse);
        let mut fills = self.fills_of(account).rev();
        let found = fills.find(|fill| Some(fill.id) == wanted);
        let found =
            found.ok_or_else(|| Refusal::not_found(format!("there is no fill {fill_id:?}")))?;
        let record = self.evidence_view(&found);
        let problems = verify(&record);
        let text = fill_text(&record);
        Ok(Value::Map(vec![
            ("fill_id", fill_id.to_owned().into()),
            ("verified", problems.is_empty().into()),
            ("problems", Value::List(problems.into_iter().map(Value::from).collect())),
            ("text", text.into()),
        ]))
    }

    /// An order of an account in words: what it is, why it waits or how it ended, and its fills.
    pub fn explain_order(&self, account: AccountId, id: &str) -> Result<Value, Refusal> {
        let (graph, named) = self.find_order(account, id)?;
        let shaped = || Refusal::not_found(format!("{id:?} is a graph of many orders"));
        let found = named.or(self.desk.graph(graph).order).ok_or_else(shaped)?;
        let order = self.desk.order(found);
        let mut lines = vec![self.order_line(order)];
        let reason = self.not_filled_view(order);
        lines.extend(reason_line(&reason));
        let mut verified = true;
        for fill in self.fills_of(account) {
            if fill.order == found {
                let record = self.evidence_view(&fill);
                verified &= verify(&record).is_empty();
                lines.extend(fill_lines(&record));
            }
        }
        Ok(Value::Map(vec![
            ("node_order_id", self.node_order_id(order).into()),
            ("verified", verified.into()),
            ("reason", reason.get("reason").cloned().unwrap_or(Value::Null)),
            ("text", lines.join("\n").into()),
        ]))
    }

    /// Fills of an account that are here, oldest first.
    fn fills_of(&self, account: AccountId) -> impl DoubleEndedIterator<Item = Seen<'_, Fill>> {
        self.desk.account(account).fills.iter().filter_map(|id| self.desk.peek_fill(*id))
    }

    fn order_line(&self, order: &Order) -> String {
        let spec = &order.spec;
        let symbol = self.registry.symbol(spec.symbol).canonical(spec.outcome).clone();
        let price = order.limit.map_or("at market".to_owned(), |limit| format!("at {limit}"));
        let why = match (order.reject, order.done) {
            (Some(reason), _) => format!(" ({})", reason.as_str()),
            (_, Some(reason)) => format!(" ({})", reason.as_str()),
            _ => String::new(),
        };
        format!(
            "{} {} {symbol} {price}, {}: {}{why}, filled {} of {}",
            spec.side.as_str(),
            order.qty,
            spec.tif.as_str(),
            order.status.as_str(),
            order.filled,
            order.qty,
        )
    }
}

/// A fill in a few lines, from its record alone, and whether the record adds up.
pub fn fill_text(record: &Value) -> String {
    let mut lines = fill_lines(record);
    lines.push(match verify(record).as_slice() {
        [] => "  the record adds up".to_owned(),
        wrong => format!("  DOES NOT ADD UP: {}", wrong.join("; ")),
    });
    lines.join("\n")
}

/// Why an open order waits, from its evidence; empty for one that ended.
pub fn wait_text(reason: &Value) -> String {
    reason_line(reason).map_or(String::new(), |line| line.trim_start().to_owned())
}

fn number(record: &Value, path: &str, decimals: u32) -> String {
    let mut steps = path.split('.');
    let found = steps.try_fold(record, |value, name| value.get(name)).and_then(Value::int);
    found.map_or("-".to_owned(), |units| format_decimal(units, decimals))
}

fn text<'a>(record: &'a Value, path: &str) -> &'a str {
    let mut steps = path.split('.');
    steps.try_fold(record, |value, name| value.get(name)).and_then(Value::text).unwrap_or("-")
}

fn size(record: &Value, path: &str) -> String {
    number(record, path, 8)
}

fn price(record: &Value, path: &str) -> String {
    number(record, path, 9)
}

/// Milliseconds between two times of a record.
fn elapsed_ms(record: &Value, from: &str, to: &str) -> String {
    let time = |name: &str| record.get("time").and_then(|time| time.get(name)?.int());
    match (time(from), time(to)) {
        (Some(from), Some(to)) if from > 0 => {
            format!("{} ms", format_decimal((to - from) / 1_000, 3))
        }
        _ => "-".to_owned(),
    }
}

fn fill_lines(record: &Value) -> Vec<String> {
    let did = if text(record, "side") == "buy" { "bought" } else { "sold" };
    let outcome =
        record.get("outcome").and_then(Value::text).map_or(String::new(), |o| format!(" {o}"));
    let mut lines = vec![
        format!(
            "{}: {did} {} {}{outcome} at {} on {}, {} by {}",
            text(record, "fill_id"),
            size(record, "qty_1e8"),
            text(record, "instrument"),
            price(record, "px_1e9"),
            text(record, "venue"),
            if text(record, "liquidity") == "Maker" { "maker" } else { "taker" },
            text(record, "cause"),
        ),
        format!(
            "  at the venue {} after it was sent, matched after {}, seen after {}; book version {} ({})",
            elapsed_ms(record, "submit_local_ns", "arrive_venue_ns"),
            elapsed_ms(record, "submit_local_ns", "match_at_ns"),
            elapsed_ms(record, "submit_local_ns", "visible_at_ns"),
            number(record, "book.version", 0),
            text(record, "book.status"),
        ),
    ];
    lines.extend(record.get("levels").iter().flat_map(|levels| levels.rows()).map(|level| {
        format!(
            "  took {} of {} displayed at {} ({} printed, {} taken before), paid {} after own impact",
            size(level, "taken_1e8"),
            size(level, "displayed_1e8"),
            price(level, "px_recorded_1e9"),
            size(level, "pending_prints_1e8"),
            size(level, "consumed_before_1e8"),
            price(level, "px_effective_1e9"),
        )
    }));
    if text(record, "liquidity") == "Maker" {
        lines.push(format!(
            "  joined behind {}; prints took {} of it, cancels {}, {} left",
            size(record, "queue.v_entry_1e8"),
            size(record, "queue.prints_ahead_1e8"),
            size(record, "queue.cancels_credited_ahead_1e8"),
            size(record, "queue.v_before_1e8"),
        ));
    }
    lines.extend(record.get("tape").iter().flat_map(|tape| tape.rows()).map(|event| {
        format!(
            "  a {} of {} at {} reached it with {} left (event {})",
            if text(event, "kind") == "Quote" { "quote" } else { "print" },
            size(event, "size_1e8"),
            price(event, "px_1e9"),
            size(event, "budget_before_1e8"),
            text(event, "event_id"),
        )
    }));
    lines.push(format!(
        "  fee {} {} by {}; reserved {} before, {} after, {} freed",
        price(record, "fee.fee_1e9"),
        text(record, "fee.asset"),
        text(record, "fee.rule_id"),
        price(record, "cash.reserved_before_1e9"),
        price(record, "cash.reserved_after_1e9"),
        price(record, "cash.released_1e9"),
    ));
    lines
}

/// Why an open order waits; nothing for one that ended.
fn reason_line(reason: &Value) -> Option<String> {
    let name = reason.get("reason").and_then(Value::text)?;
    let detail = match name {
        "IN_FLIGHT" => "it has not met the book yet".to_owned(),
        "TAKER_DELAY" => "the venue holds orders that would take".to_owned(),
        "WAITING_BOOK" => format!("the book is {}", text(reason, "status")),
        "PAIRING" => "a decrease may still be a trade".to_owned(),
        "NOT_AT_TOUCH" => format!("{} ticks from the touch", number(reason, "distance_ticks", 0)),
        "QUEUE_AHEAD" => format!(
            "{} of {} still ahead, {} of it own",
            size(reason, "v_now_1e8"),
            size(reason, "v_entry_1e8"),
            size(reason, "own_ahead_1e8"),
        ),
        "BUDGET_USED" => "own orders ahead used the prints".to_owned(),
        "LOT_TOO_SMALL" => "what reached it was below the smallest fill".to_owned(),
        "UNRESOLVED_PRINT" => "prints inside the spread had no known aggressor".to_owned(),
        _ => "first in its queue, no print since".to_owned(),
    };
    let readings = reason.get("v_now_1e8").and_then(Value::int).filter(|ahead| *ahead >= 0);
    let readings = readings.map_or(String::new(), |_| {
        format!(
            "; ahead {} (between {} and {})",
            size(reason, "v_now_1e8"),
            size(reason, "v_low_1e8"),
            size(reason, "v_high_1e8"),
        )
    });
    let venue = text(reason, "venue");
    Some(format!("  waits on {venue}: {name}, {detail}{readings}{}", outlook(reason)))
}

/// What is expected of it; nothing where that is not known.
fn outlook(reason: &Value) -> String {
    let part = |name| reason.get("outlook").and_then(|seen| seen.get(name)).and_then(Value::int);
    let Some(ppm) = part("reached_ppm") else { return String::new() };
    let seconds = |ns: i128| ns / 1_000_000_000;
    let within = seconds(part("within_ns").unwrap_or(0));
    let wait = part("wait_ns").map_or(String::new(), |ns| {
        format!(", half of them within about {} s", seconds(ns).max(1))
    });
    format!("; {} % of such orders were reached within {within} s{wait}", (ppm + 5_000) / 10_000)
}
