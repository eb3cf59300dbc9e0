//! Divisions: the brackets of a contest, each with a board of its own. They are named, not
//! numbered: what staff types is what everybody reads.

use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::Tx;
use crate::error::{Error, FieldError};
use crate::schema::division;
use crate::sql::sql;
use crate::types::ContestId;

/// How many a contest may have.
pub const MOST: usize = 50;

/// Trims the names, and refuses those that are too long, or one twice in whatever capitals.
///
/// # Errors
/// `Invalid`, at each name that is wrong.
pub fn checked(typed: &[String]) -> Result<Vec<String>, Error> {
    let names: Vec<String> = typed.iter().map(|name| name.trim().to_owned()).collect();
    if names.len() > MOST {
        return Err(Error::invalid_field("/divisions", format!("a contest has at most {MOST} divisions")));
    }
    let wrong: Vec<_> = (0..names.len())
        .filter_map(|place| {
            let detail = fault(&names[..place], &names[place])?;
            Some(FieldError::new(format!("/divisions/{place}"), detail))
        })
        .collect();
    if wrong.is_empty() { Ok(names) } else { Err(Error::invalid(wrong)) }
}

fn fault(before: &[String], name: &str) -> Option<&'static str> {
    let same = |other: &String| other.to_lowercase() == name.to_lowercase();
    match name.chars().count() {
        0 => Some("must not be blank"),
        51.. => Some("has more than 50 characters"),
        _ if name.chars().any(char::is_control) => Some("has a character that cannot be shown"),
        _ if before.iter().any(same) => Some("is there already"),
        _ => None,
    }
}

/// The divisions of a contest, in order.
///
/// # Errors
/// Those of the database.
pub async fn of(conn: &mut AsyncPgConnection, contest: ContestId) -> QueryResult<Vec<String>> {
    division::table
        .filter(division::contest_id.eq(contest))
        .order(division::position)
        .select(division::name)
        .load(conn)
        .await
}

/// The divisions of several contests, in order, each with its contest.
///
/// # Errors
/// Those of the database.
pub async fn of_all(
    conn: &mut AsyncPgConnection,
    contests: &[ContestId],
) -> QueryResult<Vec<(ContestId, String)>> {
    division::table
        .filter(division::contest_id.eq_any(contests))
        .order((division::contest_id, division::position))
        .select((division::contest_id, division::name))
        .load(conn)
        .await
}

/// Makes these the divisions of a contest. One that goes must have no team: `DivisionInUse`
/// otherwise, by the constraint of that name.
pub(super) async fn set(tx: &mut Tx, contest: ContestId, names: &[String]) -> Result<(), Error> {
    sql("DELETE FROM division WHERE contest_id = $1 AND name <> ALL ($2)")
        .bind::<SqlUuid, _>(contest)
        .bind::<Array<Text>, _>(names)
        .execute(tx)
        .await?;
    sql("INSERT INTO division (contest_id, name, position)
         SELECT $1, name, n::smallint FROM unnest($2) WITH ORDINALITY AS d (name, n)
         ON CONFLICT (contest_id, name) DO UPDATE SET position = excluded.position")
    .bind::<SqlUuid, _>(contest)
    .bind::<Array<Text>, _>(names)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whoever names a division names one that there is; `named_at` is where they did.
///
/// # Errors
/// `Invalid`.
pub async fn must_have(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    name: &str,
    named_at: &str,
) -> Result<(), Error> {
    let found: bool =
        diesel::select(diesel::dsl::exists(division::table.find((contest, name)))).get_result(conn).await?;
    if found { Ok(()) } else { Err(Error::invalid_field(named_at, "the contest has no such division")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(names: &[&str]) -> Vec<(String, String)> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let problem = checked(&names).expect_err("wrong").problem("/", "r");
        problem.errors.into_iter().map(|e| (e.pointer, e.detail)).collect()
    }

    #[test]
    fn names_are_trimmed_and_told_apart() {
        let names = [" Juniors".to_owned(), "Seniors ".to_owned()];
        assert_eq!(checked(&names).unwrap(), ["Juniors", "Seniors"]);
        assert_eq!(wrong(&["A", "b", "a"]), [("/divisions/2".to_owned(), "is there already".to_owned())]);
        let pointers: Vec<_> = wrong(&["", &"x".repeat(51), "a\nb"]).into_iter().map(|(at, _)| at).collect();
        assert_eq!(pointers, ["/divisions/0", "/divisions/1", "/divisions/2"]);
        assert_eq!(wrong(&["x"; 51])[0].0, "/divisions");
    }
}
