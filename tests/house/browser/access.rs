//! Nobody is kept out: axe-core looks at every page, in light and in dark.

use std::sync::Mutex;

use super::tour::tour;
use crate::support::TestApp;

#[test]
fn no_page_has_a_serious_obstacle_in_light_or_dark() {
    TestApp::run(async |app| {
        let found = Mutex::new(Vec::new());
        tour(app, async |page, name| {
            for scheme in ["light", "dark"] {
                page.prefer(scheme).await;
                let obstacles = page.obstacles().await;
                found
                    .lock()
                    .unwrap()
                    .extend(obstacles.into_iter().map(|one| format!("{name} in {scheme}: {one}")));
            }
        })
        .await;
        let found = found.into_inner().unwrap();
        assert!(found.is_empty(), "{found:#?}");
    });
}
