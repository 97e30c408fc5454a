//! The closed sets of words in a graph.

use crate::reject::text_enum;

text_enum!(
    /// When a node starts.
    Activation {
        /// At acceptance.
        Root = "root",
        /// When an edge activates it.
        Wait = "wait",
    }
);

text_enum!(
    /// How many incoming edges a node needs.
    Join {
        /// One is enough.
        Any = "any",
        /// Every one.
        All = "all",
    }
);

text_enum!(
    /// When a node reserves what it may cost.
    Reserve {
        /// When it becomes active.
        AtActivation = "at_activation",
        /// With the roots.
        AtSubmit = "at_submit",
    }
);

text_enum!(
    /// What a pegged price follows.
    PegTo {
        /// The best bid.
        Bid = "bid",
        /// The best ask.
        Ask = "ask",
        /// Half way between them.
        Mid = "mid",
    }
);

text_enum!(
    /// Which price a trigger looks at.
    PriceReference {
        /// Half way between best bid and best ask.
        Mid = "mid",
        /// The best bid.
        Bid = "bid",
        /// The best ask.
        Ask = "ask",
        /// The last trade.
        Last = "last",
        /// What positions are valued at.
        Mark = "mark",
    }
);

text_enum!(
    /// What the source must do before an edge looks at prices.
    Arm {
        /// Fill in full.
        FullFill = "on_full_fill",
        /// Fill at all.
        FirstFill = "on_first_fill",
        /// Be acknowledged.
        Accepted = "on_accepted",
    }
);

text_enum!(
    /// What a source does.
    Word {
        /// A venue has its first order.
        Accepted = "on_accepted",
        /// It filled for the first time.
        FirstFill = "on_first_fill",
        /// It filled; the only trigger that fires again.
        Fill = "on_fill",
        /// It filled in full.
        FullFill = "on_full_fill",
        /// Filled ÷ total reached the condition's ratio.
        FillRatio = "on_fill_ratio",
        /// It was cancelled.
        Cancel = "on_cancel",
        /// It was rejected.
        Reject = "on_reject",
        /// Its time ran out.
        Expire = "on_expire",
        /// It ended.
        Done = "on_done",
    }
);

text_enum!(
    /// What an edge does to its target.
    Action {
        /// Starts it.
        Activate = "activate",
        /// Withdraws its orders and keeps it from starting.
        Cancel = "cancel",
        /// Makes its open order smaller.
        Reduce = "reduce",
    }
);

text_enum!(
    /// What becomes of what a slice did not fill.
    CatchUp {
        /// It stays undone.
        None = "none",
        /// The next slice takes it.
        Next = "next",
        /// The slices that are left share it.
        Spread = "spread",
    }
);
