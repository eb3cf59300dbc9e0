//! The OpenAPI description of the REST interface, and the page that explores it.

mod problems;

use rocket::serde::json::Json;
use rocket::{Route, get};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{AnyOf, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, RefOr, Required};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

use crate::error::{FieldError, Problem};
use crate::{
    announcements, assignments, asyncapi, audit, auth, chat, checker, clarifications, classic, contests,
    events, health, high_scores, leaderboard, ledger, live_demo, metrics, monitor, mystery_boxes, questions,
    realtime, reports, rooms, submissions, teams, withdrawals,
};
use problems::Problems;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Podium",
        description = "The quiz-competition server: every question to one team only, every point accounted \
            for, one live board.\n\nErrors are RFC 9457 problems. Every POST that moves points, assigns, opens, \
            submits or registers honours `Idempotency-Key`. `{contest}` is an id or a six-letter code.",
        license(name = "MIT", identifier = "MIT")
    ),
    paths(
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
        health::get_livez,
        health::get_readyz,
        health::get_health,
        health::get_api_health,
        metrics::get_metrics,
        get_openapi,
        asyncapi::get_asyncapi,
    ),
    components(schemas(Problem, FieldError, questions::import::Format)),
    tags(
        (name = "contests", description = "Competitions: their rules, clock and state"),
        (name = "teams", description = "Who plays"),
        (name = "questions", description = "The bank, its files, and what is placed in a contest"),
        (name = "assignments", description = "Which team holds which question"),
        (name = "submissions", description = "Answers and verdicts"),
        (name = "mystery boxes", description = "Pay a price, get a harder question worth more"),
        (name = "rooms", description = "Accounts play among themselves"),
        (name = "ledger", description = "Every change of points"),
        (name = "leaderboard", description = "Who is where"),
        (name = "announcements", description = "What staff tells, and who has taken note"),
        (name = "clarifications", description = "What teams ask staff, and the answers"),
        (name = "high scores", description = "Who has ever been best in a game"),
        (name = "reports", description = "What can be counted once it has happened"),
        (name = "events", description = "What happened, numbered without a hole"),
        (name = "chat", description = "What the members of a room say to each other"),
        (name = "audit", description = "What staff did"),
        (name = "realtime", description = "The live socket"),
        (name = "auth", description = "Accounts, tokens and tickets"),
        (name = "accounts", description = "Who may sign in, and what they are there for"),
        (name = "health", description = "Whether this instance lives and serves"),
        (name = "operations", description = "What operators watch"),
        (name = "documents", description = "This description"),
        (name = "classic", description = "The contract of existing clients"),
        (name = "demo", description = "A board that anybody may move, where demo mode is on"),
        (name = "live demo", description = "The contract of the earlier live leaderboard"),
    )
)]
struct Api;

/// The whole description.
#[must_use]
pub fn document() -> Document {
    let mut whole = Api::openapi();
    whole.merge(classic::Api::openapi());
    whole.merge(live_demo::Api::openapi());
    let finish: [&dyn Modify; 5] = [&Security, &Paths, &Keys, &Problems, &Listings];
    for step in finish {
        step.modify(&mut whole);
    }
    whole
}

/// This description, for tools.
#[utoipa::path(tag = "documents", context_path = "/api/v1", responses((status = 200, body = Value)))]
#[get("/openapi.json")]
pub fn get_openapi() -> Json<Document> {
    Json(document())
}

/// The page at `/docs` that explores the description.
#[must_use]
pub fn explorer() -> Vec<Route> {
    SwaggerUi::new("/docs/<_..>").config(utoipa_swagger_ui::Config::from("/api/v1/openapi.json")).into()
}

/// How a caller says who they are.
struct Security;

impl Modify for Security {
    fn modify(&self, api: &mut Document) {
        let bearer = |about: &str| {
            SecurityScheme::Http(
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build(),
            )
        };
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("admin", bearer("An admin token: `pdm_admin_…`."));
        components.add_security_scheme(
            "account",
            bearer("The access token of an account, from `POST /api/v1/auth/token`, or its API token: `pdm_api_…`."),
        );
        components
            .add_security_scheme("team", bearer("A team's token: `pdm_team_…`, shown once at registration."));
        for operation in api.paths.paths.values_mut().flat_map(operations) {
            let ways = operation.security.iter_mut().find(|ways| ways.contains(&by("admin")));
            // What an admin token may, an account in the right role may too.
            if let Some(ways) = ways.filter(|ways| !ways.contains(&by("account"))) {
                ways.push(by("account"));
            }
        }
    }
}

fn by(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, [""; 0])
}

/// Every part of a path that is a parameter is described, without saying so at each operation.
struct Paths;

impl Modify for Paths {
    fn modify(&self, api: &mut Document) {
        for (path, item) in &mut api.paths.paths {
            for operation in operations(item) {
                let known = operation.parameters.get_or_insert_default();
                for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                    if !known.iter().any(|parameter| is_in_path(parameter, name)) {
                        known.push(path_parameter(name).into());
                    }
                }
            }
        }
    }
}

fn is_in_path(parameter: &RefOr<Parameter>, name: &str) -> bool {
    matches!(parameter, RefOr::T(p) if p.name == name && p.parameter_in == ParameterIn::Path)
}

fn path_parameter(name: &str) -> Parameter {
    let id = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(format!("The id of the {}", name.replace('_', " "))))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).format(Some(id)).build()))
        .build()
}

/// The operations that take an `Idempotency-Key`; a test compares them with the handlers.
const KEYED: &[&str] = &[
    "add_problem",
    "answer_clarification",
    "answer_problem",
    "ask_clarification",
    "assign_classic_mystery",
    "create_adjustment",
    "create_announcement",
    "create_classic_mystery",
    "create_classic_question",
    "create_contest",
    "create_game",
    "create_question",
    "give_demo_points",
    "create_room",
    "import_questions",
    "join_team",
    "offer_box",
    "open_box",
    "place_question",
    "populate_demo",
    "register_account",
    "register_classic_team",
    "register_team",
    "reset_demo",
    "reverse_entry",
    "send_message",
    "submit_answer",
    "submit_classic_answer",
    "submit_score",
    "take_classic_question",
    "take_question",
    "withdraw_announcement",
    "withdraw_question",
];

/// What may be sent again says so.
struct Keys;

impl Modify for Keys {
    fn modify(&self, api: &mut Document) {
        for operation in api.paths.paths.values_mut().flat_map(operations) {
            if operation.operation_id.as_deref().is_some_and(|id| KEYED.contains(&id)) {
                operation.parameters.get_or_insert_default().push(key_parameter().into());
            }
        }
    }
}

fn key_parameter() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("A random key: sent again with the same body, nothing happens twice"))
        .schema(Some(text.build()))
        .build()
}

/// An untagged enum is whichever of its shapes fits; an empty page fits all of them.
struct Listings;

impl Modify for Listings {
    fn modify(&self, api: &mut Document) {
        let schemas = api.components.get_or_insert_default().schemas.values_mut();
        for schema in schemas {
            if let RefOr::T(Schema::OneOf(one)) = schema {
                let mut any = AnyOf::new();
                any.items = std::mem::take(&mut one.items);
                any.description = one.description.take();
                *schema = Schema::AnyOf(any).into();
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}
