//! Tables of answers and verdicts.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[allow(clippy::needless_pass_by_value)] // reads better in the tables
fn key(kind: QuestionKind, options: &[&str], answer: Value) -> AnswerKey {
    AnswerKey::parse(kind, &strings(options), &answer, &[], None, false).unwrap()
}

fn verdict(key: &AnswerKey, options: &[&str], sent: &Value) -> bool {
    grade(key, &strings(options), &Answer::parse(sent).unwrap())
}

fn check(key: &AnswerKey, options: &[&str], right: &[Value], wrong: &[Value]) {
    for sent in right {
        assert!(verdict(key, options, sent), "{sent} is right");
    }
    for sent in wrong {
        assert!(!verdict(key, options, sent), "{sent} is wrong");
    }
}

/// One answer of every type, none of them right for anything below.
fn strange() -> Vec<Value> {
    vec![json!(""), json!(" "), json!([]), json!([""]), json!("🦊"), json!(99_999), json!(["x", "y"])]
}

#[test]
fn a_kind_has_one_word() {
    for kind in QuestionKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(json!(kind), kind.as_str());
    }
    assert_eq!("essay".parse::<QuestionKind>(), Err(UnknownKind));
}

#[test]
fn a_single_choice_is_a_letter_or_a_text() {
    let options = ["São Paulo", "Lima", "The Hague", "D"];
    let first = key(QuestionKind::SingleChoice, &options, json!("A"));
    check(
        &first,
        &options,
        &[
            json!("A"),
            json!("a"),
            json!(" a "),
            json!("A."),
            json!("a)"),
            json!("Ａ"),
            json!("SÃO  PAULO"),
            json!("sao paulo."),
        ],
        &[
            json!("B"),
            json!("E"),
            json!("AB"),
            json!("A B"),
            json!("Paulo"),
            json!(true),
            json!(1),
            json!(["A"]),
        ],
    );
    check(&first, &options, &[], &strange());
    let third = key(QuestionKind::SingleChoice, &options, json!("c"));
    check(&third, &options, &[json!("hague"), json!("the hague")], &[json!("the c"), json!("a hag")]);
    let band = ["ABBA!", "Bad Company", "Cream", "Dead"];
    check(&key(QuestionKind::SingleChoice, &band, json!("A")), &band, &[json!("abba")], &[json!("abab")]);
    let last = key(QuestionKind::SingleChoice, &options, json!("D"));
    check(&last, &options, &[json!("d")], &[json!("A D")]);
}

#[test]
fn the_text_of_an_option_comes_before_a_letter_and_a_loose_text_must_fit_one_option() {
    let options = ["5", "5!", "resume", "résumé"];
    check(
        &key(QuestionKind::SingleChoice, &options, json!("A")),
        &options,
        &[json!("5")],
        &[json!("5!"), json!("5."), json!(5)],
    );
    check(
        &key(QuestionKind::SingleChoice, &options, json!("D")),
        &options,
        &[json!("Résumé")],
        &[json!("Resume"), json!("résume")],
    );
    let blood = ["A", "B", "AB", "O"];
    check(
        &key(QuestionKind::MultipleChoice, &blood, json!(["C"])),
        &blood,
        &[json!("AB"), json!(["ab"]), json!("c")],
        &[json!("A,B")],
    );
}

#[test]
fn a_multiple_choice_is_a_set() {
    let options = ["Red", "Green", "Blue", "Grey"];
    let right = key(QuestionKind::MultipleChoice, &options, json!(["A", "C"]));
    check(
        &right,
        &options,
        &[
            json!(["A", "C"]),
            json!(["c", "a"]),
            json!(["C", "A", "C"]),
            json!(["red", "Blue."]),
            json!(["red", "c"]),
            json!("A,C"),
            json!("A C"),
            json!("AC"),
            json!("ca"),
            json!(" c , a "),
            json!("A; C"),
            json!("A & C"),
        ],
        &[
            json!(["A"]),
            json!(["A", "B", "C"]),
            json!(["A", "C", "E"]),
            json!("A"),
            json!("ABC"),
            json!("AE"),
            json!("Red"),
            json!(","),
            json!(true),
        ],
    );
    check(&right, &options, &[], &strange());
    let letters = ["A", "B", "C", "D"];
    check(
        &key(QuestionKind::MultipleChoice, &letters, json!(["A", "C"])),
        &letters,
        &[json!("A C")],
        &[json!("C")],
    );
    check(
        &key(QuestionKind::MultipleChoice, &letters, json!(["C"])),
        &letters,
        &[json!("C")],
        &[json!("A C")],
    );
}

#[test]
fn true_and_false_have_a_few_words() {
    let right = key(QuestionKind::TrueFalse, &[], json!(true));
    check(
        &right,
        &[],
        &[json!(true), json!("true"), json!("TRUE "), json!("yes"), json!("Yes."), json!("t")],
        &[
            json!(false),
            json!("false"),
            json!("no"),
            json!("f"),
            json!("1"),
            json!(1),
            json!(["true"]),
            json!("maybe"),
        ],
    );
    check(&right, &[], &[], &strange());
    check(
        &key(QuestionKind::TrueFalse, &[], json!(false)),
        &[],
        &[json!(false), json!("No")],
        &[json!(true), json!("x"), json!(0)],
    );
}

#[test]
fn a_text_is_compared_by_what_it_says() {
    let aliases = strings(&["Charles Lutwidge Dodgson"]);
    let right =
        AnswerKey::parse(QuestionKind::Text, &[], &json!("Lewis Carroll"), &aliases, None, false).unwrap();
    check(
        &right,
        &[],
        &[json!("lewis  carroll"), json!("LEWIS CARROLL!"), json!("Charles Lutwidge Dodgson")],
        &[json!("Lewis"), json!("Lewis Carol"), json!(["Lewis Carroll"]), json!(true)],
    );
    check(&right, &[], &[], &strange());
    let cased = AnswerKey::parse(QuestionKind::Text, &[], &json!("pH"), &[], None, true).unwrap();
    check(&cased, &[], &[json!("pH"), json!(" pH. ")], &[json!("ph"), json!("PH")]);
    for (answer, typed) in [
        ("Straße", "STRASSE"),
        ("Ångström", "A\u{30A}ngstro\u{308}m"),
        ("Red", "Ｒｅｄ"),
        ("ﬁre", "fire"),
        (".", "."),
    ] {
        check(&key(QuestionKind::Text, &[], json!(answer)), &[], &[json!(typed)], &[json!("")]);
    }
}

#[test]
fn a_number_may_be_off_by_the_tolerance() {
    let tolerance = Some(Decimal::new(5, 2));
    let right = AnswerKey::parse(QuestionKind::Numeric, &[], &json!(9.81), &[], tolerance, false).unwrap();
    check(
        &right,
        &[],
        &[
            json!(9.81),
            json!(9.76),
            json!(9.86),
            json!("9,8"),
            json!("9.8"),
            json!(" +9.81 "),
            json!("981e-2"),
            json!("9.81000000000000000000000000000000001"),
        ],
        &[
            json!(9.7599999),
            json!(9.8600001),
            json!(-9.81),
            json!("pi"),
            json!("79228162514264337593543950335"),
            json!(true),
            json!(["9.81"]),
        ],
    );
    check(&right, &[], &[], &strange());
    let exactly = key(QuestionKind::Numeric, &[], json!("1234"));
    check(
        &exactly,
        &[],
        &[json!(1234), json!("1,234"), json!("1 234"), json!("1234.0")],
        &[json!("1.234"), json!(1234.000001)],
    );
    let lowest = key(QuestionKind::Numeric, &[], json!("-79228162514264337593543950335"));
    check(
        &lowest,
        &[],
        &[json!("-79228162514264337593543950335")],
        &[json!("79228162514264337593543950335")],
    );
}

#[test]
fn an_answer_is_bounded() {
    let long = "é".repeat(MAX_TEXT_CHARS);
    assert!(Answer::parse(&json!(long)).is_ok());
    let huge: Value = serde_json::from_str("1e300").unwrap();
    for (sent, error) in [
        (json!(format!("{long}x")), AnswerError::TextTooLong),
        (json!([format!("{long}x")]), AnswerError::TextTooLong),
        (json!(vec!["A"; 11]), AnswerError::TooManyItems(11)),
        (json!("a\0b"), AnswerError::Nul),
        (json!([1]), AnswerError::WrongType),
        (json!(null), AnswerError::WrongType),
        (json!({"answer": "A"}), AnswerError::WrongType),
        (json!(1e-30), AnswerError::NumberTooLong),
        (huge, AnswerError::NumberTooLong),
    ] {
        assert_eq!(Answer::parse(&sent), Err(error), "{sent}");
    }
    let refused = serde_json::from_value::<Answer>(json!([1])).unwrap_err().to_string();
    assert_eq!(refused, AnswerError::WrongType.to_string());
}

#[test]
fn an_answer_is_stored_as_it_was_sent() {
    for sent in ["\"a \"", "[\"A\",\"B\"]", "true", "0.1", "-7", "18446744073709551615", "1.5"] {
        let answer: Answer = serde_json::from_str(sent).unwrap();
        assert_eq!(answer.to_json().to_string(), sent);
        assert_eq!(serde_json::to_string(&answer).unwrap(), sent);
    }
}

#[test]
fn a_key_does_not_print() {
    let secret = key(QuestionKind::Text, &[], json!("Paris"));
    assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "… Some(…)");
}

#[test]
fn a_wrong_key_is_refused_with_the_reason() {
    use QuestionKind::*;
    let four = ["Red", "Green", "Blue", "Grey"];
    let long = "x".repeat(1_001);
    let too_long = ["Red", long.as_str()];
    let eleven: Vec<String> = (0..11).map(|n| format!("option {n}")).collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    let cases: Vec<(QuestionKind, &[&str], Value, &str)> = vec![
        (SingleChoice, &four, json!("E"), "answer: the answer E is not one of the 4 options A-D"),
        (SingleChoice, &four, json!("Red"), "answer: the answer Red is not one of the 4 options A-D"),
        (SingleChoice, &four, json!(1), "answer: the answer must be the letter of an option, as a string"),
        (
            SingleChoice,
            &["Red"],
            json!("A"),
            "options: a single_choice question has 2 to 10 options; this one has 1",
        ),
        (
            SingleChoice,
            &eleven,
            json!("A"),
            "options: a single_choice question has 2 to 10 options; this one has 11",
        ),
        (SingleChoice, &["Red", " "], json!("A"), "options: option B is empty"),
        (
            SingleChoice,
            &["Red", "a\0b"],
            json!("A"),
            "options: option B contains U+0000, which cannot be stored",
        ),
        (SingleChoice, &too_long, json!("A"), "options: option B is longer than 1000 characters"),
        (
            SingleChoice,
            &["Red", "Blue", "ＲＥＤ "],
            json!("A"),
            "options: option C says the same as option A",
        ),
        (
            SingleChoice,
            &["b", "Red"],
            json!("A"),
            "options: option A is only the letter of option B; write more than the letter",
        ),
        (MultipleChoice, &four, json!("A"), "answer: the answer must be an array of the letters of options"),
        (MultipleChoice, &four, json!([]), "answer: the answer must name at least one option"),
        (MultipleChoice, &four, json!(["A", "a"]), "answer: the answer names option A twice"),
        (MultipleChoice, &four, json!(["A", "F"]), "answer: the answer F is not one of the 4 options A-D"),
        (TrueFalse, &[], json!("true"), "answer: the answer must be true or false"),
        (TrueFalse, &four, json!(true), "options: a true_false question has no options; this one has 4"),
        (Text, &[], json!(" \n"), "answer: the answer is empty"),
        (Text, &[], json!(1789), "answer: the answer must be a string"),
        (Text, &four, json!("Red"), "options: a text question has no options; this one has 4"),
        (Numeric, &[], json!(true), "answer: the answer must be a number or a string with a number"),
        (
            Numeric,
            &[],
            json!("1,5"),
            "answer: the answer 1,5 is not a number of at most 28 digits; write 1234.5, without grouping or comma",
        ),
    ];
    for (kind, options, answer, said) in cases {
        let errors = AnswerKey::parse(kind, &strings(options), &answer, &[], None, false).unwrap_err();
        assert_eq!(errors.iter().map(KeyError::to_string).collect::<Vec<_>>(), [said]);
    }
}

#[test]
fn all_faults_of_a_key_are_said_at_once() {
    let faults = |kind, answer: Value, aliases: &[&str], tolerance, case_sensitive| {
        let errors =
            AnswerKey::parse(kind, &[], &answer, &strings(aliases), tolerance, case_sensitive).unwrap_err();
        errors.iter().map(KeyError::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        faults(QuestionKind::TrueFalse, json!(1), &["x"], Some(Decimal::ZERO), true),
        [
            "answer: the answer must be true or false",
            "aliases: a true_false question has no aliases",
            "tolerance: a true_false question has no tolerance",
            "case_sensitive: a true_false question has no case to keep",
        ]
    );
    assert_eq!(
        faults(
            QuestionKind::Text,
            json!("Paris"),
            &["PARIS ", "", "Lutetia", "LUTETIA", "The Lutetia"],
            None,
            false
        ),
        [
            "aliases: alias 1 repeats the answer or an alias before it",
            "aliases: alias 2 is empty",
            "aliases: alias 4 repeats the answer or an alias before it",
        ]
    );
    assert_eq!(
        faults(QuestionKind::Numeric, json!(1), &[], Some(Decimal::NEGATIVE_ONE), false),
        ["tolerance: the tolerance -1 is less than 0"]
    );
    assert_eq!(
        faults(QuestionKind::SingleChoice, json!("A"), &[], None, false),
        [
            "options: a single_choice question has 2 to 10 options; this one has 0",
            "answer: the answer A cannot be right without options",
        ]
    );
}

#[test]
fn a_stored_key_of_another_kind_is_refused_without_repeating_it() {
    let stored = key(QuestionKind::Text, &[], json!("Paris")).to_stored();
    for kind in QuestionKind::ALL.into_iter().filter(|&kind| kind != QuestionKind::Text) {
        let error = AnswerKey::from_stored(kind, &stored).unwrap_err();
        assert!(!error.to_string().contains("Paris"), "{error}");
    }
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    (-(1i128 << 95)..(1i128 << 95), 0u32..=28)
        .prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale))
}

/// A key as the fields of an import record, which may be refused.
fn any_key() -> impl Strategy<Value = (Vec<String>, AnswerKey)> {
    let options = || prop::collection::vec("[ -~é½]{2,8}", 2..=10);
    let letters = prop::collection::btree_set(prop::sample::select(strings(&["A", "b", "C", "d"])), 1..=4);
    let fields = prop_oneof![
        (options(), "[A-Ja-j]").prop_map(|(options, letter)| (
            QuestionKind::SingleChoice,
            options,
            json!(letter),
            vec![],
            None,
            false
        )),
        (options(), letters).prop_map(|(options, letters)| (
            QuestionKind::MultipleChoice,
            options,
            json!(letters),
            vec![],
            None,
            false
        )),
        any::<bool>().prop_map(|answer| (
            QuestionKind::TrueFalse,
            vec![],
            json!(answer),
            vec![],
            None,
            false
        )),
        (any::<String>(), prop::collection::vec(any::<String>(), 0..4), any::<bool>()).prop_map(
            |(answer, aliases, cased)| (QuestionKind::Text, vec![], json!(answer), aliases, None, cased)
        ),
        (any_decimal(), any_decimal()).prop_map(|(value, tolerance)| {
            (QuestionKind::Numeric, vec![], json!(value.to_string()), vec![], Some(tolerance.abs()), false)
        }),
    ];
    fields.prop_filter_map("refused", |(kind, options, answer, aliases, tolerance, cased)| {
        let key = AnswerKey::parse(kind, &options, &answer, &aliases, tolerance, cased).ok()?;
        Some((options, key))
    })
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        any::<String>().prop_map(Answer::Text),
        "[-+0-9., eA-J]{0,12}".prop_map(Answer::Text),
        prop::collection::vec(any::<String>(), 0..4).prop_map(Answer::Items),
        any::<bool>().prop_map(Answer::Bool),
        any_decimal().prop_map(Answer::Number),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn an_exported_key_is_parsed_back((options, key) in any_key()) {
        let (answer, aliases, tolerance, case_sensitive) = key.for_export();
        let again = AnswerKey::parse(key.kind(), &options, &answer, &aliases, tolerance, case_sensitive);
        prop_assert_eq!(again.as_ref(), Ok(&key));
        prop_assert_eq!(AnswerKey::from_stored(key.kind(), &key.to_stored()), Ok(key));
    }

    #[test]
    fn the_exported_answer_is_graded_right((options, key) in any_key()) {
        let answer = Answer::parse(&key.for_export().0).unwrap();
        prop_assert!(grade(&key, &options, &answer));
    }

    #[test]
    fn any_answer_is_graded_without_a_panic((options, key) in any_key(), answer in any_answer()) {
        let verdict = grade(&key, &options, &answer);
        let stored = Answer::parse(&answer.to_json());
        if let Ok(stored) = stored {
            prop_assert_eq!(grade(&key, &options, &stored), verdict);
        }
    }
}

#[test]
fn the_schema_of_an_answer_is_one_of_four() {
    let schema = serde_json::to_value(<Answer as utoipa::PartialSchema>::schema()).unwrap();
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), 4);
    assert_eq!(schema["oneOf"][1]["items"]["maxLength"], MAX_TEXT_CHARS);
}

#[test]
fn what_was_chosen_is_read_as_it_is_graded() {
    let options = strings(&["Seine", "Loire", "Rhône"]);
    let named = |kind, sent: Value| chosen(kind, &options, &Answer::parse(&sent).unwrap());
    let (one, many, yes) =
        (QuestionKind::SingleChoice, QuestionKind::MultipleChoice, QuestionKind::TrueFalse);
    assert_eq!(named(one, json!("b")), ["B"]);
    assert_eq!(named(one, json!("rhone")), ["C"]);
    assert_eq!(named(one, json!("A C")), [""; 0], "two are none where one is asked for");
    assert_eq!(named(many, json!("A, C")), ["A", "C"]);
    assert_eq!(named(many, json!(["Loire", "a", "nothing"])), ["A", "B"]);
    assert_eq!(named(yes, json!(true)), ["true"]);
    assert_eq!(named(yes, json!("no")), ["false"]);
    assert_eq!(named(yes, json!(7)), [""; 0]);
}
