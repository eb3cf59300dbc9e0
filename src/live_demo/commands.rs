//! What is done to a demo. Anybody does it, so it leaves no line in the log of what staff did; the
//! ledger has all of it, with the reason.

use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;

use super::{CODE, DemoUser, USERS, must_be_demo, queries};
use crate::audit::Act;
use crate::auth::Admin;
use crate::contests::commands::{CreateContest, Rules, gate};
use crate::contests::moves::Move;
use crate::contests::moves::commands::MoveContest;
use crate::contests::{ContestKind, ContestRef};
use crate::db::{Command, Tx};
use crate::error::Error;
use crate::ledger::commands::AdjustPoints;
use crate::sql::sql;
use crate::teams::TeamName;
use crate::teams::commands::RegisterTeam;
use crate::types::{ContestId, Points, TeamId};

/// Makes the demo that is always there, if it is not there yet.
#[derive(Debug)]
pub struct OpenDemo;

impl Command for OpenDemo {
    type Outcome = ContestId;

    async fn run(&self, tx: &mut Tx) -> Result<ContestId, Error> {
        sql("SELECT pg_advisory_xact_lock(hashtextextended('demo', 0))").execute(tx).await?;
        if let Some(there) = queries::demo(tx).await? {
            return Ok(there);
        }
        Act::of_nobody(tx);
        let (by, contest) = (Admin::in_demo(), ContestRef::Code(CODE.to_owned()));
        let rules = Rules {
            description: Some("Anybody may give points here, to see the board move.".to_owned()),
            opening_points: Some(0),
            registration_open: Some(false),
            ..Rules::default()
        };
        let (name, code) = ("Live demo".to_owned(), Some(CODE.to_owned()));
        let create =
            CreateContest { by: by.clone(), kind: ContestKind::Demo, name, code, rules, divisions: vec![] };
        let made = create.run(tx).await?;
        for to in [Move::Publish, Move::Start(None)] {
            MoveContest { by: by.clone(), contest: contest.clone(), to, reason: None }.run(tx).await?;
        }
        Ok(made.id)
    }
}

/// Lets somebody onto the board; whoever is there stays as they are.
#[derive(Debug)]
pub struct JoinDemo {
    /// In which demo.
    pub contest: ContestId,
    /// Who.
    pub user: &'static DemoUser,
}

impl Command for JoinDemo {
    type Outcome = TeamId;

    async fn run(&self, tx: &mut Tx) -> Result<TeamId, Error> {
        enter(tx, self.contest).await?;
        seat(tx, self.contest, self.user).await
    }
}

/// Somebody's points after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct DemoScore {
    /// Whose.
    #[schema(value_type = String, example = "alice")]
    pub user_id: &'static str,
    /// As whom they stand on the board.
    pub team_id: TeamId,
    /// What they have now.
    #[schema(example = 85)]
    pub points: Points,
}

/// Gives somebody points.
#[derive(Debug)]
pub struct GivePoints {
    /// In which demo.
    pub contest: ContestId,
    /// To whom.
    pub user: &'static DemoUser,
    /// How many.
    pub points: Points,
}

impl Command for GivePoints {
    type Outcome = DemoScore;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<DemoScore, Error> {
        enter(tx, self.contest).await?;
        let team_id = seat(tx, self.contest, self.user).await?;
        let points = adjust(tx, self.contest, team_id, self.points, "demo").await?;
        Ok(DemoScore { user_id: self.user.id, team_id, points })
    }
}

/// How many accounts of a demo were changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct DemoChanged {
    /// Which demo.
    pub contest_id: ContestId,
    /// Users whose points are others now.
    #[schema(example = 8)]
    pub changed: usize,
}

/// Gives everybody who has nothing their sample points.
#[derive(Debug)]
pub struct PopulateDemo {
    /// Which demo.
    pub contest: ContestRef,
}

impl Command for PopulateDemo {
    type Outcome = DemoChanged;

    async fn run(&self, tx: &mut Tx) -> Result<DemoChanged, Error> {
        let contest_id = enter_alone(tx, &self.contest).await?;
        for user in &USERS {
            seat(tx, contest_id, user).await?;
        }
        let mut changed = 0;
        for team in queries::teams(tx, contest_id).await?.iter().filter(|team| team.points == 0) {
            if let Some(user) = DemoUser::named(&team.name) {
                adjust(tx, contest_id, team.id, user.sample, "demo").await?;
                changed += 1;
            }
        }
        Ok(DemoChanged { contest_id, changed })
    }
}

/// Takes everybody's points away: the ledger forgets nothing, so each is taken by an entry.
#[derive(Debug)]
pub struct ResetDemo {
    /// Which demo.
    pub contest: ContestRef,
}

impl Command for ResetDemo {
    type Outcome = DemoChanged;

    async fn run(&self, tx: &mut Tx) -> Result<DemoChanged, Error> {
        let contest_id = enter_alone(tx, &self.contest).await?;
        let mut changed = 0;
        for team in queries::teams(tx, contest_id).await?.iter().filter(|team| team.points != 0) {
            adjust(tx, contest_id, team.id, -team.points, "demo reset").await?;
            changed += 1;
        }
        Ok(DemoChanged { contest_id, changed })
    }
}

/// Passes the gate of a demo.
async fn enter(tx: &mut Tx, contest: ContestId) -> Result<(), Error> {
    must_be_demo(&gate(tx, contest).await?)?;
    Act::of_nobody(tx);
    Ok(())
}

/// The same for what is done to everybody: what each has must not change meanwhile, nor may others
/// be seated, who would wait for us with what we need.
async fn enter_alone(tx: &mut Tx, contest: &ContestRef) -> Result<ContestId, Error> {
    let id = crate::contests::queries::find_id(tx, contest).await?;
    enter(tx, id).await?;
    alone_at_the_door(tx, id).await?;
    sql("SELECT FROM team WHERE contest_id = $1 ORDER BY id FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(id)
        .execute(tx)
        .await?;
    Ok(id)
}

/// As whom somebody stands on the board; whoever comes for the first time is registered.
async fn seat(tx: &mut Tx, contest: ContestId, user: &DemoUser) -> Result<TeamId, Error> {
    if let Some(there) = queries::team(tx, contest, user).await? {
        return Ok(there);
    }
    alone_at_the_door(tx, contest).await?;
    if let Some(there) = queries::team(tx, contest, user).await? {
        return Ok(there);
    }
    let register = RegisterTeam {
        by: Some(Admin::in_demo()),
        account: None,
        contest: ContestRef::Id(contest),
        name: TeamName::parse(user.name).map_err(|e| Error::Bug(e.to_string()))?,
        members: Vec::new(),
        email: String::new(),
        division: None,
    };
    Ok(register.run(tx).await?.team.id)
}

/// Of two who come at once, the second finds what the first has made. To be taken before any team.
async fn alone_at_the_door(tx: &mut Tx, contest: ContestId) -> Result<(), Error> {
    sql("SELECT pg_advisory_xact_lock(hashtextextended('demo seat:' || $1, 0))")
        .bind::<SqlUuid, _>(contest)
        .execute(tx)
        .await?;
    Ok(())
}

/// Gives or takes by an entry with its reason; what is had then.
async fn adjust(
    tx: &mut Tx,
    contest: ContestId,
    team: TeamId,
    amount: Points,
    reason: &str,
) -> Result<Points, Error> {
    let (by, contest, reason) = (Admin::in_demo(), ContestRef::Id(contest), reason.to_owned());
    Ok(AdjustPoints { by, contest, team, amount, reason }.run(tx).await?.balance)
}
