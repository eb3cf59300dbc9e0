//! The pages for people: shells and modules from `web/`, embedded in the binary. They are
//! clients of the public API like everybody else; nothing here knows the game.

use std::io::Cursor;
use std::path::PathBuf;

use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{self, Redirect, Responder, Response};
use rocket::{Route, get, routes, uri};
use sha2::{Digest, Sha256};

use crate::error::{Error, Refusal};
use crate::request::IfNoneMatch;

/// A file of `web/`.
#[derive(Debug)]
struct File {
    path: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        &[$(File { path: $path, text: include_str!(concat!("../web/", $path)) }),+]
    };
}

const HOME: File = File { path: "index.html", text: include_str!("../web/index.html") };
const BOARD: File = File { path: "board.html", text: include_str!("../web/board.html") };
const CONSOLE: File = File { path: "admin.html", text: include_str!("../web/admin.html") };

/// What the shells load, under `/web`.
const FILES: &[File] = files![
    "admin.js",
    "adjust.js",
    "api.js",
    "board-table.js",
    "board.js",
    "clock.js",
    "confirm.js",
    "contest-view.js",
    "contests.js",
    "dom.js",
    "home.js",
    "live.js",
    "mark.svg",
    "moves.js",
    "panels.js",
    "pill.js",
    "problem.js",
    "ranking.js",
    "socket.js",
    "style.css",
];

impl File {
    fn content_type(&self) -> ContentType {
        let extension = self.path.rsplit('.').next().unwrap_or_default();
        ContentType::from_extension(extension).unwrap_or(ContentType::Plain)
    }

    fn tag(&self) -> String {
        let hex: String =
            Sha256::digest(self.text).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("\"{hex}\"")
    }
}

/// A file for somebody who may have it already.
#[derive(Debug)]
struct Page {
    file: &'static File,
    has: IfNoneMatch,
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let tag = self.file.tag();
        let known = self.has.names(&tag);
        let mut response = Response::build();
        // A new binary may bring new pages at any time, so browsers ask again each time.
        response.raw_header("ETag", tag).raw_header("Cache-Control", "no-cache");
        if known {
            return response.status(rocket::http::Status::NotModified).ok();
        }
        let text = self.file.text;
        response.header(self.file.content_type()).sized_body(text.len(), Cursor::new(text)).ok()
    }
}

/// Where people begin: a code leads to a board.
#[get("/")]
fn get_home(has: IfNoneMatch) -> Page {
    Page { file: &HOME, has }
}

/// What the form of the start page asks for when there is no script.
#[get("/board?<code>")]
fn find_board(code: &str) -> Redirect {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    if code.is_empty() {
        Redirect::to(uri!(get_home))
    } else {
        Redirect::to(uri!(get_board(code.to_uppercase())))
    }
}

/// The live board of a contest.
#[get("/board/<_code>")]
#[allow(clippy::needless_pass_by_value)] // The URI macro takes what it can own.
fn get_board(_code: String, has: IfNoneMatch) -> Page {
    Page { file: &BOARD, has }
}

/// The console of staff.
#[get("/admin")]
fn get_console(has: IfNoneMatch) -> Page {
    Page { file: &CONSOLE, has }
}

/// What the pages load.
#[get("/web/<path..>")]
#[allow(clippy::needless_pass_by_value)] // Rocket hands it over.
fn get_file(path: PathBuf, has: IfNoneMatch) -> Result<Page, Error> {
    let file = FILES.iter().find(|file| path.to_str() == Some(file.path)).ok_or(Refusal::NotFound)?;
    Ok(Page { file, has })
}

/// All pages and what they load.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![get_home, find_board, get_board, get_console, get_file]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shells() -> [&'static File; 3] {
        [&HOME, &BOARD, &CONSOLE]
    }

    /// Quoted strings of a text that begin like this.
    fn quoted<'t>(text: &'t str, begin: &str) -> Vec<&'t str> {
        text.split(['"', '\'', '`']).filter(|part| part.starts_with(begin)).collect()
    }

    #[test]
    fn every_file_has_its_content_type() {
        for file in FILES.iter().chain(shells()) {
            assert_ne!(file.content_type(), ContentType::Plain, "{}", file.path);
        }
    }

    #[test]
    fn everything_that_is_loaded_is_there() {
        let is_there = |path: &str| FILES.iter().any(|file| file.path == path);
        for file in FILES.iter().filter(|file| file.path.ends_with(".js")) {
            for import in quoted(file.text, "./") {
                assert!(is_there(&import[2..]), "{} imports {import}", file.path);
            }
        }
        for shell in shells() {
            for loaded in quoted(shell.text, "/web/") {
                assert!(is_there(&loaded[5..]), "{} loads {loaded}", shell.path);
            }
        }
    }

    #[test]
    fn nothing_is_inline_or_foreign() {
        for shell in shells() {
            for forbidden in ["<style", " style=", " onclick=", "<script>", "http:", "https:", "src=\"//"] {
                assert!(!shell.text.contains(forbidden), "{}: {forbidden}", shell.path);
            }
        }
        for file in FILES.iter().filter(|file| !file.path.ends_with(".svg")) {
            for foreign in ["http://", "https://", "innerHTML", "insertAdjacentHTML", "document.write"] {
                assert!(!file.text.contains(foreign), "{}: {foreign}", file.path);
            }
        }
    }

    #[test]
    fn every_module_in_the_folder_is_served() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let served = FILES.iter().chain(shells()).any(|file| file.path == name);
            assert!(served, "web/{name} is not served");
        }
    }
}
