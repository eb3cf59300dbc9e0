//! Submissions: an answer is sent, graded and paid in one transaction.

pub mod commands;
pub mod first_correct;
pub mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::assignments::AssignmentState;
use crate::types::{AssignmentId, Points, QuestionId, SubmissionId, TeamId, millis, text_enum};

text_enum! {
    /// Where a submission is.
    SubmissionState { Received = "received", Pending = "pending", Judged = "judged", Void = "void" }
}

/// The verdict, as the team that answered hears it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verdict {
    /// The submission's id.
    pub submission_id: SubmissionId,
    /// Whether the answer was right.
    pub correct: bool,
    /// What it earned, bonus included; negative when a wrong answer costs.
    #[schema(example = 100)]
    pub points_earned: Points,
    /// What the team has now.
    #[schema(example = 1100)]
    pub total_points: Points,
    /// Its rank now; while the board is frozen, its rank there.
    #[schema(example = 1)]
    pub rank: i64,
    /// Whether it was the first right answer to a shared question, as far as is known.
    pub first_correct: bool,
    /// Where the assignment stands now.
    pub state: AssignmentState,
    /// How often the team may still try.
    #[schema(example = 0)]
    pub attempts_left: i16,
}

/// A submission as its team and staff see it.
#[derive(Debug, Serialize, QueryableByName, ToSchema)]
pub struct SubmissionView {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: SubmissionId,
    /// What it answers.
    #[diesel(sql_type = SqlUuid)]
    pub assignment_id: AssignmentId,
    /// The question.
    #[diesel(sql_type = SqlUuid)]
    pub question_id: QuestionId,
    /// How the question begins: at most 200 characters.
    #[diesel(sql_type = Text)]
    #[schema(example = "Which river flows through Paris?")]
    pub question: String,
    /// Who answered.
    #[diesel(sql_type = SqlUuid)]
    pub team_id: TeamId,
    /// How they are called.
    #[diesel(sql_type = Text)]
    #[schema(example = "Red Pandas")]
    pub team: String,
    /// The how-manieth try: from 1.
    #[diesel(sql_type = SmallInt)]
    pub attempt_no: i16,
    /// What was sent.
    #[diesel(sql_type = Jsonb)]
    pub answer: serde_json::Value,
    /// When it reached us, before any wait.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub received_at: DateTime<Utc>,
    /// Where it is.
    #[diesel(sql_type = Text)]
    pub state: SubmissionState,
    /// The current verdict.
    #[diesel(sql_type = Nullable<Bool>)]
    pub correct: Option<bool>,
    /// What the current verdict earned, without a bonus.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub points: Option<Points>,
}
