//! What changed since the last take, by its numbers, and the rows of it as they are now.

use std::collections::BTreeSet;

use super::changes::{Changes, Listed};
use crate::engine::portfolio::settled::TermsTouched;
use crate::engine::record::{
    Cell, Row, account_row, asset_row, balance_row, contra_row, fill_row, funding_row, graph_row,
    leg_row, line_row, market_row, order_row, position_row, row, settlement_row, switch_row,
};
use crate::engine::{Engine, KillSwitch};
use crate::event::Event;
use crate::ids::{AccountId, AssetId, FillIx, GraphIx, OrderId, RowIx, VenueId};
use crate::ledger::BalanceId;
use crate::risk::Mode;

/// What changed since the last take.
pub(in crate::engine) struct Touched {
    pub(in crate::engine) listed: Listed,
    pub(in crate::engine) terms: TermsTouched,
    pub(in crate::engine) money: (Vec<BalanceId>, Vec<AssetId>),
    pub(in crate::engine) positions: Vec<RowIx>,
    pub(in crate::engine) lines: BTreeSet<(AccountId, VenueId)>,
    /// Accounts of which any part changed, in order.
    pub(in crate::engine) accounts: BTreeSet<AccountId>,
    pub(in crate::engine) graphs: Vec<GraphIx>,
    /// Rows of graphs with a shape, of their nodes and of their edges.
    pub(in crate::engine) runs: [Vec<Row>; 3],
    /// Orders that changed for their clients, or of which a leg changed at its venue, in order.
    pub(in crate::engine) orders: BTreeSet<OrderId>,
    pub(in crate::engine) fills: Vec<FillIx>,
    pub(in crate::engine) events: Vec<Event>,
}

impl Touched {
    /// The rows of it, table by table in the order in which they are written.
    pub(in crate::engine) fn rows(self, engine: &Engine) -> Changes {
        let (balances, contra) = self.money;
        let Listed { assets, markets, left } = self.listed;
        let (rates, settled) = self.terms;
        let (positions, deleted_positions) = positions_of(engine, self.positions);
        let [accounts, switches] = accounts_of(engine, &self.accounts);
        let [runs, nodes, edges] = self.runs;
        let settled = settled
            .iter()
            .filter_map(|key| Some(settlement_row(key, engine.portfolio.settled(key)?)));
        let lines = self.lines.into_iter().filter_map(|(account, venue)| {
            let line = engine.exchange.lines_of(account).get(&venue)?;
            Some(line_row(account, venue, line))
        });
        let legs = self.orders.iter().flat_map(|id| legs_of(engine, *id));
        let tables: [(&'static str, Vec<Row>); 17] = [
            ("assets", assets.into_iter().map(|id| asset_row(engine, id)).collect()),
            ("contra", contra.into_iter().map(|asset| contra_row(engine, asset)).collect()),
            ("markets", markets.into_iter().map(|id| market_row(engine, id)).collect()),
            (
                "funding_rates",
                rates.into_iter().map(|id| funding_row(id, engine.funding_rate(id))).collect(),
            ),
            ("settlements", settled.collect()),
            ("accounts", accounts),
            ("lines", lines.collect()),
            ("kill_switches", switches),
            ("balances", balances.into_iter().filter_map(|id| balance_row(engine, id)).collect()),
            ("positions_v2", positions),
            ("graphs", self.graphs.into_iter().map(|id| graph_row(engine, id)).collect()),
            ("graph_runs", runs),
            ("graph_nodes", nodes),
            ("graph_edges", edges),
            ("orders", self.orders.iter().map(|id| order_row(engine, *id)).collect()),
            ("legs", legs.collect()),
            ("fills", self.fills.into_iter().map(|id| fill_row(engine, id)).collect()),
        ];
        let events = self.events.iter().map(event_row).collect();
        let found = tables.into_iter().chain([("events", events)]);
        let mut rows: Vec<_> = found.filter(|(_, rows)| !rows.is_empty()).collect();
        if !rows.is_empty() || !deleted_positions.is_empty() {
            rows.insert(0, ("engine", vec![engine_row(engine)]));
        }
        Changes { rows, deleted_positions, left }
    }
}

fn engine_row(engine: &Engine) -> Row {
    let (ms, count) = engine.journal.last_id();
    row![
        1i64,
        engine.agenda.now_ns(),
        engine.journal.log().last_seq(),
        engine.journal.log().hash(),
        ms,
        count,
        engine.desk.next_order().0,
        engine.desk.next_graph().0,
        engine.desk.next_fill().0,
        engine.portfolio.next_row().0,
    ]
}

/// Rows of accounts, and of their kill switches that were ever used.
fn accounts_of(engine: &Engine, touched: &BTreeSet<AccountId>) -> [Vec<Row>; 2] {
    let (mut accounts, mut switches) = (Vec::new(), Vec::new());
    for id in touched {
        accounts.push(account_row(*id, engine.desk.account(*id)));
        for mode in Mode::ALL {
            let switch = engine.kill_switch(*id, *mode);
            if *switch != KillSwitch::OFF {
                switches.push(switch_row(*id, *mode, switch));
            }
        }
    }
    [accounts, switches]
}

/// Rows still reachable, and the ids of those that a reset or a replacement removed.
fn positions_of(engine: &Engine, touched: Vec<RowIx>) -> (Vec<Row>, Vec<u64>) {
    let (mut rows, mut deleted) = (Vec::new(), Vec::new());
    for id in touched {
        let key = engine.portfolio.row_key(id);
        if engine.portfolio.find_row(key.account, key.venue, key.asset) == Some(id) {
            rows.push(position_row(engine, id));
        } else {
            deleted.push(engine.portfolio.position(id).id);
        }
    }
    (rows, deleted)
}

fn legs_of(engine: &Engine, id: OrderId) -> impl Iterator<Item = Row> + '_ {
    let legs = engine.desk.order(id).legs.iter().enumerate();
    legs.map(move |(at, leg)| leg_row(engine, id, at, leg))
}

/// An event is kept as the words that its hash covers.
fn event_row(event: &Event) -> Row {
    let mut cells = row![event.seq, event.account.0, event.ts_ns, event.kind.name()];
    cells.extend(event.kind.words().map(Cell::from));
    cells
}
