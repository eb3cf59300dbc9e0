//! Reports: what can be counted once it has happened. They read many rooms and write none.
//!
//! Each is JSON, or a table for a spreadsheet (`?format=csv`). What may be long comes in pages, and as
//! a file part by part.

pub mod days;
pub mod participation;
pub mod parts;
pub mod players;
pub mod questions;
pub mod routes;
pub mod statement;

use rocket::request::Request;
use rocket::response::{self, Responder};
use rocket::serde::json::Json;
use serde::Serialize;

use self::parts::Parts;
use crate::download::{Download, Format};
use crate::error::Error;

/// A report, in the format that was asked for.
#[derive(Debug)]
pub enum Report<T> {
    /// As everywhere else.
    Json(Json<T>),
    /// A file.
    Csv(Download),
    /// A file that may be long.
    Long(Parts),
}

/// What can be written as a table.
pub trait Table: Serialize {
    /// The table, as CSV.
    ///
    /// # Errors
    /// A bug when it cannot be written.
    fn csv(&self) -> Result<String, Error>;
}

impl<T: Table> Report<T> {
    /// Writes it; a file gets this name.
    ///
    /// # Errors
    /// A bug when it cannot be written.
    pub fn of(report: T, format: Option<Format>, name: &str) -> Result<Self, Error> {
        Ok(match format.unwrap_or(Format::Json) {
            Format::Json => Self::Json(Json(report)),
            format @ Format::Csv => {
                Self::Csv(Download { format, name: format!("{name}.csv"), body: report.csv()? })
            }
        })
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Report<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Json(json) => json.respond_to(request),
            Self::Csv(file) => file.respond_to(request),
            Self::Long(parts) => parts.respond_to(request),
        }
    }
}
