//! People with accounts, who all sign in at the same time, again and again.

use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hdrhistogram::Histogram;
use hyper::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::http::{Ask, Connection};
use crate::server::random_hex;
use crate::tally::{histogram, percentiles, record};

/// One wave is no sooner than so long after the one before.
const WAVE: Duration = Duration::from_secs(1);

/// Whoever waits for a password waits for those before; on a busy machine that takes a while.
const PATIENCE: Duration = Duration::from_secs(30);

const PASSWORD: &str = "correct horse battery";

/// Everybody who signs in.
#[derive(Debug)]
pub(super) struct People {
    authority: String,
    names: Vec<String>,
}

/// What came of all waves.
#[derive(Debug)]
pub(super) struct Waves {
    waves: u64,
    signed_in: u64,
    /// Told to come back, as all are for whom there is no room to wait.
    limited: u64,
    wrong: u64,
    latency: Histogram<u64>,
}

impl Default for Waves {
    fn default() -> Self {
        Self { waves: 0, signed_in: 0, limited: 0, wrong: 0, latency: histogram() }
    }
}

impl AddAssign for Waves {
    fn add_assign(&mut self, more: Self) {
        self.waves += more.waves;
        self.signed_in += more.signed_in;
        self.limited += more.limited;
        self.wrong += more.wrong;
        self.latency += more.latency;
    }
}

impl Waves {
    pub(super) fn json(&self) -> Value {
        json!({"waves": self.waves, "signed_in": self.signed_in, "limited": self.limited,
            "wrong": self.wrong, "latency": percentiles(&self.latency)})
    }

    fn note(&mut self, status: u16, took: Duration) {
        match status {
            200 => {
                self.signed_in += 1;
                record(&mut self.latency, took);
            }
            429 => self.limited += 1,
            _ => self.wrong += 1,
        }
    }
}

impl People {
    /// Gives each of them an account, one after the other.
    pub(super) async fn register(authority: &str, count: u16) -> Result<Self, String> {
        let (run, mut connection) = (&random_hex()[..8], Connection::new(authority, PATIENCE));
        let names: Vec<_> = (0..count).map(|number| format!("Person {number} of {run}")).collect();
        for name in &names {
            let body = json!({"name": name, "password": PASSWORD});
            let reply = connection.send(&Ask::post("/api/v1/auth/register", &body)).await;
            match reply.map_err(|e| e.to_string())?.status {
                201 => {}
                status => return Err(format!("registering an account was answered {status}")),
            }
        }
        eprintln!("{count} accounts");
        Ok(Self { authority: authority.to_owned(), names })
    }

    /// Lets them sign in, wave after wave, until told to end.
    pub(super) fn begin(&self) -> SigningIn {
        let over = Arc::new(AtomicBool::new(false));
        let mut people: Vec<_> = self.names.iter().map(|name| Person::new(&self.authority, name)).collect();
        let heard = Arc::clone(&over);
        let waves = tokio::spawn(async move {
            let mut waves = Waves::default();
            while !heard.load(Ordering::Relaxed) {
                let begun = Instant::now();
                for (status, took) in join_all(people.iter_mut().map(Person::sign_in)).await {
                    waves.note(status, took);
                }
                waves.waves += 1;
                tokio::time::sleep(WAVE.saturating_sub(begun.elapsed())).await;
            }
            waves
        });
        SigningIn { over, waves }
    }
}

/// Waves under way.
#[derive(Debug)]
pub(super) struct SigningIn {
    over: Arc<AtomicBool>,
    waves: JoinHandle<Waves>,
}

impl SigningIn {
    /// Lets the last wave end.
    pub(super) async fn end(self) -> Waves {
        self.over.store(true, Ordering::Relaxed);
        self.waves.await.unwrap_or_default()
    }
}

/// Somebody with a connection of their own.
#[derive(Debug)]
struct Person {
    connection: Connection,
    ask: Ask,
}

impl Person {
    fn new(authority: &str, name: &str) -> Self {
        let body = json!({"username": name, "password": PASSWORD}).to_string().into_bytes();
        let ask = Ask { body: Some(body), ..Ask::new(Method::POST, "/api/v1/auth/token") };
        Self { connection: Connection::new(authority, PATIENCE), ask }
    }

    /// The status of the reply, 0 without one, and how long it took.
    async fn sign_in(&mut self) -> (u16, Duration) {
        let begun = Instant::now();
        let reply = self.connection.send(&self.ask).await;
        (reply.map_or(0, |reply| reply.status), begun.elapsed())
    }
}
