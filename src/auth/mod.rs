//! Who is calling, and what that lets them do.

pub mod access;
pub mod accounts;
pub mod api_tokens;
pub mod commands;
pub mod guards;
mod moves;
pub mod passwords;
pub mod queries;
pub mod rights;
mod role;
pub mod routes;
mod token;

pub(crate) use crate::error::not_valid;
use crate::error::{Error, Refusal};
use crate::events::Viewer;
use crate::limits::guards::Principal;
use crate::types::{AccountId, ContestId, MemberId, SessionId, StaffTokenId, TeamId};

pub use accounts::Accounts;
pub use moves::Mover;
pub use rights::Right;
pub use role::Role;
pub use token::{Token, TokenKind};

/// Proof that staff is calling. Comes only from a guard or from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    token: Option<StaffTokenId>,
    account: Option<AccountId>,
    role: Role,
    label: String,
}

impl Admin {
    /// The operator at the machine, who could change the database anyway.
    #[must_use]
    pub fn at_the_machine() -> Self {
        Self { token: None, account: None, role: Role::Owner, label: "command line".to_owned() }
    }

    /// Whoever plays with a demo, which anybody may.
    #[must_use]
    pub(crate) fn in_demo() -> Self {
        Self { label: "demo".to_owned(), ..Self::at_the_machine() }
    }

    /// Somebody in this role, for the tests of rules.
    #[cfg(test)]
    pub(crate) fn in_role(role: Role) -> Self {
        Self { role, ..Self::at_the_machine() }
    }

    /// In which role: every admin token is its owner's own, an account has one.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// How this admin appears in ledgers and logs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.label
    }

    /// Whose idempotency keys these are.
    #[must_use]
    pub fn principal(&self) -> String {
        match (self.token, self.account) {
            (Some(token), _) => format!("staff:{token}"),
            (None, Some(account)) => format!("account:{account}"),
            (None, None) => "staff:machine".to_owned(),
        }
    }

    /// Which token it was; none for an account and for the operator at the machine.
    #[must_use]
    pub fn token(&self) -> Option<StaffTokenId> {
        self.token
    }

    /// Which account it was; none for an admin token and the operator at the machine.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    fn uuid(&self) -> Option<uuid::Uuid> {
        self.token.map(StaffTokenId::uuid).or(self.account.map(AccountId::uuid))
    }

    /// Whoever holds the start link, which was given to nobody by name.
    #[must_use]
    pub(crate) fn with_start_link() -> Self {
        Self { token: None, account: None, role: Role::Owner, label: "start link".to_owned() }
    }

    /// Acts for a team, as the classic routes let staff do.
    #[must_use]
    pub fn for_team(&self, contest: ContestId, team: TeamId) -> Player {
        Player { contest, code: String::new(), team, member: None, account: None }
    }
}

/// Proof that a member of this team is calling. Comes only from a guard, or from staff
/// acting for the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    contest: ContestId,
    code: String,
    team: TeamId,
    member: Option<MemberId>,
    account: Option<AccountId>,
}

impl Player {
    /// The contest the team plays.
    #[must_use]
    pub fn contest(&self) -> ContestId {
        self.contest
    }

    /// The team.
    #[must_use]
    pub fn team(&self) -> TeamId {
        self.team
    }

    /// The person, when it was not staff.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        self.member
    }

    /// The account, when it plays by one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Whose idempotency keys these are.
    #[must_use]
    pub fn principal(&self) -> String {
        format!("team:{}", self.team)
    }

    /// The path must name this player's own contest, by id or code.
    ///
    /// # Errors
    /// `NotFound` for any other: foreign and missing look the same.
    pub fn must_play(&self, contest: &crate::contests::ContestRef) -> Result<ContestId, Error> {
        if contest.names(self.contest, &self.code) { Ok(self.contest) } else { Err(Refusal::NotFound.into()) }
    }

    /// The path must name this player's own team.
    ///
    /// # Errors
    /// `NotFound` for any other.
    pub fn must_be(&self, team: TeamId) -> Result<(), Error> {
        if self.team == team { Ok(()) } else { Err(Refusal::NotFound.into()) }
    }
}

/// Proof that somebody with an account that is no staff is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    account: AccountId,
    name: String,
}

impl Guest {
    /// Whose idempotency keys these are.
    #[must_use]
    pub fn principal(&self) -> String {
        format!("account:{}", self.account)
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// How they are called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Proof that somebody speaks through a session of their account. Comes only from a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    account: AccountId,
    session: SessionId,
}

impl SignedIn {
    /// Whose idempotency keys these are.
    #[must_use]
    pub fn principal(self) -> String {
        format!("account:{}", self.account)
    }

    /// Whose session it is.
    #[must_use]
    pub fn account(self) -> AccountId {
        self.account
    }

    /// The session.
    #[must_use]
    pub fn session(self) -> SessionId {
        self.session
    }
}

/// Whoever is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// No token was sent.
    Spectator,
    /// Somebody with an account, who does not play by it in the contest in question.
    Guest(Guest),
    /// A member of a team.
    Player(Player),
    /// Staff.
    Admin(Admin),
}

impl Caller {
    /// What they may see of a contest's events.
    #[must_use]
    pub fn viewer(&self, contest: ContestId) -> Viewer {
        match self {
            Self::Admin(_) => Viewer::Staff,
            Self::Player(player) if player.contest == contest => Viewer::Team(player.team),
            _ => Viewer::Public,
        }
    }

    /// By whom their requests are counted.
    pub(crate) fn limited_as(&self) -> Option<Principal> {
        match self {
            Self::Admin(admin) => admin.uuid().map(Principal::Staff),
            Self::Player(player) => Some(Principal::Team(player.team.uuid())),
            Self::Guest(guest) => Some(Principal::Team(guest.account.uuid())),
            Self::Spectator => None,
        }
    }

    /// The account of somebody who plays, or might.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Guest(guest) => Some(guest.account),
            Self::Player(player) => player.account,
            Self::Admin(_) | Self::Spectator => None,
        }
    }

    /// Whether it is staff.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        matches!(self, Self::Admin(_))
    }

    /// The admin, if it is staff.
    #[must_use]
    pub fn staff(self) -> Option<Admin> {
        match self {
            Self::Admin(admin) => Some(admin),
            Self::Player(_) | Self::Guest(_) | Self::Spectator => None,
        }
    }

    /// Whose rows a listing shows: everybody's to staff, a player's own team's to a player.
    ///
    /// # Errors
    /// `NotAuthenticated` without a token, `NotFound` for another contest's.
    pub fn own_rows(&self, contest: &crate::contests::ContestRef) -> Result<Option<TeamId>, Error> {
        match self {
            Self::Admin(_) => Ok(None),
            Self::Player(player) => player.must_play(contest).map(|_| Some(player.team)),
            Self::Guest(_) => Err(Refusal::NotFound.into()),
            Self::Spectator => Err(Refusal::NotAuthenticated.into()),
        }
    }

    /// Staff, or a member of this team.
    ///
    /// # Errors
    /// `NotAuthenticated` without a token, `NotFound` for another team's.
    pub fn must_see_team(&self, contest: ContestId, team: TeamId) -> Result<(), Error> {
        match self {
            Self::Admin(_) => Ok(()),
            Self::Player(player) if player.contest == contest => player.must_be(team),
            Self::Player(_) | Self::Guest(_) => Err(Refusal::NotFound.into()),
            Self::Spectator => Err(Refusal::NotAuthenticated.into()),
        }
    }
}
