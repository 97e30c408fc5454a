//! What an answer says, as words to compare: `FILLED`, `filled 0.5`, `avg 100`.

use std::collections::BTreeMap;

use sequence_core::engine::Reply;
use sequence_core::engine::view::Value;
use sequence_core::number::format_decimal;
use sequence_core::reject::Refusal;

/// Facts by name. `""` is the headline: what may stand without a name.
pub(crate) type Facts = BTreeMap<&'static str, String>;

/// A key of an object.
pub(crate) fn get<'a>(value: &'a Value, key: &str) -> &'a Value {
    let Value::Map(rows) = value else { panic!("{key} of {value:?}") };
    &rows.iter().find(|(name, _)| *name == key).unwrap_or_else(|| panic!("no key {key}")).1
}

/// The rows of a list.
pub(crate) fn list(value: &Value) -> &[Value] {
    let Value::List(rows) = value else { panic!("{value:?} is no list") };
    rows
}

/// Text of a name, a text or null.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Name(text) => (*text).to_owned(),
        Value::Text(text) => text.clone(),
        Value::Null => "none".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        other => panic!("{other:?} is no text"),
    }
}

/// Decimal text of an integer key, its scale taken from the key's own name.
pub(crate) fn number(row: &Value, key: &str) -> String {
    let decimals = if key.ends_with("_1e8") { 8 } else { 9 };
    match get(row, key) {
        Value::Int(units) => format_decimal(*units, decimals),
        Value::Null => "none".to_owned(),
        other => panic!("{key} is {other:?}"),
    }
}

fn joined(rows: &[Value], word: impl Fn(&Value) -> String) -> String {
    if rows.is_empty() {
        return "none".to_owned();
    }
    rows.iter().map(word).collect::<Vec<_>>().join(",")
}

/// An order row.
pub(crate) fn of_order(row: &Value) -> Facts {
    let reason = match text(get(row, "failure_reason")) {
        none if none == "none" => text(get(row, "done_reason")),
        reason => reason,
    };
    let headline = match (text(get(row, "status")), reason) {
        (status, reason) if reason == "none" || reason == status => status,
        (status, reason) => format!("{status} {reason}"),
    };
    let reserved = match get(row, "reserved") {
        Value::Null => "none".to_owned(),
        rows => joined(list(rows), |row| {
            format!("{}:{}", text(get(row, "asset")), number(row, "qty_1e8"))
        }),
    };
    let legs = joined(list(get(row, "legs")), |leg| {
        format!(
            "{}:{}/{}",
            text(get(leg, "venue")),
            number(leg, "filled_qty_1e8"),
            number(leg, "qty_1e8")
        )
    });
    Facts::from([
        ("", headline),
        ("filled", number(row, "filled_qty_1e8")),
        ("qty", number(row, "qty_1e8")),
        ("avg", number(row, "avg_price_1e9")),
        ("fees", number(row, "fees_usd_1e9")),
        ("venue", text(get(row, "venue"))),
        ("tif", text(get(row, "tif"))),
        ("symbol", text(get(row, "symbol"))),
        ("kind", text(get(row, "instrument_type"))),
        ("reserved", reserved),
        ("legs", legs),
    ])
}

/// The answer of a cancel.
pub(crate) fn of_cancel(row: &Value) -> Facts {
    let again = if get(row, "already_terminal") == &Value::Bool(true) { " already" } else { "" };
    Facts::from([
        ("", format!("{}{again}", text(get(row, "status")))),
        ("filled", number(row, "filled_qty_1e8")),
    ])
}

/// The answer of an amend.
pub(crate) fn of_amend(row: &Value) -> Facts {
    Facts::from([
        ("", text(get(row, "status"))),
        ("qty", number(row, "qty_1e8")),
        ("limit", number(row, "limit_price_1e9")),
        ("mode", text(get(row, "mode"))),
        ("pending", text(get(row, "pending"))),
    ])
}

/// A position row; without one everything is 0.
pub(crate) fn of_position(row: Option<&Value>) -> Facts {
    let Some(row) = row else {
        let names = ["", "available", "locked", "entry", "realized", "unrealized", "fees"];
        return names.into_iter().chain(["margin"]).map(|name| (name, "0".to_owned())).collect();
    };
    Facts::from([
        ("", number(row, "qty_1e8")),
        ("available", number(row, "available_qty_1e8")),
        ("locked", number(row, "locked_qty_1e8")),
        ("entry", number(row, "entry_price_usd_1e9")),
        ("mark", number(row, "current_price_usd_1e9")),
        ("realized", number(row, "realized_pnl_usd_1e9")),
        ("unrealized", number(row, "unrealized_pnl_usd_1e9")),
        ("fees", number(row, "fees_usd_1e9")),
        ("margin", number(row, "margin_locked_1e8")),
        ("state", text(get(get(row, "lifecycle"), "state"))),
        ("source", text(get(row, "mark_source"))),
        ("by", text(get(row, "mark_symbol"))),
    ])
}

/// Fills, oldest first: `venue qty price fee cause`, with `|` between them.
pub(crate) fn of_fills(page: &Value) -> Facts {
    let word = |row: &Value| {
        let words = [
            text(get(row, "venue")),
            number(row, "qty_1e8"),
            number(row, "price_1e9"),
            number(row, "fee_1e9"),
            text(get(row, "cause")),
        ];
        words.join(" ")
    };
    let rows: Vec<String> = list(get(page, "fills")).iter().rev().map(word).collect();
    Facts::from([("", if rows.is_empty() { "none".to_owned() } else { rows.join(" | ") })])
}

/// Best bid and ask.
pub(crate) fn of_quote(quote: &Value) -> Facts {
    let nbbo = get(quote, "nbbo");
    Facts::from([
        ("bid", number(nbbo, "bid_1e9")),
        ("ask", number(nbbo, "ask_1e9")),
        ("live", text(get(nbbo, "live"))),
        ("crossed", text(get(nbbo, "crossed"))),
    ])
}

/// What an order would do.
pub(crate) fn of_preview(row: &Value) -> Facts {
    let fails = match get(row, "would_fail") {
        Value::Null => "none".to_owned(),
        found => text(get(found, "code")),
    };
    Facts::from([
        ("", number(row, "fillable_qty_1e8")),
        ("avg", number(row, "est_avg_price_1e9")),
        ("notional", number(row, "est_notional_usd_1e9")),
        ("fee", number(row, "est_fee_usd_1e9")),
        ("total", number(row, "est_total_cost_usd_1e9")),
        ("fails", fails),
    ])
}

/// Holdings that were settled or redeemed.
pub(crate) fn of_settled(reply: &Reply) -> Facts {
    let Reply::Settled { positions, payout } = reply else { panic!("{reply:?}") };
    Facts::from([("", positions.to_string()), ("payout", payout.to_string())])
}

/// A command that was refused.
pub(crate) fn of_refusal(refusal: &Refusal) -> Facts {
    let status = match refusal.kind.as_str() {
        "VALIDATION_ERROR" => "422",
        "CONFLICT" => "409",
        "NOT_FOUND" => "404",
        other => panic!("{other} is not expected here"),
    };
    Facts::from([("", format!("refused {status}")), ("message", refusal.message.to_string())])
}

/// Compares an answer with what a line expects; says what differs.
pub(crate) fn differ(expected: &[&str], facts: &Facts) -> Option<String> {
    let found = |what: &str| format!("expected {what}, found {facts:?}");
    if expected.first() == Some(&"refused") {
        let (status, message) = (expected[..2].join(" "), expected[2..].join(" "));
        let said = facts.get("message").cloned().unwrap_or_default();
        let same = facts[""] == status && said.contains(&message);
        return (!same).then(|| found(&expected.join(" ")));
    }
    if facts.contains_key("message") {
        return Some(found(&expected.join(" ")));
    }
    let named = |word: &&&str| facts.contains_key(**word);
    let head = expected.iter().take_while(|word| !named(word)).count();
    let (headline, rest) = expected.split_at(head);
    if !headline.is_empty() && headline.join(" ") != facts[""] {
        return Some(found(&headline.join(" ")));
    }
    let wrong = |pair: &&[&str]| facts.get(pair[0]).is_none_or(|fact| fact != pair[1]);
    rest.chunks(2).find(wrong).map(|pair| found(&pair.join(" ")))
}
