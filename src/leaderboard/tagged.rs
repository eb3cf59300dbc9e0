//! Replies that need not be sent to whoever has them.

use std::sync::Arc;

use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::request::IfNoneMatch;

/// What can be recognised.
pub trait Known: Serialize {
    /// What it is known by; nothing when it must be sent to everybody.
    ///
    /// # Errors
    /// Those of writing JSON.
    fn tag(&self) -> serde_json::Result<Option<String>>;
}

/// The tag of all that looks like this.
///
/// # Errors
/// Those of writing JSON.
pub fn tag_of(shown: &impl Serialize) -> serde_json::Result<String> {
    let digest = Sha256::digest(serde_json::to_vec(shown)?);
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("W/\"{hex}\""))
}

/// Something known, for whoever may have it.
#[derive(Debug)]
pub struct Tagged<T> {
    /// What is sent.
    pub shown: Arc<T>,
    /// What the caller has.
    pub if_none_match: IfNoneMatch,
}

impl<'r, T: Known> Responder<'r, 'static> for Tagged<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        match self.shown.tag().map_err(|_| Status::InternalServerError)? {
            None => drop(response.raw_header("Cache-Control", "no-store")),
            Some(tag) => {
                response.raw_header("ETag", tag.clone()).raw_header("Cache-Control", "no-cache");
                if self.if_none_match.names(&tag) {
                    return response.status(Status::NotModified).ok();
                }
            }
        }
        let body = serde_json::to_string(&*self.shown).map_err(|_| Status::InternalServerError)?;
        response.header(ContentType::JSON).sized_body(body.len(), std::io::Cursor::new(body)).ok()
    }
}
