//! Sockets of accounts, and the moment when one of them must prove anew who it is.
//!
//! Whoever is disabled, signed out or given another role loses their sockets at once: here because
//! the command that did it says so, on other instances by word through Redis. Where words are known to
//! be missing, all are looked at; and because they can be lost unseen, each socket still asks by itself
//! once a minute (`session.rs`).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, watch};

use super::Hub;
use crate::fanout::{Heard, What};
use crate::types::AccountId;

/// The accounts that have sockets here.
#[derive(Debug, Default)]
pub struct Doubts(Mutex<HashMap<AccountId, watch::Sender<()>>>);

impl Doubts {
    /// Lets the sockets of an account be looked at.
    fn raise(&self, account: AccountId) {
        if let Some(sockets) = self.accounts().get(&account) {
            sockets.send_replace(());
        }
    }

    /// Lets all sockets be looked at.
    fn raise_all(&self) {
        self.accounts().values().for_each(|sockets| sockets.send_replace(()));
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<AccountId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears for one socket that there is a doubt.
#[derive(Debug)]
pub(super) struct Doubted {
    hub: Hub,
    account: AccountId,
    raised: watch::Receiver<()>,
}

impl Doubted {
    /// For a socket of this account. There is a doubt from the beginning: it may have lost
    /// something since it was looked up.
    pub(super) fn of(hub: &Hub, account: AccountId) -> Self {
        let mut raised = hub.doubts().accounts().entry(account).or_default().subscribe();
        raised.mark_changed();
        Self { hub: hub.clone(), account, raised }
    }

    /// Waits for the next doubt; for ever where there is no account. Can be dropped while it waits.
    pub(super) async fn next(doubted: Option<&mut Self>) {
        match doubted {
            // The sender stays as long as we are there.
            Some(doubted) => drop(doubted.raised.changed().await),
            None => std::future::pending().await,
        }
    }
}

impl Drop for Doubted {
    fn drop(&mut self) {
        let mut accounts = self.hub.doubts().accounts();
        if accounts.get(&self.account).is_some_and(|sockets| sockets.receiver_count() <= 1) {
            accounts.remove(&self.account);
        }
    }
}

/// Passes on what commands here have revoked, and hears what others have, until the process ends.
pub async fn run(hub: Hub) {
    let (mut ear, mut revoked) = (hub.fanout().hear(), hub.db().revoked());
    loop {
        tokio::select! {
            account = revoked.recv() => match account {
                Ok(account) => {
                    hub.doubts().raise(account);
                    hub.fanout().tell_others(What::Revoked { account });
                }
                Err(broadcast::error::RecvError::Lagged(_)) => hub.doubts().raise_all(),
                Err(broadcast::error::RecvError::Closed) => return,
            },
            heard = ear.next() => match heard {
                Heard::Word(word) => if let What::Revoked { account } = word.what {
                    hub.doubts().raise(account);
                },
                Heard::Gap => hub.doubts().raise_all(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;
    use crate::fanout::Fanout;
    use crate::realtime::Settings;
    use crate::types::ContestId;

    #[tokio::test]
    async fn the_sockets_of_one_account_hear_and_then_are_forgotten() {
        let db = Db::new("postgres://nobody@127.0.0.1:1/none", 1);
        let hub = Hub::new(db, Fanout::in_process(), Settings::default());
        let (ada, eve) = (AccountId::new(), AccountId::new());
        let (mut phone, mut laptop, mut other) =
            (Doubted::of(&hub, ada), Doubted::of(&hub, ada), Doubted::of(&hub, eve));
        for socket in [&mut phone, &mut laptop, &mut other] {
            Doubted::next(Some(socket)).await;
        }
        hub.doubts().raise(ada);
        Doubted::next(Some(&mut phone)).await;
        Doubted::next(Some(&mut laptop)).await;
        let none =
            tokio::time::timeout(std::time::Duration::from_millis(20), Doubted::next(Some(&mut other)));
        none.await.expect_err("nothing was said of Eve");
        drop((phone, other));
        assert_eq!(hub.doubts().accounts().keys().collect::<Vec<_>>(), [&ada]);
        drop(laptop);
        assert!(hub.doubts().accounts().is_empty());
    }

    #[tokio::test]
    async fn where_words_are_missing_everybody_is_looked_at() {
        let db = Db::new("postgres://nobody@127.0.0.1:1/none", 1);
        let hub = Hub::new(db, Fanout::in_process(), Settings::default());
        let hears = tokio::spawn(run(hub.clone()));
        let mut phone = Doubted::of(&hub, AccountId::new());
        Doubted::next(Some(&mut phone)).await;
        tokio::task::yield_now().await;
        // More than a hearer can be behind with; this task does not let it run meanwhile.
        for seq in 0..5000 {
            hub.fanout().announce(ContestId::new(), What::Numbered { seq });
        }
        let looked =
            tokio::time::timeout(std::time::Duration::from_secs(20), Doubted::next(Some(&mut phone)));
        looked.await.expect("a look");
        hears.abort();
    }
}
