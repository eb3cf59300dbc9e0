//! One stroke of the broom.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;

use super::{BATCH, Litter};
use crate::db::{Command, Tx};
use crate::error::Error;
use crate::sql::sql;

/// Sweeps one batch; `None` while another instance does.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// What.
    pub litter: Litter,
    /// How long it is kept once it is of no use, in hours.
    pub kept_h: u32,
}

#[derive(QueryableByName)]
struct Alone {
    #[diesel(sql_type = Bool)]
    alone: bool,
}

impl Command for Sweep {
    type Outcome = Option<u64>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<u64>, Error> {
        let lock = "SELECT pg_try_advisory_xact_lock(hashtextextended('housekeeping', 0)) AS alone";
        if !sql(lock).get_result::<Alone>(tx).await?.alone {
            return Ok(None);
        }
        let statement = sql(self.litter.statement()).bind::<BigInt, _>(BATCH);
        let swept = statement.bind::<BigInt, _>(i64::from(self.kept_h)).execute(tx).await?;
        Ok(Some(swept as u64))
    }
}

/// Deletes at most `$1` rows of a table that are of no use for `$2` hours. What is to go is chosen and
/// locked first and once: a list inside of the DELETE might be made anew for each row.
macro_rules! out_of {
    ($table:literal, $old:literal) => {
        concat!(
            "WITH old AS (SELECT t.ctid FROM ",
            $old,
            " LIMIT $1 FOR UPDATE OF t SKIP LOCKED) DELETE FROM ",
            $table,
            " t USING old WHERE t.ctid = old.ctid"
        )
    };
}

impl Litter {
    fn statement(self) -> &'static str {
        match self {
            // From the contests' side: what the running ones have to keep is not even looked at.
            // A cancelled contest takes no writes, so nothing hangs on when it was.
            Self::Replies => out_of!(
                "idempotency",
                "contest c CROSS JOIN LATERAL (SELECT ctid FROM idempotency
                    WHERE contest_id = c.id AND at < now() - $2 * interval '1 hour' LIMIT $1) t
                 WHERE c.ended_at < now() - $2 * interval '1 hour' OR c.state = 'cancelled'"
            ),
            Self::LooseReplies => out_of!(
                "idempotency",
                "idempotency t WHERE contest_id IS NULL AND at < now() - $2 * interval '1 hour' ORDER BY at"
            ),
            Self::Tickets => {
                out_of!("ws_ticket", "ws_ticket t WHERE expires_at < now() - $2 * interval '1 hour'")
            }
            Self::StartLinks => {
                out_of!("start_link", "start_link t WHERE expires_at < now() - $2 * interval '1 hour'")
            }
            Self::ApiTokens => out_of!(
                "api_token",
                "api_token t JOIN account a ON a.id = t.account_id
                 WHERE t.expires_at < now() - $2 * interval '1 hour' OR t.epoch < a.epoch"
            ),
            // A used one is kept until then, so that its session ends if a copy of it comes back.
            Self::RefreshTokens => out_of!(
                "refresh_token",
                "refresh_token t WHERE expires_at < now() - $2 * interval '1 hour' ORDER BY expires_at"
            ),
            Self::EndedTokens => out_of!(
                "refresh_token",
                "session s JOIN refresh_token t ON t.session_id = s.id
                 WHERE s.ended_at < now() - $2 * interval '1 hour'"
            ),
            // Its last token lived much longer than any access token.
            Self::Sessions => out_of!(
                "session",
                "session t WHERE created_at < now() - $2 * interval '1 hour'
                    AND NOT EXISTS (SELECT FROM refresh_token r WHERE r.session_id = t.id)"
            ),
        }
    }
}
