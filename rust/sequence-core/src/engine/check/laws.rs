//! Do the laws hold? Recomputed from orders, legs and rows; nothing is clamped or repaired.

use std::hash::Hash;

use crate::engine::desk::Desk;
use crate::engine::portfolio::required::required;
use crate::engine::{AccountMode, Engine};
use crate::hash::StateHasher;
use crate::ids::{AccountId, OrderId};
use crate::number::{Money, Quantity};
use crate::order::{LegState, Order, OrderStatus};
use crate::position::Lifecycle;
use crate::violation::Violation;

impl Engine {
    /// Every law that can be judged from the state alone; empty when all hold.
    pub fn check_invariants(&self) -> Vec<Violation> {
        let mut found = self.portfolio.ledger().check();
        for (id, order) in self.desk.orders() {
            let subject = format!("order {}", id.0);
            self.check_order(&subject, &order, &mut found);
            self.check_leg_prices(&subject, (id, &order), &mut found);
        }
        for (account, row) in self.desk.accounts() {
            self.check_account(account, row.open.len(), &mut found);
        }
        let (kept, made) = self.desk.both_sums();
        if kept != made {
            let (kept, made) = (format!("{kept:?}"), format!("{made:?}"));
            found.push(Violation::new("L2", "sums over open orders", made, kept));
        }
        self.check_graphs(&mut found);
        self.check_queues(&mut found);
        self.check_levels(&mut found);
        let held = self.reservations_of_orders_and_margins();
        if held != self.portfolio.ledger().open_reservations() {
            let open = self.portfolio.ledger().open_reservations();
            found.push(Violation::new("L5", "open reservations", held, open));
        }
        for (subject, error) in self.journal.faults() {
            found.push(Violation::new("L6", subject, "funds reserved", error));
        }
        found
    }

    fn check_order(&self, subject: &str, order: &Order, found: &mut Vec<Violation>) {
        let legs: i64 = order.legs.iter().map(|leg| leg.filled.0).sum();
        if order.filled.0 != legs {
            found.push(Violation::new("O1", subject, order.filled, Quantity(legs)));
        }
        if order.filled.0 < 0 || order.filled > order.qty {
            found.push(Violation::new("O1", subject, order.qty, order.filled));
        }
        // A real venue may fill what had ended: the sums are open again, the status is not.
        let is_late = order.status.is_terminal()
            && self.desk.account(order.spec.account).mode == AccountMode::Live;
        if (order.filled == order.qty) != (order.status == OrderStatus::Filled) && !is_late {
            found.push(Violation::new("O2", subject, "FILLED <=> filled", order.status.as_str()));
        }
        if order.status == OrderStatus::Rejected && (order.filled.0 != 0 || order.reject.is_none())
        {
            found.push(Violation::new("O3", subject, "nothing filled and a reason", order.filled));
        }
        let open = order.legs.iter().any(|leg| leg.state != LegState::Done);
        if open == order.status.is_terminal() {
            found.push(Violation::new("O2", subject, "open legs <=> open order", open));
        }
        for leg in &order.legs {
            if (leg.state == LegState::Done) != leg.reservation.is_none() {
                found.push(Violation::new(
                    "L5",
                    subject,
                    "a reservation while open",
                    leg.status.as_str(),
                ));
            }
            self.check_reservation(subject, order, leg, found);
        }
    }

    /// L4: an open leg holds exactly what its rest can still cost.
    fn check_reservation(
        &self,
        subject: &str,
        order: &Order,
        leg: &crate::order::Leg,
        found: &mut Vec<Violation>,
    ) {
        let Some(reservation) = leg.reservation else { return };
        let terms = self.registry.market(leg.market);
        let held = self.portfolio.ledger().reserved(reservation).unwrap_or(Money(-1));
        match required(order.spec.side, terms, leg) {
            Ok(needed) if needed == held => {}
            Ok(needed) => found.push(Violation::new("L4", subject, needed, held)),
            Err(error) => found.push(Violation::new("L4", subject, "a reservation", error)),
        }
    }

    fn check_account(&self, account: AccountId, open: usize, found: &mut Vec<Violation>) {
        let orders = &self.desk.account(account).orders;
        let is_open = |id: &&OrderId| {
            self.desk.order_head(**id).is_some_and(|order| !order.status.is_terminal())
        };
        let counted = orders.iter().filter(is_open).count();
        if counted != open {
            found.push(Violation::new("O2", format!("account {}", account.0), counted, open));
        }
        for (_, key, balance) in self.portfolio.ledger().balances(account) {
            let has_row = self.portfolio.rows_of(account).contains_key(&(key.venue, key.asset));
            if balance.total() != Money::ZERO && !has_row {
                let asset = &self.registry.asset_row(key.asset).code;
                found.push(Violation::new("P1", asset, "a row", "a balance without one"));
            }
        }
        for ((venue, asset), row) in self.portfolio.rows_of(account).iter() {
            let (row, code) =
                (self.portfolio.position(*row), &self.registry.asset_row(*asset).code);
            if row.perp.is_some_and(|perp| perp.quantity.0 == 0 && perp.margin.is_some()) {
                found.push(Violation::new("L2", code, "no margin without a position", "margin"));
            }
            let held = self.portfolio.held(account, *venue, *asset);
            if matches!(row.lifecycle(), Lifecycle::Redeemed { .. }) && held.0 != 0 {
                found.push(Violation::new("P5", code, "nothing held once it was paid", held));
            }
        }
    }

    fn reservations_of_orders_and_margins(&self) -> usize {
        let reserved =
            |order: &Order| order.legs.iter().filter(|leg| leg.reservation.is_some()).count();
        let of_legs: usize = self.desk.orders().map(|(_, order)| reserved(&order)).sum();
        let positions = self.portfolio.positions();
        let margins = positions.filter(|row| row.perp.is_some_and(|perp| perp.margin.is_some()));
        of_legs + self.graphs.held_count() + margins.count()
    }

    /// Hash of what accounts have: balances, rows, orders, and the event log. All of it is kept by
    /// a store, so it is the same after a restart. Books and queues are not in it:
    /// [`Self::world_hash`] covers them.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::new(self.rules.seed());
        hasher.word(self.journal.log().hash());
        self.portfolio.ledger().hash_into(&mut hasher);
        for (id, account) in self.desk.accounts() {
            hasher.text(&account.client);
            hasher.word(u64::from(account.epoch));
            for row in self.portfolio.rows_of(id).values() {
                self.portfolio.position(*row).hash_into(&mut hasher);
                if let Some(spelt) = self.portfolio.spelling(*row) {
                    hasher.text(spelt);
                }
            }
            for id in account.open.keys() {
                hasher.word(self.desk.order_hash(*id));
            }
            hasher.word(self.ended_hash(account));
        }
        self.graphs.hash_into(&mut hasher);
        hasher.finish()
    }

    /// Hash of the state and of all that decides what comes next: books, queues, what accounts took
    /// of levels and moved, delays so far, timers. Equal for two runs of one history and after a
    /// return to a copy. A store keeps no books and no places in queues, so it is
    /// another after a restart; [`Self::state_hash`] is not.
    pub fn world_hash(&self) -> u64 {
        let mut hasher = StateHasher::new(self.state_hash());
        for (_, market) in self.exchange.markets() {
            market.hash(&mut hasher);
        }
        for (id, _) in self.desk.accounts() {
            self.exchange.lines_of(id).hash(&mut hasher);
        }
        self.agenda.hash_into(&mut hasher);
        self.live.hash_into(&mut hasher);
        hasher.word(self.exchange.rest_seq());
        hasher.finish()
    }

    /// Ended orders as a sum, which does not depend on whether they are still in memory.
    fn ended_hash(&self, account: &crate::engine::Account) -> u64 {
        if self.journal.is_kept() || self.desk.forgets() {
            return account.ended_hash;
        }
        let ended = account.orders.iter().filter_map(|id| {
            let order = self.desk.peek_order(*id)?;
            order.status.is_terminal().then(|| Desk::hash_of(*id, &order))
        });
        ended.fold(0, u64::wrapping_add)
    }
}
