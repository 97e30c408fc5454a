//! What a graph has done for it: orders and reservations of its nodes, by the desk's own functions.

use super::run::{Ending, Root, Run, Want};
use crate::command::{Amend, Size, Submit};
use crate::engine::desk::admit::{Admitted, new_order, time_in_force};
use crate::engine::desk::bench::Bench;
use crate::engine::desk::reserve::funded_by;
use crate::engine::portfolio::required::required;
use crate::graph::NodeSize;
use crate::ids::{AssetId, GraphIx, MarketId, OrderId, VenueId};
use crate::ledger::LedgerError;
use crate::number::{Money, Price, Quantity};
use crate::order::{OrderStatus, TimeInForce};
use crate::reject::{DoneReason, Refusal, RefusalKind, RejectReason, Rejected};
use crate::risk::{Admission, GraphRisk};

/// The desk at work for one graph. Other graphs and venues are not there.
pub(in crate::engine) struct Errand<'a> {
    pub(in crate::engine) bench: Bench<'a>,
    pub(in crate::engine) ix: GraphIx,
    pub(in crate::engine) run: &'a mut Run,
}

/// Orders that left for their venues, or are to.
#[derive(Default)]
pub(in crate::engine) struct Sent {
    /// New ones.
    pub(in crate::engine) placed: Vec<OrderId>,
    /// One that was amended.
    pub(in crate::engine) amended: Option<OrderId>,
}

impl Errand<'_> {
    /// Does one thing that the graph wants; `None` when nothing of it is to be carried to venues.
    pub(in crate::engine) fn carry_out(&mut self, want: Want) -> Option<Sent> {
        let (now_ns, mut sent) = (self.bench.facts.now_ns, Sent::default());
        match want {
            // Rows are not the desk's.
            Want::Show(..) => return None,
            Want::Tell(kind) => {
                self.bench.journal.tell(now_ns, self.run.account, kind);
                return None;
            }
            Want::Release(reservation) => {
                let released = self.bench.portfolio.release(reservation);
                debug_assert!(released.is_ok(), "it was made once and ends here, once");
                return None;
            }
            Want::Cancel(id, reason) => self.bench.send_cancels(id, reason),
            Want::Unplace(id, why, text) => {
                self.bench.desk.drop_legs(self.bench.portfolio, (id, 0));
                if let Some(reason) = why {
                    self.bench.reject_order(id, reason, &text);
                } else {
                    self.bench.desk.end_with_its_graph(id, text);
                    self.bench.complete(id, OrderStatus::Cancelled);
                }
            }
            Want::Reduce(at, id, by) => sent.amended = self.reduce(at, id, by),
            Want::Price(id, price) => {
                let by = self.bench.desk.graph(self.ix).by;
                let change = Amend { new_price: Some(price), by, ..Amend::default() };
                // Refused: it stays where it is, and is looked at again with the next message.
                sent.amended = self.bench.amend_order(id, &change).is_ok().then_some(id);
            }
            Want::Send { node, size, limit } => {
                sent.placed = self.place_nodes(&[Root { node, sends: Some((size, limit)) }]);
            }
            Want::Roots(roots) => sent.placed = self.place_nodes(&roots),
        }
        Some(sent)
    }

    /// Makes an open order smaller, or ends it where no venue holds so small a rest; the order when
    /// it stays.
    fn reduce(&mut self, at: usize, id: OrderId, by: Quantity) -> Option<OrderId> {
        let (reduce_by, mode) = (Some(by), self.bench.desk.graph(self.ix).by);
        let change = Amend { reduce_by, by: mode, ..Amend::default() };
        let whole = by >= self.bench.desk.order(id).remaining();
        let refused = if whole { None } else { self.bench.amend_order(id, &change).err() };
        let too_small = |why: &Refusal| why.kind == RefusalKind::Validation;
        if whole || refused.as_ref().is_some_and(too_small) {
            self.bench.send_cancels(id, DoneReason::GraphCancelled);
            return None;
        }
        if refused.is_some() {
            // Asked again with the next news of the order.
            let owed = self.run.nodes[at].owed;
            self.run.nodes[at].owed = Quantity(owed.0.saturating_add(by.0));
            return None;
        }
        Some(id)
    }

    /// Records orders of nodes and reserves for all of them; when one cannot, none is sent. The
    /// orders that are on their way.
    fn place_nodes(&mut self, roots: &[Root]) -> Vec<OrderId> {
        let mut placed: Vec<(usize, OrderId)> = Vec::new();
        let mut failed: Option<(usize, Rejected)> = None;
        for Root { node: at, sends } in roots {
            let Some((size, limit)) = *sends else { continue };
            let (id, admitted) = self.record(*at, (size, limit));
            placed.extend(id.map(|id| (*at, id)));
            failed = failed.or_else(|| admitted.err().map(|why| (*at, why)));
        }
        for (at, id) in &placed {
            if failed.is_none() {
                failed = self.bench.prepare_order(*id).err().map(|why| (*at, why));
            }
        }
        for Root { node: at, .. } in roots.iter().filter(|root| root.sends.is_none()) {
            if failed.is_none() {
                failed = self.hold_ahead(*at).err().map(|why| (*at, why));
            }
        }
        if let Some(failed) = failed {
            self.run.unplace(&placed, roots.len(), failed);
            return Vec::new();
        }
        for (_, id) in &placed {
            self.bench.send_order(*id);
        }
        placed.into_iter().map(|(_, id)| id).collect()
    }

    /// Records the next order of a node, as far as it is known; whether it was admitted.
    fn record(
        &mut self,
        at: usize,
        (size, limit): (Size, Option<Price>),
    ) -> (Option<OrderId>, Result<Admitted, Rejected>) {
        self.run.nodes[at].sending = self.run.nodes[at].sending.saturating_sub(1);
        let spec = self.run.nodes[at].spec.clone();
        let row = self.bench.desk.graph(self.ix);
        let risk = later_risk(row.risk());
        let mut ask = Submit { risk, by: row.by, ..spec.order(size, limit) };
        ask.reduce_only = self.run.nodes[at].only_reduces();
        if limit.is_some() && spec.limit().is_none() {
            // A price of the graph's own making rests, whatever the node's market orders do.
            ask.tif = ask.tif.filter(|tif| *tif == TimeInForce::PostOnly);
        }
        let admitted = self.admit_later(at, &ask);
        let known = admitted.as_ref().ok().copied().or_else(|| as_asked(self.run, at, &ask));
        let id = known.map(|known| {
            let seq = u32::try_from(self.run.nodes[at].orders.len() + 1).unwrap_or(u32::MAX);
            let named = (self.ix, seq);
            let spec =
                self.bench.papers().spec_of(self.run.account, &ask, &known, spec.id.clone(), named);
            let id = self.bench.record(spec, known.qty, limit);
            self.run.add_order(at, id);
            id
        });
        self.run.check.push(at);
        (id, admitted)
    }

    /// What a submit is refused for, a later order of a graph is rejected for.
    fn admit_later(&self, at: usize, ask: &Submit<'_>) -> Result<Admitted, Rejected> {
        let (node, facts) = (&self.run.nodes[at], self.bench.facts);
        let markets = match ask.venue {
            Some(venue) => facts.registry.markets_at(node.symbol, venue),
            None => &facts.registry.symbol(node.symbol).markets,
        };
        if ask.limit.is_none() && facts.best_touch(markets, ask.side, node.outcome).is_none() {
            let text = format!("no live book to {} from", ask.side.as_str());
            return Err((RejectReason::StaleVenue, text));
        }
        self.bench.papers().admit(self.run.account, ask).map_err(|refusal| rejected(&refusal))
    }

    /// Reserves for a node that waits what its order will need.
    fn hold_ahead(&mut self, at: usize) -> Result<(), Rejected> {
        let (account, facts) = (self.run.account, self.bench.facts);
        for Need { venue, asset, market, amount } in self.needs_of(at)? {
            let short = |error: LedgerError| (RejectReason::InsufficientBalance, error.to_string());
            let portfolio = &mut *self.bench.portfolio;
            portfolio.check_spendable(facts, (account, venue, asset), amount).map_err(short)?;
            let balance = portfolio.open_balance(account, venue, asset);
            let held = portfolio.reserve(balance, amount).map_err(short)?;
            self.run.nodes[at].held.push((market, held));
        }
        Ok(())
    }

    /// What the order of a node would hold now.
    fn needs_of(&self, at: usize) -> Result<Vec<Need>, Rejected> {
        let (node, papers) = (&self.run.nodes[at], self.bench.papers());
        let NodeSize::Fixed(qty) = node.spec.size else { return Ok(Vec::new()) };
        let (facts, row) = (papers.facts, papers.desk.graph(self.ix));
        let (risk, by) = (later_risk(row.risk()), row.by);
        let ask = Submit { risk, by, ..node.spec.order(Size::Quantity(qty), node.spec.limit()) };
        let account = self.run.account;
        let admitted = papers.admit(account, &ask).map_err(|refusal| rejected(&refusal))?;
        let spec = papers.spec_of(account, &ask, &admitted, node.spec.id.clone(), (self.ix, 1));
        let order = new_order(spec, admitted.qty, ask.limit, facts.now_ns);
        let legs = papers.plan(&order)?;
        let needs = legs.iter().map(|leg| {
            let terms = facts.registry.market(leg.market);
            let amount = required(order.spec.side, terms, leg)
                .map_err(|error| (RejectReason::InsufficientBalance, error.to_string()))?;
            let (_, venue, asset) = funded_by(facts.registry, &order.spec, leg.market);
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
