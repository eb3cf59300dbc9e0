//! What every request may carry: a door to the database, versions, query parameters.

use std::collections::HashSet;
use std::str::FromStr;

use rocket::form::{FromFormField, ValueField};
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};

use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::limits;
use crate::trace::Trace;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Db {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        if let Some(name) = sent_twice(request) {
            return refuse(request, Error::invalid_field(name, "must not be sent twice"));
        }
        // Whatever asks the database for something comes through here.
        if let Err(error) = limits::guards::admit(request) {
            return refuse(request, error);
        }
        match request.rocket().state::<Db>() {
            Some(db) => Outcome::Success(db.for_request(Trace::of(request))),
            None => Outcome::Error((Status::InternalServerError, ())),
        }
    }
}

/// The name of a query parameter that is there more than once. Rocket would take it for one that
/// is not there: `?dry_run=true&dry_run=true` would import for real.
fn sent_twice(request: &Request<'_>) -> Option<String> {
    let mut seen = HashSet::new();
    request.query_fields().map(|field| field.name.to_string()).find(|name| !seen.insert(name.clone()))
}

/// Remembers why a guard refused, for the catcher that writes the problem.
pub fn refuse<T>(request: &Request<'_>, error: Error) -> Outcome<T, (Status, ()), Status> {
    let status = Status::new(error.problem("", "").status);
    *stash(request).lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
    Outcome::Error((status, ()))
}

/// Where a refused guard leaves its error.
pub fn stash<'r>(request: &'r Request<'_>) -> &'r std::sync::Mutex<Option<Error>> {
    request.local_cache(|| std::sync::Mutex::new(None))
}

/// A query parameter that may be missing but not mistyped: Rocket would take `?limit=abc` for
/// no limit at all; this answers 422.
#[derive(Debug, Clone, Copy)]
pub struct Given<T>(pub Option<T>);

impl<'r, T: FromFormField<'r>> FromFormField<'r> for Given<T> {
    fn from_value(field: ValueField<'r>) -> rocket::form::Result<'r, Self> {
        T::from_value(field).map(|value| Self(Some(value)))
    }

    fn default() -> Option<Self> {
        Some(Self(None))
    }
}

/// A filter of a list that is any text.
///
/// # Errors
/// `Invalid`, naming the parameter, for what no text in the database can contain.
pub fn text_filter(name: &str, sent: Option<&str>) -> Result<Option<String>, Error> {
    match sent {
        Some(text) if text.contains('\0') => {
            Err(Error::invalid_field(name, "must not contain the character U+0000"))
        }
        other => Ok(other.map(ToOwned::to_owned)),
    }
}

/// `limit` of a list: 50 unless told, 200 at most.
#[must_use]
pub fn page_limit(asked: Given<u16>) -> i64 {
    i64::from(asked.0.unwrap_or(50).clamp(1, 200))
}

/// `cursor` of a list: where the page before ended.
///
/// # Errors
/// `Invalid` for what was no `next_cursor`.
pub fn page_cursor<T: FromStr>(sent: Option<&str>) -> Result<Option<T>, Error> {
    let wrong = |_| Error::invalid_field("cursor", "must be where an earlier page ended");
    sent.map(str::parse).transpose().map_err(wrong)
}

/// `If-Match: "7"`: the version the caller read.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub i32);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IfMatch {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        let Some(sent) = request.headers().get_one("If-Match") else {
            return refuse(request, Refusal::VersionRequired.into());
        };
        match sent.trim().trim_matches('"').parse() {
            Ok(version) => Outcome::Success(Self(version)),
            Err(_) => refuse(request, Error::invalid_field("If-Match", "must be a version such as \"3\"")),
        }
    }
}

/// `If-None-Match`, for documents that are costly to send again.
#[derive(Debug, Clone)]
pub struct IfNoneMatch(pub Option<String>);

impl IfNoneMatch {
    /// Whether the caller has what this tag stands for; weak comparison (RFC 9110, 13.1.2).
    #[must_use]
    pub fn names(&self, tag: &str) -> bool {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let sent = self.0.as_deref().unwrap_or_default();
        sent.trim() == "*" || sent.split(',').any(|one| bare(one) == bare(tag))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IfNoneMatch {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        Outcome::Success(Self(request.headers().get_one("If-None-Match").map(ToOwned::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_weak_or_strong() {
        let names = |sent: &str, tag| IfNoneMatch(Some(sent.to_owned())).names(tag);
        assert!(names("W/\"a\"", "W/\"a\""));
        assert!(names("\"x\", \"a\"", "W/\"a\""));
        assert!(names("*", "W/\"a\""));
        assert!(!names("\"b\"", "W/\"a\""));
        assert!(!IfNoneMatch(None).names("\"a\""));
    }
}
