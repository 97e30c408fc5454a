//! What a history leaves: a store of its rows, and hashes over every row and frame as they came.

use std::collections::BTreeMap;

use sequence_core::engine::record::{Cell, Row, TABLES};
use sequence_core::engine::{Engine, Frame, TableRows, Topic};
use sequence_core::hash::fnv1a64;

/// Rows by table and key, hashes, and how often what happened.
#[derive(Default)]
pub(crate) struct Kept {
    tables: BTreeMap<&'static str, BTreeMap<String, Row>>,
    rows: (usize, u64),
    frames: (usize, u64),
    answers: (usize, u64),
    pub(crate) seen: BTreeMap<String, usize>,
}

fn fold(sum: &mut (usize, u64), text: &str) {
    sum.0 += 1;
    sum.1 = fnv1a64(format!("{:016x}{text}", sum.1).as_bytes());
}

/// How many of the first columns name a row.
fn key_len(table: &str) -> usize {
    match table {
        "balances" => 3,
        "lines" | "kill_switches" | "settlements" | "legs" => 2,
        _ => 1,
    }
}

fn column(table: &str, name: &str) -> usize {
    let (_, columns) = TABLES.iter().find(|(known, _)| *known == table).unwrap();
    columns.iter().position(|column| *column == name).unwrap()
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Name(text) => Some(text),
        Cell::Text(text) => Some(text),
        Cell::Null | Cell::Int(_) => None,
    }
}

impl Kept {
    /// Takes what changed and what was told.
    pub(crate) fn take(&mut self, engine: &mut Engine) {
        let changes = engine.take_changes();
        for (table, rows) in changes.rows {
            for row in rows {
                fold(&mut self.rows, &format!("{table}{row:?}"));
                self.look(table, &row);
                let key = format!("{:?}", &row[..key_len(table)]);
                self.tables.entry(table).or_default().insert(key, row);
            }
        }
        for id in changes.deleted_positions {
            fold(&mut self.rows, &format!("gone {id}"));
            let positions = self.tables.entry("positions_v2").or_default();
            positions.retain(|_, row| row[0] != Cell::from(id));
        }
        for frame in engine.take_frames() {
            let Frame { account, topic, seq, ts_ns, data } = frame;
            fold(&mut self.frames, &format!("{account:?} {topic:?} {seq} {ts_ns} {data}"));
            if matches!(topic, Topic::Alert | Topic::Routing | Topic::Epoch) {
                self.mark(topic.as_str());
            }
        }
    }

    /// Notes an answer as a client reads it.
    pub(crate) fn answer(&mut self, answer: &str) {
        fold(&mut self.answers, answer);
    }

    pub(crate) fn mark(&mut self, what: &str) {
        *self.seen.entry(what.to_owned()).or_default() += 1;
    }

    fn look(&mut self, table: &str, row: &Row) {
        let names = match table {
            "events" => &["kind"][..],
            "orders" => &["status", "reject", "done"],
            "fills" => &["cause"],
            _ => &[],
        };
        for name in names {
            if let Some(what) = text(&row[column(table, name)]) {
                self.mark(what);
            }
        }
        if table == "legs" && row[1] == Cell::Int(1) {
            self.mark("two_legs");
        }
    }

    /// Hashes of everything so far.
    pub(crate) fn line(&self, engine: &Engine) -> String {
        let shown = |(count, hash): (usize, u64)| format!("{count}:{hash:016x}");
        let (state, world) = (engine.state_hash(), engine.world_hash());
        format!(
            "state {state:016x} world {world:016x} events {:016x} rows {} frames {} answers {}",
            engine.log().hash(),
            shown(self.rows),
            shown(self.frames),
            shown(self.answers),
        )
    }

    /// How often what happened.
    pub(crate) fn seen_line(&self) -> String {
        let each = self.seen.iter().map(|(what, count)| format!("{what}={count}"));
        each.collect::<Vec<_>>().join(" ")
    }

    /// What a restart reads: every table, and of orders only those that are open.
    pub(crate) fn open_rows(&self) -> Vec<TableRows> {
        let terminal = ["FILLED", "CANCELLED", "REJECTED", "EXPIRED"];
        let status = column("orders", "status");
        let is_open = |row: &&Row| text(&row[status]).is_none_or(|text| !terminal.contains(&text));
        let rows = |table| self.tables.get(table).into_iter().flat_map(BTreeMap::values);
        let open: Vec<&Cell> = rows("orders").filter(is_open).map(|row| &row[0]).collect();
        let belongs = |table: &str, row: &Row| match table {
            "orders" | "legs" => open.contains(&&row[0]),
            "graphs" | "fills" => open.contains(&&row[column(table, "order_no")]),
            "events" => false,
            _ => true,
        };
        let of_table = |table: &&'static str| {
            let mut kept: Vec<Row> =
                rows(table).filter(|row| belongs(table, row)).cloned().collect();
            kept.sort_by_key(|row| match row[0] {
                Cell::Int(number) => number,
                _ => 0,
            });
            ((*table).to_owned(), kept)
        };
        TABLES
            .iter()
            .map(|(table, _)| table)
            .filter(|table| **table != "events")
            .map(of_table)
            .collect()
    }
}
