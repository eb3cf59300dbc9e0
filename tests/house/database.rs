//! What the database itself promises: transactions, constraints, migrations.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use podium::db::{Command, Tx};
use podium::error::{Error, Refusal};
use podium::events::Event;
use podium::sql::sql;
use podium::types::ContestId;
use serde_json::json;

use crate::support::{TestApp, fresh_database, rows};

/// Writes, swallows an error, and says that all is well.
struct Swallow {
    contest: Option<ContestId>,
}

impl Command for Swallow {
    type Outcome = &'static str;

    async fn run(&self, tx: &mut Tx) -> Result<&'static str, Error> {
        sql("INSERT INTO question (id, current_version) VALUES (gen_random_uuid(), 1)").execute(tx).await?;
        sql("SET CONSTRAINTS ALL DEFERRED").execute(tx).await?;
        tx.batch_execute("SELECT 1 / 0").await.ok();
        if let Some(contest) = self.contest {
            tx.tell(Event::public(contest, "swallowed", None, json!({})));
        }
        Ok("done")
    }
}

/// The same without the error, so that it is the error that makes the difference.
struct Write;

impl Command for Write {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        sql("INSERT INTO staff_token (id, label, token_hash) VALUES (gen_random_uuid(), 'written', 'x')")
            .execute(tx)
            .await?;
        Ok(())
    }
}

#[test]
fn a_swallowed_database_error_cannot_become_an_acknowledged_write() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        for contest in [None, Some(contest.id.parse().unwrap())] {
            app.db.run(&Swallow { contest }).await.expect_err("an acknowledged write that never happened");
            assert_eq!(app.number("SELECT count(*) FROM question").await, 0);
        }
        app.db.run(&Write).await.unwrap();
        assert_eq!(app.number("SELECT count(*) FROM staff_token WHERE label = 'written'").await, 1);
        app.settle().await;
        assert_eq!(app.number("SELECT count(*) FROM contest_event WHERE kind = 'swallowed'").await, 0);
    });
}

/// Constraints of our own tables and indexes that refuse rows.
const CONSTRAINTS: &str = "
    SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION
    SELECT indexrelid::regclass::text FROM pg_index
    WHERE indisunique AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)";

/// If one of these fires, it is our bug: the rules above it have refused long before.
const OUR_BUG: &[&str] = &[
    "__diesel_schema_migrations_pkey",
    "account_email_length",
    "account_epoch_positive",
    "account_password_hashed",
    "account_pkey",
    "account_role_known",
    "account_state_known",
    "acknowledgement_announcement",
    "acknowledgement_pkey",
    "acknowledgement_team",
    "announcement_body_length",
    "announcement_by_somebody",
    "announcement_contest",
    "announcement_corrects",
    "announcement_corrects_older",
    "announcement_number_positive",
    "announcement_one_address",
    "announcement_pkey",
    "announcement_priority_known",
    "announcement_team",
    "announcement_title_length",
    "answer_key_pkey",
    "answer_key_version",
    "api_token_account",
    "api_token_expires_later",
    "api_token_hash_unique",
    "api_token_label_length",
    "api_token_pkey",
    "api_token_scope_known",
    "assignment_of_team",
    "assignment_open_is_revealed",
    "assignment_pkey",
    "assignment_points_positive",
    "assignment_question",
    "assignment_resolved_when_closed",
    "assignment_state_known",
    "assignment_team",
    "assignment_version",
    "audit_log_actor_named",
    "audit_log_pkey",
    "board_moved_once",
    "box_opening_assignment",
    "box_opening_box",
    "box_opening_ledger",
    "box_opening_number",
    "box_opening_one_assignment",
    "box_opening_one_ledger_entry",
    "box_opening_pkey",
    "clarification_answer_announcement",
    "clarification_answer_by_somebody",
    "clarification_answer_length",
    "clarification_answer_no_positive",
    "clarification_answer_question",
    "clarification_by_somebody",
    "clarification_pkey",
    "clarification_question",
    "clarification_team",
    "clarification_text_length",
    "chat_message_deleted_by_known",
    "chat_message_deleted_is_gone",
    "chat_message_length",
    "chat_message_pkey",
    "chat_message_team",
    "chat_mute_pkey",
    "chat_mute_team",
    "contest_board_known",
    "contest_code_format",
    "contest_code_unique",
    "contest_credit_limit_positive",
    "contest_demo_in_no_game",
    "contest_duration_positive",
    "contest_ended_has_end",
    "contest_event_audience_known",
    "contest_event_embargo_before",
    "contest_event_pkey",
    "contest_event_seq_positive",
    "contest_first_correct_bonus_positive",
    "contest_freeze_before_end_positive",
    "contest_frozen_has_time",
    "contest_hold_positive",
    "contest_kind_known",
    "contest_max_members_range",
    "contest_max_open_assignments_range",
    "contest_name_length",
    "contest_opening_points_positive",
    "contest_pause_contest",
    "contest_pause_one_open",
    "contest_pause_order",
    "contest_pause_pkey",
    "contest_paused_has_pause",
    "contest_paused_ms_positive",
    "contest_pkey",
    "contest_question_as_assigned",
    "contest_question_attempts_range",
    "contest_question_category_length",
    "contest_question_contest",
    "contest_question_difficulty_known",
    "contest_question_pkey",
    "contest_question_points_positive",
    "contest_question_pool_known",
    "contest_question_state_known",
    "contest_question_time_limit_positive",
    "contest_question_version",
    "contest_score_account",
    "contest_score_contest",
    "contest_score_game",
    "contest_score_pkey",
    "contest_started_has_start",
    "contest_state_known",
    "contest_thawed_after_end",
    "contest_thawed_has_time",
    "contest_time_zone_length",
    "contest_wrong_penalty_positive",
    "credited_contest_contest",
    "credited_contest_game",
    "credited_contest_pkey",
    "credited_contest_seq_positive",
    "division_contest",
    "division_name_length",
    "division_pkey",
    "division_position_positive",
    "first_correct_ledger",
    "first_correct_one_current",
    "first_correct_pkey",
    "first_correct_submission",
    "free_question_pkey",
    "free_question_question",
    "frozen_standing_pkey",
    "frozen_standing_team",
    "game_kind",
    "game_pkey",
    "game_slug_format",
    "game_time_zone_length",
    "game_title_length",
    "high_score_account",
    "high_score_game",
    "high_score_pkey",
    "idempotency_key_length",
    "idempotency_pkey",
    "judgement_one_current",
    "judgement_pkey",
    "judgement_points_follow_verdict",
    "judgement_submission",
    "last_check_only_one",
    "last_check_pkey",
    "ledger_entry_kind_known",
    "ledger_entry_once",
    "ledger_entry_pkey",
    "ledger_entry_reversal_names_entry",
    "ledger_entry_reverses",
    "ledger_entry_seq_positive",
    "ledger_entry_team",
    "ledger_entry_who_and_why",
    "member_name_length",
    "member_one_captain",
    "member_pkey",
    "member_team",
    "member_token_unique",
    "member_user",
    "mystery_box_contest",
    "mystery_box_difficulty_known",
    "mystery_box_max_opens_range",
    "mystery_box_pkey",
    "mystery_box_price_positive",
    "mystery_box_reward_positive",
    "one_current_contest",
    "outbox_audience_known",
    "outbox_pkey",
    "outbox_team_audience",
    "question_current_version",
    "question_external_id_length",
    "question_kind_known",
    "question_pkey",
    "question_text_length",
    "question_version_pkey",
    "question_version_positive",
    "question_version_question",
    "read_mark_member",
    "read_mark_pkey",
    "read_mark_up_to_positive",
    "refresh_token_pkey",
    "refresh_token_session",
    "reported_score_account",
    "reported_score_exact",
    "reported_score_pkey",
    "room_contest",
    "room_max_members_range",
    "room_member_once",
    "room_member_pkey",
    "room_member_removed_is_gone",
    "room_member_room",
    "room_member_team",
    "room_member_user",
    "room_owner",
    "room_pkey",
    "room_problem_id_length",
    "room_problem_no_positive",
    "room_problem_pkey",
    "room_problem_question",
    "room_problem_room",
    "session_account",
    "session_ended_by_known",
    "session_ended_has_cause",
    "session_pkey",
    "staff_token_hash_unique",
    "staff_token_label_length",
    "staff_token_pkey",
    "start_link_pkey",
    "submission_assignment",
    "submission_attempt_once",
    "submission_attempt_positive",
    "submission_pkey",
    "submission_state_known",
    "team_contest",
    "team_credit_limit_positive",
    "team_debt_positive",
    "team_disqualified_who_and_why",
    "team_email_length",
    "team_extra_time_positive",
    "team_join_code_format",
    "team_join_code_unique",
    "team_pkey",
    "team_state_known",
    "team_wrong_positive",
    "verified_log_contest",
    "verified_log_pkey",
    "verified_log_seq_positive",
    "ws_ticket_of_somebody",
    "ws_ticket_pkey",
];

#[test]
fn every_constraint_is_a_refusal_or_a_bug_of_ours() {
    TestApp::run(async |app| {
        let there: BTreeSet<String> = app.rows(CONSTRAINTS).await.into_iter().flatten().collect();
        let unknown: Vec<_> = there
            .iter()
            .filter(|name| Refusal::of_constraint(name).is_none() && !OUR_BUG.contains(&name.as_str()))
            .collect();
        assert!(unknown.is_empty(), "neither a refusal nor listed here: {unknown:?}");
        let gone: Vec<_> = OUR_BUG.iter().filter(|name| !there.contains(**name)).collect();
        assert!(gone.is_empty(), "listed here but not in the schema: {gone:?}");
        let both: Vec<_> = OUR_BUG.iter().filter(|name| Refusal::of_constraint(name).is_some()).collect();
        assert!(both.is_empty(), "a refusal is no bug: {both:?}");
    });
}

/// Everything that migrations make, as text.
const SCHEMA: &[&str] = &[
    "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
     FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
    "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    "SELECT proname, prokind, CASE WHEN prokind <> 'a' THEN pg_get_functiondef(oid) END FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 3",
    "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY 1",
    "SELECT c.relname, c.relkind, c.reloptions, obj_description(c.oid) FROM pg_class c
     WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
];

async fn schema(url: &str) -> Vec<Vec<String>> {
    let (conn, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut all = Vec::new();
    for query in SCHEMA {
        all.extend(rows(&conn, query).await);
    }
    all
}

#[test]
fn up_down_and_up_again_gives_the_same_schema() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let database = fresh_database().await;
        let empty = schema(&database.url).await;
        let applied = podium::migrate::run(&database.url).await.unwrap();
        let once = schema(&database.url).await;
        assert!(once.len() > 200);
        podium::migrate::revert_all(&database.url).await.unwrap();
        assert_eq!(podium::migrate::pending(&database.url).await.unwrap(), applied.len());
        let left: Vec<_> = schema(&database.url).await.into_iter().filter(|row| !is_diesels(row)).collect();
        assert_eq!(left, empty, "a down migration leaves something behind");
        assert_eq!(podium::migrate::run(&database.url).await.unwrap(), applied);
        assert_eq!(schema(&database.url).await, once);
        assert!(podium::migrate::run(&database.url).await.unwrap().is_empty());
        database.drop().await;
    });
}

/// Diesel keeps its own list of migrations.
fn is_diesels(row: &[String]) -> bool {
    row.iter().any(|value| value.contains("__diesel_schema_migrations"))
}

/// The columns of each table that schema.rs knows, in order, and whether they may be null.
/// Names that Rust keeps for itself have an underscore there.
fn known_columns() -> BTreeMap<String, Vec<(String, bool)>> {
    let mut tables = BTreeMap::new();
    for table in include_str!("../../src/schema.rs").split("diesel::table! {").skip(1) {
        let table = table.split("diesel::").next().unwrap();
        let (head, columns) = table.trim_start().split_once('{').unwrap();
        let name = head.split_once('(').unwrap().0.trim().to_owned();
        let columns = columns
            .split_once("\n    }")
            .unwrap()
            .0
            .lines()
            .filter_map(|line| line.trim().split_once(" -> "));
        let columns = columns
            .map(|(name, kind)| (name.trim_end_matches('_').to_owned(), kind.starts_with("Nullable<")));
        tables.insert(name, columns.collect());
    }
    tables
}

#[test]
fn the_schema_that_diesel_printed_is_the_schema_that_is_there() {
    TestApp::run(async |app| {
        let there = app
            .rows(
                "SELECT table_name, column_name, is_nullable FROM information_schema.columns
                JOIN information_schema.tables t USING (table_schema, table_name)
                WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'
                ORDER BY table_name, ordinal_position",
            )
            .await;
        let mut tables: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for row in there.iter().filter(|row| !is_diesels(row)) {
            tables.entry(row[0].clone()).or_default().push((row[1].clone(), row[2] == "YES"));
        }
        let known = known_columns();
        assert_eq!(known.keys().collect::<Vec<_>>(), tables.keys().collect::<Vec<_>>());
        for (name, columns) in known {
            assert_eq!(columns, tables[&name], "{name}");
        }
    });
}

#[test]
fn the_ledger_and_the_event_log_refuse_every_change() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        contest.team("Red").await;
        app.settle().await;
        let conn = app.connect().await;
        for table in ["ledger_entry", "contest_event", "audit_log", "reported_score"] {
            for change in ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {} CASCADE"] {
                let statement = change.replace("{}", table);
                let refused = conn.batch_execute(&statement).await.expect_err(&statement);
                assert!(refused.as_db_error().unwrap().message().contains("append-only"), "{statement}");
            }
        }
    });
}

#[test]
fn the_audit_views_tell_what_the_api_tells() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await.keyed("k");
        let held = team.claim(contest.question("q0")).await;
        team.keyed("l").answer(&held, "A").await.ok(200);
        let assigned = app.rows("SELECT question_id, team_id FROM audit_assignments").await;
        assert_eq!(assigned, [[contest.question("q0").to_owned(), team.id.clone()]]);
        assert_eq!(app.number("SELECT sum(amount) FROM audit_ledger").await, 1100);
        assert_eq!(
            app.rows("SELECT team_id, balance FROM audit_balances").await,
            [[team.id, "1100".to_owned()]]
        );
        let keys = app.rows("SELECT key, status FROM audit_idempotency ORDER BY key").await;
        assert_eq!(keys, [["k", "201"], ["l", "200"]]);
    });
}
