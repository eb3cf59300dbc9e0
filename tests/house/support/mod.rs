//! What every test stands on: a PostgreSQL, a database of its own, real servers on free
//! ports, and clients that speak HTTP and WebSocket only.

mod account;
mod app;
mod browser;
mod client;
mod contest;
mod crowd;
mod logs;
mod page;
mod postgres;
mod process;
mod proxy;
mod race;
mod redis;
mod replica;
mod room;
mod schema;
mod server;
mod socket;
mod stopwatch;
mod wait;

pub use account::{Account, PASSWORD, problem, refresh, sign_in};
pub use app::{Instance, JWT_SECRET, POOL, TestApp, config, rows};
pub use browser::Browser;
pub use client::{Client, Reply};
pub use contest::{Contest, Team, asked, choice};
pub use logs::logged;
pub use page::Page;
pub use postgres::fresh_database;
pub use proxy::{Proxy, Way};
pub use race::{fifty, patiently, tally};
pub use redis::Redis;
pub use replica::Replicated;
pub use room::{Member, Room};
pub use schema::{fits, must_be_described};
pub use server::Server;
pub use socket::Socket;
pub use stopwatch::Stopwatch;
pub use wait::{DEADLINE, until};
