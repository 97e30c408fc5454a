//! What of the desk a store has to keep, and back.

use crate::engine::desk::Desk;
use crate::engine::desk::account::Graph;
use crate::engine::desk::fill::Fill;
use crate::ids::{AccountId, FillIx, GraphIx, OrderId};
use crate::mutant;
use crate::order::Order;
use crate::rows::Rows as _;

impl Desk {
    /// Lets go of rows that readers had read back from bytes.
    #[inline]
    pub(in crate::engine) fn settle(&mut self) {
        self.orders.settle();
        self.graphs.settle();
        self.fills.settle();
    }

    /// Starts to note what changes.
    pub(in crate::engine) fn listen(&mut self) {
        self.accounts.listen();
        self.graphs.listen();
        self.orders.listen();
        self.fills.listen();
    }

    /// Has the next take give every row.
    pub(in crate::engine) fn touch_all(&mut self) {
        self.accounts.touch_all();
        self.graphs.touch_all();
        self.orders.touch_all();
        self.fills.touch_all();
    }

    /// True when something changed since the last take.
    pub(in crate::engine) fn is_touched(&self) -> bool {
        self.orders.is_touched()
            || self.accounts.is_touched()
            || self.graphs.is_touched()
            || self.fills.is_touched()
    }

    /// Accounts that changed since the last call.
    pub(in crate::engine) fn take_touched_accounts(&mut self) -> Vec<AccountId> {
        self.accounts.take_touched()
    }

    /// Graphs that changed since the last call.
    pub(in crate::engine) fn take_touched_graphs(&mut self) -> Vec<GraphIx> {
        self.graphs.take_touched()
    }

    /// Orders that changed since the last call.
    pub(in crate::engine) fn take_touched_orders(&mut self) -> Vec<OrderId> {
        self.orders.take_touched()
    }

    /// Fills that changed since the last call.
    pub(in crate::engine) fn take_touched_fills(&mut self) -> Vec<FillIx> {
        self.fills.take_touched()
    }

    /// Numbers new rows from these, which a desk without any can still do.
    pub(in crate::engine) fn resume_at(&mut self, order: u32, graph: u32, fill: u32, seq: u64) {
        self.keeping.begin_at((OrderId(order), GraphIx(graph), FillIx(fill)), seq);
        self.orders.resume_at(order);
        self.graphs.resume_at(graph);
        if !mutant!("restart_repeats_fill_numbers") {
            self.fills.resume_at(fill);
        }
    }

    /// Numbers new rows as another desk would; the rows there are keep their numbers.
    pub(in crate::engine) fn skip_to(&mut self, other: &Self) {
        if !mutant!("return_repeats_order_ids") {
            self.orders.skip_to(other.orders.next_id());
        }
        self.graphs.skip_to(other.graphs.next_id());
        self.fills.skip_to(other.fills.next_id());
    }

    /// Accounts of another desk are here too, with the switches and not before the epochs they have
    /// there.
    pub(in crate::engine) fn keep_accounts_of(&mut self, other: &Self) {
        for (id, old) in other.accounts.iter() {
            if id == self.accounts.next_id() {
                let made = self.account_in(&old.client, old.mode);
                debug_assert_eq!(made, id);
            }
            let row = &mut self.accounts[id];
            row.switches.clone_from(&old.switches);
            row.epoch = row.epoch.max(old.epoch);
        }
    }

    /// An account begins its next epoch with all it has.
    pub(in crate::engine) fn next_epoch(&mut self, account: AccountId) -> u32 {
        let row = &mut self.accounts[account];
        row.epoch += 1;
        row.epoch
    }

    /// An order of an earlier process, or one that was let go of.
    pub(in crate::engine) fn load_order(&mut self, id: OrderId, order: Order) {
        self.note_recalled(id, &order);
        self.orders.put_back(id, order);
    }

    /// A graph of the same.
    pub(in crate::engine) fn load_graph(&mut self, id: GraphIx, account: AccountId, graph: Graph) {
        let names = &mut self.accounts.quietly(account).graphs;
        if names.get(&graph.id) != Some(id) {
            names.insert(graph.id.clone(), id);
        }
        self.graphs.put_back(id, graph);
    }

    /// A fill of the same.
    pub(in crate::engine) fn load_fill(&mut self, id: FillIx, fill: Fill) {
        self.note_recalled_fill(id, fill.order);
        self.fills.put_back(id, fill);
    }

    /// Orders of which a row waits to be kept: nothing of them may be let go of before.
    pub(in crate::engine) fn unkept(&self) -> impl Iterator<Item = OrderId> {
        let of_graphs = self.graphs.touched().iter().filter_map(|id| self.graphs.head(*id)?.order);
        self.orders.touched().iter().copied().chain(of_graphs)
    }

    /// Gives each account its open orders back.
    pub(in crate::engine) fn open_orders_again(&mut self) {
        let open = self.orders.heads().filter(|(_, order)| !order.status.is_terminal());
        let open: Vec<_> = open.map(|(id, order)| (id, order.account)).collect();
        for (id, account) in open {
            let row = &mut self.accounts[account];
            row.orders.push(id);
            row.open.insert(id, ());
        }
    }
}
