//! The rules of queues that are scored against each other.

use crate::sim::choice::QueueChoice;

/// The rules that are compared, the default first.
pub const RULES: [QueueChoice; 5] = [
    QueueChoice::LotsAuto,
    QueueChoice::RiskAverse,
    QueueChoice::Uniform,
    QueueChoice::PowerX3,
    QueueChoice::AllAhead,
];
