//! The conductor's side of graphs: their tasks in one order, and what they want of other parts.

use super::run::{Ending, Root, Run, Want};
use super::{Task, Work};
use crate::command::{Amend, Size, Submit};
use crate::engine::Engine;
use crate::engine::agenda::Due;
use crate::engine::desk::admit::{Admitted, new_order, time_in_force};
use crate::engine::desk::reserve::funded_by;
use crate::engine::portfolio::required::required;
use crate::graph::NodeSize;
use crate::ids::{AssetId, GraphIx, MarketId, OrderId, VenueId};
use crate::ledger::LedgerError;
use crate::number::{Money, Quantity};
use crate::order::{OrderStatus, TimeInForce};
use crate::reject::{DoneReason, Refusal, RefusalKind, RejectReason, Rejected};
use crate::risk::{Admission, GraphRisk};

impl Engine {
    /// Carries on with graphs until nothing is left to do: facts, then cancels, then activations
    /// in body order, then what is due, then limits.
    pub(in crate::engine) fn react(&mut self) {
        loop {
            let news = self.post.news.pop_front();
            let news =
                news.map(|news| (self.desk.order(news.order()).spec.graph, Task::News(news)));
            let Some((ix, task)) = news.or_else(|| self.graphs.next_task()) else { return };
            let Some(mut run) = self.graphs.take(ix) else { continue };
            Work { engine: self, ix, run: &mut run }.perform(task);
            while let Some(want) = run.wants.pop_front() {
                self.carry_want(ix, &mut run, want);
                if run.wants.is_empty() {
                    Work { engine: self, ix, run: &mut run }.follow();
                }
            }
            if let Some(wake_ns) = run.wants_wake_ns.take() {
                self.agenda.add(wake_ns, Due::Graph(ix));
            }
            self.graphs.put(ix, run);
        }
    }

    /// Does one thing that a graph wants, with the desk's own functions.
    fn carry_want(&mut self, ix: GraphIx, run: &mut Run, want: Want) {
        let (mut sent, mut amended) = (Vec::new(), None);
        match want {
            Want::Tell(kind) => {
                self.journal.tell(self.agenda.now_ns(), run.account, kind);
                return;
            }
            Want::Show(topic, row) => return self.publish(run.account, topic, &row),
            Want::Release(reservation) => {
                let released = self.portfolio.release(reservation);
                debug_assert!(released.is_ok(), "it was made once and ends here, once");
                return;
            }
            Want::Cancel(id, reason) => self.bench().send_cancels(id, reason),
            Want::Unplace(id, why, text) => {
                self.desk.drop_legs(&mut self.portfolio, (id, 0));
                if let Some(reason) = why {
                    self.bench().reject_order(id, reason, &text);
                } else {
                    self.desk.end_with_its_graph(id, text);
                    self.bench().complete(id, OrderStatus::Cancelled);
                }
            }
            Want::Reduce(at, id, by) => {
                let (reduce_by, mode) = (Some(by), self.desk.graph(ix).by);
                let change = Amend { reduce_by, by: mode, ..Amend::default() };
                let whole = by >= self.desk.order(id).remaining();
                let refused =
                    if whole { None } else { self.bench().amend_order(id, &change).err() };
                amended = (!whole && refused.is_none()).then_some(id);
                let too_small = |why: &Refusal| why.kind == RefusalKind::Validation;
                if whole || refused.as_ref().is_some_and(too_small) {
                    // No venue holds so small a rest: none of it can stay.
                    self.bench().send_cancels(id, DoneReason::GraphCancelled);
                } else if refused.is_some() {
                    // Asked again with the next news of the order.
                    let owed = run.nodes[at].owed;
                    run.nodes[at].owed = Quantity(owed.0.saturating_add(by.0));
                }
            }
            Want::Price(id, price) => {
                let by = self.desk.graph(ix).by;
                let change = Amend { new_price: Some(price), by, ..Amend::default() };
                // Refused: it stays where it is, and is looked at again with the next message.
                amended = self.bench().amend_order(id, &change).is_ok().then_some(id);
            }
            Want::Send { node, size, limit } => {
                sent = self.place_nodes(ix, run, &[Root { node, sends: Some((size, limit)) }]);
            }
            Want::Roots(roots) => {
                sent = self.place_nodes(ix, run, &roots);
                self.graphs.ask(ix, Task::Began);
            }
        }
        self.carry();
        if let Some(id) = amended {
            self.bench().note_amending(id);
        }
        for id in sent {
            self.bench().finish_if_done(id);
        }
    }

    /// Records orders of nodes and reserves for all of them; when one cannot, none is sent. The
    /// orders that are on their way.
    fn place_nodes(&mut self, ix: GraphIx, run: &mut Run, roots: &[Root]) -> Vec<OrderId> {
        let mut placed: Vec<(usize, OrderId)> = Vec::new();
        let mut failed: Option<(usize, Rejected)> = None;
        for Root { node: at, sends } in roots {
            let Some((size, limit)) = *sends else { continue };
            run.nodes[*at].sending = run.nodes[*at].sending.saturating_sub(1);
            let spec = run.nodes[*at].spec.clone();
            let row = self.desk.graph(ix);
            let risk = later_risk(row.risk());
            let mut ask = Submit { risk, by: row.by, ..spec.order(size, limit) };
            ask.reduce_only = run.nodes[*at].only_reduces();
            if limit.is_some() && spec.limit().is_none() {
                // A price of the graph's own making rests, whatever the node's market orders do.
                ask.tif = ask.tif.filter(|tif| *tif == TimeInForce::PostOnly);
            }
            let admitted = self.admit_later(run, *at, &ask);
            let known = admitted.as_ref().ok().copied().or_else(|| as_asked(run, *at, &ask));
            if let Some(known) = known {
                let seq = u32::try_from(run.nodes[*at].orders.len() + 1).unwrap_or(u32::MAX);
                let spec =
                    self.papers().spec_of(run.account, &ask, &known, spec.id.clone(), (ix, seq));
                let id = self.bench().record(spec, known.qty, limit);
                run.add_order(*at, id);
                placed.push((*at, id));
            }
            run.check.push(*at);
            failed = failed.or_else(|| admitted.err().map(|why| (*at, why)));
        }
        for (at, id) in &placed {
            if failed.is_none() {
                failed = self.bench().prepare_order(*id).err().map(|why| (*at, why));
            }
        }
        for Root { node: at, .. } in roots.iter().filter(|root| root.sends.is_none()) {
            if failed.is_none() {
                failed = self.hold_ahead(ix, run, *at).err().map(|why| (*at, why));
            }
        }
        if let Some(failed) = failed {
            run.unplace(&placed, roots.len(), failed);
            return Vec::new();
        }
        for (_, id) in &placed {
            self.bench().send_order(*id);
        }
        placed.into_iter().map(|(_, id)| id).collect()
    }

    /// What a submit is refused for, a later order of a graph is rejected for.
    fn admit_later(&self, run: &Run, at: usize, ask: &Submit<'_>) -> Result<Admitted, Rejected> {
        let node = &run.nodes[at];
        let markets = match ask.venue {
            Some(venue) => self.registry.markets_at(node.symbol, venue),
            None => &self.registry.symbol(node.symbol).markets,
        };
        if ask.limit.is_none() && self.facts().best_touch(markets, ask.side, node.outcome).is_none()
        {
            let text = format!("no live book to {} from", ask.side.as_str());
            return Err((RejectReason::StaleVenue, text));
        }
        self.papers().admit(run.account, ask).map_err(|refusal| rejected(&refusal))
    }

    /// Reserves for a node that waits what its order will need.
    fn hold_ahead(&mut self, ix: GraphIx, run: &mut Run, at: usize) -> Result<(), Rejected> {
        for Need { venue, asset, market, amount } in self.needs_of(ix, run, at)? {
            let short = |error: LedgerError| (RejectReason::InsufficientBalance, error.to_string());
            self.portfolio
                .check_spendable(self.facts(), (run.account, venue, asset), amount)
                .map_err(short)?;
            let balance = self.portfolio.open_balance(run.account, venue, asset);
            let held = self.portfolio.reserve(balance, amount).map_err(short)?;
            run.nodes[at].held.push((market, held));
        }
        Ok(())
    }

    /// What the order of a node would hold now.
    fn needs_of(&self, ix: GraphIx, run: &Run, at: usize) -> Result<Vec<Need>, Rejected> {
        let node = &run.nodes[at];
        let NodeSize::Fixed(qty) = node.spec.size else { return Ok(Vec::new()) };
        let row = self.desk.graph(ix);
        let (risk, by) = (later_risk(row.risk()), row.by);
        let ask = Submit { risk, by, ..node.spec.order(Size::Quantity(qty), node.spec.limit()) };
        let admitted =
            self.papers().admit(run.account, &ask).map_err(|refusal| rejected(&refusal))?;
        let spec =
            self.papers().spec_of(run.account, &ask, &admitted, node.spec.id.clone(), (ix, 1));
        let order = new_order(spec, admitted.qty, ask.limit, self.agenda.now_ns());
        let legs = self.papers().plan(&order)?;
        let needs = legs.iter().map(|leg| {
            let terms = self.registry.market(leg.market);
            let amount = required(order.spec.side, terms, leg)
                .map_err(|error| (RejectReason::InsufficientBalance, error.to_string()))?;
            let (_, venue, asset) = funded_by(&self.registry, &order.spec, leg.market);
            Ok(Need { venue, asset, market: leg.market, amount })
        });
        needs.collect()
    }
}

impl Run {
    /// One of several orders cannot be sent, so none is. A single one is rejected by itself.
    fn unplace(
        &mut self,
        placed: &[(usize, OrderId)],
        count: usize,
        (failed, (reason, text)): (usize, Rejected),
    ) {
        let name = self.nodes[failed].spec.id.clone();
        self.nodes[failed].failure = self.nodes[failed].failure.or(Some(reason));
        if count > 1 {
            self.ending = Ending::Unplaced;
            for at in 0..self.nodes.len() {
                self.release_held(at);
            }
        }
        for (at, id) in placed {
            self.wants.push_back(if *at == failed {
                Want::Unplace(*id, Some(reason), text.clone().into())
            } else {
                let why = format!("root {name} was rejected: {} {text}", reason.as_str());
                Want::Unplace(*id, None, why.into())
            });
        }
    }
}

/// An order as it was asked for, as far as its size is known: one that is rejected has a row.
fn as_asked(run: &Run, at: usize, ask: &Submit<'_>) -> Option<Admitted> {
    let (Size::Quantity(qty), Ok(tif)) = (ask.size, time_in_force(ask)) else { return None };
    let node = &run.nodes[at];
    let (symbol, outcome, kind) = (node.symbol, node.outcome, node.kind);
    Some(Admitted { symbol, outcome, kind, tif, qty, notional: None })
}

/// What a node reserves at a market before it has an order.
struct Need {
    venue: VenueId,
    asset: AssetId,
    market: MarketId,
    amount: Money,
}

/// Limits that an order after its graph's admission is checked against when it is admitted.
fn later_risk(risk: &GraphRisk) -> GraphRisk {
    let allowed_venues = risk.admission.allowed_venues;
    GraphRisk { admission: Admission { allowed_venues, ..Admission::default() }, ..*risk }
}

/// A refusal of a later order is a rejection.
fn rejected(refusal: &Refusal) -> Rejected {
    let limit = refusal.field.is_empty()
        || refusal.field.starts_with("risk.")
        || refusal.field.starts_with("max_");
    let reason = match refusal.kind {
        RefusalKind::RateLimited => RejectReason::RateLimit,
        _ if limit => RejectReason::Risk,
        _ => RejectReason::InvalidParams,
    };
    (reason, refusal.message.clone().into_owned())
}
