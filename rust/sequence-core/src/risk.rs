//! Limits: those of an account, from the server's configuration, and those of
//! one graph, from its request (10.8). Plain data; `engine::risk` says where each one is checked.

use crate::hash::StateHasher;
use crate::ids::VenueId;
use crate::number::{Money, Quantity};
use crate::reject::text_enum;

text_enum!(
    /// Which rows a key reads and writes; each mode has its own kill switch.
    #[derive(Default)]
    Mode {
        /// Paper trading.
        #[default]
        Sandbox = "sandbox",
        /// Real money.
        Live = "live",
    }
);

text_enum!(
    /// What a breach does to a graph.
    FailureAction {
        /// Cancels every open order; nothing activates any more.
        CancelAll = "cancel_all",
        /// Sends nothing new until it is resumed.
        Pause = "pause",
        /// As `cancel_all`, then undoes the net fills at market.
        Flatten = "flatten",
        /// Goes on.
        Continue = "continue",
    }
);

/// Limits of every account of an engine; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountLimits {
    /// Absolute position in one instrument over all venues, open orders included.
    pub max_position: Option<Quantity>,
    /// USD size of one order.
    pub max_order_notional: Option<Money>,
    /// Orders admitted within any second.
    pub max_order_rate: Option<u32>,
    /// Orders open at one time.
    pub max_open_orders: Option<u32>,
    /// USD lost within one UTC day after which new orders are rejected until the next.
    pub daily_loss: Option<Money>,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self {
            max_position: None,
            max_order_notional: None,
            max_order_rate: None,
            max_open_orders: Some(10_000),
            daily_loss: None,
        }
    }
}

/// A set of venues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VenueSet(u32);

impl VenueSet {
    /// Every venue.
    pub const ALL: Self = Self(u32::MAX);

    /// Exactly these venues.
    pub fn of(venues: impl IntoIterator<Item = VenueId>) -> Self {
        Self(venues.into_iter().fold(0, |set, venue| set | Self::bit(venue)))
    }

    /// The set as bits by venue, for keeping.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// The set of these bits.
    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// True when the venue is in the set.
    pub const fn contains(self, venue: VenueId) -> bool {
        self.0 & Self::bit(venue) != 0
    }

    /// True when nothing is left out.
    pub const fn is_all(self) -> bool {
        self.0 == u32::MAX
    }

    /// Its venues, in id order.
    pub fn venues(self) -> impl Iterator<Item = VenueId> {
        VenueId::all().filter(move |venue| self.contains(*venue))
    }

    const fn bit(venue: VenueId) -> u32 {
        1 << (venue.0 & 31)
    }
}

impl Default for VenueSet {
    fn default() -> Self {
        Self::ALL
    }
}

/// Checked at submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Admission {
    /// Sum of the root orders in USD.
    pub max_notional: Option<Money>,
    /// Each order whose size is known, in USD.
    pub max_order_notional: Option<Money>,
    /// Venues that orders may use; checked at every route.
    pub allowed_venues: VenueSet,
}

/// Checked before each order of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PreTrade {
    /// The order in USD.
    pub max_order_notional: Option<Money>,
    /// Distance of a marketable limit from the market; replaces the simulator's own.
    pub max_price_deviation_bps: Option<u32>,
    /// Spread of the consolidated quote.
    pub max_spread_bps: Option<u32>,
    /// Age of the books an order may use.
    pub max_quote_age_ms: Option<u32>,
    /// Absolute position in the instrument over all venues, open orders included.
    pub max_position: Option<Quantity>,
}

/// Watched while the graph runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runtime {
    /// USD lost on the graph's fills.
    pub max_loss: Option<Money>,
    /// Net filled quantity of one base asset.
    pub max_unhedged: Option<Quantity>,
    /// How long it may be more than that without a break.
    pub unhedged_grace_ms: u32,
    /// Time since acceptance.
    pub max_duration_ms: Option<u32>,
}

impl Runtime {
    /// How long a quantity may go unhedged when nothing is said.
    pub const GRACE_MS: u32 = 1_000;
    /// No limit at all.
    pub const NONE: Self = Self {
        max_loss: None,
        max_unhedged: None,
        unhedged_grace_ms: Self::GRACE_MS,
        max_duration_ms: None,
    };
}

impl Default for Runtime {
    fn default() -> Self {
        Self::NONE
    }
}

/// The four layers of a graph's risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphRisk {
    /// At submit.
    pub admission: Admission,
    /// Before each order.
    pub pre_trade: PreTrade,
    /// While it runs.
    pub runtime: Runtime,
    /// What a breach of `runtime` does.
    pub on_runtime_breach: FailureAction,
    /// What a rejected node does.
    pub on_node_reject: FailureAction,
}

impl Default for GraphRisk {
    fn default() -> Self {
        Self::NONE
    }
}

impl GraphRisk {
    /// No limit at all.
    pub const NONE: Self = Self {
        admission: Admission {
            max_notional: None,
            max_order_notional: None,
            allowed_venues: VenueSet::ALL,
        },
        pre_trade: PreTrade {
            max_order_notional: None,
            max_price_deviation_bps: None,
            max_spread_bps: None,
            max_quote_age_ms: None,
            max_position: None,
        },
        runtime: Runtime::NONE,
        on_runtime_breach: FailureAction::CancelAll,
        on_node_reject: FailureAction::Continue,
    };

    /// Adds every limit to the hash of a request.
    pub fn hash_into(&self, hasher: &mut StateHasher) {
        let Self { admission, pre_trade, runtime, on_runtime_breach, on_node_reject } = self;
        let money = |limit: Option<Money>| limit.map_or(-1, |money| money.0);
        let size = |limit: Option<Quantity>| limit.map_or(-1, |quantity| i128::from(quantity.0));
        let count = |limit: Option<u32>| limit.map_or(-1, i128::from);
        let limits = [
            money(admission.max_notional),
            money(admission.max_order_notional),
            i128::from(admission.allowed_venues.0),
            money(pre_trade.max_order_notional),
            count(pre_trade.max_price_deviation_bps),
            count(pre_trade.max_spread_bps),
            count(pre_trade.max_quote_age_ms),
            size(pre_trade.max_position),
            money(runtime.max_loss),
            size(runtime.max_unhedged),
            count(runtime.max_duration_ms),
        ];
        for limit in limits {
            hasher.wide(limit);
        }
        if runtime.unhedged_grace_ms != Runtime::GRACE_MS {
            hasher.word(u64::from(runtime.unhedged_grace_ms));
        }
        hasher.word(*on_runtime_breach as u64);
        hasher.word(*on_node_reject as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_venues_holds_what_it_was_given() {
        let two = VenueSet::of([VenueId(0), VenueId(9)]);
        assert_eq!(two.venues().collect::<Vec<_>>(), [VenueId(0), VenueId(9)]);
        assert!(!two.contains(VenueId(1)));
        assert!(VenueSet::ALL.contains(VenueId(1)) && VenueSet::default().is_all());
    }

    #[test]
    fn every_limit_changes_the_hash_of_a_request() {
        let hash = |risk: &GraphRisk| {
            let mut hasher = StateHasher::new(0);
            risk.hash_into(&mut hasher);
            hasher.finish()
        };
        let plain = GraphRisk::default();
        let mut others = [plain; 4];
        let [a, b, c, d] = &mut others;
        a.admission.max_notional = Some(Money(1));
        b.pre_trade.max_spread_bps = Some(1);
        c.runtime.max_unhedged = Some(Quantity(1));
        d.on_node_reject = FailureAction::Pause;
        assert!(others.iter().all(|other| hash(other) != hash(&plain)));
    }
}
