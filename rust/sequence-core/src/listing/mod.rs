//! A symbol at a venue: its first grid, its spelling there, what it settles in, and how it is listed.
//!
//! Stands above [`crate::symbol`], which knows how names are written, [`crate::venue`], which knows
//! no name, and [`crate::registry`], which knows what is listed.

mod demo;
mod enlist;
mod grids;
mod nearest;
mod settlement;
mod spelling;
#[cfg(test)]
mod tests;

pub use demo::{DEMO_LISTINGS, DemoListing, demo_listing};
pub use enlist::{Source, enlist, find, resolve};
pub use grids::{hand_fed_grid, recorded_grid};
pub use nearest::{unknown_event_market, unknown_symbol};
pub use settlement::settlement_asset;
pub use spelling::venue_symbol;
