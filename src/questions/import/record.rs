//! One question of a file, whatever the format.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{LineError, Place};
use crate::error::FieldError;
use crate::grading::QuestionKind;
use crate::questions::placement::Terms;
use crate::questions::{AnswerView, Content, Draft, external_id};
use crate::types::{Difficulty, Points, Pool};

/// A question that was read and found valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where it stood.
    pub at: Place,
    /// By what name a second import finds it again.
    pub external_id: String,
    /// What it says.
    pub content: Content,
    /// What it is worth in the contest, and so on.
    pub terms: Terms,
}

/// The keys of an object; any other is most likely a mistyped one.
const KEYS: [&str; 16] = [
    "external_id",
    "kind",
    "text",
    "options",
    "answer",
    "aliases",
    "tolerance",
    "case_sensitive",
    "explanation",
    "difficulty",
    "category",
    "points",
    "exclusive",
    "pool",
    "max_attempts",
    "time_limit_ms",
];

impl Record {
    /// Reads an object and names every wrong value.
    pub(super) fn read(at: Place, object: &Map<String, Value>) -> Result<Self, Vec<LineError>> {
        let mut fields = Fields { object, wrong: Vec::new() };
        fields.refuse_unknown();
        let content = fields.content();
        let terms = fields.terms();
        let name = fields.name();
        match (name, content, terms) {
            (Some(external_id), Some(content), Some(terms)) if fields.wrong.is_empty() => {
                Ok(Self { at, external_id, content, terms })
            }
            _ => Err(fields.wrong.into_iter().map(|e| error(at, &e.pointer, e.detail)).collect()),
        }
    }

    /// An error about a value of this question, or about all of it.
    pub(super) fn wrong(&self, field: Option<&str>, detail: String) -> LineError {
        error(self.at, &field.map(|field| format!("/{field}")).unwrap_or_default(), detail)
    }
}

/// In a CSV file a value is named by its column, in JSON by a pointer from the top.
fn error(at: Place, pointer: &str, detail: String) -> LineError {
    let pointer = match at {
        Place::Item(number) => format!("/{}{pointer}", number - 1),
        Place::Line(_) => pointer.trim_start_matches('/').to_owned(),
    };
    LineError { at, pointer, detail }
}

/// The values of an object while they are read; what is wrong is kept, so that the rest is
/// read all the same.
struct Fields<'a> {
    object: &'a Map<String, Value>,
    wrong: Vec<FieldError>,
}

impl Fields<'_> {
    fn refuse_unknown(&mut self) {
        let unknown = self.object.keys().filter(|key| !KEYS.contains(&key.as_str()));
        self.wrong.extend(unknown.map(|key| FieldError::new("", format!("the key {key:?} is not known"))));
    }

    fn refuse<T>(&mut self, key: &str, why: impl Into<String>) -> Option<T> {
        self.wrong.push(FieldError::new(format!("/{key}"), why));
        None
    }

    /// A value; null is the same as none.
    fn get(&self, key: &str) -> Option<&Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// A value that may be left out.
    fn or<T>(&mut self, key: &str, default: T, read: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        match self.get(key).map(read) {
            None => Some(default),
            Some(Ok(value)) => Some(value),
            Some(Err(why)) => self.refuse(key, why),
        }
    }

    /// A value that must be there.
    fn need<T>(&mut self, key: &str, read: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        match self.get(key).map(read) {
            None => self.refuse(key, "is missing"),
            Some(Ok(value)) => Some(value),
            Some(Err(why)) => self.refuse(key, why),
        }
    }

    /// Without a name of its own, a question is called after its text: then a second import
    /// of the file finds it again.
    fn name(&mut self) -> Option<String> {
        match self.or("external_id", String::new(), text)?.trim() {
            "" => Some(name_of_text(self.get("text")?.as_str()?)),
            given => match external_id(given) {
                Ok(name) => Some(name),
                Err(wrong) => {
                    self.wrong.push(wrong);
                    None
                }
            },
        }
    }

    fn content(&mut self) -> Option<Content> {
        let kind = self.need("kind", |value| text(value)?.parse::<QuestionKind>().map_err(|e| e.to_string()));
        let text_read = self.need("text", text);
        let options = self.or("options", Vec::new(), texts);
        let answer = self.need("answer", |value| Ok(value.clone()));
        let aliases = self.or("aliases", Vec::new(), texts);
        let case_sensitive = self.or("case_sensitive", false, flag);
        let explanation = self.or("explanation", String::new(), text);
        let draft = Draft {
            kind: kind?,
            text: text_read?,
            options: options?,
            answer: answer?,
            aliases: aliases?,
            tolerance: self.get("tolerance").cloned(),
            case_sensitive: case_sensitive?,
            explanation: explanation?,
        };
        draft.checked().map_err(|wrong| self.wrong.extend(wrong)).ok()
    }

    fn terms(&mut self) -> Option<Terms> {
        let difficulty = self.need("difficulty", |value| text(value)?.parse::<Difficulty>());
        let category = self.need("category", text);
        let points = self.need("points", whole);
        let exclusive = self.or("exclusive", true, flag);
        let pool = self.or("pool", Pool::Regular, |value| text(value)?.parse());
        let max_attempts = self.or("max_attempts", 1, small);
        let time_limit_ms = self.or("time_limit_ms", None, |value| whole(value).map(Some));
        let terms = Terms {
            difficulty: difficulty?,
            category: category?,
            points: points?,
            exclusive: exclusive?,
            pool: pool?,
            max_attempts: max_attempts?,
            time_limit_ms: time_limit_ms?,
        };
        terms.checked().map_err(|wrong| self.wrong.extend(wrong)).ok()
    }
}

fn name_of_text(text: &str) -> String {
    let digest = Sha256::digest(text.trim().as_bytes());
    let hex: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("text-{hex}")
}

fn text(value: &Value) -> Result<String, String> {
    value.as_str().map(ToOwned::to_owned).ok_or_else(|| "must be a text".to_owned())
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let items = value.as_array().ok_or("must be a list of texts")?;
    items.iter().map(text).collect::<Result<_, _>>().map_err(|_| "must be a list of texts".to_owned())
}

fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

fn whole(value: &Value) -> Result<i64, String> {
    value.as_i64().ok_or_else(|| "must be a whole number".to_owned())
}

fn small(value: &Value) -> Result<i16, String> {
    // What does not fit is out of range in any case; the range is said once, with the terms.
    whole(value).map(|number| i16::try_from(number).unwrap_or(i16::MAX))
}

/// A question as it is written to a file, in the order of the keys. To be read, it needs only
/// kind, text, answer, difficulty, category and points, and options where the kind has them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QuestionRecord {
    /// By what name an import finds it again.
    #[schema(required = false, example = "geo-e-03")]
    pub external_id: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    #[schema(example = "Which river flows through Paris?")]
    pub text: String,
    /// What can be chosen, from A on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["Seine", "Garonne", "Loire", "Rhône"]))]
    pub options: Vec<String>,
    /// What is right.
    #[schema(example = "A")]
    pub answer: Value,
    /// Other spellings that are right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub aliases: Vec<String>,
    /// How far a number may be off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Value>,
    /// Whether capitals matter.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub case_sensitive: bool,
    /// Why it is right.
    #[schema(required = false)]
    pub explanation: String,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// What it is about.
    #[schema(example = "Geography")]
    pub category: String,
    /// What it is worth.
    #[schema(example = 100)]
    pub points: Points,
    /// Whether it belongs to one team only.
    #[schema(required = false)]
    pub exclusive: bool,
    /// How it is reached.
    #[schema(required = false)]
    pub pool: Pool,
    /// How often a team may answer it.
    #[schema(required = false)]
    pub max_attempts: i16,
    /// How long a team may take once it has seen it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit_ms: Option<i64>,
}

impl QuestionRecord {
    /// The question as it is written.
    #[must_use]
    pub fn new(external_id: String, content: Content, terms: Terms) -> Self {
        let AnswerView { answer, aliases, tolerance, case_sensitive } = AnswerView::from(&content.key);
        Self {
            external_id,
            kind: content.kind,
            text: content.text,
            options: content.options,
            answer,
            aliases,
            tolerance,
            case_sensitive,
            explanation: content.explanation,
            difficulty: terms.difficulty,
            category: terms.category,
            points: terms.points,
            exclusive: terms.exclusive,
            pool: terms.pool,
            max_attempts: terms.max_attempts,
            time_limit_ms: terms.time_limit_ms,
        }
    }
}
