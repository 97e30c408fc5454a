//! Readers are told: rows of what changed, before anything travels on.

use crate::engine::journal::outbox::{Frame, Topic};
use crate::engine::journal::tell::Teller;
use crate::engine::view::Value;
use crate::engine::{Account, Engine};
use crate::ids::AccountId;

impl Engine {
    /// Starts or stops to keep frames.
    ///
    /// Numbers of an account that has traded already start above its newest commit number, which is
    /// above every number it was ever given: a reader that resumes sees a gap, never a repeat.
    pub fn listen(&mut self, enabled: bool) {
        if enabled == self.is_heard() {
            return;
        }
        // Orders that ended before a restart are not in memory, so a kept account counts as one.
        let kept = self.journal.is_kept();
        let has_past = |row: &Account| row.epoch > 0 && (kept || !row.orders.is_empty());
        let with_past = self.desk.accounts().filter(|(_, row)| has_past(row));
        let with_past: Vec<AccountId> = with_past.map(|(id, _)| id).collect();
        self.journal.hear(enabled, &with_past);
    }

    /// True while frames are kept.
    pub const fn is_heard(&self) -> bool {
        self.journal.is_heard()
    }

    /// The number that the first frame of a topic of an account follows.
    pub fn frame_base(&self, account: AccountId, topic: Topic) -> u64 {
        self.journal.frame_base(account, topic)
    }

    /// Keeps frames from now on, numbered after those that were told of everything so far.
    pub fn resume_frames(&mut self, told: impl IntoIterator<Item = (AccountId, Topic, u64)>) {
        self.listen(true);
        self.journal.number_after(told);
    }

    /// Frames since the last take, in order.
    pub fn take_frames(&mut self) -> Vec<Frame> {
        self.settle_frames();
        self.journal.take_frames()
    }

    /// Brings rows and alerts up to the present, as a take would; how many frames wait for one.
    pub fn settle_frames(&mut self) -> usize {
        self.telling(|teller| {
            teller.finish_rows(None);
            teller.tell_alerts();
        });
        self.journal.frames().len()
    }

    /// Makes rows of what was noted.
    #[inline]
    pub(in crate::engine) fn tell_readers(&mut self) {
        if self.journal.has_noted() {
            self.telling(|_| ());
        }
    }

    /// An epoch began: what was said so far stands, the next number is 1.
    pub(in crate::engine) fn publish_epoch(&mut self, account: AccountId, epoch: u32) {
        self.telling(|teller| teller.finish_rows(Some(account)));
        self.journal.begin_numbers(account, epoch, self.agenda.now_ns());
    }

    /// Tells a row, after what was noted before it.
    pub(in crate::engine) fn publish(&mut self, account: AccountId, topic: Topic, data: &Value) {
        self.telling(|teller| {
            if topic == Topic::Alert {
                // Of what came before it first.
                teller.tell_alerts();
            }
        });
        self.journal.push_frame(account, topic, self.agenda.now_ns(), data);
    }

    /// Works on frames while somebody listens, after what was noted became rows. They lie beside
    /// the engine meanwhile, which is read.
    fn telling(&mut self, work: impl FnOnce(&mut Teller<'_>)) {
        let Some(mut outbox) = self.journal.lift_outbox() else { return };
        let mut teller = Teller { engine: self, outbox: &mut outbox };
        teller.tell_noted();
        work(&mut teller);
        self.journal.put_outbox(outbox);
    }
}
