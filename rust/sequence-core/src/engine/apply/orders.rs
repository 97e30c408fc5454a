//! Commands about what an id names: the order or the graph is found first, then asked.

use crate::command::{Amend, AmendNode};
use crate::engine::agenda::Due;
use crate::engine::desk::forget::{FORGOTTEN, Named};
use crate::engine::exchange::arrive::CHASE_INTERVAL_NS;
use crate::engine::seam::NodeChange;
use crate::engine::{AccountMode, Engine, GraphId, GraphStatus, Reply};
use crate::ids::{AccountId, GraphIx, OrderId};
use crate::mutant;
use crate::order::OrderStatus;
use crate::reject::{DoneReason, Refusal};
use crate::risk::Mode;

impl Engine {
    /// Amends an order by its id; a graph id means its order.
    pub(in crate::engine) fn amend(
        &mut self,
        account: AccountId,
        ask: &Amend<'_>,
    ) -> Result<Reply, Refusal> {
        let (graph, named) = self.find_order(account, ask.id)?;
        self.bench().keep_fingerprint(graph);
        let shaped = || Refusal::conflict("a graph has many orders: name one, or amend a node");
        let order = named.or(self.desk.graph(graph).order).ok_or_else(shaped)?;
        self.bench().amend_order(order, ask)
    }

    /// Amends the newest open order of a node, and how that order is worked.
    pub(in crate::engine) fn amend_node(
        &mut self,
        account: AccountId,
        ask: &AmendNode<'_>,
    ) -> Result<Reply, Refusal> {
        let (graph, _) = self.find_order(account, ask.change.id)?;
        self.bench().keep_fingerprint(graph);
        let id = match self.desk.graph(graph).order {
            Some(order) => order,
            None => match self.graphs.node_to_amend(graph, ask)? {
                NodeChange::Order(order) => order,
                NodeChange::Waiting(at) => return self.amend_waiting(graph, at, ask),
            },
        };
        self.bench().amend_by_node(id, ask)
    }

    /// Cancels an order by its id; a graph id cancels the graph.
    pub(in crate::engine) fn cancel_order(
        &mut self,
        account: AccountId,
        id: &str,
    ) -> Result<Reply, Refusal> {
        let (graph, order) = self.find_order(account, id)?;
        self.cancel(graph, order, DoneReason::CancelledByClient)
    }

    /// Cancels a graph by its own id or that of one of its orders.
    pub(in crate::engine) fn cancel_graph(
        &mut self,
        account: AccountId,
        id: &str,
    ) -> Result<Reply, Refusal> {
        let (graph, _) = self.find_order(account, id)?;
        self.cancel(graph, None, DoneReason::GraphCancelled)
    }

    pub(super) fn cancel(
        &mut self,
        graph: GraphIx,
        named: Option<OrderId>,
        reason: DoneReason,
    ) -> Result<Reply, Refusal> {
        let Some(order) = named.or(self.desk.graph(graph).order) else {
            return self.cancel_run(graph);
        };
        let (ended, already_terminal) = match self.desk.order(order).status {
            OrderStatus::Cancelled => (Vec::new(), true),
            status if status.is_terminal() => {
                return Err(Refusal::conflict(format!("order is {}", status.as_str())));
            }
            _ => {
                self.bench().send_cancels(order, reason);
                (vec![order], false)
            }
        };
        Ok(Reply::Cancelled { graph, order: named, ended, already_terminal })
    }

    /// Asks a graph with a shape to end.
    fn cancel_run(&mut self, ix: GraphIx) -> Result<Reply, Refusal> {
        let status = self.graph_status(ix);
        let answer = |ended, already_terminal| {
            Ok(Reply::Cancelled { graph: ix, order: None, ended, already_terminal })
        };
        match status {
            GraphStatus::Cancelled => answer(Vec::new(), true),
            _ if status.is_terminal() => {
                Err(Refusal::conflict(format!("graph is {}", status.as_str())))
            }
            _ => {
                let asked = self.graphs.open_orders(ix);
                self.graphs.cancel(ix);
                answer(asked, false)
            }
        }
    }

    /// Lets a paused graph go on.
    pub(in crate::engine) fn resume(
        &mut self,
        account: AccountId,
        id: &str,
        by: Mode,
    ) -> Result<Reply, Refusal> {
        let (graph, _) = self.find_order(account, id)?;
        self.desk.check_switch(account, by)?;
        let status = self.graph_status(graph);
        if status != GraphStatus::Paused {
            return Err(Refusal::conflict(format!("graph is {}, not PAUSED", status.as_str())));
        }
        self.graphs.resume(graph);
        Ok(Reply::Resumed { graph })
    }

    /// Withdraws every open order of an account. Its graphs end with them: what they hold is free, and
    /// nothing of them starts any more.
    pub(in crate::engine) fn withdraw_all(&mut self, account: AccountId, reason: DoneReason) {
        for held in self.graphs.drop_all(account, reason) {
            let released = self.portfolio.release(held);
            debug_assert!(released.is_ok(), "it was made once and ends here, once");
        }
        self.bench().withdraw_orders(account, reason);
    }

    /// Orders of an account that can still trade, oldest first.
    pub fn open_orders(&self, account: AccountId) -> impl Iterator<Item = OrderId> + '_ {
        self.desk.open_orders(account)
    }

    /// Finds what an id names: `graph:<graph_id>:<node_id>:<seq>`, or a graph id. Another
    /// client's id, one of an older epoch and one that never was look the same.
    pub fn find_order(
        &self,
        account: AccountId,
        text: &str,
    ) -> Result<(GraphIx, Option<OrderId>), Refusal> {
        let owner = if mutant!("cancel_without_owner") { AccountId(0) } else { account };
        let mut is_forgotten = false;
        let mut named = |graph: &str| match self.desk.named(owner, &GraphId::parse(graph)) {
            Named::Here(ix) => Some(ix),
            Named::Unknown => None,
            Named::Forgotten => {
                is_forgotten = true;
                None
            }
        };
        let parts: Vec<&str> = text.split(':').collect();
        let found = match parts.as_slice() {
            ["graph"] => {
                return Err(Refusal::not_found(
                    "send the graph id: this client shortens order ids",
                ));
            }
            [graph] => named(graph).map(|ix| (ix, None)),
            ["graph", graph, node, seq] => named(graph).and_then(|ix| {
                let Some(order) = self.desk.graph(ix).order else {
                    return Some((ix, Some(self.graphs.order_of(ix, node, seq)?)));
                };
                let spec = &self.desk.order(order).spec;
                let is_its_seq = mutant!("order_id_of_any_seq") || spec.seq.to_string() == *seq;
                (&*spec.node_id == *node && is_its_seq).then_some((ix, Some(order)))
            }),
            _ => None,
        };
        found.ok_or_else(|| {
            Refusal::not_found(if is_forgotten {
                format!("{text:?} {FORGOTTEN}")
            } else {
                format!("no order or graph {text:?}")
            })
        })
    }

    /// The order's time is over. Of a live one only its venue can say so.
    pub(in crate::engine) fn expire(&mut self, id: OrderId) {
        let due = self.desk.order(id).expires_ns;
        if due.is_none_or(|due| due > self.agenda.now_ns()) {
            return;
        }
        match self.desk.mode_of(id) {
            AccountMode::Live => self.bench().send_cancels(id, DoneReason::Expired),
            AccountMode::Sandbox => self.floor().time_is_over(id),
        }
    }

    /// The next slice of an order that chases the touch.
    pub(in crate::engine) fn chase(&mut self, id: OrderId) {
        for at in 0..self.desk.order(id).legs.len() {
            self.floor().slice((id, at));
            self.go_on();
        }
        if !self.desk.order(id).status.is_terminal() {
            self.agenda.add(self.agenda.now_ns().saturating_add(CHASE_INTERVAL_NS), Due::Chase(id));
        }
    }
}
