//! What is said between instances, passed on to the rooms that it concerns: one hearer for all of
//! them, however many contests are watched.

use std::time::{Duration, Instant};

use super::{Hub, attendance, connected, presence};
use crate::fanout::{Heard, Reach, What};

/// How often an instance says who is there by it: whoever missed a word hears the next.
const SAY: Duration = Duration::from_secs(1);

impl Hub {
    fn hear(&self, heard: &Heard, now: Instant) {
        // Words are missing: everybody looks.
        let Heard::Word(word) = heard else { return self.poke_all() };
        match &word.what {
            What::Numbered { seq } => word.contest.iter().for_each(|contest| self.announce(*contest, *seq)),
            What::Note { topic, body } if topic == presence::TOPIC => {
                self.presence().take(word.from, body, now);
            }
            What::Note { topic, body } if topic == attendance::TOPIC => {
                self.attendance()
                    .take(word.from, body, now)
                    .into_iter()
                    .for_each(|contest| self.poke(contest));
            }
            What::Note { topic, body } if topic == connected::TOPIC => {
                self.connected().take(word.from, body, now);
            }
            What::Note { .. } | What::Revoked { .. } => {}
        }
    }

    /// Forgets instances that have fallen silent, and speaks to the others where there may be any.
    fn speak(&self, now: Instant) {
        self.presence().forget(now);
        self.attendance().forget(now).into_iter().for_each(|contest| self.poke(contest));
        if self.fanout().reach() != Reach::Process {
            self.say_present(&self.attendance().all());
            self.say_watchers();
        }
    }
}

/// Hears what is said, and says who is there by this instance, until the process ends.
pub async fn run(hub: Hub) {
    let (mut ear, mut ticks) = (hub.fanout().hear(), tokio::time::interval(SAY));
    let mut rounds = tokio::time::interval(connected::SAY);
    loop {
        tokio::select! {
            heard = ear.next() => hub.hear(&heard, Instant::now()),
            () = hub.attendance().changed() => {
                let news = hub.attendance().news();
                news.iter().for_each(|(contest, _)| hub.poke(*contest));
                hub.say_present(&news);
            }
            _ = rounds.tick() => hub.say_connected(),
            _ = ticks.tick() => hub.speak(Instant::now()),
        }
    }
}
