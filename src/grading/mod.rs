//! Grading: what kinds of questions there are, what a team may send, and
//! whether it is right. Pure: the same key and answer always give the same verdict.

mod answer;
mod key;
mod normalise;
mod number;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use answer::{Answer, AnswerError, MAX_ITEMS, MAX_TEXT_CHARS};
pub use key::{AnswerKey, ExportedKey, KeyError, MAX_ALIASES, MAX_OPTIONS, MIN_OPTIONS};
use key::{Key, TextKey};
pub use normalise::{fold, normalise};

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One of the options.
    SingleChoice,
    /// A set of the options.
    MultipleChoice,
    /// True or false.
    TrueFalse,
    /// Words.
    Text,
    /// A number.
    Numeric,
}

impl QuestionKind {
    /// Every kind, in the order they are offered.
    pub const ALL: [QuestionKind; 5] = [
        QuestionKind::SingleChoice,
        QuestionKind::MultipleChoice,
        QuestionKind::TrueFalse,
        QuestionKind::Text,
        QuestionKind::Numeric,
    ];

    /// The word for it in JSON, CSV and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            QuestionKind::SingleChoice => "single_choice",
            QuestionKind::MultipleChoice => "multiple_choice",
            QuestionKind::TrueFalse => "true_false",
            QuestionKind::Text => "text",
            QuestionKind::Numeric => "numeric",
        }
    }

    /// Whether the question shows options to choose from.
    pub const fn has_options(self) -> bool {
        matches!(self, QuestionKind::SingleChoice | QuestionKind::MultipleChoice)
    }
}

impl fmt::Display for QuestionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kind of a question is single_choice, multiple_choice, true_false, text or numeric")]
pub struct UnknownKind;

impl FromStr for QuestionKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<QuestionKind, UnknownKind> {
        QuestionKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(UnknownKind)
    }
}

/// Whether an answer is right. An answer of the wrong type is wrong, never an error.
///
/// `options` are the options of the same version of the question as the key.
pub fn grade(key: &AnswerKey, options: &[String], answer: &Answer) -> bool {
    match (&key.0, answer) {
        (Key::Choice(right), Answer::Text(text)) => find_option(options, text) == Some(*right),
        (Key::Choices(right), Answer::Items(items)) => {
            items.iter().map(|item| find_option(options, item)).collect::<Option<_>>().as_ref() == Some(right)
        }
        (Key::Choices(right), Answer::Text(text)) => find_options(options, text).as_ref() == Some(right),
        (Key::Bool(right), Answer::Bool(answer)) => answer == right,
        (Key::Bool(right), Answer::Text(text)) => yes_or_no(text) == Some(*right),
        (Key::Text(right), Answer::Text(text)) => says(right, text),
        (Key::Number { value, tolerance }, Answer::Number(number)) => near(*value, *tolerance, *number),
        (Key::Number { value, tolerance }, Answer::Text(text)) => {
            number::lenient(text).is_some_and(|number| near(*value, *tolerance, number))
        }
        _ => false,
    }
}

/// The options that an answer names, by their letters, and `true` or `false` where those are the
/// options. None when it names none, or is of the wrong type.
pub fn chosen(kind: QuestionKind, options: &[String], answer: &Answer) -> Vec<String> {
    let letters = |chosen: BTreeSet<usize>| chosen.into_iter().map(|index| key::letter_of(index).to_string());
    match (kind, answer) {
        (QuestionKind::SingleChoice, Answer::Text(text)) => {
            letters(find_option(options, text).into_iter().collect()).collect()
        }
        (QuestionKind::MultipleChoice, Answer::Text(text)) => {
            letters(find_options(options, text).unwrap_or_default()).collect()
        }
        (QuestionKind::MultipleChoice, Answer::Items(items)) => {
            letters(items.iter().filter_map(|item| find_option(options, item)).collect()).collect()
        }
        (QuestionKind::TrueFalse, Answer::Bool(answer)) => vec![answer.to_string()],
        (QuestionKind::TrueFalse, Answer::Text(text)) => {
            yes_or_no(text).iter().map(bool::to_string).collect()
        }
        _ => Vec::new(),
    }
}

/// The option that a text names, and no other.
fn find_option(options: &[String], text: &str) -> Option<usize> {
    only(find_options(options, text)?)
}

/// The options that a text names: one by its text, one by a text that means
/// only this one, or any number by their letters.
fn find_options(options: &[String], text: &str) -> Option<BTreeSet<usize>> {
    by_text(options, text)
        .or_else(|| by_meaning(options, text))
        .map(|index| BTreeSet::from([index]))
        .or_else(|| by_letters(options.len(), text))
}

fn by_text(options: &[String], text: &str) -> Option<usize> {
    let folded = fold(text, false);
    options.iter().position(|option| fold(option, false) == folded)
}

/// The only option that says what the text says. What comes down to one letter
/// is left to [`by_letters`]: in `A C` the first letter is no article.
fn by_meaning(options: &[String], text: &str) -> Option<usize> {
    let meant = normalise(text, false);
    meant.chars().nth(1)?;
    let same = options.iter().enumerate().filter(|(_, option)| normalise(option, false) == meant);
    only(same.map(|(index, _)| index))
}

/// The options named by letters alone: `b`, `B.`, `B)`, `AC`, `A, C`, `a c`.
fn by_letters(options: usize, text: &str) -> Option<BTreeSet<usize>> {
    let folded = fold(text, false);
    let letters: BTreeSet<usize> = folded
        .trim_end_matches(['.', ')'])
        .chars()
        .filter(|c| !matches!(c, ' ' | ',' | ';' | '/' | '+' | '&'))
        .map(|letter| key::index_of(letter, options))
        .collect::<Option<_>>()?;
    (!letters.is_empty()).then_some(letters)
}

fn only(items: impl IntoIterator<Item = usize>) -> Option<usize> {
    let mut items = items.into_iter();
    items.next().filter(|_| items.next().is_none())
}

fn yes_or_no(text: &str) -> Option<bool> {
    match normalise(text, false).as_str() {
        "true" | "yes" | "t" => Some(true),
        "false" | "no" | "f" => Some(false),
        _ => None,
    }
}

fn says(right: &TextKey, text: &str) -> bool {
    let said = normalise(text, right.case_sensitive);
    !said.is_empty()
        && std::iter::once(&right.answer)
            .chain(&right.aliases)
            .any(|accepted| normalise(accepted, right.case_sensitive) == said)
}

fn near(value: Decimal, tolerance: Decimal, number: Decimal) -> bool {
    // A difference too large for a decimal is larger than any tolerance.
    number.checked_sub(value).is_some_and(|difference| difference.abs() <= tolerance)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may panic
mod tests;
