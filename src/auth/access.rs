//! Access tokens of accounts: JSON Web Tokens (RFC 7519) that live for a quarter of an hour.
//!
//! HS256, and nothing else: who issues them also reads them, so there is nobody who would need a
//! public key, and a secret of 32 characters is one setting that all instances share. They say
//! whose sign-in they belong to and until when; what that account may do is looked up.

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::Token;
use crate::error::Error;
use crate::types::{AccountId, SessionId};

/// How long an access token is good for.
pub const LIFE: Duration = Duration::minutes(15);

/// How far the clocks of whoever wrote and whoever reads a time may be apart.
const LEEWAY: Duration = Duration::seconds(5);

/// What a token says it is, so that no other JSON Web Token under the same secret is taken for one.
const KIND: &str = "podium-access+jwt";

/// Who issues the tokens, and whom they are for: this program, both times.
const PODIUM: &str = "podium";

/// Signs and reads access tokens.
pub struct Keys {
    writes: EncodingKey,
    reads: DecodingKey,
    rules: Validation,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    iss: String,
    aud: String,
    sub: AccountId,
    sid: SessionId,
    nbf: i64,
    exp: i64,
}

impl Claims {
    /// Whose it is.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.sub
    }

    /// To which sign-in it belongs.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.sid
    }

    /// Whether its time has come and is not over, by the database's clock.
    #[must_use]
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        let (soon, late) = ((now + LEEWAY).timestamp(), (now - LEEWAY).timestamp());
        self.nbf <= soon && late < self.exp
    }
}

impl Keys {
    /// Those of a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        rules.set_issuer(&[PODIUM]);
        rules.set_audience(&[PODIUM]);
        // The host's clock decides nothing here: see `Claims::holds_at`.
        (rules.validate_exp, rules.validate_nbf) = (false, false);
        let (writes, reads) =
            (EncodingKey::from_secret(secret.as_bytes()), DecodingKey::from_secret(secret.as_bytes()));
        Self { writes, reads, rules }
    }

    /// A token that is good from now on.
    ///
    /// # Errors
    /// A bug when it cannot be written.
    pub fn sign(&self, account: AccountId, session: SessionId, now: DateTime<Utc>) -> Result<Token, Error> {
        let (nbf, exp) = (now.timestamp(), (now + LIFE).timestamp());
        let claims =
            Claims { iss: PODIUM.to_owned(), aud: PODIUM.to_owned(), sub: account, sid: session, nbf, exp };
        let signed = encode(&header(), &claims, &self.writes).map_err(|e| Error::Bug(e.to_string()))?;
        Ok(Token::received(&signed))
    }

    /// What a token says, if we have signed it. Its time is another question.
    #[must_use]
    pub fn read(&self, token: &Token) -> Option<Claims> {
        let read = decode::<Claims>(token.reveal(), &self.reads, &self.rules).ok()?;
        // A header that says anything else was not written by us.
        (read.header == header()).then_some(read.claims)
    }
}

fn header() -> Header {
    Header { typ: Some(KIND.to_owned()), ..Header::new(Algorithm::HS256) }
}

/// Whether a token has the shape of ours; others are opaque and looked up by their hash.
#[must_use]
pub fn is_signed(token: &Token) -> bool {
    token.reveal().starts_with("eyJ") && token.reveal().split('.').count() == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(at: DateTime<Utc>) -> (Keys, Token, Claims) {
        let (keys, account, session) = (Keys::of(&"s".repeat(32)), AccountId::new(), SessionId::new());
        let token = keys.sign(account, session, at).unwrap();
        let claims = keys.read(&token).expect("our own");
        assert_eq!((claims.account(), claims.session()), (account, session));
        (keys, token, claims)
    }

    #[test]
    fn a_token_holds_for_a_quarter_of_an_hour_give_or_take_five_seconds() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (_, token, claims) = signed(at);
        assert!(is_signed(&token) && token.reveal().len() < 512);
        for (seconds, holds) in [(-6, false), (-5, true), (0, true), (899, true), (904, true), (905, false)] {
            assert_eq!(claims.holds_at(at + Duration::seconds(seconds)), holds, "{seconds}");
        }
    }

    #[test]
    fn another_secret_or_another_kind_of_token_is_not_ours() {
        let (keys, token, claims) = signed(Utc::now());
        assert!(Keys::of(&"t".repeat(32)).read(&token).is_none());
        let plain = encode(&Header::new(Algorithm::HS256), &claims, &keys.writes).unwrap();
        assert!(keys.read(&Token::received(&plain)).is_none(), "typ says JWT only");
        let keyed = Header { kid: Some("other".to_owned()), ..header() };
        let keyed = encode(&keyed, &claims, &keys.writes).unwrap();
        assert!(keys.read(&Token::received(&keyed)).is_none(), "a header that is not ours");
    }
}
