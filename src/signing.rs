//! The secret that signs the access tokens of accounts: the one that was set, or one that is made
//! once and kept in the data directory.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rocket::figment::Profile;

use crate::config::{Config, SHORTEST_SECRET, Settings};

/// Where a secret that was made is kept.
const FILE: &str = "jwt.secret";

/// The secret of this instance.
///
/// # Errors
/// One sentence with the fix: what is there is too short, or must be set. In release, instances
/// that share a database must share the secret too, which one that each makes for itself is not.
pub fn secret(settings: &Settings) -> Result<String, String> {
    let config = &settings.podium;
    if let Some(set) = &config.jwt_secret {
        return Ok(set.reveal().to_owned());
    }
    if let Some(kept) = kept(&config.data_dir)? {
        return Ok(kept);
    }
    if must_be_set(settings) {
        return Err("PODIUM_JWT_SECRET (jwt_secret) must be set, the same on all instances: at least 32 \
                    characters, such as `openssl rand -hex 32` prints"
            .to_owned());
    }
    make(&config.data_dir)?;
    kept(&config.data_dir)?.ok_or_else(|| "the secret that was just made is gone".to_owned())
}

/// What there is to say of it without making one.
///
/// # Errors
/// As [`secret`].
pub fn story(settings: &Settings) -> Result<&'static str, String> {
    match (&settings.podium.jwt_secret, kept(&settings.podium.data_dir)?) {
        (Some(_), _) => Ok("set (…)"),
        (None, Some(_)) => Ok("in the data directory (…)"),
        (None, None) if must_be_set(settings) => Err("PODIUM_JWT_SECRET (jwt_secret)".to_owned()),
        (None, None) => Ok("not set: made at the first start"),
    }
}

fn must_be_set(settings: &Settings) -> bool {
    let Config { database_url, .. } = &settings.podium;
    database_url.is_some() && *settings.rocket.profile() == Profile::new("release")
}

fn kept(data_dir: &Path) -> Result<Option<String>, String> {
    let file = data_dir.join(FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) if text.trim().chars().count() >= SHORTEST_SECRET => Ok(Some(text.trim().to_owned())),
        Ok(_) => Err(format!(
            "{} is too short: delete it, and everybody signs in anew with the one that is made then",
            file.display()
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", file.display())),
    }
}

/// Makes one, unless somebody else was faster. It is written whole before it has its name, so
/// that nobody reads half of it.
fn make(data_dir: &Path) -> Result<(), String> {
    let (file, draft) = (data_dir.join(FILE), data_dir.join(format!("{FILE}.{:x}", rand::random::<u64>())));
    let cannot = |e: std::io::Error| format!("cannot write {}: {e}", file.display());
    std::fs::create_dir_all(data_dir).map_err(cannot)?;
    let secret: [u8; 32] = rand::random();
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut open = std::fs::OpenOptions::new();
    let mut out = open.create(true).write(true).truncate(true).mode(0o600).open(&draft).map_err(cannot)?;
    writeln!(out, "{hex}").and_then(|()| out.sync_all()).map_err(cannot)?;
    let named = std::fs::hard_link(&draft, &file);
    std::fs::remove_file(&draft).map_err(cannot)?;
    match named {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(cannot(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use rocket::figment::Figment;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("podium-signing-{:x}", rand::random::<u64>())))
        }

        /// Of a server with its data in this folder.
        fn settings(&self, profile: &str, change: impl Fn(&mut Config)) -> Settings {
            let mut podium = Config { data_dir: self.0.clone(), ..Config::default() };
            change(&mut podium);
            Settings { rocket: Figment::new().select(profile), podium }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    fn set(text: &str) -> crate::config::Secret {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn a_secret_is_made_once_and_read_by_nobody_else() {
        let folder = Folder::new();
        let settings = folder.settings("release", |_| {});
        let made = secret(&settings).unwrap();
        assert_eq!(made.len(), 64);
        assert_eq!(secret(&settings).unwrap(), made);
        let mode = std::fs::metadata(folder.0.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn instances_that_start_together_agree_on_one() {
        let folder = Folder::new();
        let settings = folder.settings("debug", |_| {});
        let made: std::collections::BTreeSet<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| secret(&settings).unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(made.len(), 1);
    }

    #[test]
    fn release_with_a_database_of_its_own_must_be_told_the_secret() {
        let folder = Folder::new();
        let shared = |config: &mut Config| config.database_url = Some(set("postgres://h/d"));
        let refused = secret(&folder.settings("release", shared)).expect_err("none is set");
        assert!(refused.contains("PODIUM_JWT_SECRET"), "{refused}");
        assert!(story(&folder.settings("release", shared)).is_err());
        assert!(!folder.0.exists(), "and none is made");
        let told = "x".repeat(32);
        let both = |config: &mut Config| {
            shared(config);
            config.jwt_secret = Some(set(&told));
        };
        assert_eq!(secret(&folder.settings("release", both)).unwrap(), told);
        let made = secret(&folder.settings("debug", shared)).unwrap();
        assert_eq!(secret(&folder.settings("release", shared)).unwrap(), made, "a kept one will do");
    }

    #[test]
    fn a_short_secret_is_refused() {
        let folder = Folder::new();
        std::fs::create_dir_all(&folder.0).unwrap();
        std::fs::write(folder.0.join(FILE), "short").unwrap();
        assert!(secret(&folder.settings("debug", |_| {})).expect_err("too short").contains(FILE));
        let short = Config { jwt_secret: Some(set("short")), ..Config::default() };
        assert!(short.check().expect_err("too short").contains("PODIUM_JWT_SECRET"));
    }
}
