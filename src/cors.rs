//! Pages of other origins: none may read our replies, unless `allowed_origins` names theirs, letter
//! by letter. Cookies never count, so credentials are never allowed; tokens are sent by header.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Method, Status};
use rocket::{Request, Response};

use crate::config::Config;

/// Answers preflights of allowed origins, and lets their pages read replies.
#[derive(Debug)]
pub struct Cors;

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";

const HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id";

/// What a page may read besides the body.
const EXPOSED: &str = "ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info { name: "CORS", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(allowed) = request.rocket().state::<Config>().map(|config| &config.allowed_origins) else {
            return;
        };
        let Some(origin) = request.headers().get_one("Origin").filter(|_| !allowed.is_empty()) else {
            return;
        };
        // Another origin gets another answer; caches must know.
        response.adjoin_header(Header::new("Vary", "Origin"));
        if !allowed.iter().any(|known| known == origin) {
            return;
        }
        response.set_header(Header::new("Access-Control-Allow-Origin", origin.to_owned()));
        if request.method() == Method::Options && request.headers().contains("Access-Control-Request-Method")
        {
            response.set_status(Status::NoContent);
            response.remove_header("Content-Type");
            response.set_sized_body(0, std::io::Cursor::new(Vec::new()));
            response.set_header(Header::new("Access-Control-Allow-Methods", METHODS));
            response.set_header(Header::new("Access-Control-Allow-Headers", HEADERS));
            response.set_header(Header::new("Access-Control-Max-Age", "600"));
        } else {
            response.set_header(Header::new("Access-Control-Expose-Headers", EXPOSED));
        }
    }
}
