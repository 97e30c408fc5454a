//! The two ways to say no, as closed sets with stable names.
//!
//! A [`Refusal`] comes before anything is recorded and becomes an HTTP error. A [`RejectReason`]
//! belongs to an order that was admitted and could not go on; a [`DoneReason`] says why it ended.

use std::borrow::Cow;

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every variant, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Stable wire text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Parses the wire text, case-sensitive.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use text_enum;

text_enum!(
    /// What kind of refusal it is; decides the HTTP status.
    RefusalKind {
        /// 422: the request is well formed and cannot be admitted.
        Validation = "VALIDATION_ERROR",
        /// 409: the state does not allow it.
        Conflict = "CONFLICT",
        /// 404: no such thing, or another client's.
        NotFound = "NOT_FOUND",
        /// 429: too many orders in a short time.
        RateLimited = "RATE_LIMITED",
        /// 501: known, not offered.
        CapabilityMissing = "CAPABILITY_MISSING",
    }
);

/// A command that was refused before anything was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Decides the status.
    pub kind: RefusalKind,
    /// Field the message is about, in wire spelling; empty when none.
    pub field: Cow<'static, str>,
    /// For people.
    pub message: Cow<'static, str>,
}

impl Refusal {
    /// 422 about a field.
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { kind: RefusalKind::Validation, field: field.into(), message: message.into() }
    }

    /// 409.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: RefusalKind::Conflict, field: Cow::Borrowed(""), message: message.into() }
    }

    /// 429.
    pub fn rate_limited(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: RefusalKind::RateLimited, field: Cow::Borrowed(""), message: message.into() }
    }

    /// 404.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: RefusalKind::NotFound, field: Cow::Borrowed(""), message: message.into() }
    }
}

impl From<crate::number::NumberError> for Refusal {
    fn from(error: crate::number::NumberError) -> Self {
        Self::invalid("", format!("a number {error}"))
    }
}

text_enum!(
    /// Why an admitted order was rejected.
    RejectReason {
        /// Unknown error.
        Unknown = "UNKNOWN",
        /// Cash, margin or inventory is missing.
        InsufficientBalance = "INSUFFICIENT_BALANCE",
        /// Bad price, quantity or symbol; post-only where it is not offered.
        InvalidParams = "INVALID_PARAMS",
        /// Venue rate limit.
        RateLimit = "RATE_LIMIT",
        /// Venue temporarily unavailable or halted.
        ExchangeBusy = "EXCHANGE_BUSY",
        /// Network error.
        Network = "NETWORK",
        /// Bad venue credentials.
        Auth = "AUTH",
        /// A risk check without a code of its own.
        Risk = "RISK",
        /// Position limit.
        PositionLimit = "POSITION_LIMIT",
        /// The kill switch is engaged.
        KillSwitch = "KILL_SWITCH",
        /// The price is too far from the market.
        PriceDeviation = "PRICE_DEVIATION",
        /// Daily loss limit.
        DailyLossLimit = "DAILY_LOSS_LIMIT",
        /// The venue is not available any more.
        BadVenue = "BAD_VENUE",
        /// No eligible book is live.
        StaleVenue = "STALE_VENUE",
        /// The venue's own rules refused it.
        ExchangeReject = "EXCHANGE_REJECT",
    }
);

text_enum!(
    /// Why an order ended; a rejected one shows its [`RejectReason`] instead.
    DoneReason {
        /// Filled in full.
        Filled = "FILLED",
        /// Cancelled by its client.
        CancelledByClient = "CANCELLED_BY_CLIENT",
        /// Its graph was cancelled.
        GraphCancelled = "GRAPH_CANCELLED",
        /// Venue cancel-all.
        VenueCancelAll = "VENUE_CANCEL_ALL",
        /// Another root of the graph was rejected.
        RootRejected = "ROOT_REJECTED",
        /// Positions were replaced.
        Replaced = "REPLACED",
        /// The account was reset.
        Reset = "RESET",
        /// Rest of an immediate-or-cancel order.
        IocRemainder = "IOC_REMAINDER",
        /// The price cap stopped the walk.
        SlippageCap = "SLIPPAGE_CAP",
        /// The book ran out.
        NoLiquidity = "NO_LIQUIDITY",
        /// The walk reached its level limit.
        MaxLevels = "MAX_LEVELS",
        /// A remainder no venue takes.
        BelowLot = "BELOW_LOT",
        /// It would have traded with an own order.
        SelfTrade = "SELF_TRADE",
        /// Time ran out.
        Expired = "EXPIRED",
        /// The market closed.
        MarketClosed = "MARKET_CLOSED",
        /// The venue halted.
        Halted = "HALTED",
        /// Closed by a liquidation.
        Liquidated = "LIQUIDATED",
    }
);

/// Why an admitted order cannot go on, and a sentence about it.
pub(crate) type Rejected = (RejectReason, String);
