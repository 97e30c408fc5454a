//! How a graph begins: what is refused without a trace, its record, and its first orders.

use std::sync::Arc;

use super::Work;
use super::expand::{Expanded, expand};
use super::pacing::{shares, stream_of};
use super::react::NO_FILL;
use super::run::{Ending, Root, Run, Want};
use super::shape::check_shape;
use crate::command::{Size, Submit, SubmitGraph};
use crate::engine::desk::admit::{check_price_range, time_in_force};
use crate::engine::{Engine, Graph, GraphId};
use crate::graph::{
    Action, Activation, EdgeSpec, Join, NodeSize, NodeSpec, OrderType, Pacing, Peg, Reserve,
    Sizing, Trigger, Word,
};
use crate::hash::StateHasher;
use crate::ids::{AccountId, GraphIx, InstrumentKind, Side};
use crate::number::{Money, Price, Quantity};
use crate::registry::Resolved;
use crate::reject::Refusal;
use crate::risk::{Admission, GraphRisk, Runtime};

/// A graph that was admitted.
pub(in crate::engine) enum Begun {
    /// It begins now.
    Now(Box<Graph>, Box<Run>),
    /// This request made it before.
    Before(GraphIx),
}

/// A request for a graph, before anything of it exists: everything to read.
pub(in crate::engine) struct Entry<'a> {
    pub(in crate::engine) engine: &'a Engine,
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) ask: &'a SubmitGraph<'a>,
}

impl Entry<'_> {
    /// Admits a graph that is more than one plain order, without a trace: what it is when it begins,
    /// or the graph that this request made before.
    pub(in crate::engine) fn admit(&self) -> Result<Begun, Refusal> {
        let Self { engine, account, ask } = *self;
        check_shape(ask.spec)?;
        let id = ask.graph_id.map(GraphId::parse);
        let fingerprint = self.fingerprint();
        let known = engine.desk.sent_before(account, id.as_ref())?;
        if let Some(graph) = known {
            if engine.papers().fingerprint(graph) == fingerprint {
                return Ok(Begun::Before(graph));
            }
            let text = ask.graph_id.unwrap_or_default();
            return Err(Refusal::conflict(format!("graph_id {text} was used with another body")));
        }
        engine.desk.check_switch(account, ask.by)?;
        let found = self.resolve_nodes()?;
        let made = || GraphId::Made(engine.journal.peek_id(engine.agenda.now_ns()));
        let id = id.unwrap_or_else(made);
        let mut run = self.at_rest(&id, &found);
        Work::on(engine, engine.desk.next_graph(), &mut run).check(ask)?;
        let graph = Graph {
            id,
            fingerprint: Some(fingerprint),
            order: None,
            first_answer: None,
            metadata: ask.metadata.into(),
            limits: Graph::limits(&ask.risk),
            by: ask.by,
        };
        Ok(Begun::Now(Box::new(graph), Box::new(run)))
    }

    /// What each node trades.
    fn resolve_nodes(&self) -> Result<Vec<(Resolved, InstrumentKind)>, Refusal> {
        let resolved = self.ask.spec.nodes.iter().enumerate().map(|(at, node)| {
            let ask = node.order(Size::Quantity(Quantity(1)), None);
            let found =
                self.engine.facts().resolve(&ask).map_err(|refusal| at_node(at, refusal))?;
            let (symbol, outcome) = found;
            Ok((Resolved { symbol, outcome }, self.engine.registry.symbol(symbol).kind))
        });
        resolved.collect()
    }

    /// The graph at rest.
    fn at_rest(&self, id: &GraphId, found: &[(Resolved, InstrumentKind)]) -> Run {
        let Self { engine, account, ask } = *self;
        let Expanded { nodes, edges } =
            expand(ask.spec, found, |node| stream_of(&engine.rules, id, node));
        let epoch = engine.desk.account(account).epoch;
        let venues = ask.risk.admission.allowed_venues;
        let mut run = Run::at_rest(account, epoch, venues, engine.agenda.now_ns());
        run.nodes = nodes.into();
        for edge in edges {
            run.join(edge);
        }
        run
    }

    /// Hash of the graph as parsed and defaulted.
    fn fingerprint(&self) -> u128 {
        let hash = |start: u64| {
            let mut hasher = StateHasher::new(start);
            for node in &self.ask.spec.nodes {
                let order = node.order(Size::Quantity(Quantity(1)), None);
                let symbol = self.engine.facts().resolve(&order).ok();
                let symbol =
                    symbol.map(|(id, outcome)| self.engine.registry.symbol(id).canonical(outcome));
                hasher.text(symbol.map_or(&*node.symbol, |text| text));
                NodeSpec { symbol: Arc::from(""), ..node.clone() }.value().hash_into(&mut hasher);
            }
            for edge in &self.ask.spec.edges {
                edge.value().hash_into(&mut hasher);
            }
            hasher.text(self.ask.metadata);
            self.ask.risk.hash_into(&mut hasher);
            if let Some(wallet) = self.ask.wallet {
                hasher.text(wallet);
            }
            hasher.finish()
        };
        u128::from(hash(3)) << 64 | u128::from(hash(4))
    }
}

impl Work<'_> {
    /// Everything that refuses a graph whose shape is right.
    fn check(&self, ask: &SubmitGraph<'_>) -> Result<(), Refusal> {
        let mut total = Some(Money::ZERO);
        for (number, spec) in ask.spec.nodes.iter().enumerate() {
            let at = self.run.find(&spec.id).unwrap_or_default();
            if ask.risk.runtime.max_loss.is_some()
                && self.engine.facts().quote_rate(self.run.nodes[at].symbol).is_none()
            {
                let text = format!("{} cannot be valued in USD", spec.symbol);
                return Err(Refusal::invalid("risk.runtime.max_loss_usd", text));
            }
            let checked = if self.run.nodes[at].incoming.is_empty() {
                self.check_root(ask, at)
            } else {
                self.check_waiting(ask, at).map(|()| Some(Money::ZERO))
            };
            let worth = checked.map_err(|refusal| at_node(number, refusal))?;
            total = total.zip(worth).map(|(total, worth)| Money(total.0.saturating_add(worth.0)));
        }
        for (number, spec) in ask.spec.edges.iter().enumerate() {
            self.check_given(number, spec)?;
        }
        let Some(most) = ask.risk.admission.max_notional else { return Ok(()) };
        let field = "risk.admission.max_notional_usd";
        match total {
            None => Err(Refusal::invalid(field, "the roots cannot be valued in USD")),
            Some(total) if total > most => {
                Err(Refusal::invalid(field, format!("the roots are worth {total}, above {most}")))
            }
            Some(_) => Ok(()),
        }
    }

    /// What an edge gives once, and alone, is not less than nothing in whole lots.
    fn check_given(&self, number: usize, edge: &EdgeSpec) -> Result<(), Refusal> {
        let (Some(at), Sizing::Fixed(units)) = (self.run.find(&edge.to), edge.sizing()) else {
            return Ok(());
        };
        let alone = self.run.nodes[at].spec.join == Join::Any && !edge.repeats();
        let lot = self.lot_of(at);
        if edge.action == Action::Activate && alone && units.floor_to(lot).0 == 0 {
            let field = format!("edges[{number}].sizing.fixed.qty_1e8");
            return Err(Refusal::invalid(field, format!("is less than one lot of {lot}")));
        }
        Ok(())
    }

    /// A root is checked like an order; what it is worth in USD.
    fn check_root(&self, ask: &SubmitGraph<'_>, at: usize) -> Result<Option<Money>, Refusal> {
        let spec = &*self.run.nodes[at].spec;
        self.check_position_size(at)?;
        let size = match spec.size {
            NodeSize::Notional(usd) => Size::Notional(usd),
            _ => self.own_size(at).map_err(|(_, text)| Refusal::invalid("quantity", text))?,
        };
        self.check_peg(at)?;
        let limit = self.limit_of(at).map_err(|(_, text)| Refusal::invalid("order_type", text))?;
        if let (Some(pacing), Size::Quantity(total)) = (&spec.execution.pacing, size) {
            self.check_paced(at, pacing, total)?;
        }
        let risk = single_risk(&ask.risk);
        let mut order = Submit { risk, by: ask.by, ..spec.order(size, limit) };
        order.reduce_only = self.run.nodes[at].only_reduces();
        let admitted = self.engine.papers().admit(self.run.account, &order)?;
        if let Some(pacing) = &spec.execution.pacing {
            self.check_paced(at, pacing, admitted.qty)?;
        }
        let markets = self.markets_of(at);
        let touch = || self.engine.facts().best_touch(markets, order.side, admitted.outcome);
        Ok(self.engine.facts().notional_usd(markets, admitted.qty, limit.or_else(touch)))
    }

    /// What is known of a node that waits is checked now, the rest when it becomes active.
    fn check_waiting(&self, ask: &SubmitGraph<'_>, at: usize) -> Result<(), Refusal> {
        let node = &self.run.nodes[at];
        let spec = &*node.spec;
        self.check_position_size(at)?;
        self.check_peg(at)?;
        let limit = match spec.order_type {
            OrderType::Peg(peg) => peg.limit,
            _ => spec.limit(),
        };
        let size = match spec.size {
            NodeSize::Fixed(qty) => qty,
            _ => Quantity(1),
        };
        let risk = single_risk(&ask.risk);
        let order = Submit { risk, by: ask.by, ..spec.order(Size::Quantity(size), limit) };
        let markets = self.engine.facts().eligible(node.symbol, &order)?;
        self.engine.papers().check_live(self.run.account, &order, node.kind)?;
        time_in_force(&order)?;
        if order.reduce_only && node.kind != InstrumentKind::Perp {
            return Err(Refusal::invalid("reduce_only", "is for perps only"));
        }
        if let Some(price) = limit {
            check_price_range(node.kind, price)?;
            self.check_grid(at, price)?;
        }
        let NodeSize::Fixed(qty) = spec.size else { return Ok(()) };
        if let Some(pacing) = &spec.execution.pacing {
            self.check_paced(at, pacing, qty)?;
        }
        self.engine.papers().check_fits(
            self.run.account,
            &order,
            &markets,
            node.outcome,
            (qty, limit),
        )?;
        if limit.is_some() {
            self.engine
                .papers()
                .check_notional(&risk, || self.engine.facts().notional_usd(&markets, qty, limit))?;
        }
        Ok(())
    }

    /// The worst price of a pegged order is one that its venue takes.
    fn check_peg(&self, at: usize) -> Result<(), Refusal> {
        let node = &self.run.nodes[at];
        let OrderType::Peg(Peg { limit: Some(limit), .. }) = node.spec.order_type else {
            return Ok(());
        };
        let checked = check_price_range(node.kind, limit).and_then(|()| self.check_grid(at, limit));
        let field = "order_type.peg.limit_1e9";
        checked.map_err(|refusal| Refusal { field: field.into(), ..refusal })
    }

    /// A price that is on the grid of the venue that the node names.
    pub(super) fn check_grid(&self, at: usize, price: Price) -> Result<(), Refusal> {
        let node = &self.run.nodes[at];
        for market in self.markets_of(at).iter().filter(|_| node.spec.venue.is_some()) {
            self.engine.registry.market(*market).grid_of(node.outcome).check_price(price)?;
        }
        Ok(())
    }

    /// Every slice is one that some venue takes.
    fn check_paced(&self, at: usize, pacing: &Pacing, total: Quantity) -> Result<(), Refusal> {
        if self.markets_of(at).is_empty() {
            // Where nothing is listed there is no minimum either: admission says so.
            return Ok(());
        }
        let shares = shares(pacing, total, self.lot_of(at));
        let checked = self.check_shares_of(at, pacing, &shares);
        checked.map_err(|text| Refusal::invalid("execution.pacing", text))
    }

    /// A share of a position is sold, or buys a short perpetual back.
    fn check_position_size(&self, at: usize) -> Result<(), Refusal> {
        let node = &self.run.nodes[at];
        let sized = matches!(node.spec.size, NodeSize::Position(_));
        if sized && node.kind != InstrumentKind::Perp && node.spec.side == Side::Buy {
            let text = "a share of a position is sold: only a short perpetual is bought back";
            return Err(Refusal::invalid("quantity.position", text));
        }
        Ok(())
    }
}

/// The limits that one order of a graph is checked against: the sum over roots is another check.
fn single_risk(risk: &GraphRisk) -> GraphRisk {
    GraphRisk { admission: Admission { max_notional: None, ..risk.admission }, ..*risk }
}

impl SubmitGraph<'_> {
    /// The one order that this is, when nothing of a graph is in it.
    pub(in crate::engine) fn plain(&self) -> Option<Submit<'_>> {
        let [node] = self.spec.nodes.as_slice() else { return None };
        let watched = self.risk.runtime != Runtime::NONE;
        let waits = node.activation == Some(Activation::Wait);
        // A single order is the same with them, but a request that says them is another one.
        let joins = node.join != Join::Any || node.execution.reserve != Reserve::AtActivation;
        let paced = node.execution.pacing.is_some();
        if !self.spec.edges.is_empty() || paced || watched || waits || joins {
            return None;
        }
        let size = match node.size {
            NodeSize::Fixed(qty) => Size::Quantity(qty),
            NodeSize::Notional(usd) => Size::Notional(usd),
            NodeSize::FromEdge | NodeSize::Position(_) => return None,
        };
        let limit = match node.order_type {
            OrderType::Market => None,
            OrderType::Limit(price) => Some(price),
            OrderType::Peg(_) => return None,
        };
        Some(Submit {
            graph_id: self.graph_id,
            metadata: self.metadata,
            wallet: self.wallet,
            risk: self.risk,
            by: self.by,
            ..node.order(size, limit)
        })
    }
}

impl Work<'_> {
    /// The first orders are asked for together; waiting nodes that reserve with them, too.
    pub(super) fn begin_roots(&mut self) {
        let mut roots = Vec::new();
        for at in 0..self.run.nodes.len() {
            let node = &self.run.nodes[at];
            let paced = node.pace.is_some();
            if node.incoming.is_empty() && !paced {
                let size = self.own_size(at);
                let Ok((size, limit)) = size.and_then(|size| Ok((size, self.limit_of(at)?))) else {
                    continue;
                };
                roots.push(Root { node: at, sends: Some((size, limit)) });
            } else if node.spec.execution.reserve == Reserve::AtSubmit && !node.incoming.is_empty()
            {
                roots.push(Root { node: at, sends: None });
            }
        }
        for root in roots.iter().filter(|root| root.sends.is_some()) {
            self.begin(root.node);
            self.run.nodes[root.node].sending += 1;
        }
        self.run.wants.push_back(Want::Roots(roots));
    }

    /// The first orders are on their way: paced roots start, and the graph's own start is told.
    pub(super) fn begin_rest(&mut self) {
        if self.run.ending != Ending::No || self.run.status.is_terminal() {
            self.run.check.extend(0..self.run.nodes.len());
            return;
        }
        self.restart_limits();
        for at in 0..self.run.nodes.len() {
            let node = &self.run.nodes[at];
            if node.incoming.is_empty() && node.pace.is_some() {
                self.start(at, None);
            }
        }
        self.arm_timeouts(None);
        for edge in self.run.edges.iter_mut() {
            if let Trigger::At { ns } = edge.spec.trigger {
                (edge.due_ns, edge.armed_ns) = (Some(ns), Some(self.run.created_ns));
            }
        }
        for word in [Word::Accepted, Word::FirstFill, Word::FullFill, Word::Done] {
            self.say(None, word, NO_FILL);
        }
    }
}

/// Names what is wrong with a graph's only node as its request has it.
pub(in crate::engine) fn of_only_node(refusal: Refusal) -> Refusal {
    const OWN: [&str; 8] =
        ["symbol", "venue", "instrument_type", "qty", "notional", "price", "tif", "reduce_only"];
    if OWN.contains(&&*refusal.field) { at_node(0, refusal) } else { refusal }
}

/// Names a field of a node as its request has it.
fn at_node(at: usize, refusal: Refusal) -> Refusal {
    let field = match &*refusal.field {
        "" => format!("nodes[{at}]"),
        "symbol" | "venue" => format!("nodes[{at}].instrument.{}", refusal.field),
        "instrument_type" => format!("nodes[{at}].instrument.type"),
        "qty" => format!("nodes[{at}].quantity.fixed.qty_1e8"),
        "notional" => format!("nodes[{at}].quantity.notional.usd_1e9"),
        "price" => format!("nodes[{at}].order_type.limit.price_1e9"),
        "tif" | "reduce_only" => format!("nodes[{at}].execution.{}", refusal.field),
        other if other.starts_with("risk.") || other.starts_with("max_") => other.to_owned(),
        other => format!("nodes[{at}].{other}"),
    };
    Refusal { field: field.into(), ..refusal }
}
