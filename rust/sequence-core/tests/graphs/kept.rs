//! The rows of a store in memory, and what a restart reads of them.

use std::collections::BTreeMap;

use sequence_core::engine::record::{Cell, Row, TABLES};
use sequence_core::engine::{Engine, TableRows};

/// Rows by table and key.
#[derive(Default)]
pub(crate) struct Kept(BTreeMap<&'static str, BTreeMap<Vec<String>, Row>>);

fn key_len(table: &str) -> usize {
    match table {
        "balances" => 3,
        "lines" | "kill_switches" | "settlements" | "legs" | "graph_nodes" | "graph_edges" => 2,
        _ => 1,
    }
}

fn column(table: &str, name: &str) -> usize {
    let (_, columns) = TABLES.iter().find(|(known, _)| *known == table).unwrap();
    columns.iter().position(|column| *column == name).unwrap()
}

fn key(cell: &Cell) -> String {
    match cell {
        Cell::Int(number) => format!("{number:020}"),
        Cell::Name(text) => (*text).to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Null => String::new(),
    }
}

impl Kept {
    /// Takes what changed.
    pub(crate) fn take(&mut self, engine: &mut Engine) {
        let changes = engine.take_changes();
        for (table, rows) in changes.rows {
            for row in rows {
                let key = row[..key_len(table)].iter().map(key).collect();
                self.0.entry(table).or_default().insert(key, row);
            }
        }
        for id in changes.deleted_positions {
            let positions = self.0.entry("positions_v2").or_default();
            positions.retain(|_, row| row[0] != Cell::from(id));
        }
    }

    /// What a restart reads: graphs that go on with all of their orders, and orders that are open.
    pub(crate) fn rows(&self) -> Vec<TableRows> {
        let is = |row: &Row, table: &str, name: &str, any: &[&str]| {
            any.contains(&key(&row[column(table, name)]).as_str())
        };
        let rows = |table| self.0.get(table).into_iter().flat_map(BTreeMap::values);
        let going = ["ACCEPTED", "RUNNING", "PAUSED"];
        let runs: Vec<&Cell> = rows("graph_runs")
            .filter(|row| is(row, "graph_runs", "status", &going))
            .map(|row| &row[0])
            .collect();
        let orders: Vec<&Cell> = rows("orders")
            .filter(|row| {
                is(row, "orders", "status", &["NEW", "ACCEPTED", "PARTIAL"])
                    || runs.contains(&&row[column("orders", "graph_no")])
            })
            .map(|row| &row[0])
            .collect();
        let belongs = |table: &str, row: &Row| match table {
            "orders" | "legs" => orders.contains(&&row[0]),
            "graph_runs" | "graph_nodes" | "graph_edges" => runs.contains(&&row[0]),
            "graphs" => {
                runs.contains(&&row[0]) || orders.contains(&&row[column("graphs", "order_no")])
            }
            "fills" | "events" => false,
            _ => true,
        };
        let of_table = |table: &&'static str| {
            let kept = rows(table).filter(|row| belongs(table, row)).cloned().collect();
            ((*table).to_owned(), kept)
        };
        TABLES.iter().map(|(table, _)| table).map(of_table).collect()
    }
}
