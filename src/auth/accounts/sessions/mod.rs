//! Sessions: one sign-in, and everything that follows from it until it ends.

pub mod commands;
