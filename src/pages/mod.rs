//! The pages for people: one shell and the modules from `web/`, built into the program. They are
//! clients of the public API like everybody else; nothing here knows the game.

mod files;
pub mod problem;

use std::borrow::Cow;
use std::path::PathBuf;

use rocket::http::ContentType;
use rocket::{Route, get, routes};

use self::files::File;
use crate::error::{Error, Refusal};
use crate::request::IfNoneMatch;

/// Those who have a module and a style sheet of this name.
#[cfg(test)]
const PAGES: &[&str] = &[
    "home",
    "join",
    "lobby",
    "play",
    "board",
    "projector",
    "reveal",
    "admin",
    "sign-in",
    "account",
    "rooms",
    "room",
    "scores",
    "game",
];

/// The page whose module is `web/pages/<page>`, with the style sheet that it may have.
fn page(page: &str, title: &str, has: IfNoneMatch) -> File {
    let shell = files::text("shell.html").replace("{page}", page).replace("{title}", title);
    File { content_type: ContentType::HTML, bytes: Cow::Owned(shell.into_bytes()), has }
}

/// Where people begin: a code leads to a contest.
#[get("/")]
fn get_home(has: IfNoneMatch) -> File {
    page("home", "Podium", has)
}

/// Where a team comes in; the address that a QR code holds.
#[get("/join/<_code>")]
fn get_join(_code: &str, has: IfNoneMatch) -> File {
    page("join", "Join – Podium", has)
}

/// Who is in, and when it begins; in type that a hall can read.
#[get("/lobby/<_code>")]
fn get_lobby(_code: &str, has: IfNoneMatch) -> File {
    page("lobby", "Lobby – Podium", has)
}

/// Where a team plays.
#[get("/play/<_code>")]
fn get_play(_code: &str, has: IfNoneMatch) -> File {
    page("play", "Play – Podium", has)
}

/// The live board of a contest.
#[get("/board/<_code>")]
fn get_board(_code: &str, has: IfNoneMatch) -> File {
    page("board", "Board – Podium", has)
}

/// The board for a hall.
#[get("/projector/<_code>")]
fn get_projector(_code: &str, has: IfNoneMatch) -> File {
    page("projector", "Projector – Podium", has)
}

/// Where the host opens a frozen board, step by step.
#[get("/projector/<_code>/reveal")]
fn get_reveal(_code: &str, has: IfNoneMatch) -> File {
    page("reveal", "Reveal – Podium", has)
}

/// The console of staff.
#[get("/admin")]
fn get_console(has: IfNoneMatch) -> File {
    page("admin", "Console – Podium", has)
}

/// Where people with an account sign in, or make one.
#[get("/sign-in")]
fn get_sign_in(has: IfNoneMatch) -> File {
    page("sign-in", "Sign in – Podium", has)
}

/// One's own account.
#[get("/account")]
fn get_account(has: IfNoneMatch) -> File {
    page("account", "Account – Podium", has)
}

/// The rooms that are open.
#[get("/rooms")]
fn get_rooms(has: IfNoneMatch) -> File {
    page("rooms", "Rooms – Podium", has)
}

/// A room.
#[get("/rooms/<_code>")]
fn get_room(_code: &str, has: IfNoneMatch) -> File {
    page("room", "Room – Podium", has)
}

/// The games that have a board of all times.
#[get("/scores")]
fn get_scores(has: IfNoneMatch) -> File {
    page("scores", "High scores – Podium", has)
}

/// The board of a game.
#[get("/scores/<_game>")]
fn get_game(_game: &str, has: IfNoneMatch) -> File {
    page("game", "High scores – Podium", has)
}

/// What the pages load.
#[get("/web/<path..>")]
#[allow(clippy::needless_pass_by_value)] // Rocket hands it over.
fn get_file(path: PathBuf, has: IfNoneMatch) -> Result<File, Error> {
    let name = path.to_str().ok_or(Refusal::NotFound)?;
    let bytes = files::read(name).ok_or(Refusal::NotFound)?;
    Ok(File { content_type: files::content_type(name), bytes, has })
}

/// All pages and what they load.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![
        get_home,
        get_join,
        get_lobby,
        get_play,
        get_board,
        get_projector,
        get_reveal,
        get_console,
        get_sign_in,
        get_account,
        get_rooms,
        get_room,
        get_scores,
        get_game,
        get_file
    ]
}

#[cfg(test)]
mod tests;
