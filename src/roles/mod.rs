//! Two roles in the database: one that migrates and owns everything, and one that serves and owns
//! nothing. Whoever takes over the server cannot rewrite the ledger with the second one.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::sql::sql;

/// Held while rights are given, so that two instances that start together do it in turn.
const LOCK: &str = "SELECT pg_advisory_lock(7205759403792794)";

/// The role of the private cluster that serves.
const SERVES: &str = "podium_app";

#[derive(QueryableByName)]
struct Role {
    #[diesel(sql_type = Text)]
    quoted: String,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

async fn connect(url: &str) -> Result<AsyncPgConnection, String> {
    AsyncPgConnection::establish(url).await.map_err(|e| format!("cannot connect: {e}"))
}

async fn run(conn: &mut AsyncPgConnection, statement: &str) -> Result<(), String> {
    conn.batch_execute(statement).await.map_err(|e| e.to_string())
}

/// Gives the role that `url` connects as its rights, as the role that `migrate_url` connects as.
///
/// # Errors
/// One sentence; also when both are one role, which would own what it should not.
pub async fn grant(migrate_url: &str, url: &str) -> Result<(), String> {
    let asked = "SELECT quote_ident(current_user) AS quoted";
    let mut serving = connect(url).await?;
    let Role { quoted: role } = sql(asked).get_result(&mut serving).await.map_err(|e| e.to_string())?;
    drop(serving);
    let mut owner = connect(migrate_url).await?;
    let found: Role = sql(asked).get_result(&mut owner).await.map_err(|e| e.to_string())?;
    if found.quoted == role {
        return Err(format!(
            "migrate_url and database_url are the same role, {role}: name two, or one address"
        ));
    }
    run(&mut owner, LOCK).await?;
    let grants = include_str!("grants.sql").replace(":role", &role);
    run(&mut owner, &format!("BEGIN; {grants} COMMIT")).await
}

/// Makes the role that serves in the private cluster, with the cluster's own password, and says
/// where it connects.
///
/// # Errors
/// One sentence.
pub async fn provide(owner_url: &str) -> Result<String, String> {
    let (password, rest) = owner_url
        .strip_prefix("postgres://podium:")
        .and_then(|rest| rest.split_once('@'))
        .ok_or("the private PostgreSQL has no address that we know")?;
    let mut owner = connect(owner_url).await?;
    run(&mut owner, LOCK).await?;
    let there: Answer = sql("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS yes")
        .bind::<Text, _>(SERVES)
        .get_result(&mut owner)
        .await
        .map_err(|e| e.to_string())?;
    if !there.yes {
        // The password is hexadecimal: it needs no quoting.
        run(&mut owner, &format!("CREATE ROLE {SERVES} LOGIN PASSWORD '{password}'")).await?;
    }
    Ok(format!("postgres://{SERVES}:{password}@{rest}"))
}

/// Whether the role that serves has the rights it needs, and not those it must not have: then
/// there is nothing to give, and rolling restarts leave the catalogue alone.
///
/// # Errors
/// One sentence.
pub async fn fits(url: &str) -> Result<bool, String> {
    let mut conn = connect(url).await?;
    let found: Answer = sql("SELECT has_table_privilege('team', 'UPDATE')
            AND NOT has_table_privilege('audit_log', 'UPDATE') AS yes")
    .get_result(&mut conn)
    .await
    .map_err(|e| e.to_string())?;
    Ok(found.yes)
}

/// What the role that serves could do and should not, for the doctor.
///
/// # Errors
/// One sentence.
pub async fn too_much(url: &str) -> Result<bool, String> {
    let mut conn = connect(url).await?;
    let found: Answer = sql("SELECT has_schema_privilege('public', 'CREATE')
            OR has_table_privilege('ledger_entry', 'UPDATE') AS yes")
    .get_result(&mut conn)
    .await
    .map_err(|e| e.to_string())?;
    Ok(found.yes)
}
