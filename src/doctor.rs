//! `podium doctor`: what is set, and what is missing.

use std::process::ExitCode;

use crate::config::{Config, Secret, Settings};
use crate::postgres::Binaries;
use crate::serve::base_url;
use crate::{durability, migrate, roles, signing};

/// Prints the settings in force and what is missing; never changes anything.
pub async fn run(settings: &Settings) -> ExitCode {
    let config = &settings.podium;
    println!("Podium {}", env!("CARGO_PKG_VERSION"));
    println!("address          {}", base_url(&settings.rocket).unwrap_or_else(|e| e));
    println!("data_dir         {}", config.data_dir.display());
    println!(
        "database_url     {}",
        if config.database_url.is_some() { "set (…)" } else { "not set: private PostgreSQL" }
    );
    println!(
        "redis_url        {}",
        if config.redis_url.is_some() {
            "set (…)"
        } else {
            "not set: one instance, or each looks for itself"
        }
    );
    println!("redis_prefix     {}", config.redis_prefix);
    println!("migrate_url      {}", if config.migrate_url.is_some() { "set (…)" } else { "not set" });
    println!("admin_token      {}", if config.admin_token.is_some() { "set (…)" } else { "not set" });
    println!("jwt_secret       {}", signing::story(settings).unwrap_or("not set"));
    println!("demo             {}", config.demo);
    println!("pool_size        {}", config.pool_size);
    println!("max_sockets      {}", config.max_sockets);
    println!("drain_ms         {}", config.drain_ms);
    println!("metrics_token    {}", if config.metrics_token.is_some() { "set (…)" } else { "not set" });
    println!("check_every_ms   {}", config.check_every_ms);
    println!("limits           {:?}", config.limits);
    println!("rooms            {:?}", config.rooms);
    println!("housekeeping     {:?}", config.housekeeping);
    println!("allowed_origins  {:?}", config.allowed_origins);
    let mut problems = problems(settings).await;
    problems.extend(signing::story(settings).err());
    if problems.is_empty() {
        println!("\nNothing is missing.");
        return ExitCode::SUCCESS;
    }
    println!();
    for problem in &problems {
        println!("missing: {problem}");
    }
    ExitCode::FAILURE
}

async fn problems(settings: &Settings) -> Vec<String> {
    match &settings.podium.database_url {
        None => match Binaries::find() {
            Ok(found) => {
                println!("postgres         {} in {}", found.version(), found.folder().display());
                Vec::new()
            }
            Err(error) => vec![error.to_string()],
        },
        Some(url) => of_database(&settings.podium, url.reveal()).await,
    }
}

async fn of_database(config: &Config, url: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Err(error) = durability::must_hold(url).await {
        if config.allow_unsafe_postgres {
            println!("allowed          {error}");
        } else {
            wrong.push(format!("database_url: {error}"));
        }
    }
    let owner = config.migrate_url.as_ref().map_or(url, Secret::reveal);
    match migrate::pending(owner).await {
        Ok(0) => rights(url).await,
        Ok(count) => {
            wrong.push(format!(
                "{count} migrations are pending; `podium migrate` or the next start applies them"
            ));
        }
        Err(error) => wrong.push(format!("migrations: {error}")),
    }
    wrong
}

/// One role is allowed; two are better.
async fn rights(url: &str) {
    let told = match roles::too_much(url).await {
        Ok(false) => "reads and writes rows, and owns nothing".to_owned(),
        Ok(true) => {
            "could change the schema and the ledger; DATABASE_MIGRATE_URL names a second one".to_owned()
        }
        Err(error) => error,
    };
    println!("role             {told}");
}
