//! Time zones, by the names that PostgreSQL knows: those of the IANA.

use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Error;
use crate::sql::sql;

/// Refuses a name that no time zone has. PostgreSQL itself would also take abbreviations, and sums such
/// as `FOO+3`, which know nothing of summer.
pub(crate) async fn must_exist(conn: &mut AsyncPgConnection, name: &str) -> Result<(), Error> {
    let known =
        sql("SELECT FROM pg_timezone_names WHERE name = $1").bind::<Text, _>(name).execute(conn).await?;
    if known == 0 {
        let detail = format!("{name:?} is no time zone that is known, such as Europe/Vienna");
        return Err(Error::invalid_field("/time_zone", detail));
    }
    Ok(())
}
