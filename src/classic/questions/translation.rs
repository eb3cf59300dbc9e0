//! What existing clients leave unsaid, and what they call otherwise.

use serde_json::Value;

use crate::error::FieldError;
use crate::grading::QuestionKind;

/// The kind that a question must be of when nobody says.
pub(in crate::classic) fn kind_of(options: &[String], answer: &Value) -> QuestionKind {
    match (options.is_empty(), answer) {
        (false, Value::Array(_)) => QuestionKind::MultipleChoice,
        (false, _) => QuestionKind::SingleChoice,
        (true, Value::Bool(_)) => QuestionKind::TrueFalse,
        (true, Value::Number(_)) => QuestionKind::Numeric,
        (true, _) => QuestionKind::Text,
    }
}

/// The letter of the option whose very text was given as the answer. Options that are a
/// letter themselves are the option of that letter, so the two readings never differ.
pub(in crate::classic) fn as_letter(options: &[String], answer: Value) -> Value {
    let named = answer.as_str().and_then(|text| options.iter().position(|o| o.trim() == text.trim()));
    named.and_then(|index| ('A'..='J').nth(index)).map_or(answer, |letter| Value::from(letter.to_string()))
}

/// Says what is wrong with a question in the names of this contract.
pub(in crate::classic) fn in_classic_names(errors: Vec<FieldError>) -> Vec<FieldError> {
    errors.into_iter().map(|e| FieldError { pointer: classic_pointer(&e.pointer), ..e }).collect()
}

/// `/max_attempts` → `/maxAttempts`; what is asked is called `question` here.
fn classic_pointer(pointer: &str) -> String {
    if pointer == "/text" {
        return "/question".to_owned();
    }
    let mut words = pointer.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name + &initial.to_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_kind_is_told_from_options_and_answer() {
        let options = ["x".to_owned(), "y".to_owned()];
        assert_eq!(kind_of(&options, &json!("A")), QuestionKind::SingleChoice);
        assert_eq!(kind_of(&options, &json!(["A", "B"])), QuestionKind::MultipleChoice);
        assert_eq!(kind_of(&[], &json!(true)), QuestionKind::TrueFalse);
        assert_eq!(kind_of(&[], &json!(1.5)), QuestionKind::Numeric);
        assert_eq!(kind_of(&[], &json!("Vienna")), QuestionKind::Text);
    }

    #[test]
    fn an_answer_may_be_the_text_of_an_option() {
        let options = ["Rhine".to_owned(), "Danube".to_owned()];
        assert_eq!(as_letter(&options, json!(" Danube ")), json!("B"));
        assert_eq!(as_letter(&options, json!("A")), json!("A"));
        assert_eq!(as_letter(&options, json!("Elbe")), json!("Elbe"));
        assert_eq!(as_letter(&options, json!(["A"])), json!(["A"]));
    }

    #[test]
    fn errors_speak_the_names_of_this_contract() {
        assert_eq!(classic_pointer("/time_limit_ms"), "/timeLimitMs");
        assert_eq!(classic_pointer("/text"), "/question");
        assert_eq!(classic_pointer("/points"), "/points");
    }
}
