//! Each kind of damage is noticed by the check that is there for it, and by no other.

use std::collections::HashMap;

use uuid::Uuid;

use super::check::Check;
use super::stored::{Assignment, Entry, Log, Opening, Stored, Submission, Team};
use super::{board, compare, first_correct, going_on, numbers, points};
use crate::books::{Adjusted, Opened, Registered, Submitted, Taken, Unknown, Written};
use crate::watch::{Row, Watched};

const RED: Uuid = Uuid::from_u128(1);
const BLUE: Uuid = Uuid::from_u128(2);
const SHARED: Uuid = Uuid::from_u128(10);
const MYSTERY: Uuid = Uuid::from_u128(11);
const PLACED: Uuid = Uuid::from_u128(12);

/// Assignments, submissions and openings.
const fn of(number: u128) -> Uuid {
    Uuid::from_u128(100 + number)
}

/// Red answered a shared question right (100 and a bonus of 10), opened a box for 100 and
/// answered wrong (10 less), and got 50 from staff. Blue answered the shared one later.
fn books() -> Written {
    let mut books = Written::default();
    for (team, name) in [(RED, "Red"), (BLUE, "Blue")] {
        books.teams.insert(team, Registered { name: name.to_owned() });
    }
    for (n, team, question) in [(1, RED, SHARED), (2, RED, MYSTERY), (3, BLUE, SHARED)] {
        books.taken.insert(of(n), Taken { team, question });
    }
    for (n, team, correct, points) in [(1, RED, true, 110), (2, RED, false, -10), (3, BLUE, true, 100)] {
        books.submitted.insert(of(n), Submitted { assignment: of(n), team, correct, points });
    }
    books.opened.insert(of(2), Opened { team: RED, assignment: of(2), price: 100 });
    books.adjusted.push(Adjusted { team: RED, seq: 6, amount: 50 });
    books.questions.push(PLACED);
    books.edits = [("contest".to_owned(), 2), (format!("question {PLACED}"), 1)].into();
    books.emails.insert(RED, "red@example.org".to_owned());
    books.replays = 1;
    books
}

fn rows() -> Stored {
    let mut stored = Stored { version: 5, ..Stored::default() };
    for (id, name) in [(RED, "Red"), (BLUE, "Blue")] {
        stored.teams.insert(id, Team { id, name: name.to_owned() });
    }
    for (n, team_id, question_id, exclusive) in
        [(1, RED, SHARED, false), (2, RED, MYSTERY, true), (3, BLUE, SHARED, false)]
    {
        let id = of(n);
        let row = Assignment { id, team_id, question_id, exclusive, attempts: 1, max_attempts: 1 };
        stored.assignments.insert(id, row);
        let (correct, received_at) = (Some(n != 2), format!("2026-11-21T09:30:0{n}.000Z"));
        let row = Submission { id, assignment_id: id, question_id, team_id, received_at, correct };
        stored.submissions.insert(id, row);
    }
    stored.openings.insert(of(2), Opening { id: of(2), team_id: RED, assignment_id: of(2), price: 100 });
    stored.ledgers.insert(
        RED,
        ledger(&[
            ("opening", 1000),
            ("award", 100),
            ("first_correct", 10),
            ("box_price", -100),
            ("penalty", -10),
            ("adjustment", 50),
        ]),
    );
    stored.ledgers.insert(BLUE, ledger(&[("opening", 1000), ("award", 100)]));
    stored.board = vec![row(1, BLUE, "Blue", 1100, 3000, 0), row(2, RED, "Red", 1050, 1000, 1)];
    stored.questions.insert(PLACED, 2);
    stored.emails.insert(RED, "red@example.org".to_owned());
    let kinds = [("team_registered", 2), ("answer_judged", 3)];
    stored.log = Log {
        head: 5,
        kinds: kinds.map(|(kind, count)| (kind.to_owned(), count)).into(),
        first_correct: HashMap::from([(SHARED, RED)]),
        ..Log::default()
    };
    stored
}

fn ledger(entries: &[(&str, i64)]) -> Vec<Entry> {
    let mut balance_after = 0;
    let entry = |(seq, (kind, amount)): (i64, &(&str, i64))| {
        balance_after += amount;
        let (kind, amount, fact) = ((*kind).to_owned(), *amount, of(1));
        Entry { seq, kind, amount, balance_after, fact, actor: None, reverses: None }
    };
    (1..).zip(entries).map(entry).collect()
}

fn row(rank: i64, team_id: Uuid, team: &str, points: i64, gained: i64, wrong: i64) -> Row {
    Row { rank, team_id, team: team.to_owned(), points, last_gain_ms: Some(gained), wrong }
}

/// The names of the checks that fail.
fn broken(written: &Written, stored: &Stored) -> Vec<&'static str> {
    let mut checks: Vec<Check> = compare::all(written, stored);
    checks.push(points::ledgers(stored));
    checks.push(points::expected(written, stored));
    checks.push(board::ranks(stored));
    checks.push(board::standings(written, stored));
    checks.push(first_correct::one_each(stored, &[SHARED.to_string()]));
    checks.push(numbers::events(written, stored));
    checks.push(numbers::versions(written, stored, 3));
    checks.into_iter().filter(|check| !check.holds()).map(|check| check.name).collect()
}

/// Which checks fail when the rows are damaged so.
fn damaged(by: impl FnOnce(&mut Stored)) -> Vec<&'static str> {
    let mut stored = rows();
    by(&mut stored);
    broken(&books(), &stored)
}

fn ledger_of(stored: &mut Stored, team: Uuid) -> &mut Vec<Entry> {
    stored.ledgers.get_mut(&team).unwrap()
}

#[test]
fn sound_rows_break_nothing() {
    assert_eq!(damaged(|_| {}), Vec::<&str>::new());
}

#[test]
fn what_is_lost_is_noticed() {
    assert_eq!(damaged(|rows| rows.openings.clear()), ["boxes_kept"]);
    assert_eq!(damaged(|rows| rows.questions.clear()), ["placements_kept"]);
    assert_eq!(damaged(|rows| drop(rows.submissions.remove(&of(3)))), ["answers_kept", "one_answer"]);
    assert_eq!(
        damaged(|rows| {
            rows.teams.remove(&BLUE);
            rows.board.remove(0);
            rows.board[0].rank = 1;
            rows.ledgers.remove(&BLUE);
            rows.log.kinds.insert("team_registered".to_owned(), 1);
            rows.log.head = 4;
        }),
        ["teams_kept"]
    );
    assert_eq!(
        damaged(|rows| drop(rows.emails.insert(RED, "old@example.org".to_owned()))),
        ["addresses_kept"]
    );
}

#[test]
fn what_nobody_was_told_of_is_noticed_unless_its_outcome_is_unknown() {
    let id = of(9);
    let more = |rows: &mut Stored| {
        let question_id = Uuid::from_u128(99);
        let row =
            Assignment { id, team_id: BLUE, question_id, exclusive: true, attempts: 0, max_attempts: 1 };
        rows.assignments.insert(id, row);
    };
    assert_eq!(damaged(more), ["questions_kept"]);
    let (mut written, mut stored) = (books(), rows());
    more(&mut stored);
    written.unknown.push(Unknown::Taking { team: BLUE });
    assert_eq!(broken(&written, &stored), Vec::<&str>::new());
    written.unknown = vec![Unknown::Taking { team: RED }];
    assert_eq!(broken(&written, &stored), ["questions_kept"], "another team's excuse");
}

#[test]
fn a_question_that_is_given_twice_is_noticed() {
    let twice = |rows: &mut Stored| {
        let taken = rows.assignments.get_mut(&of(3)).unwrap();
        (taken.question_id, taken.exclusive) = (MYSTERY, true);
    };
    assert_eq!(damaged(twice), ["questions_kept", "one_holder"]);
}

#[test]
fn points_that_are_made_or_lost_are_noticed() {
    // Both ledger and board are consistent, but nobody was told of ten more.
    let made = |rows: &mut Stored| {
        *ledger_of(rows, BLUE) = ledger(&[("opening", 1000), ("award", 110)]);
        rows.board[0].points = 1110;
    };
    assert_eq!(damaged(made), ["points_as_told"]);
    assert_eq!(damaged(|rows| rows.board[0].points = 1110), ["points_are_the_ledger"]);
    assert_eq!(damaged(|rows| ledger_of(rows, BLUE)[1].balance_after = 1), ["points_are_the_ledger"]);
    assert_eq!(damaged(|rows| ledger_of(rows, RED)[5].kind = "award".to_owned()), ["corrections_kept"]);
}

#[test]
fn a_wrong_board_is_noticed() {
    assert_eq!(damaged(|rows| rows.board.swap(0, 1)), ["board_is_ranked"]);
    assert_eq!(damaged(|rows| rows.board[1].rank = 1), ["board_is_ranked"]);
    assert_eq!(damaged(|rows| rows.board[1].wrong = 0), ["board_is_complete"]);
}

#[test]
fn the_bonus_of_another_than_the_first_is_noticed() {
    assert_eq!(damaged(|rows| rows.log.first_correct = HashMap::from([(SHARED, BLUE)])), ["first_correct"]);
    let two = |rows: &mut Stored| {
        let entries = ledger_of(rows, BLUE);
        *entries = ledger(&[("opening", 1000), ("award", 90), ("first_correct", 10)]);
        entries[2].fact = of(3);
    };
    assert_eq!(damaged(two), ["first_correct"]);
}

#[test]
fn a_bonus_that_was_taken_back_is_no_loss() {
    let (mut written, mut stored) = (books(), rows());
    written.submitted.get_mut(&of(3)).unwrap().points = 110;
    let entries = ledger_of(&mut stored, BLUE);
    *entries = ledger(&[("opening", 1000), ("award", 100), ("first_correct", 10), ("reversal", -10)]);
    entries[2].fact = of(3);
    (entries[3].actor, entries[3].reverses) = (Some("podium".to_owned()), Some(3));
    assert_eq!(broken(&written, &stored), Vec::<&str>::new());
}

#[test]
fn a_hole_in_the_log_and_an_edit_too_many_are_noticed() {
    assert_eq!(damaged(|rows| rows.log.gaps.push("2 is followed by 4".to_owned())), ["events"]);
    assert_eq!(damaged(|rows| rows.log.head = 6), ["events"]);
    assert_eq!(damaged(|rows| rows.version = 6), ["edits_counted"]);
    assert_eq!(damaged(|rows| rows.questions = HashMap::from([(PLACED, 3)])), ["edits_counted"]);
}

#[test]
fn a_watcher_that_had_to_begin_anew_is_noticed() {
    let mut watched = Watched {
        boards_differing: Vec::new(),
        breaks: Vec::new(),
        begun_anew: Vec::new(),
        watchers: 1,
        frames: 1,
        report: serde_json::Value::Null,
    };
    assert!(going_on(&watched).holds());
    watched.begun_anew.push("watcher 1".to_owned());
    assert_eq!((going_on(&watched).name, going_on(&watched).breaches), ("sockets_go_on", 1));
}

#[test]
fn replays_and_verdicts_that_differ_are_noticed() {
    let mut written = books();
    written.replays_differing.push("first 201, then 409".to_owned());
    written.misjudged.push("a right answer was judged wrong".to_owned());
    assert_eq!(broken(&written, &rows()), ["verdicts", "replays"]);
}
