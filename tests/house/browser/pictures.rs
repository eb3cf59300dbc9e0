//! Pictures of every page, to be looked at: `script/pictures` asks for them.

use std::path::PathBuf;

use serde_json::json;

use super::german_tour::german_tour;
use super::tour::tour;
use super::watching::crowd;
use crate::support::{Browser, Page, TestApp};

/// No picture of a whole page is longer.
const LONGEST: u32 = 8000;

/// Where pictures go.
fn file(name: &str, size: &str, scheme: &str) -> PathBuf {
    let folder = PathBuf::from(std::env::var("PICTURES").unwrap_or_else(|_| "target/pictures".to_owned()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}-{size}-{scheme}.png"))
}

/// The page as it is: in the hall, on a phone and on a laptop; in light and dark. Where it goes on below the
/// screen of the phone, the whole of it too.
async fn shoot(page: &Page, name: &str) {
    let is_for_halls = ["projector", "reveal", "lobby"].iter().any(|hall| name.contains(hall));
    let sizes = if is_for_halls {
        vec![(1920, 1080), (390, 844), (1440, 900)]
    } else {
        vec![(390, 844), (1440, 900)]
    };
    for (width, height) in sizes {
        page.resize(width, height).await;
        for scheme in ["light", "dark"] {
            page.prefer(scheme).await;
            settled(page).await;
            page.picture(&file(name, &format!("{width}x{height}"), scheme)).await;
        }
        if width == 390 {
            whole(page, name, height).await;
        }
    }
}

/// What is below the screen, which is made as long as the page: rows out of sight are not painted.
async fn whole(page: &Page, name: &str, height: u32) {
    let length = page.value("document.documentElement.scrollHeight").await.as_u64().unwrap();
    let length = u32::try_from(length).unwrap().min(LONGEST);
    if length > height {
        page.resize(390, length).await;
        settled(page).await;
        page.picture(&file(name, "390", "whole")).await;
    }
}

/// The page as it stays: with its font, and nothing on its way.
async fn settled(page: &Page) {
    page.value(
        "document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 700))).then(() => true)",
    )
    .await;
}

#[test]
#[ignore = "makes pictures for people"]
fn pictures_of_every_page() {
    TestApp::run(async |app| tour(app, shoot).await);
}

#[test]
#[ignore = "makes pictures for people"]
fn pictures_of_what_germans_see() {
    TestApp::run(async |app| german_tour(app, shoot).await);
}

#[test]
#[ignore = "makes pictures for people"]
fn pictures_of_odd_crowds() {
    TestApp::run(async |app| {
        let (base, browser) = (&app.first().base, Browser::start().await);
        let page = browser.page(base).await;
        for (name, teams) in [("nobody", 0), ("one", 1), ("crowd", 300)] {
            let contest = app.contest(json!({"name": "Spring quiz", "duration_ms": 5_400_000}), &[]).await;
            if teams == 1 {
                contest.team("Red Pandas").await;
            } else if teams > 1 {
                crowd(&contest, teams).await;
            }
            for path in ["board", "projector", "lobby"] {
                page.go(&format!("{base}/{path}/{}", contest.code)).await;
                page.becomes("!document.querySelector('.loading')?.checkVisibility()").await;
                page.sees(
                    if teams == 0 { ".note, .nobody, .empty" } else { "tbody tr, .hall li, .teams li" },
                    "",
                )
                .await;
                shoot(&page, &format!("{name}-{path}")).await;
            }
        }
    });
}
