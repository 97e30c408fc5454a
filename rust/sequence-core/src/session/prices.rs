//! Prices of symbols over time, noted when somebody asks for them to be.

use std::sync::Arc;

use crate::engine::Engine;
use crate::engine::view::Value;
use crate::number::Price;

use super::thinned::{SECOND_NS, Thinned, Timed};

/// Symbols that are followed; the one that was asked for first makes room.
const MOST_SYMBOLS: usize = 64;

/// The middle of best bid and offer at one time.
#[derive(Debug, Clone, Copy)]
struct Point {
    ts_ns: i64,
    price: Price,
}

impl Timed for Point {
    fn ts_ns(&self) -> i64 {
        self.ts_ns
    }
}

/// Which prices of a symbol are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Bars {
    /// Only later ones.
    pub since_ns: i64,
    /// None after this time.
    pub until_ns: i64,
    /// Seconds of one bar; the last price of each is told.
    pub bar_s: i64,
    /// Most bars; the newest are told.
    pub limit: usize,
}

/// The prices of the symbols that are followed.
#[derive(Debug, Clone, Default)]
pub(super) struct Prices {
    kept: Vec<(Arc<str>, Thinned<Point>)>,
}

impl Prices {
    /// Notes the present price of every symbol; the first ones listed are followed by themselves.
    pub(super) fn sample(&mut self, engine: &Engine) {
        if self.kept.is_empty() {
            let listed = engine.registry().symbols().take(MOST_SYMBOLS);
            self.kept = listed.map(|(_, row)| (row.text.clone(), Thinned::default())).collect();
        }
        for (symbol, points) in &mut self.kept {
            note(engine, symbol, points);
        }
    }

    /// The last price of each bar, oldest first; the symbol is followed from now on.
    pub(super) fn rows(&mut self, engine: &Engine, symbol: &str, wanted: Bars) -> Value {
        let at = self.kept.iter().position(|(known, _)| **known == *symbol);
        if at.is_none() {
            if self.kept.len() >= MOST_SYMBOLS {
                self.kept.remove(0);
            }
            self.kept.push((symbol.into(), Thinned::default()));
        }
        let at = at.unwrap_or(self.kept.len() - 1);
        let Some((_, points)) = self.kept.get_mut(at) else { return Value::List(Vec::new()) };
        note(engine, symbol, points);
        let bar_of = |point: &Point| point.ts_ns.div_euclid(wanted.bar_s.max(1) * SECOND_NS);
        let mut last_bar = None;
        let newest = points.newest_first().skip_while(|point| point.ts_ns > wanted.until_ns);
        let newest = newest.take_while(|point| point.ts_ns > wanted.since_ns);
        let bars = newest.filter(|point| last_bar.replace(bar_of(point)) != Some(bar_of(point)));
        let mut rows: Vec<Value> = bars.take(wanted.limit).map(Point::row).collect();
        rows.reverse();
        Value::List(rows)
    }
}

impl Point {
    fn row(&self) -> Value {
        Value::Map(vec![("ts_ns", self.ts_ns.into()), ("price_1e9", self.price.into())])
    }
}

/// Without a live book of two sides the history has a hole.
fn note(engine: &Engine, symbol: &str, points: &mut Thinned<Point>) {
    if let Some(price) = engine.symbol_mid(symbol) {
        points.add(Point { ts_ns: engine.now_ns(), price });
    }
}
