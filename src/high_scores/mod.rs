//! High scores: who has ever been best in a game.
//!
//! A game is either what many contests are played of, or one whose scores accounts report of
//! themselves; the two never mix. Its board ranks each account by its best score. The rank of one
//! account among many is counted by Redis, when there is one ([`ranks`]), and by PostgreSQL
//! otherwise: the two give the same answer.

pub mod commands;
pub mod credits;
pub mod page;
pub mod queries;
pub mod ranks;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::{game, reported_score};
use crate::types::{AccountId, GameId, Points, ReportId, millis};

pub use ranks::Ranks;

/// The greatest score that can be reported, and the least one but for its sign. Up to here a double,
/// which is what clients read numbers as and Redis ranks by, holds every whole number exactly.
pub const MOST: Points = (1 << 53) - 1;

/// A game, as everybody sees it.
#[derive(Debug, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = game)]
pub struct GameView {
    /// Its id.
    pub id: GameId,
    /// What it is called in paths.
    #[schema(example = "capitals")]
    pub slug: String,
    /// What it is called.
    #[schema(example = "Capitals of the world")]
    pub title: String,
    /// Whether accounts report their scores themselves; if not, they come from its contests.
    pub self_reported: bool,
    /// Whose days reports of what was reported in it count in.
    #[schema(example = "Europe/Vienna")]
    pub time_zone: String,
    /// For `If-Match`.
    #[schema(example = 1)]
    pub version: i32,
    /// When it was made.
    #[serde(serialize_with = "millis::serialize")]
    pub created_at: DateTime<Utc>,
}

/// How a path names a game: by id or by slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GameRef {
    /// By its id.
    Id(GameId),
    /// By its slug, in lower case.
    Slug(String),
}

impl GameRef {
    /// What somebody calls a game.
    #[must_use]
    pub fn named(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Slug(text.to_ascii_lowercase()), Self::Id)
    }
}

impl<'a> rocket::request::FromParam<'a> for GameRef {
    type Error = std::convert::Infallible;
    fn from_param(text: &'a str) -> Result<Self, Self::Error> {
        Ok(Self::named(text))
    }
}

/// A score that an account reported of itself.
#[derive(Debug, Serialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = reported_score)]
pub struct ReportedScore {
    /// Its id; later ones sort after earlier ones, as far as the clocks of instances agree.
    pub id: ReportId,
    /// How many points.
    #[schema(example = 4200)]
    pub score: Points,
    /// When it was received.
    #[serde(serialize_with = "millis::serialize")]
    pub at: DateTime<Utc>,
}

/// Somebody on the board of a game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HighScore {
    /// Accounts with equal scores share it: 1, 2, 2, 4.
    #[schema(example = 1)]
    pub rank: i64,
    /// Which account.
    pub account_id: AccountId,
    /// What it is called.
    #[schema(example = "ada")]
    pub name: String,
    /// Its best score.
    #[schema(example = 4200)]
    pub score: Points,
}

/// Where an account stands among all of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnRank {
    /// One more than the number of accounts with a better score; null without a score.
    #[schema(example = 17)]
    pub rank: Option<i64>,
    /// The best score of the account; null when it has none.
    #[schema(example = 4200)]
    pub score: Option<Points>,
    /// How many other accounts are on the board.
    #[schema(example = 999_999)]
    pub others: i64,
}

/// Where a score stands: what is counted to know a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The score that was asked for, or that of the account; `None` when it has none.
    pub score: Option<Points>,
    /// How many accounts have a better one.
    pub ahead: i64,
    /// How many are on the board.
    pub players: i64,
}

impl From<Place> for OwnRank {
    fn from(place: Place) -> Self {
        let on_board = place.score.is_some();
        Self {
            rank: on_board.then_some(place.ahead + 1),
            score: place.score,
            others: place.players - i64::from(on_board),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_is_one_more_than_those_ahead_and_nobody_is_their_own_other() {
        let place = Place { score: Some(7), ahead: 0, players: 3 };
        assert_eq!(OwnRank::from(place), OwnRank { rank: Some(1), score: Some(7), others: 2 });
        let nowhere = Place { score: None, ahead: 0, players: 3 };
        assert_eq!(OwnRank::from(nowhere), OwnRank { rank: None, score: None, others: 3 });
    }

    #[test]
    fn a_game_is_named_by_id_or_by_slug_in_any_capitals() {
        let id = GameId::new();
        assert_eq!(GameRef::named(&id.to_string()), GameRef::Id(id));
        assert_eq!(GameRef::named("Capitals-2"), GameRef::Slug("capitals-2".to_owned()));
    }
}
