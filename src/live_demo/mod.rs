//! Demo mode: a contest in which anybody may give points to anybody, to show a board that moves.
//!
//! A demo is a contest like any other, with its ledger, events, board and sockets; what sets it apart
//! is its kind. Points are corrections with the reason "demo", so nothing here goes past the rules
//! that the checker knows. The module serves two contracts: Podium's own under `/api/v1/demo`, and
//! that of an earlier live leaderboard (`contract.rs`, `socket.rs`), whose clients go on working.

pub mod commands;
mod contract;
pub mod queries;
pub mod routes;
mod shown;
pub mod socket;
pub mod stage;

use rocket::Route;
use utoipa::OpenApi;

use crate::contests::{Contest, ContestKind};
use crate::error::{Error, Refusal};
use crate::types::Points;

pub use stage::Stage;

/// The code of the demo that is there without anybody having made it.
pub const CODE: &str = "ARCADE";

/// How the earlier contract calls it.
pub const SESSION: &str = "DEMO123";

/// Points that one change may give at most.
pub const MOST: Points = 100;

/// Somebody to play as.
#[derive(Debug, PartialEq, Eq)]
pub struct DemoUser {
    /// As clients name them.
    pub id: &'static str,
    /// As the board does.
    pub name: &'static str,
    /// What they have once the demo is populated.
    pub sample: Points,
}

const fn user(id: &'static str, name: &'static str, sample: Points) -> DemoUser {
    DemoUser { id, name, sample }
}

/// Everybody there is to play as.
pub static USERS: [DemoUser; 8] = [
    user("alice", "Alice", 85),
    user("bob", "Bob", 120),
    user("charlie", "Charlie", 60),
    user("diana", "Diana", 150),
    user("eve", "Eve", 95),
    user("frank", "Frank", 45),
    user("grace", "Grace", 110),
    user("henry", "Henry", 75),
];

impl DemoUser {
    /// By the id that a client sent.
    ///
    /// # Errors
    /// `Invalid` at this pointer.
    pub fn find(id: &str, pointer: &str) -> Result<&'static Self, Error> {
        let found = USERS.iter().find(|user| user.id == id);
        found.ok_or_else(|| {
            let known: Vec<_> = USERS.iter().map(|user| user.id).collect();
            Error::invalid_field(pointer, format!("must be one of {}", known.join(", ")))
        })
    }

    /// By the name on the board.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        USERS.iter().find(|user| user.name == name)
    }
}

/// What one change may give.
///
/// # Errors
/// `Invalid` at this pointer.
pub fn must_be_bounded(points: Points, pointer: &str) -> Result<(), Error> {
    if (1..=MOST).contains(&points) {
        return Ok(());
    }
    Err(Error::invalid_field(pointer, format!("must be 1 to {MOST}")))
}

/// Points are given away in demos only.
///
/// # Errors
/// `NotADemo`.
pub fn must_be_demo(contest: &Contest) -> Result<(), Error> {
    if contest.kind == ContestKind::Demo { Ok(()) } else { Err(Refusal::NotADemo.into()) }
}

/// Podium's own routes, under `/api/v1`.
#[must_use]
pub fn api() -> Vec<Route> {
    rocket::routes![routes::get_demo, routes::populate_demo, routes::reset_demo, routes::give_demo_points,]
}

/// What existing clients call.
#[must_use]
pub fn contract() -> Vec<Route> {
    rocket::routes![
        contract::get_demo_information,
        contract::get_demo_leaderboard,
        contract::populate_demo_data,
        contract::reset_demo_leaderboard,
    ]
}

/// The description of both.
#[derive(OpenApi)]
#[openapi(paths(
    routes::get_demo,
    routes::populate_demo,
    routes::reset_demo,
    routes::give_demo_points,
    contract::get_demo_information,
    contract::get_demo_leaderboard,
    contract::populate_demo_data,
    contract::reset_demo_leaderboard,
))]
#[derive(Debug)]
pub struct Api;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn every_user_is_found_by_id_and_by_name_and_has_a_name_of_their_own() {
        for user in &USERS {
            assert_eq!(DemoUser::find(user.id, "/userId").unwrap(), user);
            assert_eq!(DemoUser::named(Name::parse(user.name).unwrap().as_str()), Some(user));
            assert_eq!(USERS.iter().filter(|other| other.name == user.name).count(), 1);
            assert!(user.sample > 0);
        }
        assert!(DemoUser::find("Alice", "/userId").is_err() && DemoUser::find("", "/userId").is_err());
    }

    #[test]
    fn a_change_gives_a_few_points_and_takes_none() {
        for good in [1, 25, MOST] {
            assert!(must_be_bounded(good, "/points").is_ok());
        }
        for bad in [i64::MIN, -25, 0, MOST + 1, i64::MAX] {
            assert!(must_be_bounded(bad, "/points").is_err(), "{bad}");
        }
    }
}
