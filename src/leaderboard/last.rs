//! The boards that were read last: better than none while the database cannot be read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::routes::Leaderboard;
use crate::contests::ContestRef;

/// Pages that are kept at most.
const PAGES: usize = 256;

/// Which page was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    /// As the path names it.
    pub contest: ContestRef,
    /// Of a division.
    pub division: Option<String>,
    /// Up to so many rows,
    pub limit: i64,
    /// after this one.
    pub cursor: Option<String>,
}

/// Pages that everybody may see, as they were read last.
#[derive(Debug, Default)]
pub struct LastBoards(Mutex<HashMap<Asked, Kept>>);

#[derive(Debug, Clone)]
struct Kept {
    board: Arc<Leaderboard>,
    read_at: DateTime<Utc>,
}

impl LastBoards {
    /// Keeps a page instead of the one before; the one that was read longest ago makes room.
    pub fn keep(&self, asked: Asked, board: Arc<Leaderboard>, read_at: DateTime<Utc>) {
        let mut pages = self.pages();
        if pages.len() >= PAGES && !pages.contains_key(&asked) {
            let oldest = pages.iter().min_by_key(|(_, kept)| kept.read_at).map(|(asked, _)| asked.clone());
            oldest.map(|oldest| pages.remove(&oldest));
        }
        pages.insert(asked, Kept { board, read_at });
    }

    /// A page as it was, marked with its time.
    #[must_use]
    pub fn stale(&self, asked: &Asked) -> Option<Leaderboard> {
        let kept = self.pages().get(asked).cloned()?;
        let Leaderboard { data, next_cursor, seq, .. } = &*kept.board;
        let (data, next_cursor) = (data.clone(), next_cursor.clone());
        Some(Leaderboard { data, next_cursor, seq: *seq, stale_since: Some(kept.read_at) })
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<Asked, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_page_read_longest_ago_makes_room() {
        let (boards, start) = (LastBoards::default(), DateTime::UNIX_EPOCH);
        let asked = |limit| Asked {
            contest: ContestRef::Code("ABC".to_owned()),
            division: None,
            limit,
            cursor: None,
        };
        let read = |n: i64, second| {
            let board = Leaderboard { data: Vec::new(), next_cursor: None, seq: n, stale_since: None };
            boards.keep(asked(n), Arc::new(board), start + TimeDelta::seconds(second));
        };
        let pages = PAGES as i64;
        (0..pages).for_each(|n| read(n, n));
        read(0, pages);
        read(pages, pages + 1);
        let seq = |n| boards.stale(&asked(n)).map(|board| (board.seq, board.stale_since.unwrap()));
        assert_eq!(seq(0), Some((0, start + TimeDelta::seconds(pages))));
        assert_eq!(seq(1), None);
        assert!(seq(2).is_some() && seq(pages).is_some());
    }
}
