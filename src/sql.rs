//! Statements written by hand: `sql("… $1 …").bind::<Type, _>(value)`.
//!
//! Diesel's own `sql_query` is parsed and planned at every call because its text might
//! change. Ours are constants, so each connection prepares them once.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// Makes a connection speak English, which `error.rs` reads. Only a superuser may set that; for
/// everybody else the server's own language must do, and the start looks at it (`durability.rs`).
pub const SPEAK_ENGLISH: &str = "DO $$ BEGIN SET lc_messages = 'C';
    EXCEPTION WHEN insufficient_privilege THEN NULL; END $$";

/// A constant text.
#[derive(Debug, Clone, Copy)]
pub struct Statement(&'static str);

/// A statement with one more value.
#[derive(Debug, Clone)]
pub struct Bound<Q, ST, V> {
    statement: Q,
    value: V,
    kind: PhantomData<ST>,
}

/// Begins a statement; its values follow by `bind`, in the order `$1`, `$2`, ….
#[must_use]
pub fn sql(text: &'static str) -> Statement {
    Statement(text)
}

/// One column of many rows, for `unnest`.
pub fn column<'a, R, T>(rows: &'a [R], of: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

impl Statement {
    /// Gives `$1` its value.
    pub fn bind<ST, V>(self, value: V) -> Bound<Self, ST, V> {
        Bound { statement: self, value, kind: PhantomData }
    }
}

impl<Q, T, W> Bound<Q, T, W> {
    /// Gives the next `$n` its value.
    pub fn bind<ST, V>(self, value: V) -> Bound<Self, ST, V> {
        Bound { statement: self, value, kind: PhantomData }
    }
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<Q, ST, V> Query for Bound<Q, ST, V> {
    type SqlType = Untyped;
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, ST, V> QueryId for Bound<Q, ST, V> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl<Q, ST, V> QueryFragment<Pg> for Bound<Q, ST, V>
where
    Q: QueryFragment<Pg>,
    V: ToSql<ST, Pg>,
    Pg: HasSqlType<ST>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.statement.walk_ast(out.reborrow())?;
        out.push_bind_param_value_only::<ST, V>(&self.value)
    }
}
