//! What happens to orders on demand, for tests of bots: to the next ones of an account, or to
//! those whose graph has a name that asks for it, such as `magic-expire-7`.

use crate::engine::desk::Desk;
use crate::engine::desk::bench::Bench;
use crate::engine::{AccountMode, GraphId};
use crate::ids::{AccountId, OrderId, VenueId};
use crate::reject::{RejectReason, Rejected};

/// Beginning of the graph ids that ask for a fate.
const MAGIC: &str = "magic-";

/// What becomes of an order, whatever the market has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is rejected before it leaves.
    Reject(RejectReason),
    /// Its venue takes it, and cancels it.
    Cancel,
    /// Its venue takes it, and lets it expire.
    Expire,
    /// Its venue fills half of it at most, of what it takes at once.
    Partial,
}

impl Fate {
    /// The fate that a graph's name asks for: `magic-reject`, `magic-cancel`, `magic-expire` or
    /// `magic-partial`, alone or before a further `-`.
    fn named(graph: &GraphId) -> Option<Self> {
        let GraphId::Client(text) = graph else { return None };
        let rest = text.strip_prefix(MAGIC)?;
        match rest.split('-').next()? {
            "reject" => Some(Self::Reject(RejectReason::ExchangeReject)),
            "cancel" => Some(Self::Cancel),
            "expire" => Some(Self::Expire),
            "partial" => Some(Self::Partial),
            _ => None,
        }
    }

    fn is_kind_of(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// An order still to be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Injected {
    account: AccountId,
    fate: Fate,
    venue: Option<VenueId>,
    symbol: Option<String>,
}

impl Desk {
    /// Decides what becomes of the next order of an account; with a venue or a symbol, of the next
    /// such one.
    pub(in crate::engine) fn decide_next(
        &mut self,
        account: AccountId,
        fate: Fate,
        (venue, symbol): (Option<VenueId>, Option<&str>),
    ) {
        let symbol = symbol.map(str::to_owned);
        self.injected.push(Injected { account, fate, venue, symbol });
    }

    /// Takes back what was decided so for orders that have not come yet; how many.
    pub(in crate::engine) fn forget_decided(&mut self, account: AccountId, fate: Fate) -> usize {
        let before = self.injected.len();
        self.injected.retain(|row| row.account != account || !row.fate.is_kind_of(fate));
        before - self.injected.len()
    }

    /// Orders of an account still to be met so.
    pub(in crate::engine) fn decided_left(&self, account: AccountId, fate: Fate) -> usize {
        let is_left = |row: &&Injected| row.account == account && row.fate.is_kind_of(fate);
        self.injected.iter().filter(is_left).count()
    }
}

impl Bench<'_> {
    /// The rejection that waits for this order, once; any other fate is kept for its venue.
    pub(in crate::engine) fn take_injected(&mut self, id: OrderId) -> Result<(), Rejected> {
        let spec = &self.desk.orders[id].spec;
        let is_paper = self.desk.accounts[spec.account].mode == AccountMode::Sandbox;
        let graph = &self.desk.graphs[spec.graph].id;
        let fate = Fate::named(graph).filter(|_| is_paper);
        match fate.or_else(|| self.take_decided(id)) {
            Some(Fate::Reject(reason)) => {
                Err((reason, "rejected by a fault of the sandbox".to_owned()))
            }
            Some(fate) => {
                self.desk.fates.insert(id, fate);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn take_decided(&mut self, id: OrderId) -> Option<Fate> {
        if self.desk.injected.is_empty() {
            return None;
        }
        let spec = &self.desk.orders[id].spec;
        let same_symbol = |text: &str| {
            self.facts
                .resolve_text(text)
                .is_some_and(|found| found.symbol == spec.symbol && found.outcome == spec.outcome)
        };
        let at = self.desk.injected.iter().position(|row| {
            row.account == spec.account
                && row.venue.is_none_or(|venue| spec.pinned == Some(venue))
                && row.symbol.as_deref().is_none_or(same_symbol)
        })?;
        Some(self.desk.injected.remove(at).fate)
    }
}
