//! Whether every board is right: on each instance and on each socket, against the database.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use uuid::Uuid;

use super::Site;
use crate::hall::connect;
use crate::watch::{Row, Watchers};

/// More rows than a run makes.
const MOST: usize = 100_000;

/// What each team that is on the board has, by its account and by its ledger.
const TRUTH: &str =
    "SELECT t.id::text, t.points, (SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entry e
        WHERE (e.contest_id, e.team_id) = (t.contest_id, t.id))
    FROM team t WHERE t.contest_id = $1::text::uuid AND t.state = 'active' AND NOT t.hidden";

/// What the database says.
async fn truth(site: &Site, contest: &str) -> Result<HashMap<Uuid, i64>, String> {
    let rows = connect(site.database_url()).await?.query(TRUTH, &[&contest]).await;
    let mut points = HashMap::new();
    for row in rows.map_err(|e| e.to_string())? {
        let (team, has, ledger): (&str, i64, i64) = (row.get(0), row.get(1), row.get(2));
        if has != ledger {
            return Err(format!("team {team} has {has} points, its ledger says {ledger}"));
        }
        points.insert(team.parse().map_err(|e| format!("{team}: {e}"))?, has);
    }
    Ok(points)
}

/// Waits until every board is right; how long that took, or what is still wrong after `limit`.
pub(crate) async fn right(
    site: &Site,
    contest: &str,
    watchers: &Watchers,
    limit: Duration,
) -> Result<Duration, String> {
    let began = Instant::now();
    loop {
        let wrong = match look(site, contest, watchers).await {
            Ok(()) => return Ok(began.elapsed()),
            Err(wrong) => wrong,
        };
        if began.elapsed() > limit {
            return Err(format!("after {} ms: {wrong}", began.elapsed().as_millis()));
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn look(site: &Site, contest: &str, watchers: &Watchers) -> Result<(), String> {
    let truth = truth(site, contest).await?;
    for instance in &site.instances {
        let rows = instance.api(&site.token).board(contest, MOST).await?;
        let rows: Result<Vec<Row>, _> = rows.into_iter().map(serde_json::from_value).collect();
        let rows = rows.map_err(|e| format!("a row of the board: {e}"))?;
        differs(&truth, &rows).map_or(Ok(()), |how| Err(format!("instance {}: {how}", instance.name)))?;
        if let Some(how) = watchers.unlike(&rows) {
            return Err(how);
        }
    }
    Ok(())
}

fn differs(truth: &HashMap<Uuid, i64>, rows: &[Row]) -> Option<String> {
    if rows.len() != truth.len() {
        return Some(format!("{} teams on the board, {} in the database", rows.len(), truth.len()));
    }
    let wrong = rows.iter().find(|row| truth.get(&row.team_id) != Some(&row.points))?;
    Some(format!("{} has {}, the database says {:?}", wrong.team, wrong.points, truth.get(&wrong.team_id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_with_other_points_or_other_teams_is_wrong() {
        let (team, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let row = |team_id, points| Row {
            rank: 1,
            team_id,
            team: "Red".to_owned(),
            points,
            last_gain_ms: None,
            wrong: 0,
        };
        let truth = HashMap::from([(team, 7)]);
        assert_eq!(differs(&truth, &[row(team, 7)]), None);
        assert!(differs(&truth, &[row(team, 8)]).is_some());
        assert!(differs(&truth, &[row(other, 7)]).is_some());
        assert!(differs(&truth, &[]).is_some());
    }
}
