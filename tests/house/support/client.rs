//! A client of the REST interface, in the role that its token gives it.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::app::Instance;
use super::logs::logged;

/// Speaks HTTP to one server, as one caller.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
}

impl Client {
    pub fn new(http: reqwest::Client, base: &str) -> Self {
        Self { http, base: base.to_owned(), headers: HeaderMap::new() }
    }

    /// The same caller, with one more header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        client
    }

    /// Whoever holds this token.
    pub fn bearer(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// The same caller, sending this idempotency key.
    pub fn keyed(&self, key: &str) -> Self {
        self.with("idempotency-key", key)
    }

    /// The same caller at another server.
    pub fn at(&self, instance: &Instance) -> Self {
        self.at_base(&instance.base)
    }

    /// The same caller at the server with this address.
    pub fn at_base(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// `contests/…` is under `/api/v1`; what begins with `/` is as it stands.
    fn url(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else {
            format!("{}/api/v1/{path}", self.base)
        }
    }

    /// A request that is not sent yet.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).headers(self.headers.clone())
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::GET, path)).await
    }

    /// For servers that may not be there.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<u16> {
        self.request(Method::GET, path).send().await.map(|reply| reply.status().as_u16())
    }

    pub async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<u16> {
        self.request(Method::POST, path).json(body).send().await.map(|reply| reply.status().as_u16())
    }

    pub async fn post(&self, path: &str, body: impl Into<Value>) -> Reply {
        Reply::to(self.request(Method::POST, path).json(&body.into())).await
    }

    /// A POST with nothing to say.
    pub async fn poke(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::POST, path)).await
    }

    /// A PUT that says all by its path.
    pub async fn put(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::PUT, path)).await
    }

    pub async fn put_if(&self, path: &str, version: i64, body: Value) -> Reply {
        let request = self.request(Method::PUT, path).header("if-match", format!("\"{version}\""));
        Reply::to(request.json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        Reply::to(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn patch_if(&self, path: &str, version: i64, body: Value) -> Reply {
        let request = self.request(Method::PATCH, path).header("if-match", format!("\"{version}\""));
        Reply::to(request.json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::DELETE, path)).await
    }

    /// A body that may be anything.
    pub async fn send(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", content_type);
        Reply::to(request.body(body)).await
    }

    /// All items of a list, page by page.
    pub async fn all(&self, path: &str, limit: usize) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{joint}limit={limit}{cursor}")).await.ok(200);
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= limit);
            items.extend(data.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

impl Client {
    /// The whole log of a contest, as far as this caller may read it.
    pub async fn log(&self, contest: &str) -> Vec<Value> {
        let reply = self.get(&format!("contests/{contest}/events?format=ndjson")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What came back, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    pub json: Value,
    path: String,
}

impl Reply {
    pub async fn to(request: RequestBuilder) -> Self {
        let reply = request.send().await.expect("a reply");
        let path = reply.url().path().to_owned();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let body = reply.text().await.expect("a whole body");
        let json = serde_json::from_str(&body).unwrap_or_default();
        Self { status, headers, body, json, path }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// It must be this success; returns the body.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.story());
        assert!(self.header("x-request-id").is_some());
        self.json.clone()
    }

    /// It must be this refusal, in the shape that every refusal has; returns the problem.
    #[track_caller]
    pub fn refused(&self, status: u16, slug: &str) -> Value {
        assert_eq!((self.status, self.slug()), (status, slug), "{}", self.story());
        self.must_be_problem();
        self.json.clone()
    }

    /// RFC 9457, as every error of this server; and never one of ours.
    #[track_caller]
    pub fn must_be_problem(&self) {
        assert!((400..500).contains(&self.status), "{}", self.story());
        self.must_be_well_told();
    }

    /// "Try again", said as a problem and with the time to wait.
    pub fn must_be_busy(&self) {
        assert_eq!(self.status, 503, "{}", self.story());
        assert!(self.header("retry-after").is_some(), "{}", self.body);
        self.must_be_well_told();
    }

    fn must_be_well_told(&self) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.story());
        assert_eq!(self.json["status"], json!(self.status), "{}", self.body);
        assert_eq!(self.json["instance"], json!(self.path), "{}", self.body);
        assert!(self.json["title"].as_str().is_some_and(|title| !title.is_empty()), "{}", self.body);
        let id = self.json["request_id"].as_str().expect("a request id");
        // A stored refusal keeps the id of the request that it was first the answer to.
        assert!(self.replayed() || self.header("x-request-id") == Some(id), "{}", self.body);
    }

    /// What was answered, and for an error of ours what the server logged about it.
    fn story(&self) -> String {
        let (log, id) = (logged(), self.header("x-request-id").unwrap_or_default());
        let ours = log.lines().filter(|line| self.status >= 500 && line.contains(id));
        ours.fold(format!("{}: {}", self.path, self.body), |story, line| format!("{story}\n{line}"))
    }

    /// Whether it is an earlier reply, sent again.
    pub fn replayed(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }

    /// The last part of a problem's type; empty for a success.
    pub fn slug(&self) -> &str {
        self.json["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")).unwrap_or_default()
    }
}
