//! Opaque tokens: what they open, how they are made, and what is kept of them.

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A member's own device.
    Team,
    /// Staff.
    Admin,
    /// A program of an account.
    Api,
    /// One socket, once.
    Ticket,
    /// The next tokens of a session, once.
    Refresh,
    /// The console, once.
    StartLink,
}

impl TokenKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Team => "pdm_team_",
            Self::Admin => "pdm_admin_",
            Self::Api => "pdm_api_",
            Self::Ticket => "pdm_ticket_",
            Self::Refresh => "pdm_refresh_",
            Self::StartLink => "pdm_start_",
        }
    }
}

/// A secret: 256 random bits. It is shown once and stored as its SHA-256; 26 ms of Argon2
/// would add nothing to a key that cannot be guessed.
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "pdm_team_3f9c…")]
pub struct Token(String);

impl Token {
    /// A fresh one from the operating system's randomness.
    #[must_use]
    pub fn new(kind: TokenKind) -> Self {
        let secret: [u8; 32] = rand::random();
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{}{hex}", kind.prefix()))
    }

    /// Takes what a caller sent, or what the configuration says.
    #[must_use]
    pub fn received(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What is stored and looked up.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    /// The secret itself, for the one time it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn is(&self, kind: TokenKind) -> bool {
        self.0.starts_with(kind.prefix())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Only replies that show a token for the first and last time serialise one.
impl Serialize for Token {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_random_and_silent() {
        let (a, b) = (Token::new(TokenKind::Team), Token::new(TokenKind::Team));
        assert_ne!(a.reveal(), b.reveal());
        assert_eq!(a.reveal().len(), "pdm_team_".len() + 64);
        assert!(!format!("{a:?}").contains(&a.reveal()[9..]));
    }
}
