//! Reading the audit log, and how things are while it is written.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Target;
use crate::sql::sql;
use crate::types::{AccountId, ContestId, StaffTokenId, millis};

#[derive(QueryableByName)]
struct Image {
    #[diesel(sql_type = Jsonb)]
    image: Value,
}

/// How a target is: its row, without what must be nobody's to read. Answers stay in their table;
/// the version of a question names them.
pub(super) async fn image(conn: &mut AsyncPgConnection, target: Target) -> QueryResult<Option<Value>> {
    let one = match target {
        Target::Contest(id) => {
            let text = "SELECT to_jsonb(c) || jsonb_build_object('divisions',
                    coalesce((SELECT jsonb_agg(name ORDER BY position) FROM division WHERE contest_id = $1), '[]'))
                AS image FROM contest c WHERE id = $1";
            sql(text).bind::<SqlUuid, _>(id).get_result::<Image>(conn).await
        }
        Target::Team(contest, id) => {
            let text = "SELECT to_jsonb(t) - 'join_code' - 'name_key' - 'name_skeleton' AS image FROM team t
                WHERE contest_id = $1 AND id = $2";
            sql(text).bind::<SqlUuid, _>(contest).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::Question(id) => {
            let text = "SELECT to_jsonb(q) || jsonb_build_object('kind', v.kind, 'text', v.text, 'options', v.options)
                AS image FROM question q JOIN question_version v
                ON (v.question_id, v.version) = (q.id, q.current_version) WHERE q.id = $1";
            sql(text).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::Placement(contest, id) => {
            let text = "SELECT to_jsonb(q) AS image FROM contest_question q
                WHERE contest_id = $1 AND question_id = $2";
            sql(text).bind::<SqlUuid, _>(contest).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::Box(contest, id) => {
            let text = "SELECT to_jsonb(b) AS image FROM mystery_box b WHERE contest_id = $1 AND id = $2";
            sql(text).bind::<SqlUuid, _>(contest).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::Announcement(contest, number) => {
            let text =
                "SELECT to_jsonb(a) AS image FROM announcement a WHERE contest_id = $1 AND number = $2";
            sql(text).bind::<SqlUuid, _>(contest).bind::<Integer, _>(number).get_result(conn).await
        }
        Target::Clarification(contest, id) => {
            let text = "SELECT to_jsonb(c) || jsonb_build_object('answers', (SELECT coalesce(jsonb_agg(
                    to_jsonb(a) - 'contest_id' - 'clarification_id' ORDER BY answer_no), '[]')
                    FROM clarification_answer a WHERE (a.contest_id, clarification_id) = ($1, $2)))
                AS image FROM clarification c WHERE contest_id = $1 AND id = $2";
            sql(text).bind::<SqlUuid, _>(contest).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::Token(id) => {
            let text = "SELECT to_jsonb(t) - 'token_hash' AS image FROM staff_token t WHERE id = $1";
            sql(text).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::Account(id) => {
            let text = "SELECT jsonb_build_object('id', id, 'name', name, 'role', role, 'state', state,
                    'version', version, 'epoch', epoch) AS image FROM account WHERE id = $1";
            sql(text).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::ApiToken(id) => {
            let text = "SELECT to_jsonb(t) - 'token_hash' AS image FROM api_token t WHERE id = $1";
            sql(text).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::Game(id) => {
            let text = "SELECT to_jsonb(g) AS image FROM game g WHERE id = $1";
            sql(text).bind::<SqlUuid, _>(id).get_result(conn).await
        }
        Target::File(_) | Target::StartLink => return Ok(None),
    };
    Ok(one.optional()?.map(|row| row.image))
}

/// Something that staff did, or somebody to their own account.
#[derive(Debug, Serialize, ToSchema, QueryableByName)]
pub struct AuditEntry {
    /// Rises with time, with holes; entries of transactions that ran side by side may swap places.
    #[diesel(sql_type = BigInt)]
    #[schema(example = 318)]
    pub id: i64,
    /// When its transaction began.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "millis::serialize")]
    pub at: DateTime<Utc>,
    /// The label of whoever did it.
    #[diesel(sql_type = Text)]
    #[schema(example = "console")]
    pub actor: String,
    /// The id of the admin token that was used, if it was one.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub token_id: Option<StaffTokenId>,
    /// The id of the account, if it was one; neither for the command line and the start link.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub account_id: Option<AccountId>,
    /// The operation, as this description calls it.
    #[diesel(sql_type = Text)]
    #[schema(example = "edit_team")]
    pub action: String,
    /// In which contest, if it was in one.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub contest_id: Option<ContestId>,
    /// What kind of thing the target is.
    #[diesel(sql_type = Text)]
    #[schema(example = "team")]
    pub kind: String,
    /// Its id.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub target: Option<Uuid>,
    /// How it was; null for what is new. Without tokens and answers.
    #[diesel(sql_type = Nullable<Jsonb>)]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// How it is then, or what came of it.
    #[diesel(sql_type = Nullable<Jsonb>)]
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// Why, if that was said.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The `X-Request-Id` of the request; `background` for the command line.
    #[diesel(sql_type = Text)]
    #[schema(example = "b66d94d61560ef6f")]
    pub request_id: String,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this contest.
    pub contest: Option<ContestId>,
    /// Only by whoever has this label.
    pub actor: Option<String>,
    /// Only this operation.
    pub action: Option<String>,
    /// Only from this time on.
    pub since: Option<DateTime<Utc>>,
    /// Only before this entry.
    pub before: Option<i64>,
}

/// The newest entries first.
///
/// # Errors
/// Those of the database.
pub async fn entries(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    limit: i64,
) -> QueryResult<Vec<AuditEntry>> {
    sql("SELECT * FROM audit_log
         WHERE ($1 IS NULL OR contest_id = $1) AND ($2 IS NULL OR actor = $2) AND ($3 IS NULL OR at >= $3)
           AND ($4 IS NULL OR id < $4) AND ($6 IS NULL OR action = $6)
         ORDER BY id DESC LIMIT $5")
    .bind::<Nullable<SqlUuid>, _>(filter.contest)
    .bind::<Nullable<Text>, _>(&filter.actor)
    .bind::<Nullable<Timestamptz>, _>(filter.since)
    .bind::<Nullable<BigInt>, _>(filter.before)
    .bind::<BigInt, _>(limit)
    .bind::<Nullable<Text>, _>(&filter.action)
    .load(conn)
    .await
}
