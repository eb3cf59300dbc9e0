//! Podium: the quiz-competition server.

pub mod auth;
pub mod body;
pub mod classic;
pub mod contests;
pub mod db;
pub mod error;
pub mod events;
pub mod leaderboard;
pub mod ledger;
pub mod postgres;
pub mod realtime;
pub mod request;
pub mod schema;
pub mod sql;
pub mod types;
