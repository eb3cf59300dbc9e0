//! Clarifications: a team asks staff, staff answers the asker or everybody. An answer to everybody
//! is an announcement in staff's own words, so that nobody learns who asked, nor of a question that
//! belongs to another team.

pub mod commands;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, Limited, Refusal};
use crate::ledger::TeamState;
use crate::types::{ClarificationId, QuestionId, TeamId, millis, text_enum};

/// How many questions of a team may wait for an answer.
pub const MOST_OPEN: i64 = 5;

/// How many questions a team may ask
pub const MOST: u32 = 10;

/// in this time.
pub const WINDOW: Duration = Duration::minutes(10);

text_enum! {
    /// Whether a clarification waits, or who has heard the answer.
    ClarificationState { Open = "open", Answered = "answered", Published = "published" }
}

text_enum! {
    /// Who hears an answer.
    Hearers { Asker = "asker", All = "all" }
}

/// What a team has asked so far.
#[derive(Debug, Clone, QueryableByName)]
pub struct AskedSoFar {
    #[diesel(sql_type = BigInt)]
    open: i64,
    /// When the last ten were asked, the first of them; null when there are fewer.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    tenth: Option<DateTime<Utc>>,
}

impl AskedSoFar {
    /// Whether the team may ask once more.
    ///
    /// # Errors
    /// `TooManyClarifications` while as many wait as may, `RateLimited` when it asks too fast.
    pub fn must_ask(&self, now: DateTime<Utc>) -> Result<(), Error> {
        if self.open >= MOST_OPEN {
            return Err(Refusal::TooManyClarifications.because(format!("{} wait for an answer", self.open)));
        }
        match self.tenth.map(|tenth| tenth + WINDOW - now).filter(|wait| *wait > Duration::zero()) {
            None => Ok(()),
            Some(wait) => {
                let seconds = |length: Duration| u64::try_from(length.num_seconds()).unwrap_or(0);
                let (window_s, wait_s) = (seconds(WINDOW), seconds(wait) + 1);
                Err(Refusal::RateLimited.limited(Limited {
                    policy: "clarifications",
                    quota: MOST,
                    window_s,
                    wait_s,
                }))
            }
        }
    }
}

/// A team that was disqualified may still ask why.
///
/// # Errors
/// `TeamInactive`.
pub fn must_be_here(state: TeamState) -> Result<(), Error> {
    match state {
        TeamState::Active | TeamState::Disqualified => Ok(()),
        TeamState::Withdrawn | TeamState::Deleted => {
            Err(Refusal::TeamInactive.because(format!("the team is {state}")))
        }
    }
}

/// What a team asked, as the team and staff see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClarificationView {
    /// Its id.
    pub id: ClarificationId,
    /// Who asked.
    pub team_id: TeamId,
    /// The team's name.
    #[schema(example = "Red Pandas")]
    pub team: String,
    /// Which of its members.
    #[schema(example = "Ada")]
    pub asked_by: String,
    /// The question of the team's own that it is about, if any.
    pub question_id: Option<QuestionId>,
    /// What was asked.
    #[schema(example = "Are accents needed?")]
    pub text: String,
    /// When.
    #[serde(serialize_with = "millis::serialize")]
    pub asked_at: DateTime<Utc>,
    /// Whether it waits, or who has heard the answer.
    pub state: ClarificationState,
    /// The last one holds; those before it were corrected.
    pub answers: Vec<ClarificationAnswer>,
}

/// An answer.
#[derive(Debug, Clone, Serialize, QueryableByName, ToSchema)]
pub struct ClarificationAnswer {
    #[diesel(sql_type = SqlUuid)]
    #[serde(skip)]
    clarification_id: ClarificationId,
    /// 1, 2, 3, …; from 2 on a correction.
    #[diesel(sql_type = SmallInt)]
    #[schema(example = 1)]
    pub answer_no: i16,
    /// What staff says, as Markdown.
    #[diesel(sql_type = Text)]
    #[schema(example = "No")]
    pub text: String,
    /// The number of the announcement by which everybody was told; null when only the asker was.
    #[diesel(sql_type = Nullable<Integer>)]
    pub announcement: Option<i32>,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub answered_at: DateTime<Utc>,
    /// For staff: who answered.
    #[diesel(sql_type = Nullable<Text>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl ClarificationView {
    /// Whether an answer may follow: the first one, or a correction of the last one; and what
    /// everybody was told is corrected before everybody.
    ///
    /// # Errors
    /// `ClarificationAnswered` when somebody was faster, `Invalid`.
    pub fn must_take(&self, corrects: Option<i16>, to: Hearers) -> Result<(), Error> {
        let last = self.answers.last();
        match (last.map(|last| last.answer_no), corrects) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(Error::invalid_field("/corrects", "there is no answer yet")),
            (Some(last), Some(corrects)) if last == corrects => Ok(()),
            (Some(last), _) => Err(Refusal::ClarificationAnswered
                .because("to correct an answer, name the last one as `corrects`")
                .with("last", last)),
        }?;
        if last.is_some_and(|last| last.announcement.is_some()) && to == Hearers::Asker {
            return Err(Error::invalid_field("/to", "what everybody was told is corrected before everybody"));
        }
        Ok(())
    }
}

fn state(answers: &[ClarificationAnswer]) -> ClarificationState {
    match answers.last() {
        None => ClarificationState::Open,
        Some(last) if last.announcement.is_some() => ClarificationState::Published,
        Some(_) => ClarificationState::Answered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_asks_so_much_and_so_fast() {
        let now = DateTime::UNIX_EPOCH + Duration::days(1);
        let asked = |open, tenth| AskedSoFar { open, tenth }.must_ask(now).map_err(|error| error.refusal());
        let ago = |minutes| Some(now - Duration::minutes(minutes));
        assert_eq!((asked(4, None), asked(4, ago(10))), (Ok(()), Ok(())));
        assert_eq!(asked(5, None), Err(Some(Refusal::TooManyClarifications)));
        assert_eq!(asked(0, ago(9)), Err(Some(Refusal::RateLimited)));
        let Err(Error::Refused(refused)) = AskedSoFar { open: 0, tenth: ago(9) }.must_ask(now) else {
            panic!("refused");
        };
        let limited = refused.limited.expect("a limit");
        assert_eq!((limited.quota, limited.window_s, limited.wait_s), (10, 600, 61));
    }

    fn answered(announcements: &[Option<i32>]) -> ClarificationView {
        let answers: Vec<_> = (1..)
            .zip(announcements)
            .map(|(answer_no, announcement)| ClarificationAnswer {
                clarification_id: ClarificationId::new(),
                answer_no,
                text: "No".to_owned(),
                announcement: *announcement,
                answered_at: DateTime::UNIX_EPOCH,
                by: None,
            })
            .collect();
        ClarificationView {
            id: ClarificationId::new(),
            team_id: TeamId::new(),
            team: "Red".to_owned(),
            asked_by: "Ada".to_owned(),
            question_id: None,
            text: "May we?".to_owned(),
            asked_at: DateTime::UNIX_EPOCH,
            state: state(&answers),
            answers,
        }
    }

    #[test]
    fn an_answer_is_the_first_or_corrects_the_last() {
        use Hearers::{All, Asker};
        let take = |view: &ClarificationView, corrects, to| {
            view.must_take(corrects, to).map_err(|error| error.refusal().expect("a refusal"))
        };
        let (open, one, two) = (answered(&[]), answered(&[None]), answered(&[None, Some(7)]));
        assert_eq!(
            [open.state, one.state, two.state],
            [ClarificationState::Open, ClarificationState::Answered, ClarificationState::Published]
        );
        assert_eq!((take(&open, None, Asker), take(&open, Some(1), Asker)), (Ok(()), Err(Refusal::Invalid)));
        assert_eq!(take(&one, None, Asker), Err(Refusal::ClarificationAnswered));
        assert_eq!((take(&one, Some(1), Asker), take(&one, Some(1), All)), (Ok(()), Ok(())));
        assert_eq!(take(&two, Some(1), All), Err(Refusal::ClarificationAnswered));
        assert_eq!((take(&two, Some(2), All), take(&two, Some(2), Asker)), (Ok(()), Err(Refusal::Invalid)));
    }

    #[test]
    fn a_team_that_has_left_does_not_ask() {
        assert!(must_be_here(TeamState::Disqualified).is_ok());
        assert_eq!(
            must_be_here(TeamState::Withdrawn).expect_err("left").refusal(),
            Some(Refusal::TeamInactive)
        );
    }
}
