//! The latest frames of a contest, kept once for all sockets. A socket has only a number:
//! where it is in the ring. Nothing is queued for each client.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::frames::{Channel, Entry, Lasts};
use super::talk;
use crate::chat::DELETED;
use crate::events::feed::{Newest, Record};
use crate::types::{MessageId, TeamId};

/// The most that the frames of a contest may take, in bytes: talk is longer than results are.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Which queued frames a socket wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Wants {
    /// `score_update`.
    pub scores: bool,
    /// The contest stream.
    pub contest: bool,
    /// The announcements stream.
    pub announcements: bool,
    /// The chat.
    pub chat: bool,
    /// The stream of this team.
    pub team: Option<TeamId>,
    /// The stream for staff only.
    pub staff: bool,
}

impl Wants {
    /// Whether frames of this channel are wanted.
    #[must_use]
    pub fn channel(&self, channel: Channel) -> bool {
        match channel {
            Channel::Scores => self.scores,
            Channel::Contest => self.contest,
            Channel::Announcements => self.announcements,
            Channel::Chat => self.chat,
            Channel::Team(team) => self.team == Some(team),
            Channel::Staff => self.staff,
        }
    }

    /// Whether anything is wanted that is not for everybody.
    #[must_use]
    pub fn more_than_public(&self) -> bool {
        self.team.is_some() || self.staff || self.chat
    }
}

/// The newest number of each channel: what the next frame calls `prev`.
#[derive(Debug, Clone, Default)]
pub struct Chain(HashMap<Channel, i64>);

impl Chain {
    /// The chain as it stood after these.
    #[must_use]
    pub fn after(newest: &[Newest]) -> Self {
        let mut chain = Self::default();
        for one in newest {
            if let Some(channel) = Channel::of(&one.kind, one.told()) {
                let last = chain.0.entry(channel).or_default();
                *last = one.seq.max(*last);
            }
        }
        chain
    }

    /// Forges the next link, if the event goes to any channel.
    pub fn link(&mut self, record: &Record) -> Option<Entry> {
        let channel = Channel::of(&record.kind, record.told())?;
        let prev = self.0.insert(channel, record.seq).unwrap_or(0);
        Some(Entry::new(record, channel, prev))
    }

    fn last(&self, channel: Channel) -> i64 {
        self.0.get(&channel).copied().unwrap_or(0)
    }

    /// Takes over what another chain knew as of a number: it may reach further back than the log
    /// was looked through.
    pub(super) fn recall(&mut self, other: &Self, until: i64) {
        for (channel, seq) in other.0.iter().filter(|(_, seq)| **seq <= until) {
            let last = self.0.entry(*channel).or_default();
            *last = seq.max(last).to_owned();
        }
    }

    /// The last number of each wanted channel.
    #[must_use]
    pub fn lasts(&self, wants: Wants) -> Lasts {
        Lasts {
            scores: wants.scores.then(|| self.last(Channel::Scores)),
            contest: wants.contest.then(|| self.last(Channel::Contest)),
            announcements: wants.announcements.then(|| self.last(Channel::Announcements)),
            team: wants.team.map(|team| self.last(Channel::Team(team))),
            staff: wants.staff.then(|| self.last(Channel::Staff)),
            chat: wants.chat.then(|| self.last(Channel::Chat)),
        }
    }
}

/// The number asked for is older than what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FellOut;

/// Frames from the ring, and where the reader is after them.
#[derive(Debug)]
pub struct Batch {
    /// In order.
    pub entries: Vec<Arc<Entry>>,
    /// Everything up to here has been read.
    pub cursor: i64,
}

/// A bounded queue that many read and nobody empties.
#[derive(Debug)]
pub struct Ring {
    entries: VecDeque<Arc<Entry>>,
    capacity: usize,
    bytes: usize,
    chain: Chain,
    /// The chain as it stood at the floor.
    floor_chain: Chain,
    floor: i64,
    /// As `floor`, for those who follow only what is for everybody: others' frames may be gone.
    public_floor: i64,
    head: i64,
    /// The number that everybody may know of; it stays behind while results are withheld.
    public_head: i64,
    /// By which event each team has left that did.
    left: HashMap<TeamId, i64>,
}

impl Ring {
    /// An empty ring that knows everything after `floor`; `chain` stands as of there.
    #[must_use]
    pub fn new(capacity: usize, floor: i64, chain: Chain) -> Self {
        Self {
            entries: VecDeque::new(),
            capacity,
            bytes: 0,
            floor_chain: chain.clone(),
            chain,
            floor,
            public_floor: floor,
            head: floor,
            public_head: floor,
            left: HashMap::new(),
        }
    }

    /// The number of the newest event that was taken in.
    #[must_use]
    pub fn head(&self) -> i64 {
        self.head
    }

    /// The number that everybody may know of.
    #[must_use]
    pub fn public_head(&self) -> i64 {
        self.public_head
    }

    /// The number that a client of these may know of: everybody's, or that of its own last frame.
    #[must_use]
    pub fn known(&self, wants: Wants) -> i64 {
        let own = wants.team.map_or(0, |team| self.chain.last(Channel::Team(team)));
        own.max(self.public_head)
    }

    /// Every chain that is known here as it stood at the head.
    #[must_use]
    pub(super) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The chain as it stood at a number below the floor, of what the log held shortly before it. A
    /// queue that goes back further goes on here where the frames of this ring say it does.
    #[must_use]
    pub(super) fn chain_below(&self, seq: i64, newest: &[Newest]) -> Chain {
        let mut chain = Chain::after(newest);
        chain.recall(&self.floor_chain, seq);
        chain
    }

    /// The number of the event by which a team left last; 0 when it never did.
    #[must_use]
    pub fn left_by(&self, team: TeamId) -> i64 {
        self.left.get(&team).copied().unwrap_or(0)
    }

    /// Everything that is wanted after this number is here.
    #[must_use]
    pub fn floor(&self, wants: Wants) -> i64 {
        if wants.more_than_public() { self.floor } else { self.public_floor }
    }

    /// Takes the next event in; older ones make room. Says who gets a frame of it.
    pub fn push(&mut self, record: &Record) -> Option<Channel> {
        debug_assert!(record.seq > self.head);
        self.head = record.seq;
        self.public_head = record.public_seq();
        if let ("team_left", Some(team)) = (record.kind.as_str(), record.team_id) {
            self.left.insert(team, record.seq);
        }
        let entry = self.chain.link(record)?;
        let channel = entry.channel;
        if record.kind == DELETED {
            self.delete(talk::message(record));
        }
        self.bytes += entry.text.len();
        self.entries.push_back(Arc::new(entry));
        while self.entries.len() > self.capacity || self.bytes > MOST_BYTES {
            self.drop_oldest();
        }
        Some(channel)
    }

    /// Takes the text out of a frame that some may not have been sent yet.
    fn delete(&mut self, message: Option<MessageId>) {
        let theirs = |entry: &&mut Arc<Entry>| message.is_some() && entry.message == message;
        if let Some(entry) = self.entries.iter_mut().rev().find(theirs) {
            let emptied = entry.without_text();
            self.bytes = self.bytes + emptied.text.len() - entry.text.len();
            *entry = Arc::new(emptied);
        }
    }

    fn drop_oldest(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.bytes -= entry.text.len();
        self.floor = entry.seq;
        self.floor_chain.0.insert(entry.channel, entry.seq);
        if !matches!(entry.channel, Channel::Team(_) | Channel::Staff | Channel::Chat) {
            self.public_floor = entry.seq;
        }
    }

    /// Up to `limit` wanted frames after a number.
    ///
    /// # Errors
    /// `FellOut` when some of them are gone.
    pub fn after(&self, cursor: i64, wants: Wants, limit: usize) -> Result<Batch, FellOut> {
        if cursor < self.floor(wants) {
            return Err(FellOut);
        }
        let mut entries = Vec::new();
        for entry in self.newer(cursor).filter(|entry| wants.channel(entry.channel)) {
            if entries.len() == limit {
                return Ok(Batch {
                    cursor: entries.last().map_or(cursor, |last: &Arc<Entry>| last.seq),
                    entries,
                });
            }
            entries.push(Arc::clone(entry));
        }
        Ok(Batch { entries, cursor: self.head.max(cursor) })
    }

    /// The `prev` that the next frame after a number carries, in each wanted channel.
    #[must_use]
    pub fn lasts_at(&self, cursor: i64, wants: Wants) -> Lasts {
        let mut lasts = self.chain.lasts(wants);
        let next = |channel| self.newer(cursor).find(|entry| entry.channel == channel);
        let correct = |last: &mut Option<i64>, channel| {
            if let (Some(last), Some(entry)) = (last, next(channel)) {
                *last = entry.prev;
            }
        };
        correct(&mut lasts.scores, Channel::Scores);
        correct(&mut lasts.contest, Channel::Contest);
        correct(&mut lasts.announcements, Channel::Announcements);
        correct(&mut lasts.staff, Channel::Staff);
        correct(&mut lasts.chat, Channel::Chat);
        if let Some(team) = wants.team {
            correct(&mut lasts.team, Channel::Team(team));
        }
        lasts
    }

    /// Whether anything after a number is for this team alone.
    #[must_use]
    pub fn concerns(&self, cursor: i64, team: TeamId) -> bool {
        self.newer(cursor).any(|entry| entry.channel == Channel::Team(team))
    }

    fn newer(&self, cursor: i64) -> impl Iterator<Item = &Arc<Entry>> {
        let from = self.entries.partition_point(|entry| entry.seq <= cursor);
        self.entries.range(from..)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::frames::tests::{record, score};
    use super::*;
    use crate::events::Audience;

    const ALL: Wants =
        Wants { scores: true, contest: true, announcements: true, team: None, staff: false, chat: false };

    fn seqs(batch: &Batch) -> Vec<i64> {
        batch.entries.iter().map(|entry| entry.seq).collect()
    }

    fn verdict(seq: i64, team: TeamId) -> Record {
        record(seq, "answer_judged", Audience::Team, Some(team), json!({}))
    }

    #[test]
    fn each_channel_has_an_unbroken_chain() {
        let (red, blue) = (TeamId::new(), TeamId::new());
        let mut ring = Ring::new(100, 0, Chain::default());
        for seq in 1..=40 {
            match seq % 4 {
                0 => ring.push(&score(seq, red, seq, 1)),
                1 => ring.push(&verdict(seq, red)),
                2 => ring.push(&verdict(seq, blue)),
                _ => ring.push(&record(seq, "contest_changed", Audience::Public, None, json!({}))),
            };
        }
        let wants = Wants { team: Some(red), ..ALL };
        let batch = ring.after(0, wants, 1000).unwrap();
        assert_eq!(batch.entries.len(), 30);
        let mut last = HashMap::new();
        for entry in &batch.entries {
            let frame: Value = serde_json::from_str(&entry.text).unwrap();
            let before = last.insert(entry.channel, entry.seq).unwrap_or(0);
            assert_eq!((entry.prev, &frame["prev"]), (before, &json!(before)));
            assert_ne!(entry.channel, Channel::Team(blue));
        }
        let lasts = |scores, contest, team| {
            let (scores, contest) = (Some(scores), Some(contest));
            Lasts { scores, contest, announcements: Some(0), team, ..Lasts::default() }
        };
        assert_eq!(ring.lasts_at(40, wants), lasts(40, 39, Some(37)));
        assert_eq!(ring.lasts_at(38, wants), lasts(36, 35, Some(37)));
        assert_eq!(ring.lasts_at(0, ALL), lasts(0, 0, None));
    }

    #[test]
    fn reading_in_small_steps_gives_every_frame_once() {
        let red = TeamId::new();
        let mut ring = Ring::new(100, 0, Chain::default());
        for seq in 1..=50 {
            ring.push(&if seq % 3 == 0 { score(seq, red, seq, 1) } else { verdict(seq, red) });
        }
        let (mut cursor, mut seen) = (0, Vec::new());
        loop {
            let batch = ring.after(cursor, ALL, 4).unwrap();
            cursor = batch.cursor;
            seen.extend(seqs(&batch));
            if batch.entries.is_empty() {
                break;
            }
        }
        assert_eq!(seen, (1..=50).filter(|seq| seq % 3 == 0).collect::<Vec<_>>());
        assert_eq!(cursor, 50);
    }

    #[test]
    fn whoever_is_too_far_behind_falls_out() {
        let red = TeamId::new();
        let mut ring = Ring::new(10, 5, Chain::default());
        assert_eq!(ring.after(4, ALL, 9).unwrap_err(), FellOut);
        for seq in 6..=30 {
            ring.push(&score(seq, red, seq, 1));
        }
        assert_eq!(ring.floor(ALL), 20);
        assert_eq!(ring.after(19, ALL, 9).unwrap_err(), FellOut);
        assert_eq!(seqs(&ring.after(20, ALL, 3).unwrap()), [21, 22, 23]);
        assert_eq!(ring.after(30, ALL, 3).unwrap().cursor, 30);
    }

    #[test]
    fn the_chain_goes_on_after_a_restart() {
        let red = TeamId::new();
        let newest = |kind: &str, audience, team_id, seq| Newest {
            kind: kind.to_owned(),
            audience,
            team_id,
            withheld: false,
            seq,
        };
        let chain = Chain::after(&[
            newest("score_changed", Audience::Public, Some(red), 7),
            newest("score_changed", Audience::Public, Some(TeamId::new()), 5),
            newest("score_changed", Audience::Staff, Some(red), 9),
            newest("answer_judged", Audience::Team, Some(red), 6),
        ]);
        let mut ring = Ring::new(10, 9, chain);
        ring.push(&score(10, red, 1, 1));
        assert_eq!(ring.after(9, ALL, 9).unwrap().entries[0].prev, 7);
        assert_eq!(ring.lasts_at(10, Wants { team: Some(red), ..ALL }).team, Some(6));
    }

    #[test]
    fn what_is_withheld_goes_to_its_team_and_moves_nobody_else() {
        let (red, blue) = (TeamId::new(), TeamId::new());
        let mut ring = Ring::new(100, 0, Chain::default());
        ring.push(&score(1, red, 1, 1));
        ring.push(&record(2, "board_frozen", Audience::Public, None, json!({})));
        for seq in 3..=6 {
            ring.push(&Record { embargo: Some(2), ..score(seq, red, seq, 1) });
        }
        assert_eq!((ring.head(), ring.public_head()), (6, 2));
        let of = |team| ring.after(0, Wants { team, ..ALL }, 99).unwrap();
        assert_eq!((seqs(&of(None)), seqs(&of(Some(blue)))), (vec![1, 2], vec![1, 2]));
        assert_eq!(seqs(&of(Some(red))), [1, 2, 3, 4, 5, 6]);
        // After the thaw the queue of scores goes on where everybody saw it stop.
        ring.push(&score(7, red, 7, 2));
        assert_eq!((of_prev(&ring, 6), ring.public_head()), (1, 7));
    }

    fn said(seq: i64, author: TeamId, message: MessageId) -> Record {
        let told = json!({"message_id": message, "author": "ada", "message": "Hello"});
        record(seq, "message_sent", Audience::Players, Some(author), told)
    }

    #[test]
    fn the_chat_is_a_chain_of_its_own_and_pushes_nobody_out_who_does_not_follow_it() {
        let (mut ring, ada) = (Ring::new(10, 0, Chain::default()), TeamId::new());
        ring.push(&score(1, ada, 1, 1));
        for seq in 2..=8 {
            ring.push(&said(seq, ada, MessageId::new()));
        }
        let chat = Wants { chat: true, ..ALL };
        assert_eq!(seqs(&ring.after(0, ALL, 99).unwrap()), [1]);
        assert_eq!(seqs(&ring.after(0, chat, 99).unwrap()), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!((ring.lasts_at(5, chat).chat, ring.lasts_at(5, ALL).chat), (Some(5), None));
        for seq in 9..=60 {
            ring.push(&said(seq, ada, MessageId::new()));
        }
        assert_eq!(ring.after(1, ALL, 9).unwrap().cursor, 60);
        assert_eq!(ring.after(1, chat, 9).unwrap_err(), FellOut);
    }

    #[test]
    fn what_was_deleted_is_not_sent_to_those_who_come_later() {
        let (mut ring, ada) = (Ring::new(10, 0, Chain::default()), TeamId::new());
        let (kept, gone) = (MessageId::new(), MessageId::new());
        ring.push(&said(1, ada, kept));
        ring.push(&said(2, ada, gone));
        let told = json!({"message_id": gone, "by": "owner"});
        ring.push(&record(3, "message_deleted", Audience::Players, Some(ada), told));
        let frames = ring.after(0, Wants { chat: true, ..ALL }, 9).unwrap().entries;
        let frames: Vec<Value> = frames.iter().map(|e| serde_json::from_str(&e.text).unwrap()).collect();
        assert_eq!((&frames[0]["message"], &frames[1]["message"]), (&json!("Hello"), &Value::Null));
        assert_eq!(
            (&frames[1]["seq"], &frames[1]["prev"], &frames[1]["author"]),
            (&json!(2), &json!(1), &json!("ada"))
        );
        assert_eq!((&frames[2]["type"], &frames[2]["message_id"]), (&json!("chat_deleted"), &json!(gone)));
    }

    #[test]
    fn long_frames_make_room_before_there_are_many() {
        let (mut ring, ada) = (Ring::new(4096, 0, Chain::default()), TeamId::new());
        let long = "x".repeat(64 * 1024);
        let message = MessageId::new();
        for seq in 1..=200 {
            let told = json!({"message_id": message, "author": "ada", "message": long});
            ring.push(&record(seq, "message_sent", Audience::Players, Some(ada), told));
        }
        let chat = Wants { chat: true, ..ALL };
        let kept = ring.after(ring.floor(chat), chat, 999).unwrap().entries;
        assert_eq!(ring.bytes, kept.iter().map(|entry| entry.text.len()).sum::<usize>());
        assert!((60..=64).contains(&kept.len()), "{}", kept.len());
        let told = json!({"message_id": message, "by": "owner"});
        ring.push(&record(201, "message_deleted", Audience::Players, Some(ada), told));
        let kept = ring.after(ring.floor(chat), chat, 999).unwrap().entries;
        assert_eq!(ring.bytes, kept.iter().map(|entry| entry.text.len()).sum::<usize>());
    }

    #[test]
    fn a_queue_that_was_silent_for_long_goes_on_where_it_was() {
        let (red, mut ring) = (TeamId::new(), Ring::new(10, 0, Chain::default()));
        ring.push(&record(1, "contest_changed", Audience::Public, None, json!({})));
        for seq in 2..=40 {
            ring.push(&score(seq, red, seq, 1));
        }
        // Whoever comes back at 20 reads on from the log, which says nothing of the contest any more.
        let newest = Newest {
            kind: "score_changed".to_owned(),
            audience: Audience::Public,
            team_id: Some(red),
            withheld: false,
            seq: 20,
        };
        let mut chain = ring.chain_below(20, &[newest]);
        assert_eq!(
            chain.lasts(ALL),
            Lasts { scores: Some(20), contest: Some(1), announcements: Some(0), ..Lasts::default() }
        );
        let frame = score(21, red, 21, 1);
        assert_eq!(chain.link(&frame).unwrap().prev, 20);
        ring.push(&record(41, "contest_changed", Audience::Public, None, json!({})));
        assert_eq!(ring.after(40, ALL, 9).unwrap().entries[0].prev, 1);
    }

    #[test]
    fn the_number_that_may_be_known_is_everybodys_or_ones_own() {
        let (red, blue) = (TeamId::new(), TeamId::new());
        let mut ring = Ring::new(100, 0, Chain::default());
        ring.push(&record(1, "board_frozen", Audience::Public, None, json!({})));
        for seq in 2..=5 {
            ring.push(&Record { embargo: Some(1), ..score(seq, if seq < 4 { red } else { blue }, seq, 1) });
        }
        let known = |team| ring.known(Wants { team, ..ALL });
        assert_eq!((known(None), known(Some(red)), known(Some(blue))), (1, 3, 5));
    }

    fn of_prev(ring: &Ring, cursor: i64) -> i64 {
        ring.after(cursor, ALL, 9).unwrap().entries[0].prev
    }

    #[test]
    fn frames_of_teams_push_nobody_else_out() {
        let red = TeamId::new();
        let mut ring = Ring::new(10, 0, Chain::default());
        ring.push(&score(1, red, 1, 1));
        for seq in 2..=60 {
            ring.push(&verdict(seq, red));
        }
        let public = ring.after(1, ALL, 9).unwrap();
        assert_eq!((public.entries.len(), public.cursor), (0, 60));
        assert_eq!(ring.after(1, Wants { team: Some(red), ..ALL }, 9).unwrap_err(), FellOut);
        assert_eq!(ring.after(0, ALL, 9).unwrap_err(), FellOut);
    }
}
