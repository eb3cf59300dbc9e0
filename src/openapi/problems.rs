//! What each operation can answer besides success. Nothing else may come: the contract test
//! takes any other status for a breach.

use std::collections::BTreeSet;

use utoipa::Modify;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, HeaderBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};

/// Every operation can fail, and always in the same shape.
pub(super) struct Problems;

impl Modify for Problems {
    fn modify(&self, api: &mut Document) {
        for item in api.paths.paths.values_mut() {
            item.get.iter_mut().for_each(|operation| declare(operation, &[]));
            let writes = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            // What a write would change may be in a state that does not allow it.
            writes.into_iter().flatten().for_each(|operation| declare(operation, &[409]));
        }
    }
}

fn declare(operation: &mut Operation, more: &[u16]) {
    for status in statuses(operation).iter().chain(more) {
        let answers = &mut operation.responses.responses;
        answers.entry(status.to_string()).or_insert_with(|| problem(*status).into());
    }
}

/// The statuses that follow from what an operation asks for. A 500 is none of them: it is
/// never an answer, but our fault.
fn statuses(operation: &Operation) -> BTreeSet<u16> {
    let mut all = BTreeSet::from([503]);
    if tagged(operation, "health") || tagged(operation, "documents") {
        return all;
    }
    // A token that is not valid is refused everywhere, also where none is needed, and whoever asks
    // too often or says too much.
    all.extend([401, 403, 429, 431]);
    // These name things elsewhere than in the path.
    let names = ["classic", "audit", "demo", "reports"].iter().any(|tag| tagged(operation, tag));
    if names || has(operation, &ParameterIn::Path, None) {
        all.insert(404);
    }
    if has(operation, &ParameterIn::Query, None) || has(operation, &ParameterIn::Header, None) {
        all.insert(422);
    }
    if has(operation, &ParameterIn::Header, Some("If-Match")) {
        all.extend([412, 428]);
    }
    if operation.request_body.is_some() {
        all.extend([400, 413, 415, 422]);
    }
    if tagged(operation, "reports") {
        // Dates that are reversed.
        all.insert(400);
    }
    if operation.responses.responses.contains_key("101") {
        // It is no upgrade to a socket.
        all.insert(400);
    }
    all
}

fn tagged(operation: &Operation, tag: &str) -> bool {
    operation.tags.iter().flatten().any(|name| name == tag)
}

fn has(operation: &Operation, place: &ParameterIn, name: Option<&str>) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(found) => found.parameter_in == *place && name.is_none_or(|name| found.name == name),
        RefOr::Ref(_) => false,
    })
}

fn problem(status: u16) -> Response {
    let problem = ResponseBuilder::new()
        .description(meaning(status))
        .content("application/problem+json", Content::new(Some(Ref::from_schema_name("Problem"))));
    if status == 429 { with_limit(problem).build() } else { problem.build() }
}

fn with_limit(problem: ResponseBuilder) -> ResponseBuilder {
    let header = |about: &str| {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        HeaderBuilder::new().schema(Some(text)).description(Some(about)).build()
    };
    problem
        .header("Retry-After", header("Seconds until the next request may come"))
        .header("RateLimit", header("The limit that was met: what remains, and until when"))
        .header("RateLimit-Policy", header("The limit: how many in how many seconds"))
}

/// What the status says here; docs/API.md lists every type of problem.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request could not be read",
        401 => "No token, or one that is not valid",
        403 => "The token does not give that right",
        404 => "There is nothing here, or it belongs to somebody else",
        409 => "The state does not allow it; the type of the problem says why",
        412 => "Somebody changed it meanwhile",
        413 => "The body is too large",
        415 => "The content type is not supported",
        422 => "Some values are not valid; `errors` names each",
        429 => "More requests than the caller may send: docs/API.md tells the limits",
        431 => "The headers are too large",
        428 => "Send `If-Match` with the version that you read",
        _ => "Too busy at the moment: send it again after `Retry-After`",
    }
}
