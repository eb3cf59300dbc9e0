//! Podium: the quiz-competition server.
//!
//! Rooms by concept, floors inside each room; docs/ARCHITECTURE.md shows the way of a request.
//! This file is the table of contents: every module, and every route that is mounted.

pub mod announcements;
pub mod assignments;
pub mod asyncapi;
pub mod audit;
pub mod auth;
pub mod body;
pub mod chat;
pub mod checker;
pub mod clarifications;
pub mod classic;
pub mod cli;
pub mod clocks;
pub mod config;
pub mod contests;
pub mod cors;
pub mod database;
pub mod db;
pub mod demo;
pub mod dial;
pub mod doctor;
pub mod download;
pub mod drain;
pub mod durability;
pub mod enlist;
pub mod errands;
pub mod error;
pub mod events;
pub mod fanout;
pub mod grading;
pub mod health;
pub mod high_scores;
pub mod housekeeping;
pub mod idempotency;
pub mod leaderboard;
pub mod ledger;
pub mod limits;
pub mod live_demo;
mod memory;
pub mod meters;
pub mod metrics;
pub mod migrate;
pub mod monitor;
pub mod mystery_boxes;
pub mod name;
pub mod openapi;
pub mod pages;
pub mod pool;
pub mod postgres;
pub mod questions;
pub mod realtime;
pub mod reports;
pub mod request;
pub mod roles;
pub mod rooms;
pub mod schema;
pub mod serve;
pub mod signing;
pub mod sql;
pub mod submissions;
pub mod teams;
pub mod telemetry;
pub mod trace;
pub mod types;
pub mod wire;
pub mod withdrawals;

use rocket::figment::Figment;
use rocket::{Build, Rocket, Route, catchers, routes};

use crate::auth::Accounts;
use crate::clocks::Clocks;
use crate::config::Config;
use crate::db::Db;
use crate::drain::Drain;
use crate::high_scores::Ranks;
use crate::leaderboard::Boards;
use crate::limits::Limits;
use crate::live_demo::Stage;
use crate::realtime::Hub;

/// What requests and what goes on beside them share.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The door to the database.
    pub db: Db,
    /// The sockets.
    pub hub: Hub,
    /// How much one caller may ask for.
    pub limits: Limits,
    /// What is known of the clocks.
    pub clocks: Clocks,
}

impl Parts {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(config: &Config, db: Db, hub: Hub) -> Self {
        let limits = Limits::new(&config.limits, db.meters());
        Self { db, hub, limits, clocks: Clocks::default() }
    }
}

/// The server, ready to be launched.
pub fn rocket(figment: Figment, config: &Config, parts: Parts, accounts: Accounts) -> Rocket<Build> {
    let Parts { db, hub, limits, clocks } = parts;
    let (drain, stage) = (Drain::default(), Stage::new(hub.clone(), config.demo));
    rocket::custom(figment)
        .manage(errands::Errands::runner(db.clone()))
        .manage(config.clone())
        .manage(accounts)
        .manage(Ranks::new(hub.fanout(), db.meters()))
        .manage(db)
        .manage(hub)
        .manage(limits)
        .manage(clocks)
        .manage(Boards::default())
        .manage(stage.clone())
        .attach(stage)
        .manage(drain.clone())
        .attach(drain)
        .attach(pages::problem::ForPeople)
        .attach(cors::Cors)
        .attach(telemetry::Requests)
        .register("/", catchers![body::problem])
        .mount("/api/v1", api())
        .mount("/", classic())
        .mount("/", house())
}

/// The REST interface and the socket, under `/api/v1`.
#[must_use]
pub fn api() -> Vec<Route> {
    let mut all = routes![
        auth::routes::spend_start_link,
        auth::routes::create_ws_ticket,
        auth::routes::get_own_rights,
        auth::accounts::routes::register_account,
        auth::accounts::routes::issue_tokens,
        auth::accounts::routes::get_own_account,
        auth::accounts::routes::sign_out,
        auth::accounts::routes::sign_out_everywhere,
        auth::accounts::routes::change_password,
        auth::api_tokens::routes::create_api_token,
        auth::api_tokens::routes::list_api_tokens,
        auth::api_tokens::routes::revoke_api_token,
        auth::accounts::roster::routes::list_accounts,
        auth::accounts::roster::routes::get_account,
        auth::accounts::roster::routes::edit_account,
        contests::routes::create_contest,
        contests::routes::list_contests,
        contests::routes::get_contest,
        contests::routes::edit_contest,
        contests::moves::routes::publish_contest,
        contests::moves::routes::start_contest,
        contests::moves::routes::pause_contest,
        contests::moves::routes::resume_contest,
        contests::moves::routes::freeze_board,
        contests::moves::routes::end_contest,
        contests::moves::routes::thaw_board,
        contests::moves::routes::finalize_contest,
        contests::moves::routes::reopen_contest,
        contests::moves::routes::archive_contest,
        contests::moves::routes::cancel_contest,
        contests::routes::make_contest_current,
        rooms::routes::create_room,
        rooms::routes::list_rooms,
        rooms::routes::list_own_rooms,
        rooms::routes::get_room,
        rooms::routes::close_room,
        rooms::routes::get_room_leaderboard,
        rooms::members::routes::join_room,
        rooms::members::routes::get_membership,
        rooms::members::routes::leave_room,
        rooms::members::routes::list_room_members,
        rooms::members::routes::remove_member,
        rooms::problems::routes::add_problem,
        rooms::problems::routes::list_problems,
        rooms::problems::routes::answer_problem,
        realtime::stats::get_room_stats,
        ledger::routes::get_ledger,
        ledger::routes::create_adjustment,
        ledger::routes::reverse_entry,
        leaderboard::routes::get_leaderboard,
        leaderboard::routes::get_team_standing,
        leaderboard::history::routes::get_leaderboard_history,
        teams::routes::register_team,
        teams::routes::join_team,
        teams::routes::list_teams,
        teams::routes::get_team,
        teams::routes::get_own_team,
        teams::routes::reissue_team_token,
        teams::changes::routes::edit_team,
        teams::changes::routes::withdraw_team,
        teams::changes::routes::disqualify_team,
        teams::changes::routes::reinstate_team,
        teams::changes::routes::delete_team,
        questions::routes::create_question,
        questions::routes::list_questions,
        questions::routes::get_question,
        questions::routes::edit_question,
        questions::routes::list_question_versions,
        questions::routes::delete_question,
        questions::placement::routes::place_question,
        questions::placement::routes::list_contest_questions,
        questions::placement::routes::get_contest_question,
        questions::placement::routes::edit_contest_question,
        questions::placement::routes::list_pools,
        questions::import::routes::import_questions,
        questions::import::routes::export_questions,
        assignments::routes::take_question,
        assignments::routes::list_assignments,
        assignments::routes::get_assignment,
        assignments::routes::reveal_question,
        assignments::routes::release_question,
        submissions::routes::submit_answer,
        submissions::routes::list_assignment_submissions,
        submissions::routes::list_submissions,
        mystery_boxes::routes::offer_box,
        mystery_boxes::routes::list_boxes,
        mystery_boxes::routes::edit_box,
        mystery_boxes::routes::open_box,
        mystery_boxes::routes::list_openings,
        withdrawals::routes::withdraw_question,
        announcements::routes::create_announcement,
        announcements::routes::list_announcements,
        announcements::routes::withdraw_announcement,
        announcements::routes::acknowledge_announcement,
        announcements::routes::list_acknowledgements,
        announcements::routes::count_unread,
        announcements::routes::mark_read,
        clarifications::routes::ask_clarification,
        clarifications::routes::list_clarifications,
        clarifications::routes::answer_clarification,
        high_scores::routes::create_game,
        high_scores::routes::list_games,
        high_scores::routes::get_game,
        high_scores::routes::edit_game,
        high_scores::routes::get_game_leaderboard,
        high_scores::routes::get_own_rank,
        high_scores::routes::submit_score,
        high_scores::routes::list_own_scores,
        chat::routes::send_message,
        chat::routes::list_messages,
        chat::routes::delete_message,
        chat::routes::list_mutes,
        chat::routes::mute_member,
        chat::routes::unmute_member,
        reports::routes::report_top_players,
        reports::routes::report_questions,
        reports::routes::report_participation,
        reports::routes::report_team,
        events::routes::list_events,
        audit::routes::list_audit,
        checker::routes::check_contest,
        monitor::routes::monitor_contest,
        realtime::routes::open_socket,
        health::get_api_health,
        openapi::get_openapi,
        asyncapi::get_asyncapi,
    ];
    all.extend(live_demo::api());
    all
}

/// The contract of existing clients.
#[must_use]
pub fn classic() -> Vec<Route> {
    let mut all = classic::routes();
    all.extend(live_demo::contract());
    all
}

/// Health, pages and the API explorer.
fn house() -> Vec<Route> {
    let mut all = routes![health::get_livez, health::get_readyz, health::get_health, metrics::get_metrics];
    all.extend(pages::routes());
    all.extend(openapi::explorer());
    all
}
