//! One thing that must hold, and how it fared.

use serde_json::{Value, json};

/// So many breaches are shown; all are counted.
const SHOWN: usize = 20;

/// How one check fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    /// What must hold.
    pub(crate) meaning: &'static str,
    /// How many things were looked at.
    pub(crate) compared: u64,
    pub(crate) breaches: u64,
    /// The first breaches.
    pub(crate) examples: Vec<String>,
    /// What was left out, when there was too much.
    pub(crate) note: Option<String>,
}

impl Check {
    /// What was found among so many.
    pub(crate) fn of(
        name: &'static str,
        meaning: &'static str,
        compared: usize,
        found: impl IntoIterator<Item = String>,
    ) -> Self {
        let (mut examples, mut breaches) = (Vec::new(), 0);
        for breach in found {
            breaches += 1;
            if examples.len() < SHOWN {
                examples.push(breach);
            }
        }
        Self { name, meaning, compared: compared as u64, breaches, examples, note: None }
    }

    /// It could not be checked, which proves nothing and so counts as a breach.
    pub(crate) fn impossible(name: &'static str, meaning: &'static str, why: &str) -> Self {
        Self::of(name, meaning, 0, [format!("could not be checked: {why}")])
    }

    /// With a remark.
    pub(crate) fn noting(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    pub(crate) fn holds(&self) -> bool {
        self.breaches == 0
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "meaning": self.meaning,
            "compared": self.compared,
            "breaches": self.breaches,
            "examples": self.examples,
            "note": self.note,
        })
    }

    pub(crate) fn print(&self) {
        let note = self.note.as_deref().unwrap_or_default();
        eprintln!("{:<26} {:>10} {:>9} {note}", self.name, self.compared, self.breaches);
        for example in self.examples.iter().take(3) {
            eprintln!("    {example}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_breaches_are_counted_and_some_are_shown() {
        let check = Check::of("x", "y", 100, (0..50).map(|n| n.to_string()));
        assert_eq!((check.breaches, check.examples.len(), check.holds()), (50, SHOWN, false));
        assert!(Check::of("x", "y", 100, None).holds());
        assert!(!Check::impossible("x", "y", "no reply").holds());
    }
}
