//! Every setting of Podium, where it comes from, and what is wrong with it.

use std::path::PathBuf;

use rocket::figment::providers::{Env, Format, Serialized, Toml};
use rocket::figment::{Figment, Profile};
use serde::{Deserialize, Serialize};

use crate::limits;

/// What an operator may set: in `Rocket.toml` under `[default.podium]`, or as `PODIUM_*`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// An existing PostgreSQL 14 or newer (`DATABASE_URL`); without it, a private one is kept.
    pub database_url: Option<Secret>,
    /// A Redis that instances tell each other through what is new (`REDIS_URL`); without it each
    /// looks for itself.
    pub redis_url: Option<Secret>,
    /// What our keys and channels in Redis begin with; two installations on one Redis need two.
    pub redis_prefix: String,
    /// The same database as the role that owns it (`DATABASE_MIGRATE_URL`). With it, migrations run
    /// as that role, and the one of `database_url` is given what the server needs and no more.
    pub migrate_url: Option<Secret>,
    /// Whether a PostgreSQL may be used that can lose what it has acknowledged; for tests only.
    pub allow_unsafe_postgres: bool,
    /// Where the private PostgreSQL and generated secrets live.
    pub data_dir: PathBuf,
    /// A fixed admin token for automation, at least 32 characters.
    pub admin_token: Option<Secret>,
    /// Whether an empty database is filled with the sample contest, and anybody may play with the
    /// live demo.
    pub demo: bool,
    /// Database connections for requests.
    pub pool_size: u32,
    /// Origins besides our own whose pages may open sockets and read replies (CORS).
    pub allowed_origins: Vec<String>,
    /// Sockets that one instance serves at most.
    pub max_sockets: usize,
    /// How long an instance that was told to stop still takes requests, in milliseconds, so that
    /// a proxy can notice from `/readyz` that it stops.
    pub drain_ms: u64,
    /// Signs the access tokens of accounts, at least 32 characters, the same on all instances;
    /// without it one is made in the data directory.
    pub jwt_secret: Option<Secret>,
    /// Opens `/metrics` besides an admin token, at least 32 characters.
    pub metrics_token: Option<Secret>,
    /// How much one caller may ask for.
    pub limits: limits::Settings,
    /// How large rooms may become.
    pub rooms: Rooms,
    /// How often the invariants are checked in the background, in ms; 0 for never.
    pub check_every_ms: u64,
    /// What is swept when.
    pub housekeeping: Housekeeping,
}

/// A secret that can be guessed is none.
pub const SHORTEST_SECRET: usize = 32;

/// Whoever stops an instance waits so long for its requests and then kills it.
const MAX_DRAIN_MS: u64 = 60_000;

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: None,
            migrate_url: None,
            allow_unsafe_postgres: false,
            redis_url: None,
            redis_prefix: "podium".to_owned(),
            data_dir: PathBuf::from("data"),
            admin_token: None,
            demo: cfg!(debug_assertions),
            pool_size: 10,
            allowed_origins: Vec::new(),
            max_sockets: 10_000,
            drain_ms: 2_000,
            jwt_secret: None,
            metrics_token: None,
            check_every_ms: 10_000,
            limits: limits::Settings::default(),
            housekeeping: Housekeeping::default(),
            rooms: Rooms::default(),
        }
    }
}

/// `[default.podium.housekeeping]`, or `PODIUM_HOUSEKEEPING__*`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Housekeeping {
    /// How often what is old is swept, in ms; 0 for never.
    pub every_ms: u64,
    /// How long replies under an idempotency key are kept after the end of their contest, in hours.
    pub replies_h: u32,
    /// How long those that are about no contest are kept, in hours.
    pub loose_replies_h: u32,
    /// How long sessions that ended and API tokens that ran out can still be looked at, in hours.
    pub sign_ins_h: u32,
}

impl Default for Housekeeping {
    fn default() -> Self {
        Self { every_ms: 60_000, replies_h: 24, loose_replies_h: 7 * 24, sign_ins_h: 7 * 24 }
    }
}

/// How large rooms may become.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Rooms {
    /// Members of a room, at most and unless told.
    pub max_members: i16,
    /// Problems of a room.
    pub max_problems: i16,
    /// Open rooms that an account may own.
    pub max_owned: i64,
    /// How long a room is open at most and unless told, in ms.
    pub max_life_ms: i64,
}

impl Default for Rooms {
    fn default() -> Self {
        Self { max_members: 200, max_problems: 100, max_owned: 10, max_life_ms: 86_400_000 }
    }
}

impl Rooms {
    /// What no room could be made with.
    fn check(&self) -> Result<(), String> {
        let within = |value: i16, key: &str, variable: &str| match value {
            1..=1000 => Ok(()),
            _ => Err(format!("{variable} ({key}) must be 1 to 1000")),
        };
        within(self.max_members, "rooms.max_members", "PODIUM_ROOMS__MAX_MEMBERS")?;
        within(self.max_problems, "rooms.max_problems", "PODIUM_ROOMS__MAX_PROBLEMS")?;
        if !(SHORTEST_LIFE_MS..=LONGEST_LIFE_MS).contains(&self.max_life_ms) {
            return Err(format!(
                "PODIUM_ROOMS__MAX_LIFE_MS (rooms.max_life_ms) must be {SHORTEST_LIFE_MS} to {LONGEST_LIFE_MS}"
            ));
        }
        Ok(())
    }
}

/// The shortest life of a room that can be asked for.
pub const SHORTEST_LIFE_MS: i64 = 60_000;

/// The longest, a year as with every contest: there are times that no clock can show.
const LONGEST_LIFE_MS: i64 = 31_536_000_000;

/// A setting that is never printed.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// All settings: Rocket's own and ours.
#[derive(Debug)]
pub struct Settings {
    /// For Rocket: address, port, limits.
    pub rocket: Figment,
    /// Ours.
    pub podium: Config,
}

impl Settings {
    /// Defaults, then `Rocket.toml`, then the environment.
    ///
    /// # Errors
    /// One sentence that names the key.
    pub fn load() -> Result<Self, String> {
        let rocket = rocket_figment();
        let podium: Config = Figment::from(Serialized::defaults(Config::default()))
            .merge(rocket.focus("podium"))
            .merge(Env::prefixed("PODIUM_").split("__"))
            .merge(Env::raw().only(&["DATABASE_URL", "REDIS_URL"]))
            .merge(Env::raw().only(&["DATABASE_MIGRATE_URL"]).map(|_| "migrate_url".into()))
            .extract()
            .map_err(|e| e.to_string())?;
        podium.check()?;
        Ok(Self { rocket, podium })
    }
}

impl Config {
    /// What no default can mend.
    ///
    /// # Errors
    /// One sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        for (token, name) in [
            (&self.admin_token, "PODIUM_ADMIN_TOKEN (admin_token)"),
            (&self.jwt_secret, "PODIUM_JWT_SECRET (jwt_secret)"),
            (&self.metrics_token, "PODIUM_METRICS_TOKEN (metrics_token)"),
        ] {
            if token.as_ref().is_some_and(|t| t.reveal().chars().count() < SHORTEST_SECRET) {
                return Err(format!("{name} must have at least {SHORTEST_SECRET} characters"));
            }
        }
        if (1..1000).contains(&self.check_every_ms) {
            return Err(
                "PODIUM_CHECK_EVERY_MS (check_every_ms) must be at least 1000, or 0 for never".to_owned()
            );
        }
        if self.redis_prefix.is_empty() {
            return Err("PODIUM_REDIS_PREFIX (redis_prefix) must not be empty".to_owned());
        }
        if self.drain_ms > MAX_DRAIN_MS {
            return Err(format!("PODIUM_DRAIN_MS (drain_ms) must be at most {MAX_DRAIN_MS}"));
        }
        if self.migrate_url.is_some() && self.database_url.is_none() {
            return Err("DATABASE_MIGRATE_URL (migrate_url) needs a DATABASE_URL beside it".to_owned());
        }
        self.rooms.check()?;
        if self.pool_size == 0 {
            return Err("PODIUM_POOL_SIZE (pool_size) must be at least 1".to_owned());
        }
        Ok(())
    }
}

fn rocket_figment() -> Figment {
    let profile = Profile::from_env_or("ROCKET_PROFILE", rocket::Config::DEFAULT_PROFILE);
    let port = Env::raw().only(&["PORT"]).global();
    Figment::from(rocket::Config::default())
        // A header that anybody can send must not decide who is calling.
        .merge(("ip_header", false))
        .merge(("ident", "Podium"))
        // Its request line shows the query; ours (telemetry.rs) does not.
        .merge(("log_level", "off"))
        // Ours do more than end the listening (drain.rs).
        .merge(("shutdown.ctrlc", false))
        .merge(("shutdown.signals", Vec::<String>::new()))
        .merge(("limits.json", "64 KiB"))
        .merge(Toml::file(Env::var_or("ROCKET_CONFIG", "Rocket.toml")).nested())
        .merge(Env::prefixed("ROCKET_").ignore(&["PROFILE", "CONFIG"]).global())
        .merge(port)
        .select(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_admin_token_is_refused_by_name() {
        let config = Config { admin_token: Some(Secret("short".to_owned())), ..Config::default() };
        assert!(config.check().expect_err("too short").contains("PODIUM_ADMIN_TOKEN"));
    }

    /// `path = value` for each of them; what is nested, by its path.
    fn flat(path: &str, value: &serde_json::Value, into: &mut Vec<(String, serde_json::Value)>) {
        match value {
            serde_json::Value::Object(keys) => keys.iter().for_each(|(key, value)| {
                flat(format!("{path}.{key}").trim_start_matches('.'), value, into);
            }),
            value => into.push((path.to_owned(), value.clone())),
        }
    }

    #[test]
    fn rocket_toml_shows_every_setting_with_its_default() {
        let text = include_str!("../Rocket.toml");
        let shown: serde_json::Value =
            Figment::from(Toml::string(text).nested()).focus("podium").extract().expect("it can be read");
        let (mut defaults, mut wrong) = (Vec::new(), Vec::new());
        flat("", &serde_json::to_value(Config::default()).expect("JSON"), &mut defaults);
        for (key, default) in defaults {
            let found = shown.pointer(&format!("/{}", key.replace('.', "/")));
            let is_commented = || text.contains(&format!("# {key} ="));
            let is_shown = match found {
                Some(found) => *found == default,
                // By profile; by an environment variable that works everywhere; a secret.
                None if ["demo", "database_url", "redis_url"].contains(&&*key) => true,
                None => default.is_null() && is_commented(),
            };
            if !is_shown {
                wrong.push(format!("{key}: {found:?}, not {default}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn rooms_that_could_not_be_made_are_refused_at_the_start() {
        let rooms = Rooms::default();
        for (bad, key) in [
            (Rooms { max_members: 0, ..rooms }, "max_members"),
            (Rooms { max_members: 1001, ..rooms }, "max_members"),
            (Rooms { max_problems: -1, ..rooms }, "max_problems"),
            (Rooms { max_problems: 1001, ..rooms }, "max_problems"),
            (Rooms { max_life_ms: 0, ..rooms }, "max_life_ms"),
            (Rooms { max_life_ms: i64::MAX, ..rooms }, "max_life_ms"),
        ] {
            let refused = Config { rooms: bad, ..Config::default() }.check().expect_err(key);
            assert!(refused.contains(key), "{refused}");
        }
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn secrets_do_not_print() {
        let config =
            Config { database_url: Some(Secret("postgres://u:p@h/d".to_owned())), ..Config::default() };
        assert!(!format!("{config:?}").contains("u:p"));
    }
}
