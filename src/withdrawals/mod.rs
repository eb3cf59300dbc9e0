//! Withdrawals: a question turns out to be wrong. It leaves the contest, and everything that
//! was won, lost or paid because of it is taken back.

pub mod commands;
pub mod routes;

use serde::Serialize;
use utoipa::ToSchema;

use crate::types::QuestionId;

/// What a withdrawal took back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Withdrawn {
    /// The question.
    pub question_id: QuestionId,
    /// Assignments that were voided.
    pub voided: usize,
    /// Ledger entries that were reversed: awards, bonuses and penalties.
    pub reversed: usize,
    /// Mystery boxes that were refunded.
    pub refunded: usize,
}
