//! Runs the server: everything that begins with it and ends with it.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::task::JoinSet;

use crate::auth::commands::{IssueStaffToken, IssueStartLink};
use crate::auth::{Accounts, Token, TokenKind, queries::any_staff_token};
use crate::config::{Config, Settings};
use crate::database::Database;
use crate::db::Db;
use crate::drain::{Drain, Signals};
use crate::fanout::link::Link;
use crate::fanout::{Fanout, Reach};
use crate::limits;
use crate::realtime::{self, Hub};
use crate::{
    Parts, assignments, checker, clocks, contests, demo, events, high_scores, housekeeping, metrics, signing,
};

/// Connections for the sequencer, the clocks, the sweepers, the boards of games, the checker and the
/// metrics, apart from those for requests.
const BACKGROUND_POOL: u32 = 6;

/// Open files that are no sockets of watchers, with room to spare: requests, database, logs.
const OTHER_FILES: u64 = 500;

/// How long sockets may take to hear that the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// One sentence with the fix.
pub async fn run(settings: &Settings, database: &Database, bots: u16) -> Result<(), String> {
    let db = database.db();
    allow_sockets(settings.podium.max_sockets);
    let accounts = Accounts::new(&signing::secret(settings)?, db.meters());
    let link = welcome_staff(&settings.podium, db).await?;
    if settings.podium.demo {
        demo::seed(db).await.map_err(|e| format!("the sample contest could not be made: {e}"))?;
    }
    let hub = Hub::new(
        db.clone(),
        fanout(&settings.podium)?,
        realtime::Settings {
            allowed_origins: settings.podium.allowed_origins.clone(),
            max_sockets: settings.podium.max_sockets,
            max_team_sockets: settings.podium.limits.team_sockets,
            max_address_sockets: settings.podium.limits.address_sockets,
            ..realtime::Settings::default()
        },
    );
    let parts = Parts::new(&settings.podium, db.clone(), hub.clone());
    let mut background = background(&settings.podium, database.url(), &parts);
    let rocket = crate::rocket(settings.rocket.clone(), &settings.podium, parts, accounts);
    let signals = Signals::catch().map_err(|e| format!("signals cannot be caught: {e}"))?;
    let (drain, pause) = (rocket.state::<Drain>().cloned(), Duration::from_millis(settings.podium.drain_ms));
    let liftoff = AdHoc::on_liftoff("ready", move |rocket| {
        let stopping = signals.stop(drain.unwrap_or_default(), pause, rocket.shutdown());
        tokio::spawn(stopping);
        let base = address(rocket.config());
        Box::pin(async move { greet(&base, link.as_ref()) })
    });
    if bots > 0 {
        background.spawn(demo::bots(db.clone(), bots));
    }
    let launched = tokio::select! {
        launched = rocket.attach(liftoff).launch() => launched.map(drop).or_else(|e| explain(&e, &settings.rocket)),
        () = watch(database) => Ok(()),
    };
    let _ = tokio::time::timeout(FAREWELL, hub.empty()).await;
    background.shutdown().await;
    launched
}

/// Every socket is an open file, and most systems allow a thousand unless asked for more.
fn allow_sockets(most: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if files < most as u64 + OTHER_FILES {
        tracing::warn!(
            files,
            max_sockets = most,
            "not all sockets fit: raise `ulimit -n`, or lower max_sockets"
        );
    }
}

/// Through Redis, if one was named.
fn fanout(config: &Config) -> Result<Fanout, String> {
    let Some(url) = &config.redis_url else { return Ok(Fanout::in_process()) };
    let link = Link::new(url.reveal()).map_err(|e| format!("REDIS_URL (redis_url) is no address: {e}"))?;
    Ok(Fanout::through(Arc::new(link), &config.redis_prefix))
}

/// What goes on beside the requests.
pub fn background(config: &Config, url: &str, parts: &Parts) -> JoinSet<()> {
    let Parts { db, hub, limits, clocks } = parts;
    let beside = db.beside(url, BACKGROUND_POOL);
    let mut tasks = JoinSet::new();
    tasks.spawn(hub.fanout().clone().run());
    tasks.spawn(realtime::words::run(hub.clone()));
    tasks.spawn(realtime::doubts::run(hub.clone()));
    if hub.fanout().reach() != Reach::Process {
        tasks.spawn(limits::sharing::run(limits.clone(), hub.fanout().clone()));
    }
    tasks.spawn(events::sequencer::run(beside.clone(), beside.told(), hub.fanout().clone()));
    tasks.spawn(contests::clock::run(beside.clone()));
    tasks.spawn(high_scores::credits::run(beside.clone()));
    tasks.spawn(assignments::expiry::run(beside.clone()));
    tasks.spawn(metrics::run(beside.clone()));
    tasks.spawn(clocks::run(beside.clone(), clocks.clone()));
    if config.housekeeping.every_ms > 0 {
        tasks.spawn(housekeeping::run(beside.clone(), config.housekeeping));
    }
    if config.check_every_ms > 0 {
        tasks.spawn(checker::background::run(beside, Duration::from_millis(config.check_every_ms)));
    }
    tasks
}

/// Brings a killed private PostgreSQL back, on the same port.
async fn watch(database: &Database) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if let Some(cluster) = database.cluster() {
            match cluster.revive().await {
                Ok(true) => tracing::warn!("the private PostgreSQL had died and was started again"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the private PostgreSQL cannot be started again"),
            }
        }
    }
}

/// Makes sure that staff can get in; at the first start that is a token in a file and a link.
async fn welcome_staff(config: &Config, db: &Db) -> Result<Option<Token>, String> {
    let fail = |e: crate::error::Error| e.to_string();
    if let Some(token) = &config.admin_token {
        let issue =
            IssueStaffToken { label: "configured".to_owned(), token: Token::received(token.reveal()) };
        db.run(&issue).await.map_err(fail)?;
        return Ok(None);
    }
    if any_staff_token(&mut *db.conn().await.map_err(fail)?).await.map_err(|e| e.to_string())? {
        return Ok(None);
    }
    let token = Token::new(TokenKind::Admin);
    keep(&config.data_dir, &token)?;
    db.run(&IssueStaffToken { label: "first start".to_owned(), token }).await.map_err(fail)?;
    let code = Token::new(TokenKind::StartLink);
    db.run(&IssueStartLink { code: code.clone() }).await.map_err(fail)?;
    Ok(Some(code))
}

/// Where the first admin token is kept, for scripts on this machine.
const TOKEN_FILE: &str = "admin.token";

fn keep(data_dir: &Path, token: &Token) -> Result<(), String> {
    let file = data_dir.join(TOKEN_FILE);
    let cannot = |e: std::io::Error| format!("cannot write {}: {e}", file.display());
    std::fs::create_dir_all(data_dir).map_err(cannot)?;
    let mut open = std::fs::OpenOptions::new();
    let mut out = open.create(true).write(true).truncate(true).mode(0o600).open(&file).map_err(cannot)?;
    writeln!(out, "{}", token.reveal()).map_err(cannot)
}

/// Where this server answers.
///
/// # Errors
/// One sentence that names the key.
pub fn base_url(rocket: &Figment) -> Result<String, String> {
    let config: rocket::Config = rocket.extract().map_err(|e| e.to_string())?;
    Ok(address(&config))
}

fn address(config: &rocket::Config) -> String {
    let host =
        if config.address.is_unspecified() { "localhost".to_owned() } else { config.address.to_string() };
    format!("http://{host}:{}", config.port)
}

/// The secret stands behind `#`: browsers do not send it, so no log ever sees it.
#[must_use]
pub fn console_link(base: &str, code: &Token) -> String {
    format!("{base}/admin#start={}", code.reveal())
}

fn greet(base: &str, link: Option<&Token>) {
    println!("\nPodium is ready.\n");
    println!("  Board     {base}/");
    match link {
        Some(code) => {
            println!("  Console   {}\n            (works once, within a day)", console_link(base, code));
        }
        None => println!("  Console   {base}/admin   (`podium admin link` prints a one-time link)"),
    }
    println!("  API       {base}/docs\n\nStop with Ctrl-C; everything is kept.\n");
}

fn explain(error: &rocket::Error, figment: &Figment) -> Result<(), String> {
    use rocket::error::ErrorKind;
    match error.kind() {
        ErrorKind::Bind(e) => Err(format!(
            "cannot listen on {}: {e}; choose another port with PORT=…",
            base_url(figment).unwrap_or_else(|_| "the address".to_owned())
        )),
        ErrorKind::Shutdown(..) => {
            tracing::warn!("some clients took too long to finish and were cut off");
            Ok(())
        }
        kind => Err(format!("the server could not start: {kind}")),
    }
}
