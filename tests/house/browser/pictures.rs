//! Pictures of every page, to be looked at: `script/pictures` asks for them.

use std::path::PathBuf;

use super::tour::tour;
use crate::support::{Page, TestApp};

/// Where pictures go.
fn file(name: &str, size: &str, scheme: &str) -> PathBuf {
    let folder = PathBuf::from(std::env::var("PICTURES").unwrap_or_else(|_| "target/pictures".to_owned()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}-{size}-{scheme}.png"))
}

/// The page as it is: in the hall, on a phone and on a laptop; in light and dark.
async fn shoot(page: &Page, name: &str) {
    let is_for_halls = ["projector", "reveal", "lobby"].iter().any(|hall| name.starts_with(hall));
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
