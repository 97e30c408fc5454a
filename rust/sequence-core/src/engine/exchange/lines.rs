//! Each account's line to each venue: what the delays of earlier messages leave to later ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{AccountId, VenueId};
use crate::mutant;
use crate::number::NumberError;
use crate::sim::latency::{Leg, LegState, Session};

/// One account's connection to one venue.
#[derive(Debug, Clone, Copy, Default, Hash)]
pub(in crate::engine) struct Line {
    pub(super) entry: LegState,
    pub(super) cancel: LegState,
    pub(super) response: LegState,
    pub(super) feed: LegState,
    pub(super) inbound: Session,
    /// When the last answer becomes visible, ns.
    last_answer_ns: i64,
    /// The same of the last answer that waits for its time.
    last_waiting_ns: Option<i64>,
}

impl Line {
    /// What a line remembers, for keeping.
    pub(in crate::engine) const fn kept(&self) -> [i64; 11] {
        let Self { entry, cancel, response, feed, inbound, last_answer_ns, last_waiting_ns: _ } =
            self;
        let (arrival_ns, match_ns) = inbound.kept();
        [
            entry.z_q32,
            entry.position.cast_signed(),
            cancel.z_q32,
            cancel.position.cast_signed(),
            response.z_q32,
            response.position.cast_signed(),
            feed.z_q32,
            feed.position.cast_signed(),
            arrival_ns,
            match_ns,
            *last_answer_ns,
        ]
    }

    /// The line that remembered this.
    pub(in crate::engine) const fn from_kept(kept: [i64; 11]) -> Self {
        const fn leg(z_q32: i64, position: i64) -> LegState {
            LegState { z_q32, position: position.cast_unsigned() }
        }
        let [z0, at0, z1, at1, z2, at2, z3, at3, arrival_ns, match_ns, last_answer_ns] = kept;
        Self {
            entry: leg(z0, at0),
            cancel: leg(z1, at1),
            response: leg(z2, at2),
            feed: leg(z3, at3),
            inbound: Session::after((arrival_ns, match_ns)),
            last_answer_ns,
            // What waited is not on its way any more.
            last_waiting_ns: None,
        }
    }

    /// When the last answer becomes visible, ns.
    pub(super) const fn last_answer_ns(&self) -> i64 {
        self.last_answer_ns
    }

    /// The time an answer becomes visible: not before those sent earlier. `None`: at once. An
    /// answer that waits for this very instant still comes first, so then this one waits too.
    pub(super) fn answer_at(&mut self, visible_ns: i64, now_ns: i64) -> Option<i64> {
        let before = if mutant!("answers_overtake") { visible_ns } else { self.last_answer_ns };
        self.last_answer_ns = before.max(visible_ns);
        if self.last_answer_ns <= now_ns && self.last_waiting_ns.is_none_or(|last| last < now_ns) {
            return None;
        }
        self.last_waiting_ns = Some(self.last_answer_ns);
        self.last_waiting_ns
    }
}

/// Lines of one account.
pub(in crate::engine) type LinesOf = BTreeMap<VenueId, Line>;

/// Lines of every account that ever sent something.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    by_account: Vec<LinesOf>,
    /// Lines used since the last take; `None` when nobody keeps them.
    used: Option<BTreeSet<(AccountId, VenueId)>>,
    /// Of legs that were drawn from, how far their delays spread: it takes a logarithm.
    spreads: Vec<(Leg, Result<i128, NumberError>)>,
}

/// Spreads that are remembered: three legs of more venues than there are.
const MOST_SPREADS: usize = 64;

impl Lines {
    /// Has the next take give every line, while somebody keeps them.
    pub(super) fn touch_all(&mut self) {
        let Some(used) = &mut self.used else { return };
        for (at, lines) in (0..).zip(&self.by_account) {
            used.extend(lines.keys().map(|venue| (AccountId(at), *venue)));
        }
    }

    /// Lines of an account.
    pub(super) fn of(&self, account: AccountId) -> &LinesOf {
        static NONE: LinesOf = LinesOf::new();
        self.by_account.get(account.index()).unwrap_or(&NONE)
    }

    /// The line of an account to a venue, to be used.
    pub(super) fn at(&mut self, account: AccountId, venue: VenueId) -> &mut Line {
        if let Some(used) = &mut self.used {
            used.insert((account, venue));
        }
        self.of_mut(account).entry(venue).or_default()
    }

    /// How far the delays of a leg spread.
    pub(super) fn spread_q32(&mut self, leg: Leg) -> Result<i128, NumberError> {
        if let Some((_, known)) = self.spreads.iter().find(|(of, _)| *of == leg) {
            return *known;
        }
        let spread = leg.spread_q32();
        if self.spreads.len() < MOST_SPREADS {
            self.spreads.push((leg, spread));
        }
        spread
    }

    /// A message of before a restart is on its way: none that is sent later overtakes it.
    pub(super) fn follow(
        &mut self,
        (account, venue): (AccountId, VenueId),
        (arrive_ns, match_ns): (i64, i64),
    ) {
        self.at(account, venue).inbound.follow(arrive_ns, match_ns);
    }

    /// A line as it was kept.
    pub(super) fn put_back(&mut self, account: AccountId, venue: VenueId, line: Line) {
        self.of_mut(account).insert(venue, line);
    }

    /// An account has used none.
    pub(super) fn forget(&mut self, account: AccountId) {
        self.of_mut(account).clear();
    }

    /// Starts to note lines that are used.
    pub(super) fn listen(&mut self) {
        self.used.get_or_insert_default();
    }

    /// True when a take would give something.
    pub(super) fn is_used(&self) -> bool {
        self.used.as_ref().is_some_and(|used| !used.is_empty())
    }

    /// Lines used since the last call, by account and venue.
    pub(super) fn take_used(&mut self) -> BTreeSet<(AccountId, VenueId)> {
        self.used.as_mut().map(std::mem::take).unwrap_or_default()
    }

    #[expect(clippy::indexing_slicing, reason = "the list was made long enough")]
    fn of_mut(&mut self, account: AccountId) -> &mut LinesOf {
        if self.by_account.len() <= account.index() {
            self.by_account.resize_with(account.index() + 1, LinesOf::new);
        }
        &mut self.by_account[account.index()]
    }
}
