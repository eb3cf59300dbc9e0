//! Questions whose right answer can be told from their text, so that a player can choose to be
//! right, and the suite knows what the server should have said.

use serde_json::{Value, json};

/// Which pool a question is in, and who may have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// For one team only.
    Exclusive,
    /// For every team that asks for it; the first right answer earns a bonus.
    Shared,
    /// Out of a mystery box.
    Mystery,
}

/// Where shared questions can be found again.
pub(crate) const SHARED_CATEGORY: &str = "Shared";

const DIFFICULTIES: [&str; 3] = ["EASY", "MEDIUM", "HARD"];
const CATEGORIES: [&str; 4] = ["History", "Nature", "Music", "Numbers"];
const LETTERS: [&str; 4] = ["A", "B", "C", "D"];

/// The question of this number, as an import takes it. `run` keeps its name apart from those
/// of other runs in the bank.
pub(crate) fn question(run: &str, number: usize, usage: Use) -> Value {
    let level = number % DIFFICULTIES.len();
    let kind = kind(number);
    let mut question = json!({
        "external_id": format!("{run}-{usage:?}-{number}"),
        "kind": kind,
        "text": format!("What goes with number #{number}? ({usage:?})"),
        "answer": answer(number),
        "difficulty": DIFFICULTIES[level],
        "category": CATEGORIES[number % CATEGORIES.len()],
        "points": 100 * (level + 1),
        "exclusive": usage != Use::Shared,
    });
    if kind == "single_choice" {
        question["options"] = json!(["one", "two", "three", "four"]);
    }
    match usage {
        Use::Exclusive => {}
        Use::Shared => question["category"] = json!(SHARED_CATEGORY),
        Use::Mystery => question["pool"] = json!("mystery"),
    }
    question
}

fn kind(number: usize) -> &'static str {
    match number % 4 {
        0 | 1 => "single_choice",
        2 => "numeric",
        _ => "true_false",
    }
}

fn answer(number: usize) -> Value {
    match number % 4 {
        0 | 1 => json!(LETTERS[number / 4 % LETTERS.len()]),
        2 => json!(number + 1),
        _ => json!((number / 4).is_multiple_of(2)),
    }
}

/// The answer to a question that a team was shown, right or wrong.
pub(crate) fn answer_to(text: &str, right: bool) -> Option<Value> {
    let digits: String = text.split_once('#')?.1.chars().take_while(char::is_ascii_digit).collect();
    let number: usize = digits.parse().ok()?;
    if right {
        return Some(answer(number));
    }
    Some(match number % 4 {
        0 | 1 => json!(LETTERS[(number / 4 + 1) % LETTERS.len()]),
        2 => json!(number),
        _ => json!(!(number / 4).is_multiple_of(2)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_tells_its_answer_and_a_wrong_one() {
        for number in 0..100 {
            let asked = question("r", number, Use::Exclusive);
            let text = asked["text"].as_str().unwrap();
            assert_eq!(answer_to(text, true), Some(asked["answer"].clone()), "{asked}");
            assert_ne!(answer_to(text, false), Some(asked["answer"].clone()), "{asked}");
        }
        assert_eq!(answer_to("Something else?", true), None);
    }
}
