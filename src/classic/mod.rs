//! The contract of existing clients, on the contest that is marked as the current one.

pub mod socket;
