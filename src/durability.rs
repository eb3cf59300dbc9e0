//! Whether a PostgreSQL keeps what it has acknowledged. One that does not may lose or double
//! points when it dies, whatever we do; so it is not served from.

use diesel::QueryableByName;
use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::sql::{SPEAK_ENGLISH, sql};

/// The oldest PostgreSQL that has all that we ask for.
const OLDEST: i32 = 140_000;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    fsync: String,
    #[diesel(sql_type = Text)]
    full_page_writes: String,
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
    #[diesel(sql_type = Text)]
    language: String,
}

/// Looks at the settings that a connection by this address has.
///
/// # Errors
/// One sentence with the fix.
pub async fn must_hold(url: &str) -> Result<(), String> {
    let mut conn = AsyncPgConnection::establish(url).await.map_err(|e| format!("cannot connect: {e}"))?;
    conn.batch_execute(SPEAK_ENGLISH).await.map_err(|e| e.to_string())?;
    let found = sql("SELECT current_setting('server_version_num')::int AS version,
            current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
            current_setting('synchronous_commit') AS synchronous_commit,
            current_setting('lc_messages') AS language")
    .get_result(&mut conn)
    .await;
    judge(&found.map_err(|e| e.to_string())?)
}

fn judge(found: &Found) -> Result<(), String> {
    if found.version < OLDEST {
        return Err(format!("this is PostgreSQL {}; 14 or newer is needed", found.version / 10_000));
    }
    let english = ["C", "POSIX", "en"];
    // Nothing said is what managed services say; they speak English.
    if !found.language.is_empty() && !english.iter().any(|name| found.language.starts_with(name)) {
        return Err(format!(
            "this PostgreSQL tells errors in {}, and ours reads English: a superuser says \
             ALTER ROLE … SET lc_messages = 'C' for the role of database_url",
            found.language
        ));
    }
    let switches = [
        ("fsync", &found.fsync),
        ("full_page_writes", &found.full_page_writes),
        ("synchronous_commit", &found.synchronous_commit),
    ];
    let off: Vec<_> =
        switches.into_iter().filter(|(_, value)| *value == "off").map(|(name, _)| name).collect();
    match off.as_slice().first() {
        None => Ok(()),
        Some(first) => Err(format!(
            "this PostgreSQL can lose what it has acknowledged: {} off. Switch it on \
             (ALTER SYSTEM SET {first} = on; SELECT pg_reload_conf()), or, for tests only, set \
             PODIUM_ALLOW_UNSAFE_POSTGRES=true",
            off.join(" and ") + if off.len() == 1 { " is" } else { " are" }
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(version: i32, fsync: &str, synchronous_commit: &str) -> Found {
        let on = |value: &str| value.to_owned();
        let full_page_writes = on("on");
        let (fsync, language) = (on(fsync), on("en_US.UTF-8"));
        Found { version, fsync, full_page_writes, synchronous_commit: on(synchronous_commit), language }
    }

    #[test]
    fn errors_must_be_told_in_english() {
        let german = Found { language: "de_DE.UTF-8".to_owned(), ..found(150_000, "on", "on") };
        assert!(judge(&german).expect_err("German").contains("lc_messages = 'C'"));
        for english in ["C", "C.UTF-8", "POSIX", "en_GB.UTF-8"] {
            judge(&Found { language: english.to_owned(), ..found(150_000, "on", "on") }).unwrap();
        }
    }

    #[test]
    fn what_is_off_is_named_with_the_fix() {
        judge(&found(140_005, "on", "on")).unwrap();
        judge(&found(170_000, "on", "remote_apply")).expect("more than on");
        let one = judge(&found(150_000, "off", "on")).expect_err("no fsync");
        assert!(one.contains("fsync is off") && one.contains("ALTER SYSTEM SET fsync = on"), "{one}");
        let two = judge(&found(150_000, "off", "off")).expect_err("neither");
        assert!(two.contains("fsync and synchronous_commit are off"), "{two}");
        assert!(judge(&found(130_010, "on", "on")).expect_err("too old").contains("PostgreSQL 13"));
    }
}
