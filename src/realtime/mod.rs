//! Sockets: one shared hub for each contest, and a thin reader for each client.
//!
//! ```text
//! contest_event ─► room (one task for each contest that is watched)
//!                   ├─ ring: the latest frames, each serialised once
//!                   ├─ live board: changes gather, at most ten frames a second
//!                   ├─ news: the bytes for everybody who stands at the same place
//!                   └─ tick: "there is something new" ─► sockets, each with two numbers:
//!                        where it is in the ring, and which board it has
//! ```
//!
//! Nothing is queued for a client, and nothing copied for it: a socket writes the bytes that
//! were made for all. One that stalls is closed when it does not take what it is sent in time, or
//! when the ring has moved on without it.
//!
//! # What a client can rely on
//!
//! Six streams: `board` (the leaderboard, and a `score_update` for every change of
//! points), `contest` (`contest_update`, `team_joined`, `team_left`, `team_renamed`, `team_moved`,
//! `first_correct`, `owner_changed`, `problem_added`), `announcements` (what staff tells everybody), `team` (`team_event`: what concerns
//! the team whose token was sent), `staff` (`staff_event`: what is for staff only) and, for members
//! of a room and staff, `chat` (`chat`, `chat_deleted`, `chat_muted`, `chat_unmuted`).
//!
//! * **Queued frames** are all but those of the board. They carry
//!   the `seq` of their event, and as `prev` the number of the frame before *of the same
//!   queue*, whoever reads it and whatever else it follows. There are six queues: `scores`,
//!   `contest`, `announcements`, `team`, `staff` and `chat`. A client that sees each queue's `prev` equal to the
//!   `seq` before it has missed nothing. `welcome.last` says the first `prev` of each.
//! * **Board frames** are newest-wins. `leaderboard_update` brings the board from `prev` to
//!   `seq`: its rows are all teams whose standing changed in between, with absolute values
//!   and their rank at `seq`; `removed` are those that left. The ranks of the others may
//!   have moved: order the rows by points (more first), last gain (earlier first, null
//!   last) and wrong answers (fewer first), show equal ones under one rank, by name.
//!   `leaderboard_snapshot` replaces everything. Whoever fell behind gets one update from
//!   its own `prev`, or a snapshot, never a chain of old ones.
//! * A board frame with number n is sent after all queued frames up to n, never before. So
//!   the highest number a client has seen (of a frame's `seq`, or of `ping.head`) is the
//!   one to come back with: `resume: {seq, board}`, where `board` is the `seq` of its last
//!   board frame. Every queued frame above `seq` is sent once, in order; then the board is
//!   brought up to date. `welcome.resumed` is false when that is not possible (more than
//!   10,000 events, or a number that it cannot have): then a snapshot follows and the
//!   queues begin at `welcome.head`. What is withheld from a client decides nothing of this.
//! * While the board is frozen, results are a `team_event` for their own team and nothing for
//!   anybody else; no number moves because of them. Staff follows another room of the same
//!   contest, where nothing is withheld. At the thaw everybody gets a snapshot.
//! * `presence` says who is in the room at the moment, by their connections. It has no number: the
//!   newest one holds. Whoever follows the chat gets one at first, and then whenever that changes.
//! * `degraded` says that the database cannot be read, so that the board may be old; the
//!   same frame with `false` says that it is live again.

pub mod attendance;
pub mod connected;
pub mod doubts;
pub mod errand;
pub mod frames;
mod greeting;
pub mod hub;
pub mod live;
pub mod news;
pub mod presence;
pub mod ring;
pub mod room;
pub mod routes;
pub mod session;
pub mod socket;
pub mod stats;
mod talk;
pub mod upgrade;
pub mod words;

pub use hub::{Hub, Settings};
