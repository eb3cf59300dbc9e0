//! Bodies in and out: JSON, checked before a handler sees it, and problem+json.

use garde::Validate;
use rocket::data::{Data, FromData, Limits, ToByteUnit};
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde::de::DeserializeOwned;

use crate::db::Db;
use crate::error::{Busy, Error, FieldError, Limited, Refusal};
use crate::idempotency::{Idempotency, IdempotencyKey, Reply};
use crate::request::stash;
use crate::trace::Trace;

/// A JSON body that was read, understood and found valid.
#[derive(Debug)]
pub struct Body<T> {
    /// What was sent.
    pub value: T,
    raw: Vec<u8>,
    operation: String,
}

impl<T> Body<T> {
    /// Ties an idempotency key to this very request of this principal.
    #[must_use]
    pub fn keyed(&self, key: IdempotencyKey, principal: String) -> Idempotency {
        key.of(principal, &self.operation, &self.raw)
    }
}

#[rocket::async_trait]
impl<'r, T: DeserializeOwned + Validate<Context = ()> + Send + Sync> FromData<'r> for Body<T> {
    type Error = ();
    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> rocket::data::Outcome<'r, Self> {
        match read_json(request, data).await {
            Ok(body) => rocket::outcome::Outcome::Success(body),
            Err(error) => {
                let status = Status::new(error.problem("", "").status);
                *stash(request).lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                rocket::outcome::Outcome::Error((status, ()))
            }
        }
    }
}

async fn read_json<T>(request: &Request<'_>, data: Data<'_>) -> Result<Body<T>, Error>
where
    T: DeserializeOwned + Validate<Context = ()>,
{
    if !request.content_type().is_some_and(|kind| kind.is_json()) {
        return Err(Refusal::UnsupportedMediaType.because("send Content-Type: application/json"));
    }
    let raw = read(data, request.limits().get("json").unwrap_or(Limits::JSON)).await?;
    let value: T = parse(&raw)?;
    value.validate().map_err(|report| Error::invalid(field_errors(&report)))?;
    Ok(Body { value, raw, operation: format!("{} {}", request.method(), request.uri().path()) })
}

/// Reads all of a body, or refuses it when it is over the limit.
///
/// # Errors
/// `TooLarge`, or `Unreadable` when the connection breaks.
pub async fn read(data: Data<'_>, limit: rocket::data::ByteUnit) -> Result<Vec<u8>, Error> {
    let limit = if limit == 0.bytes() { 64.kibibytes() } else { limit };
    let bytes =
        data.open(limit).into_bytes().await.map_err(|e| Refusal::Unreadable.because(e.to_string()))?;
    if !bytes.is_complete() {
        return Err(Refusal::TooLarge.because(format!("at most {limit} are read")));
    }
    Ok(bytes.into_inner())
}

/// JSON text to a value; says where it went wrong.
///
/// # Errors
/// `Unreadable` when it is not JSON, `Invalid` with a pointer when it is other JSON.
pub fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Error> {
    // Serde would fill the fields of a struct from a list, in their order.
    if raw.trim_ascii_start().starts_with(b"[") {
        return Err(Error::invalid_field("", "must be an object, not a list"));
    }
    if has_nul(raw) {
        return Err(Error::invalid_field("", "has a character U+0000, which cannot be kept"));
    }
    let mut json = serde_json::Deserializer::from_slice(raw);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
        let inner = e.inner();
        if inner.is_data() {
            Error::invalid_field(pointer(&e.path().to_string()), without_position(&inner.to_string()))
        } else {
            Refusal::Unreadable.because(inner.to_string())
        }
    })?;
    json.end().map_err(|e| Refusal::Unreadable.because(e.to_string()))?;
    Ok(value)
}

/// Whether a text has `\u0000`, which JSON can say and PostgreSQL cannot store. After an odd number of
/// backslashes it is no such escape, but a backslash and five letters.
fn has_nul(raw: &[u8]) -> bool {
    let escaped = |at: usize| raw[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0;
    raw.windows(6).enumerate().any(|(at, word)| word == br"\u0000" && escaped(at))
}

fn without_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// Every wrong value of a validation report, as pointers.
#[must_use]
pub fn field_errors(report: &garde::Report) -> Vec<FieldError> {
    report
        .iter()
        .map(|(path, error)| FieldError::new(pointer(&path.to_string()), error.to_string()))
        .collect()
}

/// `members[0].name` → `/members/0/name`. A field called `flat` is flattened by serde, so the
/// sender does not know it.
fn pointer(path: &str) -> String {
    let parts = path.split(['.', '[', ']']).filter(|part| !part.is_empty() && *part != "flat");
    parts.map(|part| format!("/{part}")).collect()
}

/// A check of [`Body`]: that a text says something.
///
/// # Errors
/// When it is blank.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that garde calls")]
pub fn not_blank(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() { Err(garde::Error::new("must not be blank")) } else { Ok(()) }
}

/// Accepts what may be an e-mail address; only sending to it could prove more.
///
/// # Errors
/// A sentence for the 422.
pub fn check_email(email: &str, _: &()) -> garde::Result {
    let plausible = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !email.contains(char::is_whitespace)
    });
    if plausible || email.is_empty() { Ok(()) } else { Err(garde::Error::new("is not an e-mail address")) }
}

impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let trace = Trace::of(request);
        take_note(&self, &trace, request.rocket().state::<Db>());
        let problem = self.problem(&trace.path, &trace.request_id);
        let body = serde_json::to_string(&problem).map_err(|_| Status::InternalServerError)?;
        let mut response = json(problem.status, body);
        response.set_header(problem_type());
        if let Self::Refused(refused) = &self
            && let Some(limited) = &refused.limited
        {
            tell_limit(&mut response, limited);
        }
        if let Some(wait) = self.retry_after_s() {
            response.set_raw_header("Retry-After", wait.to_string());
        }
        if self.refusal() == Some(Refusal::NotAuthenticated) {
            response.set_raw_header("WWW-Authenticate", "Bearer");
        }
        Ok(response)
    }
}

/// As draft-ietf-httpapi-ratelimit-headers-10 writes it: nothing remains, and when it does again.
fn tell_limit(response: &mut Response<'_>, limited: &Limited) {
    let Limited { policy, quota, window_s, wait_s } = limited;
    response.set_raw_header("RateLimit-Policy", format!("\"{policy}\";q={quota};w={window_s}"));
    response.set_raw_header("RateLimit", format!("\"{policy}\";r=0;t={wait_s}"));
}

/// Logs what is our fault, and counts what is our haste.
pub(crate) fn take_note(error: &Error, trace: &Trace, db: Option<&Db>) {
    match (error, db) {
        (Error::Bug(what), _) => {
            tracing::error!(request_id = trace.request_id, path = trace.path, what, "internal error");
        }
        (Error::Busy(reason), Some(db)) => db.meters().was_busy(*reason),
        _ => {}
    }
}

fn problem_type() -> Header<'static> {
    Header::new("Content-Type", "application/problem+json")
}

fn json(status: u16, body: String) -> Response<'static> {
    Response::build()
        .status(Status::new(status))
        .header(ContentType::JSON)
        .sized_body(body.len(), std::io::Cursor::new(body))
        .finalize()
}

impl<'r> Responder<'r, 'static> for Reply {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = json(self.status, self.body);
        if self.status >= 400 {
            response.set_header(problem_type());
        }
        if self.replayed {
            response.set_raw_header("Idempotent-Replayed", "true");
        }
        Ok(response)
    }
}

/// A JSON reply that carries its version as `ETag`.
#[derive(Debug)]
pub struct Versioned<T> {
    /// The body.
    pub value: T,
    /// The row's version.
    pub version: i32,
}

impl<'r, T: serde::Serialize> Responder<'r, 'static> for Versioned<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let body = serde_json::to_string(&self.value).map_err(|_| Status::InternalServerError)?;
        let mut response = json(200, body);
        response.set_raw_header("ETag", format!("\"{}\"", self.version));
        Ok(response)
    }
}

/// 204.
#[derive(Debug)]
pub struct NoContent;

impl<'r> Responder<'r, 'static> for NoContent {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build().status(Status::NoContent).ok()
    }
}

/// The one place where errors of guards, data and routing become problems.
#[rocket::catch(default)]
pub fn problem(status: Status, request: &Request<'_>) -> Error {
    let stashed = stash(request).lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    stashed.unwrap_or_else(|| match status.code {
        400 => Refusal::Unreadable.into(),
        401 => Refusal::NotAuthenticated.into(),
        403 => Refusal::NotAllowed.into(),
        404 => Refusal::NotFound.into(),
        413 => Refusal::TooLarge.into(),
        415 => Refusal::UnsupportedMediaType.into(),
        422 => Refusal::Invalid.because("a query parameter cannot be read"),
        503 => Error::Busy(Busy::PoolExhausted),
        code => Error::Bug(format!("the framework answered {code}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_cannot_be_stored_is_found() {
        assert!(has_nul(br#"{"title":"a\u0000b"}"#) && has_nul(br#"["\\\u0000"]"#));
        assert!(!has_nul(br#"{"title":"a\\u0000b"}"#) && !has_nul(br#"["u0000","\u0001"]"#));
    }

    #[test]
    fn an_address_has_one_at_and_no_blank() {
        for good in ["", "a@b", "first.last@school.example"] {
            assert!(check_email(good, &()).is_ok(), "{good}");
        }
        for bad in ["a", "@b", "a@", "a@b@c", "a b@c"] {
            assert!(check_email(bad, &()).is_err(), "{bad}");
        }
    }
}
