//! Random graphs as the wire has them. Most are right; some break a rule.

use crate::draw::Draw;

const ONE: u64 = 100_000_000;
const DOLLAR: u64 = 1_000_000_000;

/// A graph: its nodes and edges as JSON.
pub(crate) fn graph(draw: &mut Draw) -> String {
    let count = draw.below(5) + 1;
    let from_edge: Vec<bool> = (0..count).map(|at| at > 0 && draw.once_in(3)).collect();
    let mut edges = Vec::new();
    for to in 0..count {
        let sized = from_edge[usize::try_from(to).unwrap_or(0)];
        for number in 0..incoming(draw, to, sized) {
            // Edges lead forward, so that they form no cycle; cancels lead anywhere.
            let from = if to == 0 || draw.once_in(5) { None } else { Some(draw.below(to)) };
            edges.push(edge(draw, from, to, sized, number));
        }
    }
    for number in 0..draw.below(3) {
        let (from, to) = (draw.below(count), draw.below(count));
        if from != to {
            edges.push(cancel(draw, from, to, number));
        }
    }
    let nodes: Vec<String> =
        (0..count).map(|at| node(draw, at, from_edge[usize::try_from(at).unwrap_or(0)])).collect();
    format!("{{\"nodes\":[{}],\"edges\":[{}]}}", nodes.join(","), edges.join(","))
}

const fn incoming(draw: &mut Draw, to: u64, sized: bool) -> u64 {
    if to == 0 {
        return (draw.once_in(4)) as u64;
    }
    if sized || !draw.once_in(4) { draw.below(2) + 1 } else { 0 }
}

fn node(draw: &mut Draw, at: u64, from_edge: bool) -> String {
    let perp = draw.once_in(3);
    let instrument = if perp {
        "{\"symbol\":\"ETH-USD-PERP\",\"type\":\"perp\",\"venue\":\"hyperliquid\"}"
    } else {
        "{\"symbol\":\"ETH-USD\",\"venue\":\"kraken\"}"
    };
    let buy = draw.once_in(2);
    // Never at a price of a book: a restart keeps no places in queues.
    let away = (draw.below(60) + 1) * DOLLAR + 370_000_000;
    let around = 2_310 * DOLLAR;
    let price = if buy == draw.once_in(5) { around + away } else { around - away };
    let order_type = match draw.below(5) {
        0 | 1 => "\"market\"".to_owned(),
        _ => format!("{{\"limit\":{{\"price_1e9\":{price}}}}}"),
    };
    let units = (draw.below(40) + 1) * ONE / 10;
    let quantity = match draw.below(12) {
        _ if from_edge => "{\"from_edge\":{}}".to_owned(),
        0 => format!("{{\"notional\":{{\"usd_1e9\":{}}}}}", (draw.below(5000) + 50) * DOLLAR),
        1 if !buy => "{\"position\":{\"ratio\":0.5}}".to_owned(),
        _ => format!("{{\"fixed\":{{\"qty_1e8\":{units}}}}}"),
    };
    let (side, join) = (if buy { "buy" } else { "sell" }, draw.pick(&["any", "any", "all"]));
    let execution = execution(draw);
    format!(
        "{{\"node_id\":\"n{at}\",\"instrument\":{instrument},\"side\":\"{side}\",\
         \"order_type\":{order_type},\"quantity\":{quantity},\"execution\":{execution},\
         \"join\":\"{join}\"}}"
    )
}

fn execution(draw: &mut Draw) -> String {
    let interval = draw.below(900) + 100;
    let pacing = match draw.below(12) {
        0 => {
            let catch_up = draw.pick(&["none", "next", "spread"]);
            let (slices, jitter) = (draw.below(4) + 2, draw.pick(&["0", "30"]));
            format!(
                "{{\"uniform\":{{\"num_slices\":{slices},\"interval_ms\":{interval},\
                 \"catch_up\":\"{catch_up}\",\"jitter_pct\":{jitter}}}}}"
            )
        }
        1 => format!("{{\"profile\":{{\"weights\":[1,0,3],\"interval_ms\":{interval}}}}}"),
        2 => {
            let finish = draw.once_in(2);
            format!(
                "{{\"participation\":{{\"rate_bps\":2000,\"interval_ms\":{interval},\
                 \"max_ms\":3000,\"finish\":{finish}}}}}"
            )
        }
        3 => "{\"iceberg\":{\"display_qty_1e8\":50000000}}".to_owned(),
        4 => {
            let life = if draw.once_in(2) { ",\"horizon_ms\":2000" } else { "" };
            let pacing = format!("{{\"aggressive_chase\":{{\"interval_ms\":{interval}}}}}");
            return format!("{{\"pacing\":{pacing}{life}}}");
        }
        _ => return more(draw),
    };
    format!("{{\"pacing\":{pacing}}}")
}

fn more(draw: &mut Draw) -> String {
    match draw.below(10) {
        0 => format!("{{\"horizon_ms\":{}}}", draw.below(4000) + 1),
        1 => "{\"tif\":\"ioc\"}".to_owned(),
        2 => "{\"tif\":\"post_only\"}".to_owned(),
        3 => "{\"reserve\":\"at_submit\"}".to_owned(),
        _ => "{}".to_owned(),
    }
}

fn trigger(draw: &mut Draw) -> String {
    let price = (2_280 + draw.below(60)) * DOLLAR;
    match draw.below(14) {
        0 => "\"on_accepted\"".to_owned(),
        1 => "\"on_first_fill\"".to_owned(),
        2 | 3 => "\"on_fill\"".to_owned(),
        4 | 5 => "\"on_full_fill\"".to_owned(),
        6 => "\"on_fill_ratio\",\"condition\":{\"fill_ratio_gte\":0.4}".to_owned(),
        7 => "\"on_cancel\"".to_owned(),
        8 => "\"on_done\"".to_owned(),
        9 => draw.pick(&["\"on_reject\"", "\"on_expire\""]).to_owned(),
        10 | 11 => format!("{{\"on_timeout\":{{\"ms\":{}}}}}", draw.below(3000)),
        12 => {
            let (bound, arm) = (draw.pick(&["lte", "gte"]), draw.pick(&["accepted", "first_fill"]));
            let reference = draw.pick(&["mid", "bid", "ask"]);
            format!(
                "{{\"on_price\":{{\"{bound}_1e9\":{price},\"arm\":\"on_{arm}\",\
                 \"reference\":\"{reference}\"}}}}"
            )
        }
        _ => {
            let (side, bps) = (draw.pick(&["below", "above"]), draw.below(100) + 1);
            format!(
                "{{\"on_trail\":{{\"distance_bps\":{bps},\"side\":\"{side}\",\
                 \"arm\":\"on_accepted\"}}}}"
            )
        }
    }
}

fn source(from: Option<u64>) -> String {
    from.map_or_else(|| "@start".to_owned(), |from| format!("n{from}"))
}

fn edge(draw: &mut Draw, from: Option<u64>, to: u64, sized: bool, number: u64) -> String {
    let (trigger, source) = (trigger(draw), source(from));
    let sizing = match (sized, draw.below(6)) {
        (true, 0) => "{\"fixed\":{\"qty_1e8\":70000000}}",
        (true, 1) => "{\"notional\":{\"usd_1e9\":900000000000}}",
        (true, 2) => "{\"remaining\":{\"ratio\":1}}",
        (true, 3) if trigger.contains("on_fill\"") => "{\"from_fill_notional\":{\"ratio\":1}}",
        (true, 4) if trigger.contains("on_fill\"") => "{\"from_fill\":{\"ratio\":0.7}}",
        (true, _) => "{\"from_filled\":{\"ratio\":0.9}}",
        (false, _) => "\"target\"",
    };
    let name = format!("e{number}_{source}_{to}");
    format!(
        "{{\"edge_id\":\"{}\",\"from_node\":\"{source}\",\"to_node\":\"n{to}\",\
         \"trigger\":{trigger},\"sizing\":{sizing}}}",
        name.replace('@', "")
    )
}

fn cancel(draw: &mut Draw, from: u64, to: u64, number: u64) -> String {
    let reduces = draw.once_in(3);
    let trigger = if reduces { "\"on_fill\"".to_owned() } else { trigger(draw) };
    let action = if reduces { "reduce" } else { "cancel" };
    format!(
        "{{\"edge_id\":\"c{number}\",\"from_node\":\"n{from}\",\"to_node\":\"n{to}\",\
         \"trigger\":{trigger},\"action\":\"{action}\"}}"
    )
}
