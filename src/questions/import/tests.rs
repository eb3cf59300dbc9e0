//! Files in and out, without a database.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::grading::QuestionKind;
use crate::questions::placement::Terms;
use crate::questions::{Content, Draft};
use crate::types::{Difficulty, Pool};

const SAMPLES: &[u8] = include_bytes!("../../../samples/questions.json");

const HEADER: &str = "external_id,kind,text,option_a,option_b,option_c,answer,difficulty,category,points";

fn csv(rows: &str) -> Parsed {
    read_file(Format::Csv, format!("{HEADER}\n{rows}").as_bytes())
}

fn said(parsed: &Parsed) -> Vec<String> {
    parsed.wrong.listed.iter().map(ToString::to_string).collect()
}

fn written(parsed: &Parsed) -> Vec<QuestionRecord> {
    let one = |r: &Record| QuestionRecord::new(r.external_id.clone(), r.content.clone(), r.terms.clone());
    parsed.records.iter().map(one).collect()
}

#[test]
fn the_samples_survive_every_format() {
    let first = read_file(Format::Json, SAMPLES);
    assert_eq!(said(&first), Vec::<String>::new());
    assert!(first.total >= 135 && first.records.len() == first.total);
    for format in [Format::Json, Format::Csv] {
        let file = print_file(format, &written(&first)).expect("printed");
        let again = read_file(format, file.as_bytes());
        assert_eq!(said(&again), Vec::<String>::new());
        assert_eq!(written(&again), written(&first));
        assert_eq!(print_file(format, &written(&again)).expect("printed"), file);
    }
}

#[test]
fn a_row_is_read_by_its_kind() {
    let parsed = csv("a,single_choice,Which?,x,y,,B,EASY,Music,100\r\n\
        b,multiple_choice,Which ones?,x,y,z,A c,MEDIUM,Music,200\r\n\
        ,,,,,,,,,\r\n\
        c,true_false,True?,,,,TRUE,HARD, Music ,300\r\n\
        d,text,\"Who, if anybody?\nSay it.\",,,,'=me,EASY,Music,0\r\n\
        e,numeric,How many?,,,,'-1.50,EASY,Music,1\r\n");
    assert_eq!(said(&parsed), Vec::<String>::new());
    let answers: Vec<_> = written(&parsed).into_iter().map(|q| q.answer).collect();
    assert_eq!(answers, [json!("B"), json!(["A", "C"]), json!(true), json!("=me"), json!(-1.5)]);
    assert_eq!(parsed.records[2].terms.category, "Music");
    assert_eq!(parsed.records[2].at, Place::Line(5));
    assert_eq!(parsed.records[4].at, Place::Line(8), "a text may fill two lines");
}

#[test]
fn every_line_that_is_wrong_is_told() {
    let parsed = csv("a,single_choice,Which?,x,,z,B,EASY,Music,100\n\
        b,single_choice,What?,x,y,,D,EASY,Music,many\n\
        c,riddle,Why?,,,,x,SIMPLE,Music,100\n\
        d,text,Who?,,,,me,EASY,Music,100,oops\n\
        a,text,Where?,,,,here,EASY,Music,100\n\
        e,text,Where?,,,,there,EASY,Music,100\n");
    let said = said(&parsed);
    assert_eq!(parsed.total, 6);
    for wrong in [
        "line 2: option_b: is empty, but an option follows",
        "line 3: points: must be a whole number",
        "line 3: answer: the answer D is not one of the 2 options A-B",
        "line 4: kind: the kind of a question is",
        "line 4: difficulty: \"SIMPLE\" is not one of EASY, MEDIUM, HARD",
        "line 5: 11 cells under 10 columns",
        "line 7: text: line 6 has the same text",
    ] {
        assert!(said.iter().any(|line| line.starts_with(wrong)), "{wrong:?} is not in {said:#?}");
    }
}

#[test]
fn a_header_that_is_wrong_stops_a_csv_file() {
    let parsed = read_file(Format::Csv, b"\xEF\xBB\xBFkind,text,answer,colour,kind,points,category\n");
    assert_eq!(
        said(&parsed),
        [
            "line 1: colour: the column \"colour\" is not known",
            "line 1: kind: the column is there twice",
            "line 1: difficulty: the column \"difficulty\" is missing",
        ]
    );
    assert_eq!(said(&read_file(Format::Csv, b"")), ["line 1: the header row is missing"]);
    let latin = [HEADER.as_bytes(), b"\na,text,Caf\xE9?,,,,x,EASY,Music,1\n"].concat();
    assert_eq!(said(&read_file(Format::Csv, &latin)), ["line 2: text: is not UTF-8"]);
}

#[test]
fn every_item_that_is_wrong_is_told() {
    let good = json!({"external_id": "a", "kind": "text", "text": "Who?", "answer": "me", "aliases": ["I"],
        "difficulty": "EASY", "category": "Music", "points": 100, "tolerance": null});
    let mut odd = good.clone();
    odd["colour"] = json!("red");
    odd["points"] = json!(1.5);
    odd["max_attempts"] = json!(100_000);
    let file = json!([good, odd, 7, good]).to_string();
    let parsed = read_file(Format::Json, file.as_bytes());
    assert_eq!(
        said(&parsed),
        [
            "item 2: /1: the key \"colour\" is not known",
            "item 2: /1/points: must be a whole number",
            "item 3: /2: must be an object",
            "item 4: /3/external_id: item 1 has the same external_id",
            "item 4: /3/text: item 1 has the same text",
        ]
    );
    assert_eq!((parsed.total, parsed.records.len()), (4, 1));
    assert_eq!(said(&read_file(Format::Json, b"{}")), ["line 1: must be an array of questions"]);
    assert!(said(&read_file(Format::Json, b"[\n{,}]"))[0].starts_with("line 2: "));
}

#[test]
fn a_question_without_a_name_is_found_again_by_its_text() {
    let rows = ",text,Who?,,,,me,EASY,Music,100\n";
    let name = csv(rows).records[0].external_id.clone();
    assert!(name.starts_with("text-"));
    assert_eq!(csv(rows).records[0].external_id, name);
    assert_ne!(csv(",text,Why?,,,,me,EASY,Music,100\n").records[0].external_id, name);
}

#[test]
fn errors_are_counted_to_the_last_and_listed_to_the_thousandth() {
    let parsed = csv(&"a,riddle,Why?,,,,x,EASY,Music,100\n".repeat(1500));
    assert_eq!((parsed.total, parsed.wrong.listed.len(), parsed.wrong.count), (1500, MAX_ERRORS, 1500));
}

#[test]
fn an_error_says_where_in_json_too() {
    let parsed = csv("a,riddle,Why?,,,,x,EASY,Music,100\n");
    let told = serde_json::to_value(&parsed.wrong.listed[0]).expect("JSON");
    assert_eq!((&told["line"], &told["pointer"]), (&json!(2), &json!("kind")));
}

/// Texts that CSV and spreadsheets are known to stumble over.
fn words() -> impl Strategy<Value = String> {
    let nasty = prop_oneof![
        "[=+@'\t\r-]{1,3}[a-z]{1,5}",
        "[a-z]{1,4}[\",\r\n; ']{1,3}[a-z]{1,4}",
        "\\PC{1,12}",
        "[ a-z]{1,8}",
    ];
    nasty.prop_filter("says something", |text: &String| text.chars().any(char::is_alphanumeric))
}

fn drafts() -> impl Strategy<Value = Draft> {
    let answered = prop_oneof![
        (proptest::collection::vec(words(), 2..=10), 0..2usize).prop_map(|(options, right)| {
            (QuestionKind::SingleChoice, options, json!(["A", "B"][right]), Vec::new(), None, false)
        }),
        proptest::collection::vec(words(), 3..=10).prop_map(|options| {
            (QuestionKind::MultipleChoice, options, json!(["A", "C"]), Vec::new(), None, false)
        }),
        any::<bool>().prop_map(|right| (
            QuestionKind::TrueFalse,
            Vec::new(),
            json!(right),
            Vec::new(),
            None,
            false
        )),
        (words(), proptest::collection::vec(words(), 0..4), any::<bool>()).prop_map(
            |(right, aliases, case)| { (QuestionKind::Text, Vec::new(), json!(right), aliases, None, case) }
        ),
        (-1_000_000i64..1_000_000, 0u32..1000).prop_map(|(right, near)| {
            let tolerance = Some(json!(f64::from(near) / 100.0));
            (QuestionKind::Numeric, Vec::new(), json!(right), Vec::new(), tolerance, false)
        }),
    ];
    (answered, words(), prop_oneof![Just(String::new()), words()]).prop_map(
        |(answered, text, explanation)| {
            let (kind, options, answer, aliases, tolerance, case_sensitive) = answered;
            Draft { kind, text, options, answer, aliases, tolerance, case_sensitive, explanation }
        },
    )
}

fn contents() -> impl Strategy<Value = Content> {
    drafts().prop_filter_map("valid", |draft| draft.checked().ok())
}

fn terms() -> impl Strategy<Value = Terms> {
    let enums = (proptest::sample::select(Difficulty::ALL), proptest::sample::select(Pool::ALL));
    let numbers = (0i64..1_000_000, 1i16..=100, proptest::option::of(1000i64..86_400_000));
    (enums, words(), any::<bool>(), numbers).prop_filter_map(
        "valid",
        |(enums, category, exclusive, numbers)| {
            let ((difficulty, pool), (points, max_attempts, time_limit_ms)) = (enums, numbers);
            Terms { difficulty, category, points, exclusive, pool, max_attempts, time_limit_ms }
                .checked()
                .ok()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_back(
        questions in proptest::collection::vec((contents(), terms()), 1..6),
        csv in any::<bool>(),
    ) {
        let numbered = questions.into_iter().enumerate();
        let questions: Vec<_> = numbered
            .map(|(number, (content, terms))| {
                let text = format!("{}{number}", content.text);
                QuestionRecord::new(format!("'=q-{number}"), Content { text, ..content }, terms)
            })
            .collect();
        let format = if csv { Format::Csv } else { Format::Json };
        let file = print_file(format, &questions).expect("printed");
        let parsed = read_file(format, file.as_bytes());
        prop_assert_eq!(said(&parsed), Vec::<String>::new(), "{}", file);
        prop_assert_eq!(written(&parsed), questions, "{}", file);
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (read_file(Format::Csv, &bytes), read_file(Format::Json, &bytes));
    }
}
