//! The clock and the gate, without a database.

use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    chrono::DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).expect("in range")
}

fn running() -> Contest {
    Contest {
        id: ContestId::new(),
        code: "QUZABC".to_owned(),
        name: "Quiz".to_owned(),
        description: String::new(),
        state: ContestState::Running,
        version: 1,
        is_current: false,
        starts_at: Some(at(0)),
        duration_ms: Some(60 * 60_000),
        paused_at: None,
        resumed_at: None,
        paused_ms: 0,
        ended_at: None,
        opening_points: 1000,
        credit_limit: 0,
        wrong_penalty: 0,
        first_correct_bonus: 10,
        max_members: 5,
        max_open_assignments: 1,
        hold_ms: 120_000,
        registration_open: true,
        created_at: at(-10),
        board: BoardState::Live,
        freeze_before_end_ms: None,
        frozen_at: None,
        thawed_at: None,
        time_zone: "UTC".to_owned(),
        game_id: None,
        kind: ContestKind::Competition,
    }
}

fn refusal(contest: &Contest, minute: i64, extra_minutes: i64) -> Option<Refusal> {
    contest.must_accept(at(minute), extra_minutes * 60_000).err().and_then(|e| e.refusal())
}

#[test]
fn the_window_includes_its_start_and_not_its_end() {
    let contest = running();
    assert_eq!(refusal(&contest, -1, 0), Some(Refusal::ContestNotStarted));
    assert_eq!(refusal(&contest, 0, 0), None);
    assert_eq!(refusal(&contest, 59, 0), None);
    assert_eq!(refusal(&contest, 60, 0), Some(Refusal::ContestEnded));
    assert_eq!(refusal(&contest, 60, 5), None);
    assert_eq!(refusal(&contest, 65, 5), Some(Refusal::ContestEnded));
}

#[test]
fn a_pause_is_taken_out_of_the_clock() {
    let mut contest = Contest { state: ContestState::Paused, paused_at: Some(at(10)), ..running() };
    assert_eq!(refusal(&contest, 9, 0), None, "received before the pause, judged in it");
    assert_eq!(refusal(&contest, 10, 0), Some(Refusal::ContestPaused));
    assert_eq!(contest.contest_time_ms(at(15)), 10 * 60_000);
    contest =
        Contest { state: ContestState::Running, resumed_at: Some(at(20)), paused_ms: 10 * 60_000, ..contest };
    assert_eq!(
        refusal(&contest, 15, 0),
        Some(Refusal::ContestPaused),
        "received in the pause, judged after it"
    );
    assert_eq!(refusal(&contest, 69, 0), None);
    assert_eq!(refusal(&contest, 70, 0), Some(Refusal::ContestEnded));
    assert_eq!(contest.contest_time_ms(at(30)), 20 * 60_000);
    assert_eq!(contest.contest_time_ms(at(9)), 9 * 60_000, "received before the pause, judged after it");
}

#[test]
fn what_was_received_before_the_end_counts_after_it() {
    let contest = Contest { state: ContestState::Ended, ended_at: Some(at(30)), ..running() };
    assert_eq!(refusal(&contest, 29, 0), None);
    assert_eq!(refusal(&contest, 30, 0), Some(Refusal::ContestEnded));
    let closed = Contest { state: ContestState::Finalized, ..contest };
    assert_eq!(refusal(&closed, 29, 0), Some(Refusal::ContestEnded));
}

#[test]
fn a_published_contest_starts_by_its_clock() {
    let contest = Contest { state: ContestState::Published, ..running() };
    assert_eq!(refusal(&contest, -1, 0), Some(Refusal::ContestNotStarted));
    assert_eq!(refusal(&contest, 1, 0), None);
}

#[test]
fn an_illegal_move_names_what_is_allowed() {
    let error = ContestState::Draft.must_become(ContestState::Ended).expect_err("illegal");
    let problem = error.problem("/", "r");
    assert_eq!(problem.members["from"], "draft");
    assert_eq!(problem.members["allowed"], json!(["published", "cancelled"]));
    for state in ContestState::ALL {
        for next in state.next() {
            assert!(state.must_become(*next).is_ok());
        }
    }
}

#[test]
fn codes_use_letters_that_are_not_mistaken() {
    let code = new_code(CODE_LENGTH);
    assert_eq!(code.len(), 6);
    assert!(!code.contains(['0', 'O', '1', 'I']));
    assert_eq!(ContestRef::named(&code.to_ascii_lowercase()), ContestRef::Code(code));
    for text in ["", "ABC", "ABCDEFG", "ABCDE0", "ABCDE\0", "ÄBCDE", "AB-DEF"] {
        assert_eq!(ContestRef::named(text), ContestRef::Code(String::new()), "{text:?}");
    }
}
