//! Going back to a copy of the state. Time, the event log and what was told to readers go on, so no
//! number and no id is ever given twice; switches and limits stay as they are.

use crate::engine::journal::changes::Left;
use crate::engine::{Engine, GraphStatus};
use crate::event::EventKind;
use crate::ids::AccountId;

impl Engine {
    /// Makes this copy the state that follows `before`: every seeded account begins a new epoch.
    /// Returns the accounts that were seeded after the copy was made: they have nothing now.
    pub(crate) fn continue_from(&mut self, mut before: Self) -> Vec<AccountId> {
        before.settle_frames();
        let back_to = self.journal.log().last_seq();
        let left = Left {
            order: self.desk.next_order(),
            graph: self.desk.next_graph(),
            fill: self.desk.next_fill(),
        };
        self.journal.go_on_from(&mut before.journal);
        self.desk.configured_as(&mut before.desk);
        // What was told of orders that this state does not have keeps its numbers.
        self.desk.skip_to(&before.desk);
        self.portfolio.skip_to(&before.portfolio);
        self.exchange.age_books_as(&before.exchange);
        let known = self.seeded();
        self.desk.keep_accounts_of(&before.desk);
        self.follow_graphs();
        for account in known.iter().copied() {
            let epoch = self.desk.next_epoch(account);
            let kind = EventKind::AccountReset { epoch, back_to };
            self.journal.tell(self.agenda.now_ns(), account, kind);
            self.publish_epoch(account, epoch);
        }
        if before.journal.is_kept() {
            self.keep_all(before.journal.left_with(left));
        }
        self.seeded().into_iter().filter(|id| !known.contains(id)).collect()
    }

    fn seeded(&self) -> Vec<AccountId> {
        let seeded = self.desk.accounts().filter(|(_, row)| row.epoch > 0);
        seeded.map(|(id, _)| id).collect()
    }

    /// How many accounts have a state that a copy would turn back.
    pub fn seeded_accounts(&self) -> usize {
        self.seeded().len()
    }

    /// The status that readers know of each open graph.
    fn follow_graphs(&mut self) {
        let open = self.desk.accounts().flat_map(|(_, row)| row.open.keys().copied());
        let statuses = open.filter_map(|id| {
            let graph = self.desk.order(id).spec.graph;
            let order = self.desk.graph(graph).order?;
            Some((graph, GraphStatus::of(self.desk.order(order))))
        });
        self.journal.follow_graphs(statuses.collect());
    }
}
