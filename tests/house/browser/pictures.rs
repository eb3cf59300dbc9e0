//! Pictures of every page, to be looked at: `script/pictures` asks for them.

use std::path::PathBuf;

use serde_json::json;

use super::tour::tour;
use super::watching::crowd;
use crate::support::{Browser, Page, TestApp};

/// Where pictures go.
fn file(name: &str, size: &str, scheme: &str) -> PathBuf {
    let folder = PathBuf::from(std::env::var("PICTURES").unwrap_or_else(|_| "target/pictures".to_owned()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}-{size}-{scheme}.png"))
}

/// The page as it is: in the hall, on a phone and on a laptop; in light and dark.
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
            page.value("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 700))).then(() => true)").await;
            page.picture(&file(name, &format!("{width}x{height}"), scheme)).await;
        }
    }
}

#[test]
#[ignore = "makes pictures for people"]
fn pictures_of_every_page() {
    TestApp::run(async |app| tour(app, shoot).await);
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
