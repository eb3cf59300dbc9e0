//! One PostgreSQL for the whole run, and a database for each test.
//!
//! With `TEST_DATABASE_URL` it is that server. Otherwise a private cluster is made in the
//! target folder, and a shell that waits for the end of this process stops and removes it,
//! however the process ends: libtest has no hook for that.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use podium::postgres::Cluster;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

/// A database of a test.
#[derive(Debug)]
pub struct Database {
    pub url: String,
    pub name: String,
}

/// A copy of the migrated template.
pub async fn from_template() -> Database {
    let server = Server::get();
    server.database(&format!("TEMPLATE {}", server.template())).await
}

/// An empty database, for those who migrate it themselves.
pub async fn fresh_database() -> Database {
    Server::get().database("").await
}

impl Database {
    /// Removes it; a test that failed leaves it for whoever wants to look.
    pub async fn drop(self) {
        let admin = connect(&Server::get().url).await;
        admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await.unwrap();
    }
}

/// A connection for plain statements.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

struct Server {
    url: String,
    run: String,
    /// Its connection marks our databases as in use; its cluster must not be stopped by a drop.
    _kept: (Runtime, Option<Cluster>, tokio_postgres::Client),
}

static SERVER: OnceLock<Server> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Server {
    /// The server, started by whoever asks first. In a thread of its own, because a runtime
    /// cannot be made inside another one.
    fn get() -> &'static Self {
        SERVER.get_or_init(|| std::thread::spawn(Self::start).join().expect("PostgreSQL"))
    }

    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let run = format!("podium_test_{}", std::process::id());
        let (url, cluster, kept) = runtime.block_on(async {
            let (url, cluster) = match std::env::var("TEST_DATABASE_URL") {
                Ok(url) => (url, None),
                Err(_) => {
                    let cluster = private("postgres").await;
                    (cluster.url().to_owned(), Some(cluster))
                }
            };
            let url = with_options(&url);
            let kept = connect(&format!("{url}&application_name={run}")).await;
            remove_leftovers(&kept).await;
            make_template(&kept, &url, &run).await;
            (url, cluster, kept)
        });
        Self { url, run, _kept: (runtime, cluster, kept) }
    }

    fn template(&self) -> String {
        format!("{}_template", self.run)
    }

    async fn database(&self, how: &str) -> Database {
        let name = format!("{}_{}", self.run, COUNT.fetch_add(1, Ordering::Relaxed));
        let admin = connect(&self.url).await;
        admin.batch_execute(&format!("CREATE DATABASE {name} {how}")).await.unwrap();
        Database { url: named(&self.url, &name), name }
    }
}

/// A server of our own, stopped and removed when this process has ended.
pub async fn private(name: &str) -> Cluster {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let cluster = Cluster::start(&folder).await.unwrap();
    stop_with_us(&folder, &cluster.folder());
    cluster
}

/// Nobody ever writes to the pipe: it closes when this process is gone.
fn stop_with_us(folder: &Path, cluster: &Path) {
    const SCRIPT: &str = r#"
        cat >/dev/null
        pid=$(head -n 1 "$2/postmaster.pid") && kill -INT "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
        rm -rf -- "$1" "${2%/postgres}""#;
    let mut shell = Command::new("sh");
    shell.args(["-c", SCRIPT, "sh"]).arg(folder).arg(cluster).stdin(Stdio::piped());
    let shell = shell.stdout(Stdio::null()).stderr(Stdio::null());
    std::os::unix::process::CommandExt::process_group(shell, 0);
    std::mem::forget(shell.spawn().unwrap());
}

/// Nothing here must survive a crash, so nothing waits for the disk.
fn with_options(url: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options=-csynchronous_commit%3Doff")
}

fn named(url: &str, name: &str) -> String {
    let (address, options) = url.split_once('?').unwrap();
    let (server, _) = address.rsplit_once('/').unwrap();
    format!("{server}/{name}?{options}")
}

/// Databases of runs that are over: of a failed test, or of a killed run.
async fn remove_leftovers(admin: &tokio_postgres::Client) {
    let over = "SELECT datname FROM pg_database WHERE datname ~ '^podium_test_[0-9]+_' AND NOT EXISTS (
        SELECT FROM pg_stat_activity WHERE datname LIKE replace(application_name, '_', '\\_') || '\\_%'
            AND application_name LIKE 'podium_test_%')";
    for row in admin.query(over, &[]).await.unwrap() {
        let name: String = row.get(0);
        // Two runs that begin at once may both try.
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.ok();
    }
}

async fn make_template(admin: &tokio_postgres::Client, url: &str, run: &str) {
    let name = format!("{run}_template");
    admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    podium::migrate::run(&named(url, &name)).await.unwrap();
    // For script/prove-layers: what holds without this constraint?
    if let Ok(index) = std::env::var("TEST_DROP_INDEX") {
        connect(&named(url, &name)).await.batch_execute(&format!("DROP INDEX {index}")).await.unwrap();
    }
}
