//! The contract of existing clients, on the contest that is marked as the current one.
//!
//! Thin handlers over the commands that everybody uses. Field names are camelCase here and
//! only here; errors are the same problems as everywhere.

mod commands;
mod mystery;
mod play;
mod queries;
mod questions;
pub mod socket;
mod teams;

use rocket::Route;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::auth::{Admin, Caller, Player};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::types::{ContestId, Page, TeamId};

/// Everything existing clients call.
#[must_use]
pub fn routes() -> Vec<Route> {
    rocket::routes![
        teams::routes::register_classic_team,
        teams::routes::list_classic_teams,
        teams::routes::get_classic_team,
        teams::routes::edit_classic_team,
        teams::routes::delete_classic_team,
        play::routes::take_classic_question,
        play::routes::submit_classic_answer,
        play::routes::assign_classic_mystery,
        questions::routes::create_classic_question,
        questions::routes::list_classic_questions,
        questions::routes::get_classic_question,
        questions::routes::edit_classic_question,
        questions::routes::delete_classic_question,
        mystery::create_classic_mystery,
        mystery::list_classic_mystery,
        mystery::get_classic_mystery,
        mystery::edit_classic_mystery,
        mystery::delete_classic_mystery,
        socket::open_classic_socket,
    ]
}

/// The description of the same routes.
#[derive(OpenApi)]
#[openapi(paths(
    teams::routes::register_classic_team,
    teams::routes::list_classic_teams,
    teams::routes::get_classic_team,
    teams::routes::edit_classic_team,
    teams::routes::delete_classic_team,
    play::routes::take_classic_question,
    play::routes::submit_classic_answer,
    play::routes::assign_classic_mystery,
    questions::routes::create_classic_question,
    questions::routes::list_classic_questions,
    questions::routes::get_classic_question,
    questions::routes::edit_classic_question,
    questions::routes::delete_classic_question,
    mystery::create_classic_mystery,
    mystery::list_classic_mystery,
    mystery::get_classic_mystery,
    mystery::edit_classic_mystery,
    mystery::delete_classic_mystery,
    socket::open_classic_socket,
))]
#[derive(Debug)]
pub struct Api;

/// Who acts for a team: staff for any, a team's own token for its own.
#[derive(Debug)]
enum Actor {
    Staff(Admin),
    Member(Player),
}

impl Actor {
    /// # Errors
    /// `NotAuthenticated` without a token, `NotAllowed` for an account that is neither.
    fn of(caller: Caller) -> Result<Self, Error> {
        match caller {
            Caller::Admin(admin) => Ok(Self::Staff(admin)),
            Caller::Player(player) => Ok(Self::Member(player)),
            Caller::Guest(_) => Err(Refusal::NotAllowed.because("this is for staff and teams")),
            Caller::Spectator => Err(Refusal::NotAuthenticated.into()),
        }
    }

    /// Whose idempotency keys these are.
    fn principal(&self) -> String {
        match self {
            Self::Staff(admin) => admin.principal(),
            Self::Member(player) => player.principal(),
        }
    }

    /// The player of a team that was found by its name.
    ///
    /// # Errors
    /// `NotFound` for another team's token: foreign and missing look the same.
    fn plays(&self, contest: ContestId, team: TeamId) -> Result<Player, Error> {
        match self {
            Self::Staff(admin) => Ok(admin.for_team(contest, team)),
            Self::Member(player) if player.contest() == contest && player.team() == team => {
                Ok(player.clone())
            }
            Self::Member(_) => Err(Refusal::NotFound.because("no team has this name")),
        }
    }
}

/// The contest that everything here is about.
async fn current(db: &Db) -> Result<ContestId, Error> {
    Ok(crate::contests::queries::current(&mut *db.conn().await?).await?.id)
}

/// A page of a list, and where the next one begins.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClassicPage<T> {
    /// At most `limit` items.
    data: Vec<T>,
    /// Send it as `cursor` to get the next page; null on the last one.
    next_cursor: Option<String>,
}

impl<T> From<Page<T>> for ClassicPage<T> {
    fn from(Page { data, next_cursor }: Page<T>) -> Self {
        Self { data, next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_teams_token_acts_for_its_own_team_only() {
        let (contest, own) = (ContestId::new(), TeamId::new());
        let member = || Actor::Member(Admin::at_the_machine().for_team(contest, own));
        assert!(member().plays(contest, own).is_ok());
        for (contest, team) in [(contest, TeamId::new()), (ContestId::new(), own)] {
            let refused = member().plays(contest, team).expect_err("another team");
            assert_eq!(refused.refusal(), Some(Refusal::NotFound));
        }
        assert!(Actor::Staff(Admin::at_the_machine()).plays(contest, own).is_ok());
        assert!(Actor::of(Caller::Spectator).is_err());
    }
}
