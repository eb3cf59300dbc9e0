//! Who may do what: every operation of the description, by every role, on its own, on foreign and
//! on missing ids. What is expected stands in the table below, written by hand; the description
//! says which operations there are, and docs/API.md must say the same as the table.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Account, Client, Contest, Reply, Team, TestApp, asked};

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
    Operate,
    Manage,
}

use Right::{Answers, Judge, Manage, Operate, Questions, See};
use Who::{Anybody, Known, SignedIn, Staff, TeamOr};

impl Right {
    fn of(self, role: &str) -> bool {
        match role {
            "owner" | "admin" => true,
            "editor" => matches!(self, See | Answers | Questions),
            "judge" => matches!(self, See | Answers | Judge),
            "operator" => matches!(self, See | Operate),
            "announcer" => self == See,
            _ => false,
        }
    }
}

const TABLE: &[(Who, &[&str])] = &[
    (
        Anybody,
        &[
            "get_api_health",
            "get_contest",
            "get_health",
            "get_leaderboard",
            "get_livez",
            "get_openapi",
            "get_readyz",
            "get_team_standing",
            "issue_tokens",
            "join_team",
            "list_boxes",
            "list_contests",
            "list_events",
            "list_teams",
            "open_classic_socket",
            "open_socket",
            "register_account",
            "register_classic_team",
            "register_team",
            "spend_start_link",
        ],
    ),
    (Known, &["create_ws_ticket"]),
    (
        SignedIn,
        &[
            "change_password",
            "create_api_token",
            "get_own_account",
            "list_api_tokens",
            "revoke_api_token",
            "sign_out",
            "sign_out_everywhere",
        ],
    ),
    (Who::Team, &["open_box", "release_question", "reveal_question", "submit_answer", "take_question"]),
    (
        TeamOr(See),
        &[
            "get_assignment",
            "get_contest_question",
            "get_ledger",
            "get_team",
            "list_assignment_submissions",
            "list_assignments",
            "list_contest_questions",
            "list_openings",
            "list_pools",
            "list_submissions",
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
    (Staff(See), &["check_contest", "get_classic_team", "list_classic_teams"]),
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
            "edit_account",
            "edit_contest",
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
    /// What must come back; `own` says whether the ids are there and their own.
    fn must_hear(&self, who: Who, own: bool, reply: &Reply, what: &str) {
        let what = format!("{what} by {}: {} {}", self.role, reply.status, reply.body);
        assert!(reply.status < 500, "{what}");
        let (team, staff) = (self.role == "team", !["nobody", "team", "member"].contains(&self.role));
        let right = |right: Right| right.of(self.role);
        let (admitted, refused): (bool, &[u16]) = match who {
            Anybody => (true, &[]),
            Known => (self.role != "nobody", &[401]),
            SignedIn => (self.account.is_some(), if self.role == "nobody" { &[401] } else { &[403] }),
            Who::Team => (team, if self.role == "nobody" { &[401] } else { &[403] }),
            // Whoever is no staff and not of the team cannot tell whether it is there.
            TeamOr(needed) => (
                team || right(needed),
                match self.role {
                    "nobody" => &[401, 404],
                    "member" => &[403, 404],
                    _ => &[403],
                },
            ),
            Staff(needed) => (right(needed), if self.role == "nobody" { &[401] } else { &[403] }),
        };
        if !admitted {
            assert!(refused.contains(&reply.status), "{what}; expected {refused:?}");
        } else if own || staff {
            assert!(![401, 403].contains(&reply.status), "{what}; expected to be let in");
        }
        if !own && admitted && team {
            assert!(reply.status >= 400, "{what}: a foreign id");
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
    Ids(BTreeMap::from([
        ("contest", contest.id.clone()),
        ("team", team.id.clone()),
        ("question", contest.question("q1").to_owned()),
        ("mystery", contest.question("m0").to_owned()),
        ("assignment", held),
        ("mystery_box", offered),
        ("seq", "1".to_owned()),
        ("account", account.id.clone()),
        ("api_token", token.to_owned()),
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
    all.insert("seq", "4711".to_owned());
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

/// Signing out comes last: it ends what the others need.
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
    all.sort_by_key(|one| one.id.starts_with("sign_out"));
    all
}

impl Operation {
    async fn call(&self, client: &Client, ids: &Ids) -> Reply {
        let request = client.request(self.method.clone(), &ids.fill(&self.path)).header("if-match", "\"1\"");
        // A body that nothing comes of: who is let in at all is decided before it is read.
        let nothing = json!({"nonsense": true});
        Reply::to(if self.has_body { request.json(&nothing) } else { request }).await
    }
}

async fn callers(app: &TestApp, team: &Team) -> Vec<Caller> {
    let of = |role, client| Caller { role, client, account: None };
    let mut all = vec![of("nobody", app.anyone()), of("team", team.client.clone())];
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
        let own = of_contest(&ours, &red, &ada, &token(&ada).await).await;
        let foreign = foreign(&own, of_contest(&theirs, &blue, &eve, &token(&eve).await).await);
        let missing = missing(&own);
        let callers = callers(app, &red).await;
        let document = serde_json::to_value(podium::openapi::document()).unwrap();
        let mut seen = BTreeSet::new();
        for operation in operations(&document) {
            let who = who(&operation.id);
            for caller in &callers {
                for (which, ids) in [("missing", &missing), ("foreign", &foreign), ("own", &own)] {
                    let mut client = caller.client.clone();
                    if let (true, Some(account)) = (operation.id.starts_with("sign_out"), &caller.account) {
                        client = account.again(app).await.client;
                    }
                    let reply = operation.call(&client, ids).await;
                    let what = format!("{} with {which} ids", operation.id);
                    let alone = !operation.path.contains("{team}")
                        && !operation.path.contains("{assignment}")
                        && !operation.path.contains("{mystery_box}");
                    let own = which == "own" || alone;
                    caller.must_hear(who, own, &reply, &what);
                    if which == "missing" && operation.path.contains('{') {
                        assert!(reply.status >= 400, "{what} by {}: {}", caller.role, reply.body);
                    }
                }
            }
            seen.insert(operation.id);
        }
        let listed: BTreeSet<_> =
            TABLE.iter().flat_map(|(_, all)| all.iter().map(|name| (*name).to_owned())).collect();
        assert_eq!(seen, listed, "described, and in the table");
    });
}

#[test]
fn the_documentation_tells_who_may_what() {
    let text = include_str!("../../docs/API.md");
    for (right, name) in [
        (Answers, "answers"),
        (Questions, "questions"),
        (Judge, "judge"),
        (Operate, "operate"),
        (Manage, "manage"),
    ] {
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
