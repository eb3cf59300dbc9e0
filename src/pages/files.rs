//! What lies in `web/`: built into the program. A debug build reads it again each time, so that a
//! page can be worked on without a build.

use std::borrow::Cow;
use std::io::Cursor;

use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use sha2::{Digest, Sha256};

use crate::request::IfNoneMatch;

const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// The names of all files, below `web/`.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// What a file holds, if there is such a file.
pub(super) fn read(name: &str) -> Option<Cow<'static, [u8]>> {
    let (name, built_in) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
    let now = cfg!(debug_assertions)
        .then(|| std::fs::read(format!("{}/web/{name}", env!("CARGO_MANIFEST_DIR"))).ok())
        .flatten();
    Some(now.map_or(Cow::Borrowed(built_in), Cow::Owned))
}

/// The same, of a file that is text.
pub(super) fn text(name: &str) -> String {
    read(name).map_or_else(String::new, |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A file for somebody who may have it already.
#[derive(Debug)]
pub(super) struct File {
    pub(super) content_type: ContentType,
    pub(super) bytes: Cow<'static, [u8]>,
    pub(super) has: IfNoneMatch,
}

impl File {
    fn tag(&self) -> String {
        let hex: String =
            Sha256::digest(&self.bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("\"{hex}\"")
    }
}

impl<'r> Responder<'r, 'static> for File {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let tag = self.tag();
        let known = self.has.names(&tag);
        let mut response = Response::build();
        // A new binary may bring new pages at any time, so browsers ask again each time.
        response.raw_header("ETag", tag).raw_header("Cache-Control", "no-cache");
        if known {
            return response.status(Status::NotModified).ok();
        }
        response.header(self.content_type).sized_body(self.bytes.len(), Cursor::new(self.bytes)).ok()
    }
}

/// What a file is, by its name.
pub(super) fn content_type(name: &str) -> ContentType {
    let extension = name.rsplit('.').next().unwrap_or_default();
    ContentType::from_extension(extension).unwrap_or(ContentType::Plain)
}
