//! The conductor: a command goes to its part, and what the parts tell each other goes on, in one
//! order, until nothing is left to tell.

mod by_hand;
mod dull;
mod events;
mod graphs;
mod keep;
mod lend;
mod markets;
mod orders;
mod past;
mod restore;
mod rewind;
mod tell;

use std::collections::BTreeSet;

use crate::command::{AmendNode, Command};
use crate::engine::agenda::Due;
use crate::engine::exchange::queues::Met;
use crate::engine::facts::facts;
use crate::engine::graph::{Task, of_only_node};
use crate::engine::seam::VenueStep;
use crate::engine::{AccountMode, Engine, Reply};
use crate::ids::{MarketId, OrderId};
use crate::reject::{DoneReason, Refusal};
use crate::tape::{EventKind, MarketEvent, flag};

impl Engine {
    /// Applies one command. Time never goes back: an earlier `now_ns` counts as the latest seen.
    pub fn apply(&mut self, command: Command<'_>, now_ns: i64) -> Result<Reply, Refusal> {
        let now_ns = self.agenda.now_ns().max(now_ns);
        self.desk.settle();
        self.exchange.settle();
        if let Some(first) = self.desk.first_to_keep() {
            // Readers that come later are told of rows as they were.
            self.settle_frames();
            let seqs = (self.journal.unstored(), self.journal.log().last_seq() + 1);
            for id in self.desk.forget_before(first, &self.unfinished(), seqs) {
                self.exchange.forget_order(id);
            }
        }
        // What was due before this instant happened before it; market data of the same instant
        // comes first, so a fill beats a cancel and an expiry.
        let market_data = matches!(command, Command::Market { .. } | Command::MarketRows { .. });
        let first = if market_data { (now_ns, 1) } else { (now_ns.saturating_add(1), 0) };
        self.run_timers(first);
        self.agenda.move_to(now_ns);
        self.desk.recount();
        let reply = self.perform(command);
        if !self.is_quiet() {
            self.carry();
        }
        let submitted = match &reply {
            Ok(Reply::Submitted { graph, replayed: false }) => Some(*graph),
            _ => None,
        };
        if let Some(order) = submitted.and_then(|graph| self.desk.graph(graph).order) {
            self.bench().finish_if_done(order);
        }
        // A fill may liquidate what it opened: that is part of the answer.
        if !self.is_quiet() {
            self.judge_changed();
            self.react();
            self.tell_readers();
        }
        if let Some(graph) = submitted {
            self.bench().keep_first(graph);
            self.keep_answer(graph);
        }
        debug_assert!(self.post.is_empty(), "between two commands nothing is unread");
        debug_assert!(self.graphs.is_idle(), "between two commands no graph waits for its turn");
        reply
    }

    /// True when no part has anything for another, as after most market messages: whatever hands on
    /// what the parts told each other would find nothing.
    #[inline]
    pub(in crate::engine) fn is_quiet(&self) -> bool {
        self.post.is_empty()
            && self.graphs.is_idle()
            && !self.portfolio.has_unjudged()
            && !self.journal.has_noted()
    }

    /// Orders of which something is under way, or waits for the store.
    pub(in crate::engine) fn unfinished(&self) -> BTreeSet<OrderId> {
        let mut orders = self.agenda.under_way();
        orders.extend(self.desk.unkept());
        orders.extend(self.exchange.touched_orders());
        orders
    }

    fn perform(&mut self, command: Command<'_>) -> Result<Reply, Refusal> {
        let now_ns = self.agenda.now_ns();
        match command {
            Command::Market { market, events } => {
                self.market_message(market, events);
                Ok(Reply::Done)
            }
            Command::MarketRows { rows } => self.market_rows(rows),
            Command::Report { venue, client_order_id, venue_ns, told } => {
                self.wire().hear(venue, client_order_id, venue_ns, told)
            }
            Command::Advance => Ok(Reply::Done),
            Command::Submit { account, order } => self.bench().submit(account, &order),
            Command::SubmitGraph { account, graph } => match graph.plain() {
                Some(order) => self.bench().submit(account, &order).map_err(of_only_node),
                None => self.submit_graph(account, &graph),
            },
            Command::CancelOrder { account, id } => self.cancel_order(account, id),
            Command::CancelNumber { account, order } => {
                let graph = self.own_order(account, order)?.spec.graph;
                self.cancel(graph, Some(order), DoneReason::CancelledByClient)
            }
            Command::CancelGraph { account, id } => self.cancel_graph(account, id),
            Command::Amend { account, change } => {
                let reply = self.amend(account, &change)?;
                self.amend_leaves(&reply, None)?;
                Ok(reply)
            }
            Command::AmendNode { account, change } => {
                let reply = self.amend_node(account, &change)?;
                self.amend_leaves(&reply, Some(&change))?;
                Ok(reply)
            }
            Command::AmendEdge { account, change } => self.amend_edge(account, &change),
            Command::Resume { account, id, by } => self.resume(account, id, by),
            Command::CancelVenue { account, venue } => {
                Ok(self.bench().cancel_venue(account, venue))
            }
            Command::EngageSwitch { account, mode, by, reason } => Ok(self.desk.set_switch(
                &mut self.journal,
                now_ns,
                (account, mode),
                Some((by, reason)),
            )),
            Command::ClearSwitch { account, mode } => {
                Ok(self.desk.set_switch(&mut self.journal, now_ns, (account, mode), None))
            }
            Command::SetPositions { account, rows, replace } => {
                self.set_positions(account, rows, replace)
            }
            Command::Settle { venue, market_slug, outcome } => {
                self.settle(venue, market_slug, outcome)
            }
            Command::Redeem { account, venue, market_slug } => {
                self.redeem(account, venue, market_slug)
            }
            Command::SetFundingRate { venue, symbol, rate_1e9 } => {
                self.bench().set_funding_rate(venue, symbol, rate_1e9)
            }
            Command::Reset { account, initial } => self.reset(account, initial),
        }
    }

    /// An amend of an order leaves for its venues, and what needs no venue is in force.
    fn amend_leaves(&mut self, reply: &Reply, node: Option<&AmendNode<'_>>) -> Result<(), Refusal> {
        let Reply::Amended { order, .. } = *reply else { return Ok(()) };
        let sent = !self.post.requests.is_empty();
        self.carry();
        if sent {
            self.bench().note_amending(order);
        }
        node.map_or(Ok(()), |change| self.bench().rework(order, change))
    }

    /// Applies the events of one or more venue messages.
    pub(in crate::engine) fn market_message(&mut self, id: MarketId, events: &[MarketEvent]) {
        for message in events.split_inclusive(MarketEvent::is_last) {
            self.exchange.apply(id, message, self.agenda.now_ns());
            if self.graphs.meters() {
                for print in message.iter().filter(|event| event.kind == EventKind::Print) {
                    self.meter(id, print);
                }
            }
            if message.last().is_some_and(MarketEvent::is_last) {
                self.after_message(id, false);
            }
        }
    }

    /// A message is complete: what it shows is filled, and who holds the market is judged by it. In a
    /// dull stretch nobody else is asked where it meets nobody; true when somebody was met.
    pub(in crate::engine) fn after_message(&mut self, id: MarketId, is_dull: bool) -> bool {
        let mark = self.exchange.note_mark(id, self.agenda.now_ns());
        let is_unmet = !self.meet_message(id) && is_dull;
        if is_unmet && !self.portfolio.awaits_marks() {
            return false;
        }
        if let Some(mark) = mark {
            self.portfolio.judge_mark(facts!(self), id, mark.price);
        }
        if is_unmet && self.is_quiet() {
            return false;
        }
        if !self.is_quiet() {
            self.judge_changed();
        }
        self.bench().judge_days(id);
        if self.graphs.watches() {
            self.graphs.look(self.registry.market(id).symbol);
        }
        if !self.is_quiet() {
            self.react();
        }
        true
    }

    /// Fills what a message showed, each heard before the next, and wakes what waited for a live
    /// book; false where nobody was met.
    pub(in crate::engine) fn meet_message(&mut self, id: MarketId) -> bool {
        if self.exchange.passes_unmet(id) {
            return false;
        }
        let mut is_met = false;
        if let Some(Met { reached, waits }) = self.floor().meet_message(id)
            && (waits || !reached.is_empty())
        {
            is_met = true;
            for reached in reached {
                self.floor().maker_fill(id, &reached);
                self.hand_over();
            }
            // A fill may have let another leg wait.
            for leg in self.floor().waiting_at(id) {
                self.floor().wake(id, leg);
                self.go_on();
            }
        }
        if !self.post.is_empty() {
            is_met = true;
            self.hand_over();
        }
        is_met
    }

    /// What traded counts for graphs that take a share of it. A print of the past was counted, or
    /// was not seen: neither counts now.
    fn meter(&mut self, id: MarketId, print: &MarketEvent) {
        if print.flags & flag::BACKFILLED == 0 && print.quantity.0 > 0 {
            let terms = self.registry.market(id);
            self.graphs.meter((terms.venue, terms.symbol), print.quantity);
        }
    }

    /// Treats books of a market as old, or no longer: then what came meanwhile is met at once. What
    /// positions count at may change both times.
    pub fn hold_stale(&mut self, market: MarketId, held: bool) {
        self.exchange.hold_stale(market, held, self.agenda.now_ns());
        if !held {
            self.after_message(market, false);
        }
        self.judge_holders(market);
    }

    /// Fires what is due before an instant and rank, each at its own time.
    fn run_timers(&mut self, first: (i64, u8)) {
        while let Some((due_ns, due)) = self.agenda.take_due(first) {
            match due {
                Due::Step(step) => self.take_step(step),
                Due::Report(report) => self.bench().hear(report),
                Due::Expire(order) if !self.holds_order(order) => {}
                Due::Expire(order) => self.expire(order),
                Due::Chase(order) => self.chase(order),
                Due::Funding(venue) => {
                    let since_ns = self.agenda.now_ns() - 1;
                    self.bench().pay_funding(venue, since_ns);
                }
                Due::NewDay => self.bench().new_day(),
                Due::Graph(graph) => self.graphs.ask(graph, Task::Wake(due_ns)),
            }
            self.carry();
            self.judge_changed();
            self.react();
        }
    }

    /// Carries what the parts told each other: venues go on with what is there, clients hear of it,
    /// then venues are asked for more, one request at a time.
    pub(in crate::engine) fn carry(&mut self) {
        self.tell_readers();
        loop {
            while let Some(step) = self.post.steps.pop_front() {
                self.take_step(step);
            }
            self.hand_over();
            let Some(request) = self.post.requests.pop_front() else { return };
            match self.desk.mode_of(request.leg().0) {
                AccountMode::Sandbox => self.floor().receive(request),
                AccountMode::Live => self.wire().ask(request),
            }
        }
    }

    /// Venues go on with what is there already.
    fn take_step(&mut self, step: VenueStep) {
        let reducible = self.papers().reducible_by(step, &self.post.reports, &self.agenda);
        self.floor().step(step, reducible);
        self.follow_venues();
        self.go_on();
    }

    /// A venue goes on with a leg, each time after its client has heard what it told.
    pub(in crate::engine) fn go_on(&mut self) {
        while let Some(onward) = self.post.onward.take() {
            self.hand_over();
            self.floor().go_on(onward);
        }
    }

    /// Orders say of their legs what venues made of them.
    fn follow_venues(&mut self) {
        while let Some((leg, made)) = self.post.reworked.pop() {
            self.desk.follow(leg, made);
        }
    }

    /// Clients hear what venues told so far, in the order told.
    pub(in crate::engine) fn hand_over(&mut self) {
        self.follow_venues();
        while let Some(report) = self.post.reports.pop_front() {
            self.bench().hear(report);
            self.tell_readers();
            self.drop_ended();
        }
        self.drop_ended();
    }

    /// Venues forget what ended for its client, and what it could not book.
    pub(in crate::engine) fn drop_ended(&mut self) {
        while let Some((id, at)) = self.post.drops.pop() {
            self.floor().leave(id, at);
            self.exchange.let_go((id, at));
        }
        while let Some((leg, level, quantity)) = self.post.unbooked.pop() {
            self.floor().give_back(leg, level, quantity);
        }
    }
}
