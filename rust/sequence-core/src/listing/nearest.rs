//! What is said of a symbol that nobody lists.

use crate::ids::{InstrumentKind, VenueId};
use crate::nearest::did_you_mean;
use crate::registry::Registry;

/// The sentence of a refusal, with the listed names nearest to the text.
pub fn unknown_symbol(registry: &Registry, text: &str) -> String {
    let listed = registry.symbols().map(|(_, row)| &*row.text);
    format!("unknown symbol {text:?}{}", did_you_mean(text, listed))
}

/// The same of a text that names no event market of a venue.
pub fn unknown_event_market(registry: &Registry, venue: VenueId, text: &str) -> String {
    let listed = registry
        .symbols()
        .filter(|(id, row)| {
            row.kind == InstrumentKind::Prediction && registry.market_at(*id, venue).is_some()
        })
        .map(|(_, row)| &*row.text);
    format!("{} has no event market {text:?}{}", venue.as_str(), did_you_mean(text, listed))
}
