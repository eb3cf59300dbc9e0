//! Everything a player, a member of staff or a spectator asks of the server: where it goes,
//! what success looks like, and which refusals are proper answers.

use hyper::Method;
use serde_json::{Value, json};

use super::contest::Contest;
use crate::http::Ask;
use crate::server::random_hex;

/// A request with a name, and what may come of it.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    /// Its route, which is its name in every report.
    pub(crate) route: &'static str,
    pub(crate) ask: Ask,
    /// The status of success.
    success: &'static [u16],
    /// Problems that are proper answers.
    refusals: &'static [&'static str],
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Judgement {
    /// It was done.
    Done(Value),
    /// A proper refusal, by its slug.
    Refused(String),
    /// 503: the server asks to try again.
    Busy,
    /// 429: the caller asks too often.
    Limited,
    /// Anything else is wrong.
    Failed(String),
    /// No reply came: nobody knows whether it was done.
    Lost(String),
}

impl Move {
    fn new(route: &'static str, ask: Ask) -> Self {
        Self { route, ask, success: &[200], refusals: &[] }
    }

    /// A read by whoever holds the token, if any.
    pub(crate) fn read(route: &'static str, path: String, token: Option<&str>) -> Self {
        let ask = Ask::get(path);
        Self::new(route, token.iter().fold(ask, |ask, token| ask.bearer(token)))
    }

    /// A POST under a key of its own.
    pub(crate) fn write(route: &'static str, path: String, body: &Value, token: Option<&str>) -> Self {
        let ask = Ask::post(path, body).keyed(&random_hex());
        let ask = token.iter().fold(ask, |ask, token| ask.bearer(token));
        Self { success: &[201], ..Self::new(route, ask) }
    }

    /// An edit that builds on this version; somebody else may have been faster.
    pub(crate) fn edit(route: &'static str, path: String, version: i64, body: &Value, token: &str) -> Self {
        let ask = Ask { method: Method::PATCH, if_match: Some(version), ..Ask::post(path, body) };
        Self { refusals: &["stale-version"], ..Self::new(route, ask.bearer(token)) }
    }

    /// A change without a version, as of a team's address.
    pub(crate) fn change(route: &'static str, path: String, body: &Value, token: &str) -> Self {
        let ask = Ask { method: Method::PATCH, ..Ask::post(path, body) };
        Self::new(route, ask.bearer(token))
    }

    pub(crate) fn register(contest: &Contest, name: &str) -> Self {
        let team = json!({"name": name, "members": ["Ada", "Grace"], "email": "team@example.org"});
        Self {
            refusals: &["team-name-taken"],
            ..Self::write("POST /teams", contest.path("/teams"), &team, None)
        }
    }

    pub(crate) fn draw(contest: &Contest, token: &str) -> Self {
        let path = contest.path("/assignments");
        let draw = Self::write("POST /assignments", path, &json!({}), Some(token));
        Self { refusals: &["pool-exhausted"], ..draw }
    }

    /// Asks for this shared question.
    pub(crate) fn claim(contest: &Contest, token: &str, question: &str) -> Self {
        let path = contest.path("/assignments");
        let body = json!({"question_id": question});
        let claim = Self::write("POST /assignments (named)", path, &body, Some(token));
        Self { refusals: &["already-assigned"], ..claim }
    }

    pub(crate) fn submit(contest: &Contest, token: &str, assignment: &str, answer: &Value) -> Self {
        let path = contest.path(&format!("/assignments/{assignment}/submissions"));
        let body = json!({"answer": answer});
        Self { success: &[200], ..Self::write("POST /submissions", path, &body, Some(token)) }
    }

    pub(crate) fn open(contest: &Contest, token: &str, mystery_box: &str, price: i64) -> Self {
        let path = contest.path(&format!("/mystery-boxes/{mystery_box}/openings"));
        let open = Self::write("POST /openings", path, &json!({"price": price}), Some(token));
        Self { refusals: &["insufficient-points", "pool-exhausted", "box-limit-reached"], ..open }
    }

    /// The head of the board, as a page of a phone shows it; `etag` is of the one that was read.
    pub(crate) fn board(contest: &Contest, etag: Option<&str>) -> Self {
        let ask = Ask::get(contest.path("/leaderboard?limit=20"));
        let ask = Ask { if_none_match: etag.map(str::to_owned), ..ask };
        Self { success: &[200, 304], ..Self::new("GET /leaderboard", ask) }
    }

    /// Whether sending it again under its key does no harm.
    pub(crate) fn is_keyed(&self) -> bool {
        self.ask.key.is_some()
    }

    /// What a reply says about this request.
    pub(crate) fn judge(&self, status: u16, body: &[u8]) -> Judgement {
        if self.success.contains(&status) {
            return Judgement::Done(serde_json::from_slice(body).unwrap_or(Value::Null));
        }
        match status {
            503 => return Judgement::Busy,
            429 => return Judgement::Limited,
            // A proxy says that an instance broke off, or did not answer.
            502 | 504 => return Judgement::Lost(format!("{status} of the proxy")),
            _ => {}
        }
        let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let kind = problem["type"].as_str().unwrap_or("no problem type");
        let slug = kind.strip_prefix("/problems/").unwrap_or(kind);
        if slug == "request-in-progress" {
            return Judgement::Busy;
        }
        if (400..500).contains(&status) && self.refusals.contains(&slug) {
            return Judgement::Refused(slug.to_owned());
        }
        Judgement::Failed(format!("{status} {slug}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proper_refusal_is_told_from_a_failure() {
        let draw = Move::draw(&Contest::example(), "t");
        assert!(matches!(draw.judge(201, b"{}"), Judgement::Done(_)));
        let problem = |slug: &str| json!({"type": format!("/problems/{slug}")}).to_string().into_bytes();
        let judged = draw.judge(409, &problem("pool-exhausted"));
        assert_eq!(judged, Judgement::Refused("pool-exhausted".to_owned()));
        let judged = draw.judge(409, &problem("question-taken"));
        assert_eq!(judged, Judgement::Failed("409 question-taken".to_owned()));
        assert_eq!(draw.judge(200, b"{}"), Judgement::Failed("200 no problem type".to_owned()));
        assert_eq!(draw.judge(503, &problem("busy")), Judgement::Busy);
        assert_eq!(draw.judge(409, &problem("request-in-progress")), Judgement::Busy);
        assert!(matches!(draw.judge(502, b""), Judgement::Lost(_)));
        assert_eq!(draw.judge(429, b""), Judgement::Limited);
        assert!(matches!(draw.judge(500, &problem("internal-error")), Judgement::Failed(_)));
    }

    #[test]
    fn every_write_has_a_key_of_its_own() {
        let keys: std::collections::HashSet<_> =
            (0..100).map(|_| Move::draw(&Contest::example(), "t").ask.key.unwrap()).collect();
        assert_eq!(keys.len(), 100);
        assert!(!Move::board(&Contest::example(), None).is_keyed());
    }
}
