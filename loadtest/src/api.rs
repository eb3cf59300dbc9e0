//! What staff does around a run: makes a contest, fills and starts it, and reads it back.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Ask, Connection, Reply, Trouble};

/// An import or a check of a large contest takes its time.
const PATIENCE: Duration = Duration::from_secs(300);

/// What one import takes at most, with room to spare: 10 MiB and 20,000 questions.
const IMPORT_QUESTIONS: usize = 10_000;

/// What one page of a list has at most.
const PAGE: usize = 200;

/// A client of the REST interface with an admin token. Its connections are kept and shared.
#[derive(Debug)]
pub(crate) struct Api {
    authority: String,
    token: String,
    idle: Mutex<Vec<Connection>>,
}

impl Api {
    pub(crate) fn new(authority: &str, token: &str) -> Self {
        Self { authority: authority.to_owned(), token: token.to_owned(), idle: Mutex::default() }
    }

    /// Sends a request as staff and reads the reply, whatever it is.
    pub(crate) async fn send(&self, ask: Ask) -> Result<Reply, Trouble> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = idle.unwrap_or_else(|| Connection::new(&self.authority, PATIENCE));
        let reply = connection.send(&ask.bearer(&self.token)).await;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        reply
    }

    /// Sends a request that must succeed; the error is a sentence that says what came instead.
    async fn must(&self, ask: Ask) -> Result<Value, String> {
        let what = format!("{} {}", ask.method, ask.path);
        let reply = self.send(ask).await.map_err(|e| e.to_string())?;
        if (200..300).contains(&reply.status) {
            return Ok(reply.json());
        }
        let said: String = String::from_utf8_lossy(&reply.body).chars().take(500).collect();
        Err(format!("{what} was answered {}: {said}", reply.status))
    }

    /// Reads one thing; `path` is under `/api/v1/`.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, String> {
        self.must(Ask::get(format!("/api/v1/{path}"))).await
    }

    /// Posts to a path under `/api/v1/`.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.must(Ask::post(format!("/api/v1/{path}"), body)).await
    }

    /// Every item of a list, page by page, at most `limit` of them.
    pub(crate) async fn each(
        &self,
        path: &str,
        limit: usize,
        mut visit: impl FnMut(Value),
    ) -> Result<usize, String> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut seen, mut cursor) = (0, String::new());
        while seen < limit {
            let size = PAGE.min(limit - seen);
            let mut page = self.get(&format!("{path}{joint}limit={size}{cursor}")).await?;
            let Value::Array(data) = page["data"].take() else {
                return Err(format!("{path} is no list"));
            };
            seen += data.len();
            data.into_iter().for_each(&mut visit);
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        Ok(seen)
    }

    /// All items of a list, at most `limit` of them.
    pub(crate) async fn all(&self, path: &str, limit: usize) -> Result<Vec<Value>, String> {
        let mut items = Vec::new();
        self.each(path, limit, |item| items.push(item)).await?;
        Ok(items)
    }

    /// Makes a contest with these settings, as a draft; returns its id and code.
    pub(crate) async fn create_contest(&self, settings: &Value) -> Result<(String, String), String> {
        let made = self.post("contests", settings).await?;
        match (made["id"].as_str(), made["code"].as_str()) {
            (Some(id), Some(code)) => Ok((id.to_owned(), code.to_owned())),
            _ => Err(format!("a contest without id and code: {made}")),
        }
    }

    /// Brings questions in, in several files when there are many; tells how many are in.
    pub(crate) async fn import(
        &self,
        contest: &str,
        questions: &[Value],
        mut progress: impl FnMut(usize),
    ) -> Result<(), String> {
        let mut done = 0;
        for file in questions.chunks(IMPORT_QUESTIONS) {
            let path = format!("contests/{contest}/questions/import");
            let report = self.post(&path, &Value::from(file.to_vec())).await?;
            done += file.len();
            if report["placed"] != file.len() {
                return Err(format!("of {} questions not all were placed: {report}", file.len()));
            }
            progress(done);
        }
        Ok(())
    }

    /// Publishes a draft and starts it.
    pub(crate) async fn start(&self, contest: &str) -> Result<(), String> {
        self.post(&format!("contests/{contest}/publish"), &json!({})).await?;
        self.post(&format!("contests/{contest}/start"), &json!({})).await.map(drop)
    }

    /// The rows of the board, all of them up to `limit`.
    pub(crate) async fn board(&self, contest: &str, limit: usize) -> Result<Vec<Value>, String> {
        self.all(&format!("contests/{contest}/leaderboard"), limit).await
    }

    /// The report of the server's own checker.
    pub(crate) async fn check(&self, contest: &str) -> Result<Value, String> {
        self.get(&format!("contests/{contest}/check")).await
    }

    /// A page of the event log: the events after `since`, and the number to go on with.
    pub(crate) async fn events(&self, contest: &str, since: i64) -> Result<Value, String> {
        self.get(&format!("contests/{contest}/events?since={since}&limit={PAGE}")).await
    }
}
