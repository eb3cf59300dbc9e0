//! How a contest goes right now: for staff, who looks after hundreds of teams from one screen.
//!
//! What it costs depends on how many teams and questions there are and on the answers of the last
//! quarter of an hour, never on how long the contest has been going.

pub mod queries;
pub mod routes;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::checker::LastCheck;
use crate::contests::{Contest, ContestState};
use crate::meters::Pace;
use crate::types::{Difficulty, Pool, TeamId, millis, text_enum};

/// Whoever has not drawn, seen or answered a question for so long is quiet.
pub const QUIET: Duration = Duration::minutes(5);

/// Minutes of answers that are told.
pub const MINUTES: usize = 15;

/// Teams that are named; all are counted.
pub const NAMED: usize = 100;

text_enum! {
    /// How a team does, at a glance: `green` is connected and busy; `amber` is connected but quiet, or busy
    /// without a connection; `red` is neither. While the contest does not run nobody is quiet, and `red` is
    /// who is not connected.
    Light { Green = "green", Amber = "amber", Red = "red" }
}

impl Light {
    /// By whether a team is connected, how long it has been quiet, and whether it could do anything.
    #[must_use]
    pub fn of(connected: bool, quiet_for: Duration, runs: bool) -> Self {
        match (connected, runs && quiet_for < QUIET) {
            (true, busy) if busy || !runs => Self::Green,
            (true, _) | (false, true) => Self::Amber,
            (false, false) => Self::Red,
        }
    }
}

/// A team that staff might look after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WatchedTeam {
    /// Which.
    pub team_id: TeamId,
    /// How it is called.
    #[schema(example = "Red Pandas")]
    pub team: String,
    /// How it does.
    pub light: Light,
    /// Whether one of its devices has a socket open.
    pub connected: bool,
    /// When it last drew, saw or answered a question; null if it never did, or did nothing but answer
    /// longer ago than a quarter of an hour.
    #[serde(serialize_with = "millis::option::serialize")]
    pub last_act_at: Option<DateTime<Utc>>,
}

/// How many teams have which light.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lights {
    /// Connected and busy.
    #[schema(example = 280)]
    pub green: usize,
    /// Connected but quiet, or busy without a connection.
    #[schema(example = 15)]
    pub amber: usize,
    /// Neither.
    #[schema(example = 5)]
    pub red: usize,
    /// Withdrawn or disqualified; they have no light.
    #[schema(example = 1)]
    pub out: usize,
}

/// What is left of one kind of questions.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PoolLeft {
    /// How they are reached.
    pub pool: Pool,
    /// How hard they are.
    pub difficulty: Difficulty,
    /// How many can be taken now.
    #[schema(example = 40)]
    pub left: i64,
    /// How many there are, open or locked.
    #[schema(example = 300)]
    pub total: i64,
}

/// The answers of a minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MinuteOfAnswers {
    /// When it begins.
    #[serde(serialize_with = "millis::serialize")]
    pub begins_at: DateTime<Utc>,
    /// How many came.
    #[schema(example = 31)]
    pub answers: i64,
    /// How many of them were right.
    #[schema(example = 22)]
    pub correct: i64,
}

/// What teams wait for.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitingClarifications {
    /// Questions to staff without an answer.
    #[schema(example = 2)]
    pub open: i64,
    /// Since when the first of them waits.
    #[serde(serialize_with = "millis::option::serialize")]
    pub oldest_at: Option<DateTime<Utc>>,
}

/// How requests of the interface fared on this instance in the last minute.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct RequestPace {
    /// How many were answered in a second.
    #[schema(example = 41.5)]
    pub per_second: f64,
    /// Half of them within so many ms.
    #[schema(example = 2.4)]
    pub p50_ms: f64,
    /// 95 in a hundred within so many ms.
    #[schema(example = 9.5)]
    pub p95_ms: f64,
}

impl From<Pace> for RequestPace {
    fn from(Pace { per_second, p50_ms, p95_ms }: Pace) -> Self {
        Self { per_second, p50_ms, p95_ms }
    }
}

/// How a contest goes right now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Monitor {
    /// When it was looked at.
    #[serde(serialize_with = "millis::serialize")]
    pub at: DateTime<Utc>,
    /// Where the contest stands.
    pub state: ContestState,
    /// What is left, by pool and difficulty.
    pub pools: Vec<PoolLeft>,
    /// How many teams have which light.
    pub lights: Lights,
    /// Up to a hundred teams whose light is not green: red ones first, the quietest first.
    pub teams: Vec<WatchedTeam>,
    /// The last fifteen minutes, counted back from `at`, the oldest first.
    pub answers: Vec<MinuteOfAnswers>,
    /// What teams wait for.
    pub clarifications: WaitingClarifications,
    /// How requests fare.
    pub requests: RequestPace,
    /// Open sockets on this instance.
    #[schema(example = 320)]
    pub sockets: usize,
    /// How many follow this contest, on all instances.
    #[schema(example = 610)]
    pub watchers: usize,
    /// Events that wait for their number.
    #[schema(example = 0)]
    pub outbox: i64,
    /// What the last check of the invariants in the background found; null before the first.
    pub invariants: Option<LastCheck>,
}

/// Since when a team could have done something: nobody is quiet for longer than the contest runs.
fn could_act_since(contest: &Contest, registered: DateTime<Utc>) -> DateTime<Utc> {
    [contest.starts_at, contest.resumed_at].into_iter().flatten().fold(registered, DateTime::max)
}

/// Counts the lights, and names the teams that are not green: the worst and quietest first.
fn attention(mut teams: Vec<WatchedTeam>) -> (Lights, Vec<WatchedTeam>) {
    let count = |light| teams.iter().filter(|team| team.light == light).count();
    let (green, amber, red) = (count(Light::Green), count(Light::Amber), count(Light::Red));
    teams.retain(|team| team.light != Light::Green);
    teams.sort_by_key(|team| (std::cmp::Reverse(team.light), team.last_act_at));
    teams.truncate(NAMED);
    (Lights { green, amber, red, out: 0 }, teams)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_tells_who_is_there_and_who_does_something() {
        let (busy, quiet) = (QUIET - Duration::seconds(1), QUIET);
        for (connected, quiet_for, runs, light) in [
            (true, busy, true, Light::Green),
            (true, quiet, true, Light::Amber),
            (false, busy, true, Light::Amber),
            (false, quiet, true, Light::Red),
            (true, quiet, false, Light::Green),
            (false, busy, false, Light::Red),
        ] {
            assert_eq!(Light::of(connected, quiet_for, runs), light, "{connected} {quiet_for} {runs}");
        }
    }

    #[test]
    fn the_worst_and_quietest_are_named_first() {
        let now = Utc::now();
        let team = |name: &str, light, ago: Option<i64>| WatchedTeam {
            team_id: TeamId::new(),
            team: name.to_owned(),
            light,
            connected: false,
            last_act_at: ago.map(|minutes| now - Duration::minutes(minutes)),
        };
        let teams = vec![
            team("busy", Light::Green, Some(0)),
            team("late", Light::Amber, Some(6)),
            team("gone", Light::Red, Some(6)),
            team("never", Light::Red, None),
            team("long gone", Light::Red, Some(60)),
        ];
        let (lights, named) = attention(teams);
        assert_eq!(lights, Lights { green: 1, amber: 1, red: 3, out: 0 });
        let names: Vec<_> = named.iter().map(|team| team.team.as_str()).collect();
        assert_eq!(names, ["never", "long gone", "gone", "late"]);
    }
}
