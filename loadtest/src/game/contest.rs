//! A contest of the run's own, so that runs on one server do not disturb each other.

use serde_json::{Value, json};

use super::questions::{SHARED_CATEGORY, Use, question};
use crate::api::Api;

/// How much of everything a run may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stock {
    /// Questions for one team only.
    pub(crate) exclusive: usize,
    /// Questions for everybody.
    pub(crate) shared: usize,
    /// Questions in mystery boxes.
    pub(crate) mystery: usize,
    /// How many questions a team may hold at once.
    pub(crate) open: usize,
}

/// A mystery box on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BoxOffer {
    pub(crate) id: String,
    pub(crate) price: i64,
}

/// A running contest.
#[derive(Debug, Clone)]
pub(crate) struct Contest {
    pub(crate) id: String,
    pub(crate) code: String,
    /// What the names of its questions begin with.
    pub(crate) run: String,
    pub(crate) boxes: Vec<BoxOffer>,
    /// Ids of the shared questions.
    pub(crate) shared: Vec<String>,
    /// Its version when the run began.
    pub(crate) version: i64,
}

/// What every team begins with.
pub(crate) const OPENING_POINTS: i64 = 1000;

/// What the first right answer to a shared question earns on top.
pub(crate) const FIRST_CORRECT_BONUS: i64 = 10;

impl Contest {
    /// One for tests.
    #[cfg(test)]
    pub(crate) fn example() -> Self {
        let [id, code, run] = ["c", "QUIZAB", "r"].map(ToOwned::to_owned);
        Self { id, code, run, boxes: Vec::new(), shared: Vec::new(), version: 1 }
    }

    /// Makes it, fills it and starts it.
    pub(crate) async fn make(api: &Api, scenario: &str, stock: Stock) -> Result<Self, String> {
        let run = format!("{:08x}", rand::random::<u32>());
        let settings = json!({
            "name": format!("Load test {scenario} {run}"),
            "opening_points": OPENING_POINTS,
            "first_correct_bonus": FIRST_CORRECT_BONUS,
            "wrong_penalty": 10,
            "max_open_assignments": stock.open,
        });
        let (id, code) = api.create_contest(&settings).await?;
        fill(api, &id, &run, stock).await?;
        let boxes = if stock.mystery > 0 { offer_boxes(api, &id).await? } else { Vec::new() };
        let shared = shared_questions(api, &id, stock.shared).await?;
        api.start(&id).await?;
        let version = api.get(&format!("contests/{id}")).await?["version"].as_i64().unwrap_or(0);
        eprintln!("contest {code}: {} questions, started", stock.exclusive + stock.shared + stock.mystery);
        Ok(Self { id, code, run, boxes, shared, version })
    }

    /// A path under this contest, from the root.
    pub(crate) fn path(&self, tail: &str) -> String {
        format!("/api/v1/contests/{}{tail}", self.id)
    }
}

async fn fill(api: &Api, id: &str, run: &str, stock: Stock) -> Result<(), String> {
    let of = |count: usize, usage: Use| (0..count).map(move |number| question(run, number, usage));
    let questions: Vec<Value> = of(stock.exclusive, Use::Exclusive)
        .chain(of(stock.shared, Use::Shared))
        .chain(of(stock.mystery, Use::Mystery))
        .collect();
    let all = questions.len();
    api.import(id, &questions, |done| eprintln!("importing questions: {done} of {all}")).await
}

/// One box of each difficulty, opened as often as a team likes and can pay.
async fn offer_boxes(api: &Api, id: &str) -> Result<Vec<BoxOffer>, String> {
    let mut boxes = Vec::new();
    for (difficulty, price, reward) in [("EASY", 100, 200), ("MEDIUM", 200, 400), ("HARD", 300, 600)] {
        let offer = json!({"difficulty": difficulty, "price": price, "reward": reward, "max_opens": 1000});
        let made = api.post(&format!("contests/{id}/mystery-boxes"), &offer).await?;
        let id = made["id"].as_str().ok_or_else(|| format!("a box without an id: {made}"))?;
        boxes.push(BoxOffer { id: id.to_owned(), price });
    }
    Ok(boxes)
}

async fn shared_questions(api: &Api, id: &str, count: usize) -> Result<Vec<String>, String> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let found = api.all(&format!("contests/{id}/questions?category={SHARED_CATEGORY}"), count).await?;
    Ok(found.iter().filter_map(|question| question["id"].as_str().map(str::to_owned)).collect())
}
