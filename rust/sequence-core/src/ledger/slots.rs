//! Open reservations: a slab whose ids can never be mistaken for a later reservation.
//!
//! A slot counts how often it was used. An id carries the count it was born with, so an id that
//! has ended stays ended when the slot serves somebody else. Free slots form a list through the
//! slots themselves: taking and returning one allocates nothing once the slab has grown.

use super::{BalanceId, LedgerError};
use crate::ids::ReservationId;
use crate::number::Money;

/// What one reservation holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) balance: BalanceId,
    pub(super) amount: Money,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Live(Held),
    Free { next: Option<u32> },
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    generation: u32,
    state: State,
}

/// Every reservation, live or ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Option<u32>,
}

impl Slots {
    /// Starts a reservation. Fails only when four billion are open.
    pub(super) fn insert(&mut self, held: Held) -> Result<ReservationId, LedgerError> {
        let state = State::Live(held);
        if let Some(index) = self.free
            && let Some(slot) = self.slots.get_mut(index as usize)
            && let State::Free { next } = slot.state
        {
            slot.state = state;
            self.free = next;
            return Ok(ReservationId { index, generation: slot.generation });
        }
        let Ok(index) = u32::try_from(self.slots.len()) else { return Err(LedgerError::Range) };
        self.slots.push(Slot { generation: 0, state });
        Ok(ReservationId { index, generation: 0 })
    }

    /// The live reservation of this id.
    pub(super) fn get(&self, id: ReservationId) -> Result<Held, LedgerError> {
        match self.slots.get(id.index as usize) {
            Some(Slot { generation, state: State::Live(held) }) if *generation == id.generation => {
                Ok(*held)
            }
            _ => Err(LedgerError::Ended),
        }
    }

    /// Changes the amount of a live reservation; an ended one is left alone.
    pub(super) fn set(&mut self, id: ReservationId, to: Money) {
        if let Some(Slot { generation, state: State::Live(held) }) =
            self.slots.get_mut(id.index as usize)
            && *generation == id.generation
        {
            held.amount = to;
        }
    }

    /// Ends a live reservation; an ended one is left alone.
    pub(super) fn end(&mut self, id: ReservationId) {
        let Some(slot) = self.slots.get_mut(id.index as usize) else { return };
        if slot.generation != id.generation || !matches!(slot.state, State::Live(_)) {
            return;
        }
        if let Some(generation) = slot.generation.checked_add(1) {
            *slot = Slot { generation, state: State::Free { next: self.free } };
            self.free = Some(id.index);
        } else {
            // Used four billion times: retired, or an old id would come to life again.
            slot.state = State::Free { next: None };
        }
    }

    /// Every live reservation, in slot order.
    pub(super) fn live(&self) -> impl Iterator<Item = Held> {
        self.slots.iter().filter_map(|slot| match slot.state {
            State::Live(held) => Some(held),
            State::Free { .. } => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: Held = Held { balance: BalanceId(0), amount: Money(1) };

    #[test]
    fn an_ended_id_stays_ended_when_its_slot_is_used_again() {
        let mut slots = Slots::default();
        let first = slots.insert(HELD).unwrap();
        slots.end(first);
        let second = slots.insert(HELD).unwrap();
        assert_eq!((first.index, first == second), (second.index, false));
        assert_eq!(slots.get(first), Err(LedgerError::Ended));
        slots.end(first);
        slots.set(first, Money(9));
        assert_eq!(slots.get(second), Ok(HELD));
    }

    #[test]
    fn freed_slots_are_used_before_new_ones() {
        let mut slots = Slots::default();
        let ids: Vec<_> = (0..4).map(|_| slots.insert(HELD).unwrap()).collect();
        for id in &ids {
            slots.end(*id);
        }
        assert_eq!(slots.live().count(), 0);
        for _ in 0..4 {
            slots.insert(HELD).unwrap();
        }
        assert_eq!((slots.slots.len(), slots.live().count()), (4, 4));
    }

    #[test]
    fn a_slot_whose_counter_is_used_up_is_retired() {
        let mut slots = Slots::default();
        slots.insert(HELD).unwrap();
        slots.slots.first_mut().unwrap().generation = u32::MAX;
        let last = ReservationId { index: 0, generation: u32::MAX };
        slots.end(last);
        assert_eq!(slots.get(last), Err(LedgerError::Ended));
        assert_eq!(slots.insert(HELD).unwrap().index, 1);
    }
}
