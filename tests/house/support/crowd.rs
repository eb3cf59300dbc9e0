//! Many people at once. What they did before they came into a room, register and sign in, is
//! tested elsewhere and costs a second of a processor for each; so it is written down here.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use super::{Account, JWT_SECRET, TestApp};

impl TestApp {
    /// So many accounts that are signed in, `crowd-0`, `crowd-1` and so on.
    pub async fn crowd(&self, count: usize) -> Vec<Account> {
        let rows = self
            .rows(&format!(
                "WITH made AS (
                    INSERT INTO account (id, name, name_key, name_skeleton, password_hash)
                    SELECT gen_random_uuid(), 'crowd-' || n, 'crowd-' || n, 'crowd-' || n, '$argon2id$none'
                    FROM generate_series(0, {count} - 1) n RETURNING id, name, epoch),
                 signed AS (
                    INSERT INTO session (id, account_id, epoch)
                    SELECT gen_random_uuid(), id, epoch FROM made RETURNING id, account_id),
                 refreshed AS (
                    INSERT INTO refresh_token (token_hash, session_id, expires_at)
                    SELECT uuid_send(id), id, now() + interval '1 day' FROM signed)
                 SELECT made.id, made.name, signed.id, extract(epoch FROM now())::bigint
                 FROM made JOIN signed ON signed.account_id = made.id"
            ))
            .await;
        rows.iter().map(|row| self.signed_in(row)).collect()
    }

    fn signed_in(&self, row: &[String]) -> Account {
        let [id, name, session, now] = row else { panic!("four values: {row:?}") };
        let now: i64 = now.parse().unwrap();
        let claims = json!({"iss": "podium", "aud": "podium", "sub": id, "sid": session, "nbf": now, "exp": now + 900});
        let header = Header { typ: Some("podium-access+jwt".to_owned()), ..Header::new(Algorithm::HS256) };
        let access = encode(&header, &claims, &EncodingKey::from_secret(JWT_SECRET.as_bytes())).unwrap();
        Account {
            id: id.clone(),
            name: name.clone(),
            client: self.anyone().bearer(&access),
            access,
            refresh: String::new(),
        }
    }
}
