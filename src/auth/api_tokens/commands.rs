//! Making and revoking API tokens.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{ApiTokenView, IssuedApiToken, Scope};
use crate::audit::{Act, Actor, Target};
use crate::auth::{SignedIn, Token, TokenKind, not_valid};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::schema::{account, api_token};
use crate::types::ApiTokenId;

/// Tokens that one account may have.
const MOST: i64 = 50;

/// Makes a token of the account that is signed in.
#[derive(Debug)]
pub struct IssueApiToken {
    /// Whose it will be.
    pub by: SignedIn,
    /// What it is for.
    pub label: String,
    /// What it may do at most.
    pub scope: Scope,
    /// For how many days it is good.
    pub days: u16,
}

impl Command for IssueApiToken {
    type Outcome = IssuedApiToken;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<IssuedApiToken, Error> {
        // Locked, so that two at once are counted one after the other.
        let owner = account::table.find(self.by.account()).select(account::epoch).for_no_key_update();
        let epoch: Option<i32> = owner.first(tx).await.optional()?;
        let epoch = epoch.ok_or_else(not_valid)?;
        let theirs = api_token::table.filter(api_token::account_id.eq(self.by.account()));
        let good = theirs.filter(api_token::epoch.eq(epoch).and(api_token::expires_at.gt(tx.now())));
        if good.count().get_result::<i64>(tx).await? >= MOST {
            return Err(Refusal::TooManyTokens.because(format!("an account has at most {MOST}")));
        }
        let (id, token, now) = (ApiTokenId::new(), Token::new(TokenKind::Api), tx.now());
        let about = diesel::insert_into(api_token::table)
            .values((
                api_token::id.eq(id),
                api_token::account_id.eq(self.by.account()),
                api_token::label.eq(&self.label),
                api_token::token_hash.eq(token.hash()),
                api_token::scope.eq(self.scope),
                api_token::epoch.eq(epoch),
                api_token::expires_at.eq(now + Duration::days(i64::from(self.days))),
            ))
            .returning(ApiTokenView::as_returning())
            .get_result(tx)
            .await?;
        let owner = Actor::owner(self.by.account());
        Act::making(tx, owner, "create_api_token", Target::ApiToken(id)).done(tx).await?;
        Ok(IssuedApiToken { about, token })
    }
}

/// Revokes a token of the account that is signed in.
#[derive(Debug)]
pub struct RevokeApiToken {
    /// Whose it must be.
    pub by: SignedIn,
    /// Which.
    pub token: ApiTokenId,
}

impl Command for RevokeApiToken {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let theirs = api_token::table.find(self.token).filter(api_token::account_id.eq(self.by.account()));
        let (owner, target) = (Actor::owner(self.by.account()), Target::ApiToken(self.token));
        let act = Act::upon(tx, owner, "revoke_api_token", target).await?;
        match diesel::delete(theirs).execute(tx).await? {
            0 => Err(Refusal::NotFound.into()),
            _ => {
                tx.revoke(self.by.account());
                act.done(tx).await
            }
        }
    }
}
