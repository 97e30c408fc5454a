//! Dense identifiers. Each is an index into the table that made it, so look-ups cost one bound check.

use crate::reject::text_enum;

macro_rules! dense_id {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $int);

        impl $name {
            /// Position in its table.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl crate::table::Dense for $name {
            fn from_index(index: u32) -> Self {
                Self(<$int>::try_from(index).unwrap_or(<$int>::MAX))
            }

            fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

dense_id!(
    /// A venue: row of [`crate::venue::VENUES`], ordered by venue id text.
    VenueId(u8)
);
dense_id!(
    /// An asset: a `(kind, code)` pair such as fiat `USD`, crypto `USDC`, one outcome of an event market.
    AssetId(u32)
);
dense_id!(
    /// One order book: an instrument listed at one venue.
    MarketId(u32)
);
dense_id!(
    /// One client in one mode.
    AccountId(u32)
);
dense_id!(
    /// A symbol of the registry.
    SymbolId(u32)
);
dense_id!(
    /// An order of the engine, in order of creation.
    OrderId(u32)
);
dense_id!(
    /// An execution graph of the engine.
    GraphIx(u32)
);
dense_id!(
    /// A fill of the engine, in order of booking.
    FillIx(u32)
);
dense_id!(
    /// A position row of the engine.
    RowIx(u32)
);

/// Direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Takes asks, rests as a bid.
    Buy,
    /// Takes bids, rests as an ask.
    Sell,
}

impl Side {
    /// The other direction.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// The side of the book an order of this direction takes from.
    pub const fn takes(self) -> BookSide {
        match self {
            Self::Buy => BookSide::Ask,
            Self::Sell => BookSide::Bid,
        }
    }

    /// The side of the book an order of this direction rests on.
    pub const fn rests(self) -> BookSide {
        match self {
            Self::Buy => BookSide::Bid,
            Self::Sell => BookSide::Ask,
        }
    }

    /// Wire text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

/// One side of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BookSide {
    /// Buyers; best is highest.
    Bid,
    /// Sellers; best is lowest.
    Ask,
}

/// Outcome of a binary event market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Pays 1 when the event happens.
    Yes,
    /// Pays 1 when it does not.
    No,
}

impl Outcome {
    /// Wire text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "YES",
            Self::No => "NO",
        }
    }
}

/// What kind of instrument a market trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstrumentKind {
    /// Base asset against quote asset.
    Spot,
    /// Perpetual future, settled in cash against margin.
    Perp,
    /// One binary event market with a YES and a NO outcome.
    Prediction,
}

impl InstrumentKind {
    /// Wire text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spot => "spot",
            Self::Perp => "perp",
            Self::Prediction => "prediction",
        }
    }
}

/// A reservation of the ledger: lives until it is released or its rest is settled, exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationId {
    pub(crate) index: u32,
    /// How often its slot was used before: an id that ended is never mistaken for a later one.
    pub(crate) generation: u32,
}

impl ReservationId {
    /// An id that no reservation has, or will have.
    pub(crate) const fn ended() -> Self {
        Self { index: u32::MAX, generation: u32::MAX }
    }
}

text_enum!(
    /// Kind of an asset or position row, in wire order.
    AssetKind {
        /// National currency.
        Fiat = "fiat",
        /// Crypto asset, stablecoins included.
        Crypto = "crypto",
        /// Perpetual position; never an asset of the ledger.
        Perp = "perp",
        /// One outcome of an event market.
        EventContract = "event_contract",
    }
);
