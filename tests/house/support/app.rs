//! A server under test, with everything that runs beside it.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use futures_util::FutureExt;
use podium::Parts;
use podium::auth::commands::IssueStaffToken;
use podium::auth::{Accounts, Token, TokenKind};
use podium::config::Config;
use podium::db::Db;
use podium::fanout::Fanout;
use podium::fanout::link::Link;
use podium::realtime::{self, Hub};
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use serde_json::Value;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::postgres::{self, Database};
use super::{Client, logs, until};

/// Connections for requests, of each instance.
pub const POOL: u32 = 8;

/// What signs access tokens on every instance under test.
pub const JWT_SECRET: &str = "the secret of all servers in tests";

/// Tests that run at once; each takes some twenty connections, of two hundred.
const SEATS: usize = 6;

/// A database of its own, and one server on it; more with [`TestApp::instance`].
pub struct TestApp {
    pub url: String,
    pub db: Db,
    first: Instance,
    config: Config,
    http: reqwest::Client,
    staff: String,
    sql: OnceCell<tokio_postgres::Client>,
}

impl TestApp {
    /// Runs a test against a server. Afterwards, even if it has panicked, every invariant
    /// of the game must hold.
    pub fn run(body: impl AsyncFnOnce(&TestApp)) {
        Self::run_with(realtime::Settings::default(), body);
    }

    /// The same with other settings for sockets.
    pub fn run_with(settings: realtime::Settings, body: impl AsyncFnOnce(&TestApp)) {
        Self::run_set(config(), settings, body);
    }

    /// The same with other settings for the server.
    pub fn run_configured(config: Config, body: impl AsyncFnOnce(&TestApp)) {
        Self::run_set(config, realtime::Settings::default(), body);
    }

    fn run_set(config: Config, settings: realtime::Settings, body: impl AsyncFnOnce(&TestApp)) {
        logs::begin();
        let _seat = Seat::take();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let outcome = runtime.block_on(Box::pin(Self::live(config, settings, body)));
        runtime.shutdown_background();
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    }

    async fn live(
        config: Config,
        settings: realtime::Settings,
        body: impl AsyncFnOnce(&TestApp),
    ) -> std::thread::Result<()> {
        let database = postgres::from_template().await;
        let app = Self::start(&database, config, settings).await;
        let outcome = AssertUnwindSafe(Box::pin(body(&app))).catch_unwind().await;
        let checked = AssertUnwindSafe(Box::pin(app.must_be_sound())).catch_unwind().await;
        if let Err(panic) = outcome.and(checked) {
            eprintln!("the database {} is left as it was", database.name);
            return Err(panic);
        }
        drop(app);
        database.drop().await;
        Ok(())
    }

    async fn start(database: &Database, config: Config, settings: realtime::Settings) -> Self {
        let db = Db::new(&database.url, 2);
        let staff = Token::new(TokenKind::Admin);
        db.run(&IssueStaffToken { label: "test".to_owned(), token: staff.clone() }).await.unwrap();
        Self {
            first: Instance::start(&database.url, &config, settings, Fanout::in_process()).await,
            config,
            url: database.url.clone(),
            db,
            http: reqwest::Client::new(),
            staff: staff.reveal().to_owned(),
            sql: OnceCell::new(),
        }
    }

    /// Nothing waits for its number any more, and the checker has nothing to say.
    pub async fn must_be_sound(&self) {
        self.settle().await;
        let report =
            podium::checker::queries::report(&mut self.db.conn().await.unwrap(), None).await.unwrap();
        assert!(report.breaches.is_empty(), "invariants are broken: {:#?}", report.breaches);
    }

    /// Waits until every event has its number.
    pub async fn settle(&self) {
        until("the outbox is empty", async || {
            (self.number("SELECT count(*) FROM outbox").await == 0).then_some(())
        })
        .await;
    }

    /// A second server on the same database.
    pub async fn instance(&self) -> Instance {
        self.instance_set(&self.config).await
    }

    /// A second server that is set otherwise.
    pub async fn instance_set(&self, config: &Config) -> Instance {
        self.instance_as(&self.url, config).await
    }

    /// A second server that is set otherwise, and finds the database at another address.
    pub async fn instance_as(&self, url: &str, config: &Config) -> Instance {
        Instance::start(url, config, realtime::Settings::default(), Fanout::in_process()).await
    }

    /// A second server that tells others through this Redis what is new.
    pub async fn instance_with(&self, redis: &str) -> Instance {
        self.instance_with_set(redis, &self.config).await
    }

    /// The same, set otherwise.
    pub async fn instance_with_set(&self, redis: &str, config: &Config) -> Instance {
        let link = Arc::new(Link::new(redis).unwrap());
        // Tests may share a Redis, but no words.
        let fanout = Fanout::through(link, &self.url);
        Instance::start(&self.url, config, realtime::Settings::default(), fanout).await
    }

    /// A second server that finds the database at another address.
    pub async fn instance_at(&self, url: &str) -> Instance {
        self.instance_as(url, &self.config).await
    }

    /// The server that is there from the beginning.
    pub fn first(&self) -> &Instance {
        &self.first
    }

    /// Whoever comes without a token.
    pub fn anyone(&self) -> Client {
        Client::new(self.http.clone(), &self.first.base)
    }

    /// Staff.
    pub fn admin(&self) -> Client {
        self.anyone().bearer(&self.staff)
    }

    /// The token of [`TestApp::admin`].
    pub fn staff_token(&self) -> &str {
        &self.staff
    }

    async fn connection(&self) -> &tokio_postgres::Client {
        self.sql.get_or_init(|| postgres::connect(&self.url)).await
    }

    /// A connection of the test's own, to hold locks with.
    pub async fn connect(&self) -> tokio_postgres::Client {
        postgres::connect(&self.url).await
    }

    /// Changes the database behind the server's back.
    pub async fn execute(&self, statement: &str) {
        self.connection().await.batch_execute(statement).await.unwrap();
    }

    /// One number.
    pub async fn number(&self, query: &str) -> i64 {
        self.text(query).await.parse().unwrap()
    }

    /// How many wait for a table of this database; the tables of others have the same numbers.
    pub async fn waiting_for(&self, table: &str) -> i64 {
        let waiting = format!(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE d.datname = current_database() AND l.relation = '{table}'::regclass AND NOT l.granted"
        );
        self.number(&waiting).await
    }

    /// One value, as text.
    pub async fn text(&self, query: &str) -> String {
        self.rows(query).await.swap_remove(0).swap_remove(0)
    }

    /// All values, as text; null is empty.
    pub async fn rows(&self, query: &str) -> Vec<Vec<String>> {
        rows(self.connection().await, query).await
    }

    /// The problems that the socket and REST would tell of, as JSON; for tests of events.
    pub async fn events(&self, contest: &str) -> Vec<Value> {
        self.settle().await;
        let page = self.admin().get(&format!("contests/{contest}/events?limit=200")).await.ok(200);
        page["data"].as_array().unwrap().clone()
    }
}

/// All values of a query, as text; null is empty.
pub async fn rows(conn: &tokio_postgres::Client, query: &str) -> Vec<Vec<String>> {
    let messages = conn.simple_query(query).await.unwrap();
    let rows = messages.into_iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| (0..row.len()).map(|i| row.get(i).unwrap_or_default().to_owned()).collect()).collect()
}

/// A running server.
pub struct Instance {
    pub base: String,
    pub db: Db,
    shutdown: rocket::Shutdown,
    server: JoinHandle<()>,
    background: Option<JoinSet<()>>,
}

impl Instance {
    async fn start(url: &str, config: &Config, settings: realtime::Settings, fanout: Fanout) -> Self {
        let db = Db::new(url, POOL);
        let hub = Hub::new(db.clone(), fanout, settings);
        let (tell, told) = oneshot::channel();
        let tell = Mutex::new(Some(tell));
        let liftoff = AdHoc::on_liftoff("tell the port", move |rocket| {
            let ready = (rocket.config().port, rocket.shutdown());
            if let Some(tell) = tell.lock().unwrap_or_else(PoisonError::into_inner).take() {
                tell.send(ready).ok();
            }
            Box::pin(async {})
        });
        let accounts = Accounts::new(JWT_SECRET, db.meters());
        let parts = Parts::new(config, db.clone(), hub);
        let background = Some(podium::serve::background(config, url, &parts));
        let rocket = podium::rocket(figment(), config, parts, accounts).attach(liftoff);
        let server = tokio::spawn(async move { drop(rocket.launch().await.expect("a launch")) });
        let (port, shutdown) = told.await.expect("liftoff");
        Self { base: format!("http://127.0.0.1:{port}"), db, shutdown, server, background }
    }

    /// Its address for sockets.
    pub fn socket_url(&self) -> String {
        format!("{}/api/v1/ws", self.base.replace("http://", "ws://"))
    }

    /// SIGTERM, as far as one process can play it.
    pub async fn stop(mut self) {
        self.shutdown.clone().notify();
        (&mut self.server).await.expect("a clean stop");
        self.background.take();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What a server in a test is set to. Every test is checked at its end; a check beside it
/// would only cost time.
pub fn config() -> Config {
    Config { check_every_ms: 0, ..Config::default() }
}

/// As Rocket.toml has it, on any free port; signals are for the test runner.
fn figment() -> Figment {
    Figment::from(rocket::Config::debug_default())
        .merge(("port", 0))
        .merge(("ident", "Podium"))
        .merge(("ip_header", false))
        .merge(("log_level", "off"))
        .merge(("limits.json", "64 KiB"))
        .merge(("limits.import", "10 MiB"))
        .merge(("shutdown.ctrlc", false))
        .merge(("shutdown.signals", Vec::<String>::new()))
        .merge(("shutdown.grace", 1))
        .merge(("shutdown.mercy", 1))
}

/// A place among the tests that run at once.
struct Seat;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

impl Seat {
    fn take() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        *FREED.wait_while(taken, |taken| *taken >= SEATS).unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREED.notify_one();
    }
}
