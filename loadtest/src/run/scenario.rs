//! The scenarios: who takes part in what proportion, with how many users and for how long
//! unless told, and what is demanded.

use std::time::Duration;

use clap::ValueEnum;

use super::role::Role;
use crate::game::contest::Stock;

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Teams register, each draws its first question
    Registration,
    /// Teams draw, answer and look at the board
    Play,
    /// Teams open mystery boxes
    Mystery,
    /// Staff reads lists, writes questions, edits, corrects points
    Admin,
    /// Everything at once, weighted like an event
    Mixed,
    /// Many look at the board, by REST and by socket, while a few play
    Spectators,
    /// A hall that logs in at once, and again
    Spike,
    /// Half an hour at the pace of people
    Soak,
}

/// How a scenario is played and judged unless told otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) users: usize,
    pub(crate) startup: Duration,
    pub(crate) run: Duration,
    pub(crate) watchers: usize,
    /// The pause between two turns of a user, at most, in milliseconds.
    pub(crate) think_ms: u64,
    /// The 95th percentile of all requests, in milliseconds.
    pub(crate) p95_ms: f64,
    /// The share of requests that may be turned away with 503 or 429.
    pub(crate) max_busy_rate: f64,
    /// Who takes part, with weights.
    pub(crate) cast: &'static [(Role, usize)],
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Thirty seconds of people who look at what they got before they press the next button. Without
/// a pause, a run measures throughput: N users then see a mean latency of N / throughput, whatever
/// the server is like.
const USUAL: Plan = Plan {
    users: 100,
    startup: seconds(5),
    run: seconds(30),
    watchers: 2,
    think_ms: 1000,
    p95_ms: 100.0,
    max_busy_rate: 0.0,
    cast: &[],
};

impl Scenario {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Play => "play",
            Self::Mystery => "mystery",
            Self::Admin => "admin",
            Self::Mixed => "mixed",
            Self::Spectators => "spectators",
            Self::Spike => "spike",
            Self::Soak => "soak",
        }
    }

    pub(crate) fn plan(self) -> Plan {
        use Role::{Gambler, Player, Reader, Registrant, Staff};
        const EVENT: &[(Role, usize)] =
            &[(Player, 14), (Gambler, 3), (Reader, 9), (Registrant, 2), (Staff, 2)];
        match self {
            Self::Registration => Plan { p95_ms: 50.0, cast: &[(Registrant, 1)], ..USUAL },
            Self::Play => Plan { cast: &[(Player, 1)], ..USUAL },
            Self::Mystery => Plan { users: 60, cast: &[(Gambler, 1)], ..USUAL },
            Self::Admin => Plan { users: 60, cast: &[(Staff, 1)], ..USUAL },
            Self::Mixed => {
                Plan { users: 150, run: seconds(45), watchers: 10, p95_ms: 150.0, cast: EVENT, ..USUAL }
            }
            Self::Spectators => Plan { users: 50, watchers: 200, cast: &[(Reader, 4), (Player, 1)], ..USUAL },
            Self::Spike => Plan {
                users: 300,
                startup: seconds(2),
                run: seconds(40),
                think_ms: 100,
                p95_ms: 1000.0,
                max_busy_rate: 1.0,
                cast: EVENT,
                ..USUAL
            },
            Self::Soak => {
                Plan { users: 60, run: seconds(1800), watchers: 20, think_ms: 2000, cast: EVENT, ..USUAL }
            }
        }
    }

    /// How much a run may use up: some more than a server on one small machine can hand out.
    pub(crate) fn stock(self, users: usize, length: Duration, think_ms: u64) -> Stock {
        let cast = self.plan().cast;
        let all: usize = cast.iter().map(|(_, weight)| weight).sum();
        let pace = if think_ms == 0 { TURNS } else { (2000.0 / think_ms as f64).min(TURNS) };
        // What those of one role take in the whole run, when a request in so many takes one.
        let used_up = |one_in: fn(Role) -> Option<f64>| {
            let of = |(role, weight): &(Role, usize)| {
                let share = *weight as f64 / all as f64;
                one_in(*role).map_or(0.0, |one| (users as f64 * share * pace).min(REQUESTS * share / one))
            };
            (cast.iter().map(of).sum::<f64>() * length.as_secs_f64()) as usize
        };
        let boxes = used_up(Role::one_box_in);
        Stock {
            exclusive: used_up(Role::one_draw_in) + SPARE,
            shared: if cast.iter().any(|(role, _)| *role == Role::Player) { 40 } else { 0 },
            mystery: if boxes > 0 { boxes + SPARE } else { 0 },
            open: 1,
        }
    }
}

/// No user takes more turns in a second.
const TURNS: f64 = 30.0;

/// No server that shares two cores with us answers more in a second, in the same profile.
const REQUESTS: f64 = if cfg!(debug_assertions) { 700.0 } else { 3000.0 };

/// Questions beyond what is used up.
const SPARE: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_somebody_in_it() {
        for scenario in Scenario::value_variants() {
            assert!(!scenario.plan().cast.is_empty(), "{scenario:?}");
            assert_eq!(scenario.to_possible_value().unwrap().get_name(), scenario.name());
        }
    }

    #[test]
    fn the_stock_grows_with_the_run_but_not_beyond_what_a_machine_can_hand_out() {
        let stock =
            |users, length, think_ms| Scenario::Play.stock(users, seconds(length), think_ms).exclusive;
        assert_eq!(stock(5, 3, 0), 5 * 30 * 3 + 100);
        assert_eq!(stock(1000, 30, 0), (REQUESTS / 3.0 * 30.0) as usize + 100, "one of three requests draws");
        assert_eq!(stock(60, 30, 2000), 60 * 30 + 100);
        let mixed = Scenario::Mixed.stock(150, seconds(50), 0);
        assert!(mixed.mystery > 500 && mixed.mystery < mixed.exclusive, "{mixed:?}");
        assert_eq!(Scenario::Admin.stock(60, seconds(30), 0).mystery, 0);
    }
}
