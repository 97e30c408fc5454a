//! What "the same body" means: a hash of the request as parsed and defaulted.
//!
//! Most requests are never sent again and most engines keep no rows, so a request is hashed when
//! somebody asks. Until then its order says what was asked for; an amend changes the order, so it
//! hashes first.

use crate::command::{Size, Submit};
use crate::engine::desk::admit::time_in_force;
use crate::engine::desk::bench::{Bench, Papers};
use crate::hash::StateHasher;
use crate::ids::{GraphIx, Side, VenueId};
use crate::mutant;
use crate::number::Price;
use crate::order::{Policy, TimeInForce, Urgency};
use crate::risk::GraphRisk;

/// Everything of a request that a second one must share to be the same.
struct Request<'a> {
    symbol: &'a str,
    node_id: &'a str,
    metadata: &'a str,
    wallet: Option<&'a str>,
    size: Size,
    side: Side,
    limit: Option<Price>,
    venue: Option<VenueId>,
    policy: Policy,
    urgency: Urgency,
    max_slippage_bps: Option<u32>,
    horizon_ms: Option<u64>,
    /// `None`: the request has none that fits.
    tif: Option<TimeInForce>,
    reduce_only: bool,
    risk: &'a GraphRisk,
}

impl Papers<'_> {
    /// True when this request is the one that made the graph.
    pub(in crate::engine) fn is_resent(&self, graph: GraphIx, order: &Submit<'_>) -> bool {
        self.fingerprint_of(order) == self.fingerprint(graph)
    }

    /// Hash of a request.
    pub(in crate::engine) fn fingerprint_of(&self, order: &Submit<'_>) -> u128 {
        let symbol = match self.facts.resolve(order) {
            Ok((symbol, outcome)) => self.facts.registry.symbol(symbol).canonical(outcome),
            Err(_) => order.symbol,
        };
        let asked = Request {
            symbol,
            node_id: order.node_id,
            metadata: order.metadata,
            wallet: order.wallet,
            size: order.size,
            side: order.side,
            limit: order.limit,
            venue: order.venue,
            policy: order.policy,
            urgency: order.urgency,
            max_slippage_bps: order.max_slippage_bps,
            horizon_ms: order.horizon_ms,
            tif: time_in_force(order).ok(),
            reduce_only: order.reduce_only,
            risk: &order.risk,
        };
        asked.hash()
    }

    /// Hash of the request that made a graph.
    pub(in crate::engine) fn fingerprint(&self, graph: GraphIx) -> u128 {
        let graph = &self.desk.graphs[graph];
        graph
            .fingerprint
            .or_else(|| {
                let order = &self.desk.orders[graph.order?];
                let spec = &order.spec;
                let made_by = Request {
                    symbol: self.facts.registry.symbol(spec.symbol).canonical(spec.outcome),
                    node_id: &spec.node_id,
                    metadata: &graph.metadata,
                    wallet: None,
                    size: spec.notional_usd.map_or(Size::Quantity(order.qty), Size::Notional),
                    side: spec.side,
                    limit: order.limit,
                    venue: spec.pinned,
                    policy: spec.policy,
                    urgency: spec.urgency,
                    max_slippage_bps: spec.max_slippage_bps,
                    horizon_ms: spec.horizon_ms,
                    tif: Some(spec.tif),
                    reduce_only: spec.reduce_only,
                    risk: graph.risk(),
                };
                Some(made_by.hash())
            })
            // A graph with a shape has one from the start.
            .unwrap_or_default()
    }
}

impl Bench<'_> {
    /// Hashes the request of a graph while its order still is what was asked for.
    pub(in crate::engine) fn keep_fingerprint(&mut self, graph: GraphIx) {
        let fingerprint = self.papers().fingerprint(graph);
        // No row changes: this is what it says already.
        self.desk.graphs.quietly(graph).fingerprint = Some(fingerprint);
    }
}

impl Request<'_> {
    fn hash(&self) -> u128 {
        u128::from(self.hash_from(1)) << 64 | u128::from(self.hash_from(2))
    }

    fn hash_from(&self, start: u64) -> u64 {
        let mut hasher = StateHasher::new(start);
        let metadata = if mutant!("fingerprint_without_metadata") { "" } else { self.metadata };
        for text in [self.symbol, self.node_id, metadata] {
            hasher.text(text);
        }
        let (sized_by, size) = match self.size {
            Size::Quantity(qty) => (0, i128::from(qty.0)),
            Size::Notional(usd) => (1, usd.0),
        };
        hasher.wide(size);
        let limit = self.limit.filter(|_| !mutant!("fingerprint_without_limit"));
        let reduces = self.reduce_only && !mutant!("fingerprint_without_reduce_only");
        let words = [
            sized_by,
            self.side as u64,
            limit.map_or(0, |price| price.0.cast_unsigned()),
            self.venue.map_or(0, |venue| u64::from(venue.0) + 1),
            self.policy as u64,
            self.urgency as u64,
            self.max_slippage_bps.map_or(0, |bps| u64::from(bps) + 1),
            self.horizon_ms.map_or(0, |ms| ms.saturating_add(1)),
            self.tif.map_or(99, |tif| tif as u64),
            u64::from(reduces),
        ];
        for word in words {
            hasher.word(word);
        }
        self.risk.hash_into(&mut hasher);
        if let Some(wallet) = self.wallet {
            hasher.text(wallet);
        }
        hasher.finish()
    }
}
