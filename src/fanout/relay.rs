//! Carries words to Redis and back. Both ways fail alone, and come back by themselves.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join;
use tokio::time::{Instant, interval, sleep, timeout_at};
use uuid::Uuid;

use super::link::Away;
use super::{Heard, Inner, Redis, Share, Word};

/// How often we say that we are there, to hear ourselves.
const BEAT: Duration = Duration::from_millis(500);

/// Whoever does not hear itself for so long is deaf, or dumb: a subscription over a connection
/// that is half open looks like silence.
const DEAF: Duration = Duration::from_secs(2);

/// How long to wait before the next try to subscribe.
const AGAIN: Duration = Duration::from_millis(500);

/// Words sent by one call.
const TOGETHER: usize = 256;

/// What we say to hear ourselves begins so, and no word does.
const BEAT_MARK: &str = "beat ";

/// What callers have spent begins so.
pub(super) const SHARE_MARK: &str = "spent ";

/// Until the process ends.
pub(super) async fn run(inner: &Inner, redis: &Redis) {
    join(speak(inner.instance, redis), listen(inner, redis)).await;
}

async fn speak(instance: Uuid, redis: &Redis) {
    let beat = format!("{BEAT_MARK}{instance}");
    let (mut waiting, mut beats) = (redis.waiting.lock().await, interval(BEAT));
    let mut words = Vec::new();
    loop {
        tokio::select! {
            taken = waiting.recv_many(&mut words, TOGETHER) => if taken == 0 { return },
            _ = beats.tick() => words.push(beat.clone()),
        }
        let mut commands = redis::pipe();
        for word in words.drain(..) {
            commands.publish(&redis.channel, word).ignore();
        }
        match redis.link.call::<()>(&commands).await {
            // What was to be said is forgotten: whoever should have heard it looks by itself.
            Ok(()) | Err(Away::Held) => {}
            Err(error) => tracing::debug!(%error, "Redis takes no words"),
        }
    }
}

async fn listen(inner: &Inner, redis: &Redis) {
    loop {
        let ended = hear(inner, redis).await;
        if redis.hears.swap(false, Ordering::Relaxed) {
            tracing::warn!(reason = %ended, "Redis passes no words on; instances look for news by themselves");
        }
        sleep(AGAIN).await;
    }
}

/// Subscribes and hears until that ends; says why it did.
async fn hear(inner: &Inner, redis: &Redis) -> String {
    let mut words = match redis.link.subscribe(&redis.channel).await {
        Ok(pubsub) => pubsub.into_on_message(),
        Err(error) => return error.to_string(),
    };
    let mine = format!("{BEAT_MARK}{}", inner.instance);
    // What was said meanwhile, nobody here has heard.
    let _ = inner.heard.send(Heard::Gap);
    let mut deaf_at = Instant::now() + DEAF;
    loop {
        let text = match timeout_at(deaf_at, words.next()).await {
            Ok(Some(message)) => message.get_payload::<String>().unwrap_or_default(),
            Ok(None) => return "the connection was closed".to_owned(),
            Err(_) => return "what was said did not come back".to_owned(),
        };
        if text == mine {
            deaf_at = Instant::now() + DEAF;
            if !redis.hears.swap(true, Ordering::Relaxed) {
                tracing::info!("Redis passes words on");
            }
        }
        if !text.starts_with(BEAT_MARK) {
            take(inner, &text);
        }
    }
}

/// Our own words were heard when they were said. An instance of another version may say what this
/// one does not know.
fn take(inner: &Inner, text: &str) {
    let not_understood = |error| tracing::debug!(%error, "a word was not understood");
    let taken = match text.strip_prefix(SHARE_MARK) {
        Some(share) => serde_json::from_str(share).map(|share: Share| {
            if share.from != inner.instance {
                let _ = inner.shares.send(Arc::new(share.spent));
            }
        }),
        None => serde_json::from_str(text).map(|word: Word| {
            if word.from != inner.instance {
                let _ = inner.heard.send(Heard::Word(Arc::new(word)));
            }
        }),
    };
    taken.unwrap_or_else(not_understood);
}
