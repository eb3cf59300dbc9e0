//! The words every room speaks: ids, points, instants and states.

use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Points: signed whole numbers, because a price is a change like any other.
pub type Points = i64;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
                 AsExpression, FromSqlRow, ToSchema)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id; later ones sort after earlier ones (UUIDv7).
            #[allow(clippy::new_without_default)]
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The bare UUID, for places where several kinds of id meet.
            #[must_use]
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl<'a> rocket::request::FromParam<'a> for $name {
            type Error = std::convert::Infallible;
            /// What cannot be an id names nothing: it is answered like any missing one.
            fn from_param(text: &'a str) -> Result<Self, Self::Error> {
                Ok(text.parse().unwrap_or(Self(Uuid::nil())))
            }
        }

        impl FromSql<diesel::sql_types::Uuid, Pg> for $name {
            fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
                <Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(bytes).map(Self)
            }
        }

        impl ToSql<diesel::sql_types::Uuid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <Uuid as ToSql<diesel::sql_types::Uuid, Pg>>::to_sql(&self.0, out)
            }
        }
    )+};
}

ids! {
    /// One competition.
    ContestId,
    /// A team of one contest.
    TeamId,
    /// A person of a team.
    MemberId,
    /// A question of the bank.
    QuestionId,
    /// "This team holds this question."
    AssignmentId,
    /// An answer that was sent.
    SubmissionId,
    /// A verdict on a submission.
    JudgementId,
    /// A mystery box on offer.
    BoxId,
    /// A box that was paid for.
    OpeningId,
    /// What a team asked staff.
    ClarificationId,
    /// A correction of points by staff.
    AdjustmentId,
    /// A token of an admin.
    StaffTokenId,
    /// Somebody who signs in with a password.
    AccountId,
    /// One sign-in, with all the tokens that follow from it.
    SessionId,
    /// A token that an account made for a program.
    ApiTokenId,
    /// What many contests are played of.
    GameId,
    /// A score that an account reported of itself.
    ReportId,
    /// What somebody said in a room.
    MessageId,
}

/// An enum that is stored and sent as the same text; `#[serde(rename_all)]` is not
/// used so that the two can never drift apart.
macro_rules! text_enum {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
                 serde::Serialize, serde::Deserialize,
                 diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every value, in order.
            #[allow(dead_code)]
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The text it is stored and sent as.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        // Derived, it would list the names of the variants: a derive cannot see into `$text`.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .description(Some([$($doc.trim()),*].join("\n")))
                    .enum_values(Some([$($text),+]))
                    .build()
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("{text:?} is not one of {}", [$($text),+].join(", "))),
                }
            }
        }

        impl<'a> rocket::form::FromFormField<'a> for $name {
            fn from_value(field: rocket::form::ValueField<'a>) -> rocket::form::Result<'a, Self> {
                field.value.parse().map_err(|e: String| rocket::form::Error::validation(e).into())
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<
                    diesel::sql_types::Text, diesel::pg::Pg>>::from_sql(bytes)?;
                Ok(text.parse::<Self>()?)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>)
                -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>>::to_sql(
                    self.as_str(), out)
            }
        }
    };
}
pub(crate) use text_enum;

text_enum! {
    /// How hard a question is.
    Difficulty { Easy = "EASY", Medium = "MEDIUM", Hard = "HARD" }
}

text_enum! {
    /// Where a question is drawn from: by teams, or by opening mystery boxes.
    Pool { Regular = "regular", Mystery = "mystery" }
}

/// A page of a list, and where the next one begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// At most `limit` items.
    pub data: Vec<T>,
    /// Send it as `cursor` to get the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a page out of `limit + 1` rows: the extra one proves that there is more.
    #[must_use]
    pub fn cut(mut rows: Vec<T>, limit: i64, cursor_of: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = more.then(|| rows.last().map(cursor_of)).flatten();
        Self { data: rows, next_cursor }
    }
}

/// Writes instants as RFC 3339 in UTC with milliseconds.
pub mod millis {
    use super::{DateTime, Utc};
    use chrono::SecondsFormat;
    use serde::Serializer;

    /// For a field that is always there.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    /// For a field that may be missing.
    pub mod option {
        use super::{DateTime, SecondsFormat, Serializer, Utc};

        /// Null when missing.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, out: S) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => out.serialize_some(&at.to_rfc3339_opts(SecondsFormat::Millis, true)),
                None => out.serialize_none(),
            }
        }
    }
}
