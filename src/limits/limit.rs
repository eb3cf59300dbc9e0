//! One limit: so many cells at once, each made good in its time (the generic cell rate algorithm).
//!
//! A caller is one moment: when all that it has spent will be made good. What it has spent on
//! other instances is charged when they say so, which may be after others were let through here:
//! so a caller can be in debt, which a limiter that only ever lets through or refuses cannot say.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::error::Limited;

/// So many callers are remembered before anybody looks who can be forgotten.
const TIDY: usize = 10_000;

/// Cells by caller.
pub(super) type Cells = HashMap<Uuid, u32>;

/// So many at once, and so many more in each period.
pub(super) struct Limit {
    policy: &'static str,
    burst: u32,
    /// In which time one is made good, and in which all of them.
    cell: Duration,
    window: Duration,
    callers: Mutex<Callers>,
}

#[derive(Default)]
struct Callers {
    /// When all that each has spent will be made good; who is not here owes nothing.
    good_at: HashMap<Uuid, Instant>,
    /// What was spent here and the others have not been told.
    untold: Cells,
    tidy_at: usize,
}

impl Limit {
    /// None when it is switched off.
    pub(super) fn new(policy: &'static str, rate: u32, burst: u32, period: Duration) -> Option<Self> {
        let burst = if burst == 0 { rate } else { burst };
        let cell = period.checked_div(rate)?;
        Some(Self { policy, burst, cell, window: cell * burst, callers: Mutex::default() })
    }

    /// How it is called.
    pub(super) fn policy(&self) -> &'static str {
        self.policy
    }

    /// One cell of a caller, to be told to others or not.
    pub(super) fn take(&self, caller: Uuid, now: Instant, told: bool) -> Result<(), Limited> {
        let mut callers = self.callers();
        let good_at = callers.good_at(caller, now) + self.cell;
        let early = good_at.duration_since(now).saturating_sub(self.window);
        if early > Duration::ZERO {
            let (window_s, wait_s) = (seconds(self.window), seconds(early));
            return Err(Limited { policy: self.policy, quota: self.burst, window_s, wait_s });
        }
        callers.set(caller, good_at, now);
        if told {
            *callers.untold.entry(caller).or_default() += 1;
        }
        Ok(())
    }

    /// What callers have spent elsewhere. Nobody comes to owe more than one burst that others let
    /// through beside ours, so that a word which is wrong keeps nobody out for longer than that
    /// takes to be made good.
    pub(super) fn charge(&self, spent: &Cells, now: Instant) {
        let mut callers = self.callers();
        for (caller, cells) in spent {
            let owed = callers.good_at(*caller, now) + self.cell * (*cells).min(2 * self.burst);
            callers.set(*caller, owed.min(now + 2 * self.window), now);
        }
    }

    /// What was spent here since the last call.
    pub(super) fn untold(&self) -> Cells {
        std::mem::take(&mut self.callers().untold)
    }

    fn callers(&self) -> MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Callers {
    fn good_at(&self, caller: Uuid, now: Instant) -> Instant {
        self.good_at.get(&caller).map_or(now, |at| now.max(*at))
    }

    /// Looking through all of them is paid for by those who came since the last time.
    fn set(&mut self, caller: Uuid, good_at: Instant, now: Instant) {
        self.good_at.insert(caller, good_at);
        if self.good_at.len() > self.tidy_at.max(TIDY) {
            self.good_at.retain(|_, at| *at > now);
            self.tidy_at = 2 * self.good_at.len();
        }
    }
}

/// Whole seconds, at least one.
fn seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const RED: Uuid = Uuid::from_u128(1);
    const SECOND: Duration = Duration::from_secs(1);

    fn limit(rate: u32, burst: u32) -> Limit {
        Limit::new("team", rate, burst, SECOND).unwrap()
    }

    fn lets(limit: &Limit, asks: u32, now: Instant) -> u32 {
        (0..asks).map(|_| u32::from(limit.take(RED, now, true).is_ok())).sum()
    }

    #[test]
    fn a_burst_is_allowed_and_then_each_waits_its_time() {
        let (limit, now) = (limit(1, 3), Instant::now());
        assert_eq!(lets(&limit, 5, now), 3);
        let refused = limit.take(RED, now, true).unwrap_err();
        assert_eq!((refused.policy, refused.quota, refused.window_s, refused.wait_s), ("team", 3, 3, 1));
        assert_eq!(lets(&limit, 5, now + SECOND), 1);
        assert_eq!(lets(&limit, 5, now + 100 * SECOND), 3);
        assert!(limit.take(Uuid::nil(), now, true).is_ok(), "another has its own");
        assert_eq!(limit.untold(), Cells::from([(RED, 7), (Uuid::nil(), 1)]));
        assert!(limit.untold().is_empty());
    }

    #[test]
    fn what_was_spent_elsewhere_counts_and_no_word_keeps_a_caller_out_for_long() {
        let (limit, now) = (limit(1, 3), Instant::now());
        limit.charge(&Cells::from([(RED, 2)]), now);
        assert_eq!(lets(&limit, 5, now), 1);
        limit.charge(&Cells::from([(RED, 2)]), now);
        assert_eq!(lets(&limit, 5, now + 2 * SECOND), 0, "it is in debt");
        assert_eq!(lets(&limit, 5, now + 3 * SECOND), 1);
        (0..9).for_each(|_| limit.charge(&Cells::from([(RED, u32::MAX)]), now + 3 * SECOND));
        assert_eq!(lets(&limit, 5, now + 6 * SECOND), 0);
        assert_eq!(lets(&limit, 5, now + 7 * SECOND), 1);
        assert!(limit.untold().values().sum::<u32>() == 3, "what others have told is not told again");
    }

    /// Two instances are asked all the time for 30 s; a word takes 40 ms. Together they let
    /// through what one would have, and what was let through while a word travelled.
    #[test]
    fn two_instances_let_through_what_one_does_and_what_a_word_is_late_for() {
        let (rate, burst, step) = (20, 60, Duration::from_millis(10));
        let (pair, start) = ([limit(rate, burst), limit(rate, burst)], Instant::now());
        let (mut through, mut words) = (0, VecDeque::new());
        for now in (0..3000).map(|n| start + step * n) {
            through += pair.iter().map(|limit| lets(limit, 2, now)).sum::<u32>();
            words.push_back([pair[1].untold(), pair[0].untold()]);
            if words.len() > 4 {
                let [first, second] = words.pop_front().unwrap();
                pair[0].charge(&first, now);
                pair[1].charge(&second, now);
            }
        }
        // At most two a step and instance are let through while four words travel.
        let (alone, late) = (burst + 30 * rate, 4 * 2);
        assert!((alone..=alone + late + 1).contains(&through), "{through}, alone {alone}");
    }

    #[test]
    fn callers_who_owe_nothing_are_forgotten() {
        let (limit, now) = (limit(1, 1), Instant::now());
        let come = |from: usize, at| {
            for n in from..from + 2 * TIDY {
                limit.take(Uuid::from_u128(n as u128), at, false).unwrap();
            }
        };
        come(0, now);
        come(2 * TIDY, now + 2 * SECOND);
        let known = limit.callers().good_at.len();
        assert!((2 * TIDY..=3 * TIDY).contains(&known), "{known}");
        assert!(limit.untold().is_empty(), "nobody is told");
    }
}
