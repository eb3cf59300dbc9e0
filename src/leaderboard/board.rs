//! The board in memory: always sorted, so that one change costs one search, not one sort.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::change::BoardChange;
use super::neighbours::Neighbourhood;
use super::{Cursor, Row, Standing};
use crate::types::TeamId;

/// All visible teams of a contest in rank order.
#[derive(Debug, Clone, Default)]
pub struct Board {
    sorted: Vec<Arc<Standing>>,
    teams: HashMap<TeamId, Arc<Standing>>,
}

impl Board {
    /// How many teams are on it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether nobody is on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// How a team stands.
    #[must_use]
    pub fn get(&self, team: TeamId) -> Option<&Standing> {
        self.teams.get(&team).map(|standing| &**standing)
    }

    /// Takes a standing unless a newer one is known; says whether anything changed.
    pub fn upsert(&mut self, standing: Standing) -> bool {
        match self.get(standing.team_id) {
            Some(known) if known.standing_no > standing.standing_no || *known == standing => return false,
            Some(_) => drop(self.remove(standing.team_id)),
            None => {}
        }
        let standing = Arc::new(standing);
        let at = self.sorted.partition_point(|other| other.row_key() < standing.row_key());
        self.sorted.insert(at, Arc::clone(&standing));
        self.teams.insert(standing.team_id, standing);
        true
    }

    /// Takes a change in.
    pub fn take(&mut self, change: BoardChange) {
        match change {
            BoardChange::Put(standing) => drop(self.upsert(standing)),
            BoardChange::Change(standing) if self.get(standing.team_id).is_some() => {
                self.upsert(standing);
            }
            BoardChange::Change(_) => {}
            BoardChange::Gone(team) => drop(self.remove(team)),
        }
    }

    /// Where a page goes on after this row; `None` when its team is not on the board, so that
    /// its name is not known here.
    #[must_use]
    pub fn place_after(&self, row: &Cursor) -> Option<usize> {
        let team = &self.get(row.team_id)?.team;
        let key = (row.rank_key(), team.as_str(), row.team_id);
        Some(self.sorted.partition_point(|other| other.row_key() <= key))
    }

    /// Takes a team off the board; says whether it was on it.
    pub fn remove(&mut self, team: TeamId) -> bool {
        let Some(known) = self.teams.remove(&team) else { return false };
        let at = self.sorted.partition_point(|other| other.row_key() < known.row_key());
        self.sorted.remove(at);
        true
    }

    /// The rank of a team: one more than the number of strictly better ones.
    #[must_use]
    pub fn rank_of(&self, team: TeamId) -> Option<i64> {
        self.teams.get(&team).map(|standing| self.rank(standing))
    }

    /// The rank of a standing among the other teams, whatever the board says of its own.
    #[must_use]
    pub fn rank_among_others(&self, standing: &Standing) -> i64 {
        let is_better = |other: &Standing| other.rank_key() < standing.rank_key();
        let better = self.sorted.partition_point(|other| is_better(other));
        let itself = self.get(standing.team_id).is_some_and(is_better);
        place_to_rank(better - usize::from(itself))
    }

    /// The row of a team.
    #[must_use]
    pub fn row_of(&self, team: TeamId) -> Option<Row> {
        self.teams.get(&team).map(|standing| Row::new(self.rank(standing), standing))
    }

    /// The rows at these places, the leader at 0; what is beyond the end is left out.
    #[must_use]
    pub fn rows(&self, places: Range<usize>) -> Vec<Row> {
        let places = places.start.min(self.len())..places.end.min(self.len());
        let mut rows: Vec<Row> = Vec::with_capacity(places.len());
        for (place, standing) in places.clone().zip(&self.sorted[places]) {
            let rank = match rows.last() {
                Some(above) if self.sorted[place - 1].rank_key() == standing.rank_key() => above.rank,
                Some(_) => place_to_rank(place),
                None => self.rank(standing),
            };
            rows.push(Row::new(rank, standing));
        }
        rows
    }

    /// A team between its neighbours, up to so many on each side, if it is on the board.
    #[must_use]
    pub fn neighbourhood(&self, team: TeamId, around: usize) -> Option<Neighbourhood> {
        let key = self.get(team)?.row_key();
        let at = self.sorted.partition_point(|other| other.row_key() < key);
        let own = self.rows(at..at + 1).pop()?;
        let (above, below) = (self.rows(at.saturating_sub(around)..at), self.rows(at + 1..at + 1 + around));
        Some(Neighbourhood { above, own, below })
    }

    fn rank(&self, standing: &Standing) -> i64 {
        place_to_rank(self.sorted.partition_point(|other| other.rank_key() < standing.rank_key()))
    }
}

/// The rank of whoever has so many better ones.
fn place_to_rank(better: usize) -> i64 {
    i64::try_from(better).map_or(i64::MAX, |better| better.saturating_add(1))
}

impl FromIterator<Standing> for Board {
    fn from_iter<I: IntoIterator<Item = Standing>>(standings: I) -> Self {
        let mut sorted: Vec<_> = standings.into_iter().map(Arc::new).collect();
        sorted.sort_unstable_by(|a, b| a.row_key().cmp(&b.row_key()));
        let teams = sorted.iter().map(|standing| (standing.team_id, Arc::clone(standing))).collect();
        Self { sorted, teams }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One of eight teams changes or leaves; few values, so that ties are common.
    #[derive(Debug, Clone)]
    enum Step {
        Upsert { team: usize, points: i64, last_gain_ms: Option<i64>, wrong: i32, standing_no: i32 },
        Remove { team: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        let upsert = (0..8usize, -2..3i64, proptest::option::of(0..3i64), 0..3i32, 1..9i32).prop_map(
            |(team, points, last_gain_ms, wrong, standing_no)| Step::Upsert {
                team,
                points,
                last_gain_ms,
                wrong,
                standing_no,
            },
        );
        prop_oneof![4 => upsert, 1 => (0..8usize).prop_map(|team| Step::Remove { team })]
    }

    /// What SQL's `rank() OVER (ORDER BY …)` says, counted the slow way.
    fn ranked_from_scratch(teams: &[Standing]) -> Vec<Row> {
        let better = |a: &Standing, b: &Standing| {
            let gain = |s: &Standing| s.last_gain_ms.unwrap_or(i64::MAX);
            a.points > b.points
                || a.points == b.points && (gain(a) < gain(b) || gain(a) == gain(b) && a.wrong < b.wrong)
        };
        let mut rows: Vec<Row> = teams
            .iter()
            .map(|team| {
                let ahead = teams.iter().filter(|other| better(other, team)).count();
                Row::new(i64::try_from(ahead).unwrap() + 1, team)
            })
            .collect();
        rows.sort_by(|a, b| (a.rank, &a.team, a.team_id).cmp(&(b.rank, &b.team, b.team_id)));
        rows
    }

    #[test]
    fn a_team_that_falls_is_not_behind_itself() {
        let team = |points| Standing {
            team_id: TeamId::new(),
            team: "Red".to_owned(),
            points,
            last_gain_ms: None,
            wrong: 0,
            standing_no: 1,
            division: None,
        };
        let (first, second, third) = (team(30), team(20), team(10));
        let board: Board = [first.clone(), second.clone(), third].into_iter().collect();
        assert_eq!(board.rank_among_others(&Standing { points: 15, ..first }), 2);
        assert_eq!(
            board.rank_among_others(&Standing { points: 30, ..second }),
            1,
            "it shares the first rank"
        );
        assert_eq!(board.rank_among_others(&team(15)), 3, "and one that is not on the board");
    }

    proptest! {
        #[test]
        fn a_board_equals_sorting_from_scratch(steps in proptest::collection::vec(step(), 0..80)) {
            let ids: Vec<TeamId> = (0..8).map(|_| TeamId::new()).collect();
            let (mut board, mut model) = (Board::default(), HashMap::<TeamId, Standing>::new());
            for step in steps {
                match step {
                    Step::Upsert { team, points, last_gain_ms, wrong, standing_no } => {
                        let team_id = ids[team];
                        let name = format!("Team {}", team % 3);
                        let new =
                            Standing { team_id, team: name, points, last_gain_ms, wrong, standing_no, division: None };
                        let newer = model.get(&team_id).is_none_or(|old| standing_no >= old.standing_no);
                        let changes = newer && model.get(&team_id) != Some(&new);
                        prop_assert_eq!(board.upsert(new.clone()), changes);
                        if newer { model.insert(team_id, new); }
                    }
                    Step::Remove { team } => {
                        prop_assert_eq!(board.remove(ids[team]), model.remove(&ids[team]).is_some());
                    }
                }
            }
            let all: Vec<Standing> = model.into_values().collect();
            let expected = ranked_from_scratch(&all);
            prop_assert_eq!(&board.rows(0..usize::MAX), &expected);
            prop_assert_eq!(&all.into_iter().collect::<Board>().rows(0..usize::MAX), &expected);
            for (place, row) in expected.iter().enumerate() {
                let near = board.neighbourhood(row.team_id, 2).unwrap();
                let around = [near.above, vec![near.own], near.below].concat();
                prop_assert_eq!(&around[..], &expected[place.saturating_sub(2)..expected.len().min(place + 3)]);
                prop_assert_eq!(board.rank_of(row.team_id), Some(row.rank));
                prop_assert_eq!(&board.rows(place..place + 1)[..], std::slice::from_ref(row));
            }
        }
    }

    #[test]
    fn an_older_standing_is_not_taken() {
        let mut board = Board::default();
        let mut red = Standing {
            team_id: TeamId::new(),
            team: "Red".to_owned(),
            points: 1000,
            last_gain_ms: None,
            wrong: 0,
            standing_no: 5,
            division: None,
        };
        assert!(board.upsert(red.clone()));
        assert!(!board.upsert(red.clone()));
        red.points = 900;
        red.standing_no = 4;
        assert!(!board.upsert(red));
        assert_eq!(board.rows(0..9)[0].points, 1000);
    }
}
