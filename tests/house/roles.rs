//! Who may do what: every operation of the description, by every role, on its own, on foreign and
//! on missing ids. What is expected stands in the table below, written by hand; the description
//! says which operations there are, and docs/API.md must say the same as the table.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Account, Client, Contest, Reply, Team, TestApp, asked, problem};

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Also whoever has no token.
    Anybody,
    /// Whoever has a valid token.
    Known,
    /// An account, by a session of its own.
    SignedIn,
    /// A team, in what is its own; nobody else.
    Team,
    /// A team in what is its own, and staff with this right.
    TeamOr(Right),
    /// Staff with this right.
    Staff(Right),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    See,
    Answers,
    Questions,
    Judge,
    Announce,
    Moderate,
    Operate,
    Manage,
}

use Right::{Announce, Answers, Judge, Manage, Moderate, Operate, Questions, See};
use Who::{Anybody, Known, SignedIn, Staff, TeamOr};

/// As they are called, the least first.
const RIGHTS: [(Right, &str); 8] = [
    (See, "see"),
    (Answers, "answers"),
    (Questions, "questions"),
    (Judge, "judge"),
    (Announce, "announce"),
    (Moderate, "moderate"),
    (Operate, "operate"),
    (Manage, "manage"),
];

impl Right {
    fn of(self, role: &str) -> bool {
        match role {
            "owner" | "admin" => true,
            "editor" => matches!(self, See | Answers | Questions),
            "judge" => matches!(self, See | Answers | Judge | Announce | Moderate),
            "operator" => matches!(self, See | Operate | Announce | Moderate),
            "announcer" => matches!(self, See | Announce),
            _ => false,
        }
    }
}

const TABLE: &[(Who, &[&str])] = &[
    (
        Anybody,
        &[
            "get_api_health",
            "get_asyncapi",
            "get_contest",
            "get_demo",
            "get_demo_information",
            "get_demo_leaderboard",
            "get_game",
            "get_game_leaderboard",
            "get_health",
            "get_leaderboard",
            "get_leaderboard_history",
            "get_livez",
            "get_openapi",
            "get_readyz",
            "get_room",
            "get_room_leaderboard",
            "get_room_stats",
            "get_team_standing",
            "give_demo_points",
            "issue_tokens",
            "join_team",
            "list_announcements",
            "list_boxes",
            "list_contests",
            "list_events",
            "list_games",
            "list_room_members",
            "list_rooms",
            "list_teams",
            "open_classic_socket",
            "open_socket",
            "populate_demo",
            "populate_demo_data",
            "register_account",
            "register_classic_team",
            "register_team",
            "reset_demo",
            "reset_demo_leaderboard",
            "spend_start_link",
        ],
    ),
    (Known, &["create_ws_ticket", "get_own_rights", "report_top_players"]),
    (
        SignedIn,
        &[
            "change_password",
            "create_api_token",
            "create_room",
            "get_membership",
            "get_own_account",
            "get_own_rank",
            "join_room",
            "list_api_tokens",
            "list_own_rooms",
            "list_own_scores",
            "revoke_api_token",
            "sign_out",
            "sign_out_everywhere",
            "submit_score",
        ],
    ),
    (TeamOr(Manage), &["close_room"]),
    (
        Who::Team,
        &[
            "acknowledge_announcement",
            "add_problem",
            "answer_problem",
            "ask_clarification",
            "count_unread",
            "get_own_team",
            "leave_room",
            "list_problems",
            "mark_read",
            "open_box",
            "release_question",
            "remove_member",
            "reveal_question",
            "send_message",
            "submit_answer",
            "take_question",
        ],
    ),
    (
        TeamOr(See),
        &[
            "get_assignment",
            "get_ledger",
            "get_team",
            "list_assignment_submissions",
            "list_assignments",
            "list_clarifications",
            "list_contest_questions",
            "list_messages",
            "list_mutes",
            "list_openings",
            "list_pools",
            "list_submissions",
            "report_team",
        ],
    ),
    (
        TeamOr(Operate),
        &[
            "assign_classic_mystery",
            "delete_team",
            "edit_team",
            "submit_classic_answer",
            "take_classic_question",
            "withdraw_team",
        ],
    ),
    (TeamOr(Moderate), &["delete_message", "mute_member", "unmute_member"]),
    (
        Staff(See),
        &[
            "check_contest",
            "get_classic_team",
            "get_contest_question",
            "list_acknowledgements",
            "list_classic_teams",
            "monitor_contest",
            "report_participation",
        ],
    ),
    (
        Staff(Answers),
        &[
            "export_questions",
            "get_classic_mystery",
            "get_classic_question",
            "get_question",
            "list_classic_mystery",
            "list_classic_questions",
            "list_question_versions",
            "list_questions",
            "report_questions",
        ],
    ),
    (
        Staff(Questions),
        &[
            "create_classic_mystery",
            "create_classic_question",
            "create_question",
            "delete_classic_mystery",
            "delete_classic_question",
            "delete_question",
            "edit_box",
            "edit_classic_mystery",
            "edit_classic_question",
            "edit_contest_question",
            "edit_question",
            "import_questions",
            "offer_box",
            "place_question",
        ],
    ),
    (
        Staff(Judge),
        &[
            "create_adjustment",
            "disqualify_team",
            "finalize_contest",
            "reinstate_team",
            "reverse_entry",
            "withdraw_question",
        ],
    ),
    (Staff(Announce), &["answer_clarification", "create_announcement", "withdraw_announcement"]),
    (
        Staff(Operate),
        &[
            "delete_classic_team",
            "edit_classic_team",
            "end_contest",
            "freeze_board",
            "get_metrics",
            "pause_contest",
            "publish_contest",
            "reissue_team_token",
            "resume_contest",
            "start_contest",
            "thaw_board",
        ],
    ),
    (
        Staff(Manage),
        &[
            "archive_contest",
            "cancel_contest",
            "create_contest",
            "create_game",
            "edit_account",
            "edit_contest",
            "edit_game",
            "get_account",
            "list_accounts",
            "list_audit",
            "make_contest_current",
            "reopen_contest",
        ],
    ),
];

/// From the weakest to the strongest, so that nothing has been done yet when somebody is refused.
const ROLES: &[&str] = &["member", "announcer", "editor", "judge", "operator", "admin", "owner"];

fn who(operation: &str) -> Who {
    let found = TABLE.iter().find(|(_, operations)| operations.contains(&operation));
    found.unwrap_or_else(|| panic!("{operation} is not in the table: who may call it?")).0
}

/// A caller, and how the table calls it.
struct Caller {
    role: &'static str,
    client: Client,
    account: Option<Account>,
}

impl Caller {
    fn is_staff(&self) -> bool {
        !["nobody", "team", "seated", "member"].contains(&self.role)
    }

    /// Whether they act for a team: an account with a seat does so under the paths of its contest,
    /// and of the room that it owns.
    fn plays(&self, operation: &Operation, which: &str) -> bool {
        let there = |part| operation.path.contains(part);
        match self.role {
            "team" => !operation.path.contains("{room}"),
            "seated" => (there("{contest}") && which != "missing") || (there("{room}") && which == "own"),
            _ => false,
        }
    }

    /// Whether they are let in, and what they hear otherwise.
    fn admitted(&self, who: Who, team: bool) -> (bool, &'static [u16]) {
        let nobody = self.role == "nobody";
        let refused: &[u16] = if nobody { &[401] } else { &[403] };
        match who {
            Anybody => (true, &[]),
            Known => (!nobody, refused),
            SignedIn => (self.account.is_some(), refused),
            Who::Team if self.role == "team" => (team, &[404]),
            Who::Team => (team, refused),
            // Whoever is neither staff nor of the team cannot tell whether it is there.
            TeamOr(_) if !team && ["member", "seated", "team"].contains(&self.role) => (false, &[403, 404]),
            TeamOr(_) if nobody => (false, &[401, 404]),
            TeamOr(right) => (team || right.of(self.role), refused),
            Staff(right) => (right.of(self.role), refused),
        }
    }

    /// What is wrong with a reply; `team` says whether they act for one, `own` whether the ids are
    /// there and their own.
    fn fault(&self, who: Who, team: bool, own: bool, reply: &Reply) -> Option<&'static str> {
        let (admitted, refused) = self.admitted(who, team);
        let kept_out = [401, 403].contains(&reply.status);
        match () {
            () if reply.status >= 500 => Some("an error of ours"),
            () if !admitted && !refused.contains(&reply.status) => Some("should be refused"),
            () if admitted && kept_out && (own || self.is_staff()) => Some("should be let in"),
            () if admitted && !own && team && reply.status < 400 => Some("is not theirs"),
            () => None,
        }
    }
}

/// Ids to fill paths with.
struct Ids(BTreeMap<&'static str, String>);

impl Ids {
    fn fill(&self, path: &str) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => self.0.get(name).unwrap_or_else(|| panic!("no id for {name} of {path}")).clone(),
            None => part.to_owned(),
        };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

async fn of_contest(contest: &Contest, team: &Team, account: &Account, token: &str) -> Ids {
    let held = team.claim(contest.question("q0")).await;
    let offered = contest.offer(10, 20, 5).await;
    contest.announce(json!({"title": "Welcome"})).await;
    let asked = team.ask("May we?").await.ok(201)["id"].as_str().unwrap().to_owned();
    let game = contest.game(true).await;
    Ids(BTreeMap::from([
        ("contest", contest.id.clone()),
        ("team", team.id.clone()),
        ("question", contest.question("q1").to_owned()),
        ("mystery", contest.question("m0").to_owned()),
        ("assignment", held),
        ("mystery_box", offered),
        ("room", contest.id.clone()),
        ("message", team.id.clone()),
        ("seq", "1".to_owned()),
        ("number", "1".to_owned()),
        ("clarification", asked),
        ("account", account.id.clone()),
        ("api_token", token.to_owned()),
        ("session", "DEMO123".to_owned()),
        ("game", game),
    ]))
}

async fn contest(app: &TestApp) -> (Contest, Team) {
    let plain = |name| asked(name, json!({}));
    let questions = [plain("q0"), plain("q1"), asked("m0", json!({"pool": "mystery"}))];
    let made = app.contest(json!({"max_open_assignments": 50}), &questions).await;
    let team = made.team("Red").await;
    (made, team)
}

/// The same with an id that nobody has, in place of each but the contest's own.
fn missing(own: &Ids) -> Ids {
    let nobodys = |(name, _): (&&'static str, &String)| (*name, uuid::Uuid::now_v7().to_string());
    let mut all: BTreeMap<_, _> = own.0.iter().map(nobodys).collect();
    all.extend(["seq", "number"].map(|name| (name, "4711".to_owned())));
    Ids(all)
}

/// Things of another contest under our own contest's path.
fn foreign(own: &Ids, other: Ids) -> Ids {
    let mut all = other.0;
    all.insert("contest", own.0["contest"].clone());
    Ids(all)
}

struct Operation {
    id: String,
    method: Method,
    path: String,
    has_body: bool,
}

/// Signing out and a team's new token come last: they end what the others need.
fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let Ok(method) = verb.to_uppercase().parse::<Method>() else { continue };
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let has_body = operation.get("requestBody").is_some();
            all.push(Operation { id, method, path: path.clone(), has_body });
        }
    }
    all.sort_by_key(|one| (one.id == "reissue_team_token", one.is_late()));
    all
}

impl Operation {
    /// Whether the sessions that were begun at first may have ended when it is called.
    fn is_late(&self) -> bool {
        self.id.starts_with("sign_out") || self.id == "reissue_team_token"
    }

    async fn call(&self, client: &Client, ids: &Ids) -> Reply {
        let request = client.request(self.method.clone(), &ids.fill(&self.path)).header("if-match", "\"1\"");
        Reply::to(if self.has_body { request.json(&self.body()) } else { request }).await
    }

    /// Where a team is let in as well as staff, the body is read before that is decided. Everywhere
    /// else a body will do that nothing comes of.
    fn body(&self) -> Value {
        match self.id.as_str() {
            "assign_classic_mystery" => json!({"teamName": "Red", "difficulty": "EASY"}),
            "edit_team" => json!({"email": "red@example.org"}),
            "add_problem" => problem("p1"),
            "answer_problem" => json!({"problem_id": "p1", "answer": "8"}),
            "send_message" => json!({"message": "Hello"}),
            "submit_classic_answer" => json!({"teamName": "Red", "questionId": "q0", "answer": "A"}),
            "take_classic_question" => json!({"teamName": "Red"}),
            _ => json!({"nonsense": true}),
        }
    }
}

/// A room of the account that has a seat, with room for nobody else.
async fn room(callers: &[Caller]) -> String {
    let owner = callers.iter().find(|caller| caller.role == "seated").and_then(|one| one.account.as_ref());
    owner.expect("an account with a seat").room(json!({"max_members": 1})).await
}

async fn callers(app: &TestApp, team: &Team) -> Vec<Caller> {
    let of = |role, client| Caller { role, client, account: None };
    let mut all = vec![of("nobody", app.anyone()), of("team", team.client.clone())];
    let seated = app.account("the seated").await;
    let join = json!({"join_code": team.join_code, "name": "Grace"});
    seated.client.post(&team.path("teams/join"), join).await.ok(201);
    all.push(Caller { role: "seated", client: seated.client.clone(), account: Some(seated) });
    for role in ROLES {
        let account = app.account(&format!("the {role}")).await;
        let give = json!({"role": role, "reason": "for the test"});
        app.admin().patch_if(&format!("accounts/{}", account.id), 1, give).await.ok(200);
        all.push(Caller { role, client: account.client.clone(), account: Some(account) });
    }
    all.push(of("owner", app.admin()));
    all
}

#[test]
fn every_operation_lets_in_whom_it_should_and_nobody_else() {
    TestApp::run(async |app| {
        let ((ours, red), (theirs, blue)) = (contest(app).await, contest(app).await);
        ours.go("make-current").await.ok(200);
        let (ada, eve) = (app.account("ada").await, app.account("eve").await);
        let token = async |account: &Account| {
            let wish = json!({"label": "x", "scope": "read", "expires_in_days": 1});
            account.client.post("auth/api-tokens", wish).await.ok(201)["id"].as_str().unwrap().to_owned()
        };
        let mut own = of_contest(&ours, &red, &ada, &token(&ada).await).await;
        let callers = callers(app, &red).await;
        own.0.insert("room", room(&callers).await);
        let mut foreign = foreign(&own, of_contest(&theirs, &blue, &eve, &token(&eve).await).await);
        foreign.0.insert("room", ada.room(json!({"max_members": 1})).await);
        let missing = missing(&own);
        let document = serde_json::to_value(podium::openapi::document()).unwrap();
        let (mut seen, mut faults) = (BTreeSet::new(), Vec::new());
        for operation in operations(&document) {
            let who = who(&operation.id);
            for caller in &callers {
                for (which, ids) in [("missing", &missing), ("foreign", &foreign), ("own", &own)] {
                    let mut client = caller.client.clone();
                    if let (true, Some(account)) = (operation.is_late(), &caller.account) {
                        client = account.again(app).await.client;
                    }
                    let reply = operation.call(&client, ids).await;
                    let alone = ["{team}", "{assignment}", "{mystery_box}"];
                    let own = which == "own" || alone.iter().all(|id| !operation.path.contains(id));
                    let found = which == "missing" && operation.path.contains('{') && reply.status < 400;
                    let team = caller.plays(&operation, which);
                    let fault = caller.fault(who, team, own, &reply).or(found.then_some("is not there"));
                    if let Some(fault) = fault {
                        let (id, role, status) = (&operation.id, caller.role, reply.status);
                        faults.push(format!("{id}, {which} ids, {role}: {fault}: {status} {}", reply.body));
                    }
                }
            }
            seen.insert(operation.id);
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        let listed: BTreeSet<_> =
            TABLE.iter().flat_map(|(_, all)| all.iter().map(|name| (*name).to_owned())).collect();
        assert_eq!(seen, listed, "described, and in the table");
    });
}

#[test]
fn the_documentation_tells_who_may_what() {
    let text = include_str!("../../docs/API.md");
    // All staff may see: that has no row.
    for (right, name) in RIGHTS.into_iter().skip(1) {
        let row = text.lines().find(|line| line.starts_with(&format!("| {name} | "))).expect(name);
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let told = |cell: &str| -> BTreeSet<String> {
            cell.split(", ")
                .filter(|part| !part.is_empty())
                .map(|part| part.trim_matches('`').to_owned())
                .collect()
        };
        let roles: BTreeSet<_> =
            ROLES[..5].iter().filter(|role| right.of(role)).map(|role| (*role).to_owned()).collect();
        assert_eq!(told(cells[2]), roles, "{name}");
        let mut needed: BTreeSet<_> = TABLE
            .iter()
            .filter(|(who, _)| [Staff(right), TeamOr(right)].contains(who))
            .flat_map(|(_, operations)| operations.iter().map(|name| (*name).to_owned()))
            .collect();
        if right == Operate {
            // Open to everybody; staff with the right does it also when that is closed.
            needed.extend(["join_team", "register_classic_team", "register_team"].map(ToOwned::to_owned));
        }
        assert_eq!(told(cells[3]), needed, "{name}");
    }
}

#[test]
fn everybody_is_told_their_rights_and_no_more() {
    TestApp::run(async |app| {
        let (_, red) = contest(app).await;
        for caller in callers(app, &red).await.iter().filter(|caller| caller.role != "nobody") {
            let told = caller.client.get("auth/rights").await.ok(200);
            let has = |right: Right| right.of(caller.role);
            let rights: Vec<_> =
                RIGHTS.iter().filter(|(right, _)| has(*right)).map(|(_, name)| *name).collect();
            assert_eq!(told["rights"], json!(rights), "{}", caller.role);
            let role = match caller.role {
                "team" => Value::Null,
                "seated" => json!("member"),
                role => json!(role),
            };
            assert_eq!(told["role"], role);
        }
        let editor = app.account("an editor").await;
        let give = json!({"role": "editor", "reason": "for the test"});
        app.admin().patch_if(&format!("accounts/{}", editor.id), 1, give).await.ok(200);
        let wish = json!({"label": "x", "scope": "read", "expires_in_days": 1});
        let token = editor.client.post("auth/api-tokens", wish).await.ok(201);
        let reader = app.anyone().bearer(token["token"].as_str().unwrap());
        assert_eq!(reader.get("auth/rights").await.ok(200)["rights"], json!(["see", "answers"]));
    });
}
