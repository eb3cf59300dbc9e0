//! A problem as a page: for people, whose browser asks for one, where programs read JSON.

use std::io::Cursor;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{ContentType, Header};
use rocket::{Request, Response};
use serde::Deserialize;

use super::files;

/// Turns problems that a browser's address bar has met into pages.
#[derive(Debug)]
pub struct ForPeople;

/// What a page tells of a problem.
#[derive(Deserialize)]
struct Told {
    title: String,
    status: u16,
    #[serde(default)]
    detail: String,
    request_id: String,
}

#[rocket::async_trait]
impl Fairing for ForPeople {
    fn info(&self) -> Info {
        Info { name: "problems for people", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if response.status().code < 400 || request.uri().path().starts_with("/api/") {
            return;
        }
        response.adjoin_header(Header::new("Vary", "Accept"));
        if !request.headers().get("Accept").any(|accepted| accepted.contains("text/html")) {
            return;
        }
        let Ok(said) = response.body_mut().to_bytes().await else { return };
        let body = match serde_json::from_slice(&said) {
            Ok(told) => {
                response.set_header(ContentType::HTML);
                page(&told).into_bytes()
            }
            Err(_) => said,
        };
        response.set_sized_body(body.len(), Cursor::new(body));
    }
}

/// What happened, what to do, and the id to ask about.
fn page(told: &Told) -> String {
    files::text("problem.html")
        .replace("{status}", &told.status.to_string())
        .replace("{title}", &escaped(&told.title))
        .replace("{advice}", advice(told.status))
        .replace("{request_id}", &escaped(&told.request_id))
        // What a caller sent may be in it, so it comes last: nothing in it is replaced.
        .replace("{detail}", &escaped(&told.detail))
}

fn advice(status: u16) -> &'static str {
    match status {
        404 => "Look at the address again, or begin at the start page with the code of your contest.",
        429 => "Wait a moment, then load the page again.",
        503 => "Nothing is lost. Wait a moment, then load the page again.",
        500.. => "It is not your fault. Tell whoever runs this server, with the number below.",
        _ => "Go back, or begin at the start page.",
    }
}

/// Text that stays text between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_sent_stays_text() {
        let told = Told {
            title: "There is nothing here".to_owned(),
            status: 404,
            detail: r#"<b a="1">&{title}"#.to_owned(),
            request_id: "abc".to_owned(),
        };
        let page = page(&told);
        assert!(page.contains("&lt;b a=&quot;1&quot;&gt;&amp;{title}"), "{page}");
    }
}
