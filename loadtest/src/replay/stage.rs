//! What a flow is played on, and the list of what was different.

use serde_json::Value;

use super::person::Person;
use crate::server::Server;

/// Where a flow is played.
#[derive(Debug)]
pub(super) struct Stage {
    authority: String,
    socket_url: String,
    /// Names are unique on a server, and a flow may be played twice on one.
    mark: String,
    compared: usize,
    different: Vec<String>,
}

impl Stage {
    pub(super) fn on(server: &Server) -> Self {
        Self {
            authority: server.authority().to_owned(),
            socket_url: server.socket_url(),
            mark: format!("{:06x}", rand::random::<u32>() & 0x00ff_ffff),
            compared: 0,
            different: Vec::new(),
        }
    }

    /// How many comparisons there were, and what was different, or why the play could not go on.
    pub(super) fn told(mut self, played: Result<(), String>) -> (usize, Result<(), String>) {
        self.different.extend(played.err());
        let told = if self.different.is_empty() { Ok(()) } else { Err(self.different.join("\n")) };
        (self.compared, told)
    }

    /// Somebody of this name, who registers and signs in as the documents say.
    pub(super) async fn person(&mut self, name: &str) -> Result<Person, String> {
        let name = format!("{name}-{}", self.mark);
        Person::sign_in(&self.authority, &self.socket_url, name).await
    }

    /// What came must be exactly this.
    pub(super) fn same(&mut self, what: &str, came: &Value, wanted: &Value) {
        self.note(what, came == wanted, || format!("{came}\n    and not {wanted}"));
    }

    /// What came must have these fields, with these values; it may have more.
    pub(super) fn has(&mut self, what: &str, came: &Value, wanted: &Value) {
        for (field, wanted) in wanted.as_object().into_iter().flatten() {
            self.note(&format!("{what}: {field}"), came.get(field) == Some(wanted), || {
                format!("{} and not {wanted}", came.get(field).unwrap_or(&Value::Null))
            });
        }
    }

    /// What came must be so.
    pub(super) fn holds(&mut self, what: &str, so: bool, came: &Value) {
        self.note(what, so, || came.to_string());
    }

    fn note(&mut self, what: &str, same: bool, came: impl FnOnce() -> String) {
        self.compared += 1;
        if same {
            println!("ok  {what}");
        } else {
            let told = format!("{what}: {}", came());
            self.different.push(told);
        }
    }
}
