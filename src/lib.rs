//! Podium: the quiz-competition server.

pub mod assignments;
pub mod auth;
pub mod body;
pub mod contests;
pub mod db;
pub mod error;
pub mod events;
pub mod grading;
pub mod leaderboard;
pub mod ledger;
pub mod mystery_boxes;
pub mod postgres;
pub mod questions;
pub mod request;
pub mod schema;
pub mod sql;
pub mod submissions;
pub mod teams;
pub mod types;
pub mod withdrawals;
