//! What a team does: register, draw, answer, look at the board.

use goose::goose::GooseResponse;
use goose::prelude::*;
use serde_json::{Value, json};

/// The contest that is played: the sample one.
const CONTEST: &str = "/api/v1/contests/SAMPLE";

/// What a user remembers between its transactions.
#[derive(Debug, Clone)]
struct Team {
    token: String,
}

/// Registers a team of this user's own.
pub(crate) async fn register(user: &mut GooseUser) -> TransactionResult {
    let name = format!("Load {:08x} {}", rand::random::<u32>(), user.weighted_users_index);
    let body = json!({"name": name, "members": ["Ada", "Grace"], "email": "load@example.org"});
    let reply = send(user, GooseMethod::Post, "/teams", "/teams", Some(body)).await?;
    let reply = expect(user, reply, &[201], &[]).await?;
    if let Some(token) = reply.get("token").and_then(Value::as_str) {
        user.set_session_data(Team { token: token.to_owned() });
    }
    Ok(())
}

/// Draws a question and answers it at once; an exhausted pool is a proper answer.
pub(crate) async fn draw_and_answer(user: &mut GooseUser) -> TransactionResult {
    let reply = send(user, GooseMethod::Post, "/assignments", "/assignments", Some(json!({}))).await?;
    let held = expect(user, reply, &[201], &["/problems/pool-exhausted"]).await?;
    let Some(id) = held.get("id").and_then(Value::as_str) else { return Ok(()) };
    let path = format!("/assignments/{id}/submissions");
    let answer = Some(json!({"answer": "A"}));
    let reply = send(user, GooseMethod::Post, &path, "/submissions", answer).await?;
    expect(user, reply, &[200], &[]).await.map(drop)
}

/// Reads the top of the board.
pub(crate) async fn read_board(user: &mut GooseUser) -> TransactionResult {
    let reply = send(user, GooseMethod::Get, "/leaderboard?limit=20", "/leaderboard", None).await?;
    expect(user, reply, &[200], &[]).await.map(drop)
}

async fn send(
    user: &mut GooseUser,
    method: GooseMethod,
    path: &str,
    name: &str,
    body: Option<Value>,
) -> Result<GooseResponse, Box<TransactionError>> {
    let path = format!("{CONTEST}{path}");
    let mut builder = user.get_request_builder(&method, &path)?;
    if let Some(team) = user.get_session_data::<Team>() {
        builder = builder.bearer_auth(&team.token);
    }
    if let Some(body) = body {
        builder = builder.json(&body);
    }
    let request = GooseRequest::builder()
        .method(method)
        .path(path.as_str())
        .name(name)
        .set_request_builder(builder)
        .build();
    user.request(request).await
}

/// Success is one of these statuses, or a refusal of one of these types; anything else fails.
async fn expect(
    user: &mut GooseUser,
    reply: GooseResponse,
    statuses: &[u16],
    refusals: &[&str],
) -> Result<Value, Box<TransactionError>> {
    let mut request = reply.request;
    let response = match reply.response {
        Ok(response) => response,
        Err(error) => {
            user.set_failure(&error.to_string(), &mut request, None, None)?;
            return Ok(Value::Null);
        }
    };
    let status = response.status().as_u16();
    let body: Value = serde_json::from_str(&response.text().await.unwrap_or_default()).unwrap_or(Value::Null);
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    if statuses.contains(&status) || refusals.contains(&kind) {
        user.set_success(&mut request)?;
    } else {
        user.set_failure(&format!("{status} {kind}"), &mut request, None, None)?;
    }
    Ok(body)
}
