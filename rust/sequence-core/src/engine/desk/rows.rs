//! Rows of the desk: everybody may read them; what others may write has a name here.

use std::fmt;

use crate::chunks::Chunks;
use crate::engine::desk::Desk;
use crate::engine::desk::account::{Account, AccountMode, Graph, GraphId, LossDay};
use crate::engine::desk::fill::Fill;
use crate::engine::desk::heads::{FillHead, GraphHead, OrderHead};
use crate::engine::seam::{LegRef, Reworked};
use crate::folded::Seen;
use crate::hash::StateHasher;
use crate::ids::{AccountId, FillIx, GraphIx, OrderId};
use crate::ledger::ReservationId;
use crate::mutant;
use crate::number::Quantity;
use crate::order::{Order, OrderSpec};
use crate::reject::DoneReason;
use crate::rows::Rows as _;

/// The name of an order, written where it is needed.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct OrderName<'a> {
    graph: &'a GraphId,
    spec: &'a OrderSpec,
}

impl fmt::Display for OrderName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { graph, spec } = self;
        write!(f, "graph:{graph}:{}:{}", spec.node_id, spec.seq)
    }
}

impl Desk {
    /// The name of an order: its graph, its node, and the number of that node's activation.
    pub(in crate::engine) fn name_of<'a>(&'a self, spec: &'a OrderSpec) -> OrderName<'a> {
        OrderName { graph: &self.graphs[spec.graph].id, spec }
    }

    /// An order.
    #[inline]
    pub(in crate::engine) fn order(&self, id: OrderId) -> &Order {
        &self.orders[id]
    }

    /// Who fills an order.
    pub(in crate::engine) fn mode_of(&self, id: OrderId) -> AccountMode {
        self.accounts[self.orders[id].spec.account].mode
    }

    /// What an order adds to the state hash.
    pub(in crate::engine) fn order_hash(&self, id: OrderId) -> u64 {
        self.peek_order(id).map_or(0, |order| Self::hash_of(id, &order))
    }

    /// The same of a row at hand.
    pub(in crate::engine) fn hash_of(id: OrderId, order: &Order) -> u64 {
        let mut hasher = StateHasher::new(u64::from(id.0));
        hasher.signed(order.filled.0);
        hasher.wide(order.exact);
        hasher.word(order.status as u64);
        for leg in &order.legs {
            leg.fees.hash_into(&mut hasher);
        }
        hasher.finish()
    }

    /// Orders of an account that can still trade, oldest first.
    pub(in crate::engine) fn open_orders(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = OrderId> + '_ {
        self.accounts[account].open.keys().copied()
    }

    /// An order, for a test to break.
    #[cfg(test)]
    pub(in crate::engine) fn order_mut(&mut self, id: OrderId) -> &mut Order {
        &mut self.orders[id]
    }

    /// A fill.
    #[inline]
    pub(in crate::engine) fn fill(&self, id: FillIx) -> &Fill {
        &self.fills[id]
    }

    /// A graph, of one order or of a shape.
    #[inline]
    pub(in crate::engine) fn graph(&self, id: GraphIx) -> &Graph {
        &self.graphs[id]
    }

    /// An account.
    #[inline]
    pub(in crate::engine) fn account(&self, id: AccountId) -> &Account {
        &self.accounts[id]
    }

    /// An order, when it is held here.
    pub(in crate::engine) fn find_order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(id)
    }

    /// A fill, when it is held here.
    pub(in crate::engine) fn find_fill(&self, id: FillIx) -> Option<&Fill> {
        self.fills.get(id)
    }

    /// A graph, when it is held here.
    pub(in crate::engine) fn find_graph(&self, id: GraphIx) -> Option<&Graph> {
        self.graphs.get(id)
    }

    /// An account, when there is one.
    pub(in crate::engine) fn find_account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// An order, when it is held here: for looks at many.
    pub(in crate::engine) fn peek_order(&self, id: OrderId) -> Option<Seen<'_, Order>> {
        self.orders.peek(id)
    }

    /// What lists ask of an order, when it is held here.
    pub(in crate::engine) fn order_head(&self, id: OrderId) -> Option<OrderHead> {
        self.orders.head(id)
    }

    /// The same of a fill.
    pub(in crate::engine) fn fill_head(&self, id: FillIx) -> Option<FillHead> {
        self.fills.head(id)
    }

    /// The same of a graph.
    pub(in crate::engine) fn graph_head(&self, id: GraphIx) -> Option<GraphHead> {
        self.graphs.head(id)
    }

    /// A fill, when it is held here: for looks at many.
    pub(in crate::engine) fn peek_fill(&self, id: FillIx) -> Option<Seen<'_, Fill>> {
        self.fills.peek(id)
    }

    /// Orders held here, oldest first.
    pub(in crate::engine) fn orders(
        &self,
    ) -> impl DoubleEndedIterator<Item = (OrderId, Seen<'_, Order>)> {
        self.orders.each()
    }

    /// What lists ask of orders, of all that are held here, oldest first.
    pub(in crate::engine) fn order_heads(
        &self,
    ) -> impl DoubleEndedIterator<Item = (OrderId, OrderHead)> {
        self.orders.heads()
    }

    /// The same of graphs.
    pub(in crate::engine) fn graph_heads(
        &self,
    ) -> impl DoubleEndedIterator<Item = (GraphIx, GraphHead)> {
        self.graphs.heads()
    }

    /// Every account.
    pub(in crate::engine) fn accounts(
        &self,
    ) -> impl DoubleEndedIterator<Item = (AccountId, &Account)> {
        self.accounts.iter()
    }

    /// The number of the next order.
    pub(in crate::engine) fn next_order(&self) -> OrderId {
        self.orders.next_id()
    }

    /// The number of the next fill.
    pub(in crate::engine) fn next_fill(&self) -> FillIx {
        self.fills.next_id()
    }

    /// The number of the next graph.
    pub(in crate::engine) fn next_graph(&self) -> GraphIx {
        self.graphs.next_id()
    }

    /// A venue made this of a leg's terms: its order says the same from here on.
    pub(in crate::engine) fn follow(&mut self, (id, at): LegRef, made: Reworked) {
        let Some(leg) = self.orders[id].legs.get_mut(at) else { return };
        match made {
            Reworked::Changed => leg.swap_forms(),
            Reworked::Withdrawn => leg.held = false,
            Reworked::Clipped(by) => {
                leg.qty = Quantity(leg.qty.0 - by.0);
                leg.reducing = leg.reducing.min(leg.remaining());
                let takes_over = leg.reshape.as_deref().map(|form| form.at_venue);
                if let Some(amending) = &mut self.orders[id].amending {
                    amending.leave_out(by, takes_over);
                }
            }
        }
    }

    /// A leg holds this back.
    pub(in crate::engine) fn hold(&mut self, (id, at): LegRef, reservation: ReservationId) {
        if let Some(leg) = self.orders[id].legs.get_mut(at) {
            leg.reservation = Some(reservation);
        }
    }

    /// Records a graph under its name.
    pub(in crate::engine) fn add_graph(&mut self, account: AccountId, graph: Graph) -> GraphIx {
        let name = graph.id.clone();
        let id = self.graphs.push(graph);
        self.accounts[account].graphs.insert(name, id);
        id
    }

    /// Records an order that can still trade.
    pub(in crate::engine) fn add_order(&mut self, order: Order) -> OrderId {
        let account = order.spec.account;
        let id = self.orders.push(order);
        let owner = &mut self.accounts[account];
        owner.orders.push(id);
        owner.open.insert(id, ());
        id
    }

    /// Its venue made an order, to liquidate.
    pub(in crate::engine) fn note_liquidation(&mut self, id: OrderId) {
        self.liquidations.insert(id);
    }

    /// What was told of an order so far is its creation.
    pub(in crate::engine) fn note_creation(&mut self, id: OrderId) {
        self.orders[id].created_seq = self.orders[id].event_seq;
    }

    /// An order that was not sent ends because its graph does.
    pub(in crate::engine) fn end_with_its_graph(&mut self, id: OrderId, text: Box<str>) {
        let order = &mut self.orders[id];
        (order.done, order.message) = (Some(DoneReason::RootRejected), Some(text));
    }

    /// An account begins its next epoch, without graphs, orders and fills.
    pub(in crate::engine) fn start_over(&mut self, account: AccountId) -> u32 {
        let row = &mut self.accounts[account];
        row.epoch += 1;
        row.draws = row.epoch;
        if !mutant!("old_epoch_visible") {
            row.graphs.clear();
        }
        row.orders = Chunks::new();
        if !mutant!("reset_keeps_fills") {
            row.fills = Chunks::new();
        }
        row.submits.clear();
        row.day = LossDay::NEW;
        row.ended_hash = 0;
        row.rejects.clear();
        row.epoch
    }
}
