//! The sample contest, and bots that play it so that a newcomer sees a board move.

use std::time::Duration;

use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;
use rand::seq::IndexedRandom;

use crate::assignments::AssignmentView;
use crate::assignments::commands::{Choice, TakeQuestion};
use crate::auth::{Admin, Player};
use crate::config::Settings;
use crate::contests::commands::{CreateContest, MakeCurrent, Rules};
use crate::contests::moves::Move;
use crate::contests::moves::commands::MoveContest;
use crate::contests::{ContestKind, ContestRef, queries as contests};
use crate::database::Database;
use crate::db::{Command, Db, Tx};
use crate::error::{Error, Refusal};
use crate::grading::Answer;
use crate::mystery_boxes::commands::{OfferBox, OpenBox};
use crate::mystery_boxes::queries as boxes;
use crate::questions::import::{Format, ImportQuestions, parse_file};
use crate::questions::queries::answer_key;
use crate::serve;
use crate::sql::sql;
use crate::submissions::commands::SubmitAnswer;
use crate::teams::TeamName;
use crate::teams::commands::RegisterTeam;
use crate::types::Difficulty;

/// The code of the sample contest.
pub const CODE: &str = "SAMPLE";

const QUESTIONS: &[u8] = include_bytes!("../samples/questions.json");

/// `podium demo`: plays on the server that runs already, or starts one.
///
/// # Errors
/// One sentence with the fix.
pub async fn run(settings: &Settings, database: &Database, bots: u16) -> Result<(), String> {
    seed(database.db()).await.map_err(|e| e.to_string())?;
    if !is_taken(settings).await? {
        return serve::run(settings, database, bots).await;
    }
    println!("A server is running at {}: the bots play there.", serve::base_url(&settings.rocket)?);
    tokio::select! {
        () = self::bots(database.db().clone(), bots) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

async fn is_taken(settings: &Settings) -> Result<bool, String> {
    let config: rocket::Config = settings.rocket.extract().map_err(|e| e.to_string())?;
    Ok(tokio::net::TcpListener::bind((config.address, config.port)).await.is_err())
}

/// Fills an empty database with the sample contest.
///
/// # Errors
/// Those of the commands it is made of.
pub async fn seed(db: &Db) -> Result<(), Error> {
    if db.run(&Seed).await? {
        tracing::info!("the sample contest {CODE} was made");
    }
    Ok(())
}

/// The whole sample contest in one transaction, so that it is there or not.
#[derive(Debug)]
struct Seed;

#[derive(diesel::QueryableByName)]
struct Any {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    any: bool,
}

impl Command for Seed {
    /// Whether there was room for it.
    type Outcome = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, Error> {
        sql("SELECT pg_advisory_xact_lock($1)").bind::<Integer, _>(0x5eed).execute(tx).await.map(drop)?;
        let Any { any } = sql("SELECT EXISTS (SELECT FROM contest) AS any").get_result(tx).await?;
        if any {
            return Ok(false);
        }
        let (by, contest) = (Admin::at_the_machine(), ContestRef::Code(CODE.to_owned()));
        let rules = Rules {
            description: Some(
                "A contest to try Podium with: questions of four kinds of knowledge.".to_owned(),
            ),
            max_open_assignments: Some(3),
            ..Rules::default()
        };
        let name = "Sample contest".to_owned();
        let code = Some(CODE.to_owned());
        let kind = ContestKind::Competition;
        CreateContest { by: by.clone(), kind, name, code, rules, divisions: vec![] }.run(tx).await?;
        let records = parse_file(Format::Json, QUESTIONS)
            .map_err(|errors| Error::Bug(format!("the sample questions have {} errors", errors.len())))?;
        ImportQuestions { by: by.clone(), contest: contest.clone(), records, dry_run: false }.run(tx).await?;
        for (difficulty, price, reward) in
            [(Difficulty::Easy, 100, 200), (Difficulty::Medium, 200, 400), (Difficulty::Hard, 300, 600)]
        {
            OfferBox { by: by.clone(), contest: contest.clone(), difficulty, price, reward, max_opens: 2 }
                .run(tx)
                .await?;
        }
        for to in [Move::Publish, Move::Start(None)] {
            MoveContest { by: by.clone(), contest: contest.clone(), to, reason: None }.run(tx).await?;
        }
        MakeCurrent { by, contest }.run(tx).await?;
        Ok(true)
    }
}

const NAMES: &[&str] = &[
    "Owls",
    "Foxes",
    "Otters",
    "Falcons",
    "Badgers",
    "Lynxes",
    "Herons",
    "Wolves",
    "Magpies",
    "Hedgehogs",
    "Dolphins",
    "Ravens",
];
const COLOURS: &[&str] = &["Amber", "Crimson", "Golden", "Indigo", "Jade", "Scarlet", "Silver", "Violet"];

/// Lets so many teams play until no question is left; each at its own pace.
pub async fn bots(db: Db, count: u16) {
    let mut playing = tokio::task::JoinSet::new();
    for _ in 0..count {
        let db = db.clone();
        playing.spawn(async move {
            if let Err(error) = play(&db).await {
                tracing::info!(%error, "a bot stops");
            }
        });
    }
    while playing.join_next().await.is_some() {}
    tracing::info!("all bots have stopped");
}

async fn play(db: &Db) -> Result<(), Error> {
    let contest = contests::current(&mut *db.conn().await?).await?.id;
    let player = register(db, &ContestRef::Id(contest)).await?;
    loop {
        pause(600..2500).await;
        let held = match next_question(db, &player).await {
            Ok(held) => held,
            Err(error) if error.refusal() == Some(Refusal::PoolExhausted) => return Ok(()),
            Err(error) => return Err(error),
        };
        pause(400..2000).await;
        answer(db, &player, &held).await?;
    }
}

async fn pause(ms: std::ops::Range<u64>) {
    tokio::time::sleep(Duration::from_millis(rand::random_range(ms))).await;
}

fn pick<'a>(words: &[&'a str]) -> &'a str {
    words.choose(&mut rand::rng()).copied().unwrap_or("Team")
}

async fn register(db: &Db, contest: &ContestRef) -> Result<Player, Error> {
    let admin = Admin::at_the_machine();
    loop {
        let typed = format!("{} {} {}", pick(COLOURS), pick(NAMES), rand::random_range(2..100));
        let name = TeamName::parse(&typed).map_err(|e| Error::Bug(e.to_string()))?;
        let register = RegisterTeam {
            by: Some(admin.clone()),
            account: None,
            contest: contest.clone(),
            name,
            members: vec![],
            email: String::new(),
            division: None,
        };
        match db.run(&register).await {
            Ok(registered) => {
                let id = contests::find_id(&mut *db.conn().await?, contest).await?;
                return Ok(admin.for_team(id, registered.team.id));
            }
            Err(error)
                if matches!(error.refusal(), Some(Refusal::TeamNameTaken | Refusal::TeamNameLookalike)) => {}
            Err(error) => return Err(error),
        }
    }
}

/// One time in eight a mystery box, if it can be had; else a question from the pool.
async fn next_question(db: &Db, player: &Player) -> Result<AssignmentView, Error> {
    if rand::random_ratio(1, 8) {
        let offers = boxes::boxes(&mut *db.conn().await?, player.contest(), false).await?;
        let offer = offers.choose(&mut rand::rng());
        if let Some(offer) = offer {
            match db.run(&OpenBox { player: player.clone(), id: offer.id, expected_price: None }).await {
                Ok(opened) => return Ok(opened.assignment),
                Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let choice = Choice::Any { difficulty: None, category: None };
    db.run(&TakeQuestion { player: player.clone(), choice, reveal: true }).await
}

/// Right two times in three.
async fn answer(db: &Db, player: &Player, held: &AssignmentView) -> Result<(), Error> {
    let answer = if rand::random_ratio(2, 3) {
        let (key, _) = answer_key(&mut *db.conn().await?, held.question_id, 1).await?;
        Answer::parse(&key.for_export().0).map_err(|e| Error::Bug(e.to_string()))?
    } else {
        Answer::Text("no idea".to_owned())
    };
    db.run(&SubmitAnswer { player: player.clone(), assignment: held.id, answer }).await.map(drop)
}
