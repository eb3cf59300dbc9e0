//! What a version of a question says, and what makes it a question.

use garde::Validate;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::body::{field_errors, not_blank};
use crate::error::FieldError;
use crate::grading::{Answer, AnswerKey, QuestionKind};

/// A version of a question as somebody wrote it, not yet checked. Options, answer, aliases
/// and tolerance are checked together by grading.
#[derive(Debug, Clone, Validate)]
pub struct Draft {
    /// How it is answered.
    #[garde(skip)]
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    #[garde(length(chars, min = 1, max = 10_000), custom(says_something))]
    pub text: String,
    /// What can be chosen.
    #[garde(skip)]
    pub options: Vec<String>,
    /// The right answer, in the form that the kind asks for.
    #[garde(skip)]
    pub answer: Value,
    /// Other spellings of it.
    #[garde(skip)]
    pub aliases: Vec<String>,
    /// How far a number may be off.
    #[garde(skip)]
    pub tolerance: Option<Value>,
    /// Whether capitals matter in a text.
    #[garde(skip)]
    pub case_sensitive: bool,
    /// Shown to nobody who may not see the answer.
    #[garde(length(chars, max = 10_000), custom(can_be_stored))]
    pub explanation: String,
}

/// What a version of a question says, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, as Markdown.
    pub text: String,
    /// What can be chosen.
    pub options: Vec<String>,
    /// What is right.
    pub key: AnswerKey,
    /// Why it is right.
    pub explanation: String,
}

impl Draft {
    /// Checks everything and names every wrong value.
    ///
    /// # Errors
    /// The wrong values, as JSON pointers.
    pub fn checked(self) -> Result<Content, Vec<FieldError>> {
        let mut wrong = self.validate().map_err(|report| field_errors(&report)).err().unwrap_or_default();
        match self.key() {
            Ok(key) if wrong.is_empty() => Ok(Content {
                kind: self.kind,
                text: self.text,
                options: self.options,
                key,
                explanation: self.explanation,
            }),
            Ok(_) => Err(wrong),
            Err(more) => {
                // What one check has said about a value, the other need not say again.
                let said: Vec<_> = wrong.iter().map(|e| e.pointer.clone()).collect();
                wrong.extend(more.into_iter().filter(|e| !said.contains(&e.pointer)));
                Err(wrong)
            }
        }
    }

    fn key(&self) -> Result<AnswerKey, Vec<FieldError>> {
        let tolerance = self.tolerance.as_ref().map(decimal).transpose();
        let known = tolerance.as_ref().copied().unwrap_or_default();
        let key = AnswerKey::parse(
            self.kind,
            &self.options,
            &self.answer,
            &self.aliases,
            known,
            self.case_sensitive,
        );
        let wrong = key.as_ref().err().into_iter().flatten();
        let wrong = wrong.map(|e| FieldError::new(format!("/{}", e.field), e.message.as_str()));
        let wrong: Vec<_> = wrong.chain(tolerance.err()).collect();
        key.ok().filter(|_| wrong.is_empty()).ok_or(wrong)
    }
}

/// A tolerance, which may come as a string so that no digit is lost.
fn decimal(sent: &Value) -> Result<Decimal, FieldError> {
    let number = match Answer::parse(sent) {
        Ok(Answer::Number(number)) => Some(number),
        Ok(Answer::Text(text)) => Decimal::from_str_exact(text.trim()).ok(),
        _ => None,
    };
    number.ok_or_else(|| FieldError::new("/tolerance", "must be a number"))
}

/// PostgreSQL stores any text but the character U+0000.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that garde calls")]
fn can_be_stored(text: &str, (): &()) -> garde::Result {
    if text.contains('\0') { Err(garde::Error::new("must not contain the character U+0000")) } else { Ok(()) }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that garde calls")]
pub(crate) fn says_something(text: &str, context: &()) -> garde::Result {
    not_blank(text, context)?;
    can_be_stored(text, context)
}

/// The name a question has outside of Podium, without the blanks around it.
///
/// # Errors
/// Which rule it breaks.
pub fn external_id(text: &str) -> Result<String, FieldError> {
    let trimmed = text.trim();
    let wrong = |why: &str| FieldError::new("/external_id", why);
    match trimmed.chars().count() {
        0 => Err(wrong("must not be blank")),
        1..=100 if trimmed.chars().any(char::is_control) => Err(wrong("must not contain control characters")),
        1..=100 => Ok(trimmed.to_owned()),
        _ => Err(wrong("must have at most 100 characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::AnswerView;
    use serde_json::json;

    fn draft() -> Draft {
        Draft {
            kind: QuestionKind::SingleChoice,
            text: "Which river flows through Paris?".to_owned(),
            options: vec!["Seine".to_owned(), "Loire".to_owned()],
            answer: json!("A"),
            aliases: Vec::new(),
            tolerance: None,
            case_sensitive: false,
            explanation: String::new(),
        }
    }

    fn pointers(draft: Draft) -> Vec<String> {
        draft.checked().expect_err("wrong").into_iter().map(|e| e.pointer).collect()
    }

    #[test]
    fn every_wrong_value_is_named_at_once() {
        let wrong = Draft {
            text: "  ".to_owned(),
            answer: json!("C"),
            explanation: "a\0b".to_owned(),
            tolerance: Some(json!("much")),
            ..draft()
        };
        assert_eq!(pointers(wrong), ["/explanation", "/text", "/answer", "/tolerance"]);
    }

    #[test]
    fn a_tolerance_is_a_number_however_it_is_written() {
        for sent in [json!(0.5), json!("0.5"), json!(" 0.50 ")] {
            let number = Draft {
                kind: QuestionKind::Numeric,
                options: Vec::new(),
                answer: json!(3),
                tolerance: Some(sent),
                ..draft()
            };
            let content = number.checked().expect("valid");
            assert_eq!(AnswerView::from(&content.key).tolerance, Some(json!(0.5)));
        }
        assert_eq!(pointers(Draft { tolerance: Some(json!(true)), ..draft() }), ["/tolerance"]);
    }

    #[test]
    fn a_name_is_trimmed_and_short() {
        assert_eq!(external_id(" geo-1 ").as_deref(), Ok("geo-1"));
        for wrong in ["", "  ", "a\0b", "a\nb", &"x".repeat(101)] {
            assert!(external_id(wrong).is_err(), "{wrong:?}");
        }
    }
}
