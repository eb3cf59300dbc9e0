//! The door to accounts, for their owners.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{State, get, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::commands::{ChangePassword, RegisterAccount};
use super::grant::{Grant, GrantInput};
use super::sessions::commands::{BeginSession, Issued, Refresh, Refreshed, SignOut, SignOutEverywhere};
use super::{AccountView, Accounts, Tokens, queries};
use crate::auth::passwords::Password;
use crate::auth::{Role, SignedIn, Token, not_valid};
use crate::body::{Body, NoContent, check_email};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::idempotency::{IdempotencyKey, Reply};
use crate::limits::Limits;
use crate::limits::guards::{Counted, MayTry};
use crate::name::Name;

/// Somebody who wants an account.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountInput {
    /// 1 to 40 characters; unlike every other account's, also to the eye.
    #[garde(length(max = 1000))]
    #[schema(example = "ada")]
    pub name: String,
    /// Where you can be reached.
    #[serde(default)]
    #[garde(length(max = 254), custom(check_email))]
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// 8 to 128 characters.
    #[garde(skip)]
    #[schema(example = "correct horse battery")]
    pub password: String,
}

/// Makes an account, for anybody; sign in with it at `…/auth/token`.
#[utoipa::path(request_body = AccountInput, tag = "auth", context_path = "/api/v1",
    responses((status = 201, body = AccountView)))]
#[post("/auth/register", data = "<body>")]
pub async fn register_account(
    db: Db,
    _try: MayTry,
    accounts: &State<Accounts>,
    key: IdempotencyKey,
    body: Body<AccountInput>,
) -> Result<Reply, Error> {
    let AccountInput { name, email, password } = body.value;
    // The fingerprint of a request is stored: of a password it would be one that is quickly guessed.
    let asked = json!([name, email]).to_string();
    let key = key.of("anyone".to_owned(), "POST /api/v1/auth/register", asked.as_bytes());
    let name = Name::parse(&name).map_err(|e| Error::invalid_field("/name", e.to_string()))?;
    let password_hash = accounts.passwords.hash(Password::parse(&password, "/password")?).await?;
    db.once(key, &RegisterAccount { by: None, name, email, password_hash, role: Role::Member }).await
}

/// Signs in, or goes on with a refresh token; OAuth2's form (RFC 6749, 4.3 and 6) or JSON. Each
/// refresh token is good for one exchange: one that comes a second time ends its session.
#[utoipa::path(tag = "auth", context_path = "/api/v1",
    request_body(content((GrantInput = "application/json"), (GrantInput = "application/x-www-form-urlencoded"))),
    responses((status = 200, body = Tokens)))]
#[post("/auth/token", data = "<grant>")]
pub async fn issue_tokens(
    db: Db,
    address: Counted,
    limits: &State<Limits>,
    accounts: &State<Accounts>,
    grant: Grant,
) -> Result<Json<Tokens>, Error> {
    let issued = match grant {
        Grant::Refresh(token) => match refresh(&db, token).await {
            // Whoever has a good one does not guess.
            Err(error) if error.refusal() == Some(Refusal::NotAuthenticated) => {
                address.0.map_or(Ok(()), |address| limits.guess(address))?;
                return Err(error);
            }
            refreshed => refreshed?,
        },
        Grant::Password { name, password } => {
            address.0.map_or(Ok(()), |address| limits.guess(address))?;
            let key = Name::parse(&name).map(|name| name.key().to_owned()).unwrap_or_default();
            limits.sign_in(&key, address.0)?;
            let account = sign_in(&db, accounts, &key, password).await?;
            db.run(&account).await?
        }
    };
    Ok(Json(accounts.tokens(issued)?))
}

/// Looks a password up and compares it. No connection is held meanwhile, and a name that nobody
/// has takes the same work as any other.
async fn sign_in(
    db: &Db,
    accounts: &Accounts,
    name_key: &str,
    password: Password,
) -> Result<BeginSession, Error> {
    let found = queries::stored(&mut *db.conn().await?, name_key).await?;
    let (stored, found) = found.map(|s| (s.password_hash, (s.id, s.epoch))).unzip();
    match (accounts.passwords.matches(password, stored).await?, found) {
        (true, Some((account, epoch))) => Ok(BeginSession { account, epoch }),
        _ => Err(not_valid()),
    }
}

async fn refresh(db: &Db, token: Token) -> Result<Issued, Error> {
    match db.run(&Refresh { token }).await? {
        Refreshed::Issued(issued) => Ok(issued),
        Refreshed::Reused(session) => {
            tracing::warn!(%session, "a refresh token came back after its use: its session has ended");
            Err(not_valid())
        }
    }
}

/// Reads the account that is signed in.
#[utoipa::path(tag = "auth", context_path = "/api/v1", security(("account" = [])),
    responses((status = 200, body = AccountView)))]
#[get("/auth/me")]
pub async fn get_own_account(db: Db, by: SignedIn) -> Result<Json<AccountView>, Error> {
    let found = queries::account(&mut *db.conn().await?, by.account()).await?;
    found.map(Json).ok_or_else(not_valid)
}

/// Signs out: the session's access and refresh tokens are void from now on.
#[utoipa::path(tag = "auth", context_path = "/api/v1", security(("account" = [])), responses((status = 204)))]
#[post("/auth/sign-out")]
pub async fn sign_out(db: Db, by: SignedIn) -> Result<NoContent, Error> {
    db.run(&SignOut { by }).await.map(|()| NoContent)
}

/// Signs out on every device: whatever was issued to the account is void from now on.
#[utoipa::path(tag = "auth", context_path = "/api/v1", security(("account" = [])), responses((status = 204)))]
#[post("/auth/sign-out-everywhere")]
pub async fn sign_out_everywhere(db: Db, by: SignedIn) -> Result<NoContent, Error> {
    db.run(&SignOutEverywhere { by }).await.map(|()| NoContent)
}

/// A new password.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordInput {
    /// The one that is in force.
    #[garde(skip)]
    pub current_password: String,
    /// 8 to 128 characters.
    #[garde(skip)]
    pub new_password: String,
}

/// Changes the password; every other session of the account ends.
#[utoipa::path(request_body = PasswordInput, tag = "auth", context_path = "/api/v1",
    security(("account" = [])), responses((status = 204)))]
#[post("/auth/password", data = "<body>")]
pub async fn change_password(
    db: Db,
    _try: MayTry,
    address: Counted,
    limits: &State<Limits>,
    by: SignedIn,
    accounts: &State<Accounts>,
    body: Body<PasswordInput>,
) -> Result<NoContent, Error> {
    limits.sign_in(&by.account().to_string(), address.0)?;
    let current = Password::parse(&body.value.current_password, "/current_password")?;
    let new = Password::parse(&body.value.new_password, "/new_password")?;
    let found = queries::stored_of(&mut *db.conn().await?, by.account()).await?;
    let (stored, epoch) = found.map(|s| (s.password_hash, s.epoch)).unzip();
    let (true, Some(epoch)) = (accounts.passwords.matches(current, stored).await?, epoch) else {
        return Err(Error::invalid_field("/current_password", "is not the password"));
    };
    let password_hash = accounts.passwords.hash(new).await?;
    db.run(&ChangePassword { by, epoch, password_hash }).await.map(|()| NoContent)
}
