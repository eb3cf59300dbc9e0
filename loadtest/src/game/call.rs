//! Making a request: sending it, judging the reply, sending it again when no reply came, and
//! now and then sending it a second time to see that nothing happens twice.

use std::future::Future;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::moves::{Judgement, Move};
use super::{Game, chance};
use crate::http::{Ask, Connection, Reply, Trouble};

/// How requests travel: through Goose, which reports them, or over a lean connection.
pub(crate) trait Transport: Send {
    /// Sends it, under this name in reports, and reads the reply to its end.
    fn exchange(&mut self, ask: &Ask, name: &str) -> impl Future<Output = Result<Reply, Trouble>> + Send;

    /// Tells what came of the last exchange: an error is what was wrong with it.
    fn settle(&mut self, verdict: Result<(), &str>);

    /// Tells that a move came to nothing, and with it what was to follow.
    fn cut_off(&mut self) {}
}

impl Transport for Connection {
    async fn exchange(&mut self, ask: &Ask, _: &str) -> Result<Reply, Trouble> {
        self.send(ask).await
    }

    fn settle(&mut self, _: Result<(), &str>) {}
}

/// What a player knows after a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Done {
        body: Value,
        /// The tag of what was read.
        etag: Option<String>,
        sent: Instant,
        replied: Instant,
    },
    /// A proper refusal.
    Refused,
    /// It was wrong, and nothing was done.
    Failed,
    /// Nobody knows whether it was done.
    Unknown,
}

impl Answer {
    /// The body of a success.
    pub(crate) fn done(self) -> Option<Value> {
        match self {
            Self::Done { body, .. } => Some(body),
            _ => None,
        }
    }

    /// The tag of what was read.
    pub(crate) fn etag(self) -> Option<String> {
        match self {
            Self::Done { etag, .. } => etag,
            _ => None,
        }
    }
}

impl Game {
    /// Makes a move. One that is keyed and gets no reply, or 503, is sent again: the key sees
    /// to it that it happens once.
    pub(crate) async fn make(&self, transport: &mut impl Transport, mv: &Move) -> Answer {
        let answer = self.insist(transport, mv).await;
        if matches!(answer, Answer::Failed | Answer::Unknown) {
            transport.cut_off();
        }
        answer
    }

    async fn insist(&self, transport: &mut impl Transport, mv: &Move) -> Answer {
        let began = Instant::now();
        for tries in 1.. {
            let (judged, reply, sent) = self.once(transport, mv, mv.route).await;
            let replied = Instant::now();
            if let (Judgement::Done(_) | Judgement::Refused(_), Some(first)) = (&judged, &reply)
                && mv.is_keyed()
                && chance(self.replays)
            {
                self.replay(transport, mv, first).await;
            }
            match judged {
                Judgement::Done(body) => {
                    let etag = reply.and_then(|reply| reply.header("etag").map(str::to_owned));
                    let sent = if tries == 1 { sent } else { began };
                    return Answer::Done { body, etag, sent, replied };
                }
                Judgement::Refused(_) => return Answer::Refused,
                Judgement::Failed(_) | Judgement::Limited => return Answer::Failed,
                Judgement::Busy | Judgement::Lost(_) if !mv.is_keyed() || tries == self.tries => {
                    return Answer::Unknown;
                }
                Judgement::Busy | Judgement::Lost(_) => tokio::time::sleep(pause()).await,
            }
        }
        Answer::Unknown
    }

    async fn once(
        &self,
        transport: &mut impl Transport,
        mv: &Move,
        name: &str,
    ) -> (Judgement, Option<Reply>, Instant) {
        let sent = Instant::now();
        let reply = transport.exchange(&mv.ask, name).await;
        let judged = match &reply {
            Ok(reply) => mv.judge(reply.status, &reply.body),
            Err(trouble) => Judgement::Lost(trouble.to_string()),
        };
        self.tally.count(mv.route, sent.elapsed(), &judged);
        if mv.is_keyed() && matches!(judged, Judgement::Done(_)) {
            self.tally.wrote();
        }
        transport.settle(match &judged {
            Judgement::Done(_) | Judgement::Refused(_) => Ok(()),
            Judgement::Busy => Err("503 busy"),
            Judgement::Limited => Err("429 too many"),
            Judgement::Failed(why) | Judgement::Lost(why) => Err(why),
        });
        (judged, reply.ok(), sent)
    }

    /// Sends the same request again: the reply must be the same, and say that it is a replay.
    async fn replay(&self, transport: &mut impl Transport, mv: &Move, first: &Reply) {
        let name = format!("{} (again)", mv.route);
        let (_, second, _) = self.once(transport, mv, &name).await;
        // No reply, or a 503, tells nothing about replays; it is counted as what it is.
        if let Some(second) = second.filter(|reply| reply.status != 503 && reply.status != 429) {
            self.books.replayed(difference(mv, first, &second));
        }
    }
}

/// How a second reply differs from the first, if it does.
fn difference(mv: &Move, first: &Reply, second: &Reply) -> Option<String> {
    let said = |what: String| Some(format!("{} under key {}: {what}", mv.route, mv.ask.key.as_deref()?));
    if second.status != first.status {
        return said(format!("first {}, then {}", first.status, second.status));
    }
    if second.body != first.body {
        let text = |reply: &Reply| String::from_utf8_lossy(&reply.body).into_owned();
        return said(format!("first {}, then {}", text(first), text(second)));
    }
    if second.header("idempotent-replayed") != Some("true") {
        return said("the second does not say Idempotent-Replayed: true".to_owned());
    }
    None
}

fn pause() -> Duration {
    Duration::from_millis(rand::random_range(50..250))
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;
    use hyper::body::Bytes;

    use super::*;

    fn reply(status: u16, body: &'static str, replayed: bool) -> Reply {
        let mut headers = HeaderMap::new();
        if replayed {
            headers.insert("idempotent-replayed", "true".parse().unwrap());
        }
        Reply { status, headers, body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn a_replay_is_the_same_reply_and_says_so() {
        let mv = Move::write("POST /x", "/x".to_owned(), &Value::Null, None);
        let first = reply(201, "{}", false);
        assert_eq!(difference(&mv, &first, &reply(201, "{}", true)), None);
        assert!(difference(&mv, &first, &reply(201, "{}", false)).unwrap().contains("Idempotent-Replayed"));
        assert!(difference(&mv, &first, &reply(200, "{}", true)).unwrap().contains("then 200"));
        assert!(difference(&mv, &first, &reply(201, "{ }", true)).unwrap().contains("{ }"));
    }
}
