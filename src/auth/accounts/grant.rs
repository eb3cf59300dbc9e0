//! What tokens are asked for with: the form of RFC 6749, or the same as JSON.

use std::collections::HashSet;

use rocket::data::{Data, FromData};
use rocket::http::{RawStr, Status};
use rocket::request::Request;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::auth::Token;
use crate::auth::passwords::Password;
use crate::body::{parse, read};
use crate::error::{Error, Refusal};
use crate::request::stash;

/// A password, or a refresh token, in exchange for tokens.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantInput {
    /// `password` (unless told otherwise) or `refresh_token`.
    #[serde(default = "password_grant")]
    #[schema(example = "password")]
    grant_type: String,
    /// The account's name; with `password`.
    #[schema(example = "ada")]
    username: Option<String>,
    /// Its password; with `password`.
    #[schema(example = "correct horse battery")]
    password: Option<String>,
    /// What came with the last tokens; with `refresh_token`.
    refresh_token: Option<String>,
    /// Passed over: what an account may do follows from its role.
    #[serde(rename = "scope")]
    _scope: Option<String>,
    /// Passed over: clients are not registered.
    #[serde(rename = "client_id")]
    _client_id: Option<String>,
    /// Passed over.
    #[serde(rename = "client_secret")]
    _client_secret: Option<String>,
}

fn password_grant() -> String {
    "password".to_owned()
}

/// What was asked for, understood.
#[derive(Debug)]
pub enum Grant {
    /// Signing in.
    Password {
        /// As it was typed.
        name: String,
        /// Within its length.
        password: Password,
    },
    /// Going on.
    Refresh(Token),
}

impl TryFrom<GrantInput> for Grant {
    type Error = Error;

    fn try_from(input: GrantInput) -> Result<Self, Error> {
        let needed = |value: Option<String>, pointer| {
            value.ok_or_else(|| Error::invalid_field(pointer, "is needed for this grant_type"))
        };
        match input.grant_type.as_str() {
            "password" => {
                let name = needed(input.username, "/username")?;
                let password = Password::parse(&needed(input.password, "/password")?, "/password")?;
                Ok(Self::Password { name, password })
            }
            "refresh_token" => {
                let token = needed(input.refresh_token, "/refresh_token")?;
                Ok(Self::Refresh(Token::received(&token)))
            }
            _ => Err(Error::invalid_field("/grant_type", "is neither password nor refresh_token")),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Grant {
    type Error = ();
    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> rocket::data::Outcome<'r, Self> {
        match grant(request, data).await {
            Ok(grant) => rocket::outcome::Outcome::Success(grant),
            Err(error) => {
                let status = Status::new(error.problem("", "").status);
                *stash(request).lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                rocket::outcome::Outcome::Error((status, ()))
            }
        }
    }
}

async fn grant(request: &Request<'_>, data: Data<'_>) -> Result<Grant, Error> {
    let kind = request.content_type();
    let (json, form) = (kind.is_some_and(|kind| kind.is_json()), kind.is_some_and(|kind| kind.is_form()));
    if !json && !form {
        let either = "send application/x-www-form-urlencoded or application/json";
        return Err(Refusal::UnsupportedMediaType.because(either));
    }
    let raw = read(data, request.limits().get("json").unwrap_or(rocket::data::Limits::JSON)).await?;
    let input: GrantInput = if json { parse(&raw)? } else { parse(fields(&raw)?.to_string().as_bytes())? };
    input.try_into()
}

/// The fields of a form, as an object. None may be there twice (RFC 6749, 3.2).
fn fields(raw: &[u8]) -> Result<Value, Error> {
    let text = std::str::from_utf8(raw).map_err(|e| Refusal::Unreadable.because(e.to_string()))?;
    let decoded = |part: &str| {
        let decoded = RawStr::new(part).url_decode();
        decoded.map(|text| text.into_owned()).map_err(|e| Refusal::Unreadable.because(e.to_string()))
    };
    let (mut fields, mut seen) = (Map::new(), HashSet::new());
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name)?;
        if !seen.insert(name.clone()) {
            return Err(Error::invalid_field(format!("/{name}"), "must not be sent twice"));
        }
        fields.insert(name, Value::String(decoded(value)?));
    }
    Ok(Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_like_json() {
        let read = fields(b"grant_type=password&username=Ada+L%C3%BCcke&password=a%26b%3Dc&scope=").unwrap();
        let wanted = serde_json::json!({"grant_type": "password", "username": "Ada Lücke",
            "password": "a&b=c", "scope": ""});
        assert_eq!(read, wanted);
        assert!(fields(b"password=one&password=two").is_err());
        assert!(fields(b"username=%ff").is_err());
    }

    #[test]
    fn a_grant_has_what_it_needs() {
        let grant = |json: &str| parse::<GrantInput>(json.as_bytes()).and_then(Grant::try_from);
        assert!(matches!(grant(r#"{"username":"a","password":"12345678"}"#), Ok(Grant::Password { .. })));
        assert!(matches!(
            grant(r#"{"grant_type":"refresh_token","refresh_token":"x"}"#),
            Ok(Grant::Refresh(_))
        ));
        for bad in [
            r#"{"username":"a"}"#,
            r#"{"username":"a","password":"short"}"#,
            r#"{"grant_type":"refresh_token"}"#,
            r#"{"grant_type":"client_credentials"}"#,
            r#"{"username":"a","password":"12345678","more":1}"#,
        ] {
            assert!(grant(bad).is_err(), "{bad}");
        }
    }
}
