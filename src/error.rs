//! What can go wrong, and the one place that knows HTTP statuses.

use diesel::result::{DatabaseErrorKind, Error as Diesel};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal $slug:literal $title:literal;)+) => {
        /// Why a request was refused: the state that forbids it. A database constraint
        /// of the same name (with `_` for `-`) is answered with the refusal it names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Refusal { $($(#[$doc])* $name),+ }

        impl Refusal {
            /// Every refusal there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Slug, HTTP status and title.
            #[must_use]
            pub fn face(self) -> (&'static str, u16, &'static str) {
                match self { $(Self::$name => ($slug, $status, $title)),+ }
            }
        }
    };
}

refusals! {
    /// The body could not be read at all.
    Unreadable = 400 "unreadable" "The request could not be read";
    /// The first day is after the last.
    DatesReversed = 400 "dates-reversed" "The end comes before the start";
    /// No token, or one that is not valid.
    NotAuthenticated = 401 "not-authenticated" "A valid token is needed";
    /// A valid token of somebody who may not do this.
    NotAllowed = 403 "not-allowed" "This token does not give that right";
    /// Kept quiet by the owner of the room, or by staff.
    Muted = 403 "muted" "You may not say anything in this room";
    /// Missing, or somebody else's: the same answer.
    NotFound = 404 "not-found" "There is nothing here";
    /// Only where the setting `demo` is on.
    DemoOff = 409 "demo-off" "Demo mode is off on this server";
    /// Points are given away in demos only.
    NotADemo = 409 "not-a-demo" "This contest is no demo";
    /// The state machine has no such move.
    IllegalTransition = 409 "illegal-transition" "The state does not allow this move";
    /// Before the start.
    ContestNotStarted = 409 "contest-not-started" "The contest has not started";
    /// Only possible before the start.
    ContestStarted = 409 "contest-started" "The contest has already started";
    /// In a pause.
    ContestPaused = 409 "contest-paused" "The contest is paused";
    /// After the (team's own) end.
    ContestEnded = 409 "contest-ended" "The contest has ended";
    /// Something could still change the results.
    ResultsOpen = 409 "results-open" "Some results are still open";
    /// Only possible before the first team has registered.
    TeamsRegistered = 409 "teams-registered" "Teams have registered under these rules";
    /// Teams cannot register (any more, or yet).
    RegistrationClosed = 409 "registration-closed" "Registration is closed";
    /// The same name after normalisation.
    TeamNameTaken = 409 "team-name-taken" "Another team has this name";
    /// A name that looks the same.
    TeamNameLookalike = 409 "team-name-lookalike" "This name looks like another team's";
    /// The same name after normalisation.
    AccountNameTaken = 409 "account-name-taken" "Another account has this name";
    /// A name that looks the same.
    AccountNameLookalike = 409 "account-name-lookalike" "This name looks like another account's";
    /// Another game has this slug.
    GameSlugTaken = 409 "game-slug-taken" "Another game has this slug";
    /// The scores of this game are those of its contests.
    ScoresNotReported = 409 "scores-not-reported" "The scores of this game come from its contests";
    /// No contest is played of a game whose scores are reported.
    ScoresSelfReported = 409 "scores-self-reported" "Accounts report the scores of this game themselves";
    /// As many API tokens as an account may have.
    TooManyTokens = 409 "too-many-tokens" "Revoke an API token first";
    /// No seat left.
    TeamFull = 409 "team-full" "The team has no seat left";
    /// By staff, with a reason that the team can read.
    TeamDisqualified = 409 "team-disqualified" "The team is disqualified";
    /// A division with teams cannot go.
    DivisionInUse = 409 "division-in-use" "Teams play in this division";
    /// One team of a contest for each account.
    AlreadyPlaying = 409 "already-playing" "This account has a team in the contest";
    /// Withdrawn.
    TeamInactive = 409 "team-inactive" "The team does not play any more";
    /// As many members as the room takes.
    RoomFull = 409 "room-full" "The room is full";
    /// By its owner.
    RemovedFromRoom = 409 "removed-from-room" "The owner of the room has shown you out";
    /// As many open rooms as an account may own.
    TooManyRooms = 409 "too-many-rooms" "Close a room first";
    /// As many problems as a room may have.
    TooManyProblems = 409 "too-many-problems" "The room has as many problems as it may";
    /// The room has one of this name.
    ProblemExists = 409 "problem-exists" "The room has a problem of this name";
    /// Another team holds it, or held it revealed.
    QuestionTaken = 409 "question-taken" "The question belongs to another team";
    /// Locked, withdrawn or not yet open.
    QuestionNotOpen = 409 "question-not-open" "The question is not open";
    /// This team already holds or held it.
    AlreadyAssigned = 409 "already-assigned" "The team already has this question";
    /// The team holds as many questions as it may.
    TooManyOpen = 409 "too-many-open" "Answer or release an open question first";
    /// Nothing left that matches.
    PoolExhausted = 409 "pool-exhausted" "No question is left";
    /// Cannot be given back once seen.
    AlreadyRevealed = 409 "already-revealed" "The question has been revealed";
    /// Must be revealed before it is answered.
    NotRevealed = 409 "not-revealed" "Reveal the question first";
    /// Released or voided.
    AssignmentClosed = 409 "assignment-closed" "The assignment is closed";
    /// The time limit has passed.
    AssignmentExpired = 409 "assignment-expired" "The time for this question is over";
    /// A correct answer is there already.
    AlreadyAnswered = 409 "already-answered" "The question has already been answered";
    /// No attempt left.
    AttemptsExhausted = 409 "attempts-exhausted" "No attempt is left";
    /// Not enough points for the price.
    InsufficientPoints = 409 "insufficient-points" "The team cannot afford this";
    /// One box at a time.
    BoxAlreadyOpen = 409 "box-already-open" "Finish the open mystery box first";
    /// Opened as often as allowed.
    BoxLimitReached = 409 "box-limit-reached" "This box cannot be opened again";
    /// Not on offer.
    BoxClosed = 409 "box-closed" "This mystery box is not on offer";
    /// One box for each difficulty.
    MysteryBoxExists = 409 "mystery-box-exists" "The contest has a box of this difficulty";
    /// The bank has this external id.
    ExternalIdTaken = 409 "external-id-taken" "Another question has this external id";
    /// In the contest already.
    QuestionPlaced = 409 "question-placed" "The question is already in the contest";
    /// Somebody holds it: what was promised cannot be changed.
    QuestionInUse = 409 "question-in-use" "A team has been given this question";
    /// Withdrawn, or another one took its place.
    AnnouncementClosed = 409 "announcement-closed" "The announcement does not stand any more";
    /// As many wait for an answer as a team may have.
    TooManyClarifications = 409 "too-many-clarifications" "Wait until staff has answered";
    /// Somebody was faster; an answer is only corrected by its number.
    ClarificationAnswered = 409 "clarification-answered" "This has been answered";
    /// A ledger entry is reversed once.
    AlreadyReversed = 409 "already-reversed" "The entry has already been reversed";
    /// The first request with this key is still at work.
    RequestInProgress = 409 "request-in-progress" "The first request with this key is still running";
    /// `If-Match` names an older version.
    StaleVersion = 412 "stale-version" "Somebody changed this meanwhile";
    /// Over the body limit.
    TooLarge = 413 "too-large" "The body is too large";
    /// Over the limit of headers.
    HeadersTooLarge = 431 "headers-too-large" "The headers are too large";
    /// More requests than the caller may send.
    RateLimited = 429 "rate-limited" "Too many requests: slow down";
    /// Not the content type that is needed.
    UnsupportedMediaType = 415 "unsupported-media-type" "The content type is not supported";
    /// Readable but wrong; `errors` says where.
    Invalid = 422 "invalid" "Some values are not valid";
    /// The key was used with another body.
    IdempotencyKeyReused = 422 "idempotency-key-reused" "This key was used for another request";
    /// The price sent is not the price.
    PriceChanged = 422 "price-changed" "The box has another price";
    /// `If-Match` is needed.
    VersionRequired = 428 "version-required" "Send If-Match with the version you read";
}

impl Refusal {
    /// `/problems/<slug>` without the path.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.face().0
    }

    /// The refusal that a violated constraint names, if it names one.
    #[must_use]
    pub fn of_constraint(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.slug().replace('-', "_") == name)
    }

    /// With the limit that was met.
    #[must_use]
    pub fn limited(self, limited: Limited) -> Error {
        let Limited { policy, quota, window_s, wait_s } = &limited;
        let detail = Some(format!("{policy}: at most {quota} in {window_s} s; wait {wait_s} s"));
        Error::Refused(Box::new(Refused { detail, limited: Some(limited), ..Refused::from(self) }))
    }

    /// Adds the sentence that tells this case from the others.
    pub fn because(self, detail: impl Into<String>) -> Error {
        Error::Refused(Box::new(Refused { detail: Some(detail.into()), ..Refused::from(self) }))
    }
}

/// One wrong value of a request.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body (RFC 6901), or the name of a parameter.
    #[schema(example = "/members/0")]
    pub pointer: String,
    /// What is wrong with it.
    #[schema(example = "length is greater than 100")]
    pub detail: String,
}

impl FieldError {
    /// A wrong value at a pointer.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// A refusal with what there is to say about this case.
#[derive(Debug)]
pub struct Refused {
    /// Which one.
    pub refusal: Refusal,
    /// One sentence about this case.
    pub detail: Option<String>,
    /// For 422: every wrong value.
    pub errors: Vec<FieldError>,
    /// Further members of the problem, such as price and balance.
    pub members: Map<String, Value>,
    /// For 429: the limit.
    pub limited: Option<Limited>,
}

/// A limit that was met, as the headers `RateLimit-Policy`, `RateLimit` and `Retry-After` say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// Whose limit it is.
    pub policy: &'static str,
    /// How many are allowed
    pub quota: u32,
    /// in so many seconds,
    pub window_s: u64,
    /// and after how many seconds the next one is.
    pub wait_s: u64,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, detail: None, errors: Vec::new(), members: Map::new(), limited: None }
    }
}

/// Why we cannot answer now, though we might in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// Every database connection is in use.
    PoolExhausted,
    /// The database cannot be reached.
    DatabaseDown,
    /// A lock was not given in time.
    LockTimeout,
    /// A statement took too long.
    StatementTimeout,
    /// Two transactions waited for each other, and this one gave way.
    Deadlock,
    /// Serialisation failure, or a race that another one has won.
    Conflict,
    /// COMMIT was sent and its reply was lost.
    OutcomeUnknown,
    /// As many sockets are open as this instance carries.
    SocketsFull,
    /// This instance is about to stop.
    Draining,
    /// As many requests are being answered as this instance can.
    Overloaded,
}

impl Busy {
    /// Every reason; those that a transaction is tried again for come first.
    pub const ALL: &'static [Self] = &[
        Self::Deadlock,
        Self::Conflict,
        Self::LockTimeout,
        Self::DatabaseDown,
        Self::PoolExhausted,
        Self::StatementTimeout,
        Self::OutcomeUnknown,
        Self::SocketsFull,
        Self::Draining,
        Self::Overloaded,
    ];

    /// How many of them a transaction is tried again for.
    pub const RETRIED: usize = 4;

    /// As it is counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::Conflict => "serialization",
            Self::LockTimeout => "lock_timeout",
            Self::DatabaseDown => "database_down",
            Self::PoolExhausted => "pool_exhausted",
            Self::StatementTimeout => "statement_timeout",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::SocketsFull => "sockets_full",
            Self::Draining => "draining",
            Self::Overloaded => "overloaded",
        }
    }
}

/// What a command, a query or a guard can fail with.
#[derive(Debug)]
pub enum Error {
    /// Expected: 4xx.
    Refused(Box<Refused>),
    /// Try again: 503 with Retry-After.
    Busy(Busy),
    /// Ours: 500, logged once and never shown.
    Bug(String),
}

/// What everybody hears whose token does not hold, or whose password is wrong: the same, whatever
/// is wrong with it.
pub(crate) fn not_valid() -> Error {
    Refusal::NotAuthenticated.because("the token, or the name and password, are not valid (any more)")
}

impl Error {
    /// A 422 that lists every wrong value.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self::Refused(Box::new(Refused { errors, ..Refused::from(Refusal::Invalid) }))
    }

    /// A 422 about one value.
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(pointer, detail)])
    }

    /// Adds a member to the problem of a refusal.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Self::Refused(refused) = &mut self {
            refused.members.insert(name.to_owned(), value.into());
        }
        self
    }

    /// After how many seconds the same may succeed, if waiting helps.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Busy(Busy::OutcomeUnknown | Busy::DatabaseDown) => Some(2),
            Self::Busy(_) => Some(1),
            Self::Refused(refused) if refused.refusal == Refusal::RequestInProgress => Some(1),
            Self::Refused(refused) => refused.limited.as_ref().map(|limited| limited.wait_s),
            Self::Bug(_) => None,
        }
    }

    /// The refusal, if it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refused) => Some(refused.refusal),
            _ => None,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal.into()))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(r) => match &r.detail {
                Some(detail) => write!(f, "{}: {detail}", r.refusal.face().2),
                None => f.write_str(r.refusal.face().2),
            },
            Self::Busy(reason) => write!(f, "busy: {reason:?}"),
            Self::Bug(what) => write!(f, "internal error: {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        if let Diesel::DatabaseError(_, info) = &error
            && let Some(refusal) = info.constraint_name().and_then(Refusal::of_constraint)
        {
            return refusal.into();
        }
        match busy(&error) {
            Some(reason) => Self::Busy(reason),
            None => Self::Bug(error.to_string()),
        }
    }
}

/// Diesel maps eight SQLSTATEs; the rest arrive as text, which `lc_messages=C` keeps
/// in English. This is the only place that reads it.
fn busy(error: &Diesel) -> Option<Busy> {
    let Diesel::DatabaseError(kind, info) = error else { return None };
    let message = info.message();
    let says = |words: &str| message.contains(words);
    match kind {
        DatabaseErrorKind::SerializationFailure => Some(Busy::Conflict),
        // The same key was committed a moment ago: the next try finds its reply.
        _ if info.constraint_name() == Some("idempotency_pkey") => Some(Busy::Conflict),
        // A standby, or a primary that has become one.
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction => {
            Some(Busy::DatabaseDown)
        }
        _ if says("deadlock detected") => Some(Busy::Deadlock),
        _ if says("could not serialize access") => Some(Busy::Conflict),
        _ if says("due to lock timeout") => Some(Busy::LockTimeout),
        _ if says("due to statement timeout") => Some(Busy::StatementTimeout),
        _ if [
            "connection closed",
            "error communicating with the server",
            "the database system is",
            "terminating connection",
            "too many clients",
            "remaining connection slots",
            "is starting up",
        ]
        .iter()
        .any(|words| says(words)) =>
        {
            Some(Busy::DatabaseDown)
        }
        _ => None,
    }
}

/// RFC 9457 problem details: the one shape of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Which problem: `/problems/<slug>`.
    #[serde(rename = "type")]
    #[schema(example = "/problems/already-answered")]
    pub kind: String,
    /// The same for every case of it.
    #[schema(example = "The question has already been answered")]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(example = 409)]
    pub status: u16,
    /// About this case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The path that was asked for.
    #[schema(example = "/api/v1/contests/QUIZAB")]
    pub instance: String,
    /// Quote it when you ask for help.
    #[schema(example = "0195f1c2a7e34d0b")]
    pub request_id: String,
    /// For 422: every wrong value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Members of this kind of problem only.
    #[serde(flatten)]
    #[schema(ignore)]
    pub members: Map<String, Value>,
}

impl Error {
    /// The error as the world sees it.
    #[must_use]
    pub fn problem(&self, instance: &str, request_id: &str) -> Problem {
        let (slug, status, title) = match self {
            Self::Refused(refused) => refused.refusal.face(),
            Self::Busy(Busy::OutcomeUnknown) => (
                "outcome-unknown",
                503,
                "It is not known whether this was done: send it again with the same key",
            ),
            Self::Busy(_) => ("busy", 503, "Too busy at the moment: try again"),
            Self::Bug(_) => ("internal-error", 500, "Something went wrong on our side"),
        };
        let (detail, errors, members) = match self {
            Self::Refused(r) => (r.detail.clone(), r.errors.clone(), r.members.clone()),
            _ => (None, Vec::new(), Map::new()),
        };
        Problem {
            kind: format!("/problems/{slug}"),
            title,
            status,
            detail,
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            errors,
            members,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_slug_of_its_own() {
        let mut slugs: Vec<_> = Refusal::ALL.iter().map(|r| r.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Refusal::ALL.len());
    }

    #[test]
    fn a_constraint_names_its_refusal() {
        assert_eq!(Refusal::of_constraint("question_taken"), Some(Refusal::QuestionTaken));
        assert_eq!(Refusal::of_constraint("team_pkey"), None);
    }
}
