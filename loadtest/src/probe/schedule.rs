//! When which request is due. Nothing here waits.

use std::time::Duration;

/// Latencies are summed up by windows of this length.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// What is done when a request is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Register,
    Draw,
    Submit,
    Board,
}

/// Ten requests, over and over: every draw is answered, and teams come as fast as they do at an
/// event that is just opening.
const PATTERN: [Kind; 10] = {
    use Kind::{Board, Draw, Register, Submit};
    [Draw, Register, Submit, Board, Draw, Submit, Register, Draw, Board, Submit]
};

/// How many of ten requests draw a question.
pub(super) const DRAWS_OF_TEN: usize = 3;

/// What the request of this number is.
pub(super) fn kind(number: u64) -> Kind {
    PATTERN[(number % PATTERN.len() as u64) as usize]
}

/// A fixed pace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    pub(super) rate: f64,
    pub(super) length: Duration,
}

impl Schedule {
    pub(super) fn new(rate: f64, length: Duration) -> Self {
        Self { rate, length }
    }

    /// How many requests there are.
    pub(super) fn count(&self) -> u64 {
        (self.rate * self.length.as_secs_f64()) as u64
    }

    /// When the request of this number is due, from the start on. Counted from the start each
    /// time, so that no error adds up.
    pub(super) fn due(&self, number: u64) -> Duration {
        Duration::from_secs_f64(number as f64 / self.rate)
    }

    pub(super) fn windows(&self) -> usize {
        self.length.as_secs().div_ceil(WINDOW.as_secs()).max(1) as usize
    }

    /// Which window the request of this number belongs to: the one in which it is due.
    pub(super) fn window(&self, number: u64) -> usize {
        ((self.due(number).as_secs() / WINDOW.as_secs()) as usize).min(self.windows() - 1)
    }
}

/// How much the second half of these values is above the first, as a factor, by their medians:
/// one window with a checkpoint in it is no drift. `None` with too few values to tell.
pub(super) fn drift(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let (first, second) = values.split_at(values.len() / 2);
    let (first, second) = (median(first), median(second));
    (first > 0.0).then(|| second / first)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_a_fixed_pace_without_a_growing_error() {
        let schedule = Schedule::new(300.0, Duration::from_secs(60));
        assert_eq!(schedule.count(), 18_000);
        assert_eq!(schedule.due(0), Duration::ZERO);
        assert_eq!(schedule.due(300), Duration::from_secs(1));
        assert_eq!(schedule.due(17_700), Duration::from_secs(59));
        assert_eq!(schedule.windows(), 6);
        assert_eq!((schedule.window(0), schedule.window(2_999), schedule.window(3_000)), (0, 0, 1));
        assert_eq!(schedule.window(17_999), 5);
        assert_eq!(Schedule::new(1.0, Duration::from_secs(5)).windows(), 1);
    }

    #[test]
    fn as_many_answers_as_draws() {
        let of = |wanted: Kind| (0..10).filter(|number| kind(*number) == wanted).count();
        assert_eq!((of(Kind::Draw), of(Kind::Submit)), (DRAWS_OF_TEN, DRAWS_OF_TEN));
        assert_eq!((of(Kind::Register), of(Kind::Board)), (2, 2));
    }

    #[test]
    fn drift_tells_a_rise_from_a_single_spike() {
        assert_eq!(drift(&[5.0, 5.0, 5.0, 5.0, 5.0, 5.0]), Some(1.0));
        assert_eq!(drift(&[5.0, 5.0, 5.0, 5.0, 90.0, 5.0]), Some(1.0));
        assert_eq!(drift(&[5.0, 6.0, 7.0, 10.0, 12.0, 14.0]), Some(2.0));
        assert_eq!(drift(&[5.0]), None);
    }
}
