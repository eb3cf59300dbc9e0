//! The command line. Exit codes: 0 fine, 1 failed, 2 wrong usage.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::auth::commands::{IssueStaffToken, IssueStartLink};
use crate::auth::{Admin, Role, Token, TokenKind};
use crate::config::Settings;
use crate::contests::ContestRef;
use crate::database::Database;
use crate::error::Error;
use crate::questions::import::{Format, ImportQuestions, export, parse_file};
use crate::{asyncapi, checker, contests, demo, doctor, enlist, migrate, openapi, serve, telemetry};

/// Podium: the quiz-competition server.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Settings: Rocket.toml, PODIUM_* and DATABASE_URL; `podium doctor` shows them."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server (the default)
    Serve,
    /// Brings the database's schema up to date
    Migrate,
    /// Runs the sample contest; with --bots it is played before your eyes
    Demo {
        /// How many teams play by themselves
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=500))]
        bots: u16,
    },
    /// Imports questions from a JSON or CSV file: all of them, or none
    Import {
        /// The file; its ending says which format it has
        file: PathBuf,
        /// Code or id of the contest; without it the current one
        #[arg(long)]
        contest: Option<String>,
        /// Only say what would happen
        #[arg(long)]
        dry_run: bool,
    },
    /// Writes the questions of a contest, answers included, to standard output
    Export {
        /// Code or id of the contest; without it the current one
        #[arg(long)]
        contest: Option<String>,
        /// json or csv
        #[arg(long, default_value = "json")]
        format: Format,
    },
    /// Access for staff
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Checks every promise against the database; exit code 1 when one is broken
    Check {
        /// Code or id of one contest; without it all of them
        #[arg(long)]
        contest: Option<String>,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints the OpenAPI description of the REST interface
    Openapi,
    /// Prints the AsyncAPI description of the socket
    Asyncapi,
    /// Shows the settings in force, secrets masked, and what is missing
    Doctor,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Makes an account for staff; asks for its password, or reads it from standard input
    Create {
        /// By which it signs in
        name: String,
        /// Where its owner can be reached
        #[arg(long, default_value = "")]
        email: String,
        /// owner, admin, editor, judge, announcer, operator or member
        #[arg(long, default_value = "owner")]
        role: Role,
    },
    /// Makes an admin token and prints it, once
    Token {
        /// How its holder appears in ledgers and logs
        #[arg(long, default_value = "operator")]
        label: String,
    },
    /// Makes a one-time link into the console and prints it
    Link,
}

/// Runs what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    drop(dotenvy::dotenv());
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve);
    let serving = matches!(command, Command::Serve | Command::Demo { .. });
    telemetry::begin(if serving { "warn,podium=info,podium::telemetry=warn" } else { "warn" });
    rocket::async_main(async {
        match run(command).await {
            Ok(code) => code,
            Err(message) => {
                eprintln!("podium: {message}");
                ExitCode::FAILURE
            }
        }
    })
}

async fn run(command: Command) -> Result<ExitCode, String> {
    let document = match command {
        Command::Openapi => Some(openapi::document().to_pretty_json()),
        Command::Asyncapi => Some(serde_json::to_string_pretty(&asyncapi::document())),
        _ => None,
    };
    if let Some(document) = document {
        println!("{}", document.map_err(|e| e.to_string())?);
        return Ok(ExitCode::SUCCESS);
    }
    let settings = Settings::load()?;
    if matches!(command, Command::Doctor) {
        return Ok(doctor::run(&settings).await);
    }
    let database = Database::open(&settings.podium).await?;
    let done = on_database(command, &settings, &database).await;
    database.close().await?;
    done
}

async fn on_database(command: Command, settings: &Settings, database: &Database) -> Result<ExitCode, String> {
    match command {
        Command::Serve => serve::run(settings, database, 0).await?,
        Command::Demo { bots } => demo::run(settings, database, bots).await?,
        Command::Migrate => {
            let applied = migrate::run(database.owner_url()).await?;
            println!("{} migrations applied; the schema is up to date", applied.len());
        }
        Command::Import { file, contest, dry_run } => return import(database, &file, contest, dry_run).await,
        Command::Export { contest, format } => print_export(database, contest, format).await?,
        Command::Admin(AdminCommand::Create { name, email, role }) => {
            enlist::run(database, &name, email, role).await?;
        }
        Command::Admin(AdminCommand::Token { label }) => issue_token(database, label).await?,
        Command::Admin(AdminCommand::Link) => issue_link(settings, database).await?,
        Command::Check { contest, json } => return check(database, contest, json).await,
        Command::Openapi | Command::Asyncapi | Command::Doctor => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// The contest that was named, or the current one.
async fn named(database: &Database, contest: Option<String>) -> Result<ContestRef, String> {
    if let Some(named) = contest {
        return Ok(named
            .parse()
            .map_or_else(|_| ContestRef::Code(named.to_ascii_uppercase()), ContestRef::Id));
    }
    let mut conn = database.db().conn().await.map_err(|e| e.to_string())?;
    let current = contests::queries::current(&mut conn).await;
    current
        .map(|c| ContestRef::Id(c.id))
        .map_err(|_| "no contest is the current one: name one with --contest CODE".to_owned())
}

async fn import(
    database: &Database,
    file: &std::path::Path,
    contest: Option<String>,
    dry_run: bool,
) -> Result<ExitCode, String> {
    let format = Format::of_file(file).ok_or("the file must end in .json or .csv")?;
    let bytes = std::fs::read(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let contest = named(database, contest).await?;
    let records = match parse_file(format, &bytes) {
        Ok(records) => records,
        Err(errors) => {
            for error in &errors {
                eprintln!("{error}");
            }
            return Err(format!("{} errors; nothing was imported", errors.len()));
        }
    };
    let import = ImportQuestions { by: Admin::at_the_machine(), contest, records, dry_run };
    let report = database.db().run(&import).await.map_err(|e| listed(&e))?;
    println!("{}", serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?);
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A refusal with every wrong value on a line of its own.
fn listed(error: &Error) -> String {
    let Error::Refused(refused) = error else { return error.to_string() };
    let wrong = refused.errors.iter().map(|e| format!("\n  {}: {}", e.pointer, e.detail));
    format!("{error}{}", wrong.collect::<String>())
}

async fn print_export(database: &Database, contest: Option<String>, format: Format) -> Result<(), String> {
    let contest = named(database, contest).await?;
    let mut conn = database.db().conn().await.map_err(|e| e.to_string())?;
    let id = contests::queries::find_id(&mut conn, &contest).await.map_err(|e| e.to_string())?;
    print!("{}", export(&mut conn, id, format).await.map_err(|e| e.to_string())?);
    Ok(())
}

async fn issue_token(database: &Database, label: String) -> Result<(), String> {
    let token = Token::new(TokenKind::Admin);
    let issue = IssueStaffToken { label, token: token.clone() };
    database.db().run(&issue).await.map_err(|e| e.to_string())?;
    println!("{}", token.reveal());
    Ok(())
}

async fn issue_link(settings: &Settings, database: &Database) -> Result<(), String> {
    let code = Token::new(TokenKind::StartLink);
    database.db().run(&IssueStartLink { code: code.clone() }).await.map_err(|e| e.to_string())?;
    println!("{}", serve::console_link(&serve::base_url(&settings.rocket)?, &code));
    Ok(())
}

async fn check(database: &Database, contest: Option<String>, json: bool) -> Result<ExitCode, String> {
    let mut conn = database.db().conn().await.map_err(|e| e.to_string())?;
    let contest = match contest {
        None => None,
        Some(code) => {
            let named = named(database, Some(code)).await?;
            Some(contests::queries::find_id(&mut conn, &named).await.map_err(|e| e.to_string())?)
        }
    };
    let report = checker::queries::report(&mut conn, contest).await.map_err(|e| e.to_string())?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?);
    } else {
        print!("{}", checker::print(&report));
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
