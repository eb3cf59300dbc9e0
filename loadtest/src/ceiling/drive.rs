//! Drives a server as hard as `pgbench` drives PostgreSQL: so many clients, each with one
//! request on its way, on one thread.

use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::task::{JoinSet, spawn_blocking};

use super::moves::Client;

/// What a run has done.
pub(super) struct Driven {
    pub(super) began: Instant,
    pub(super) done: u64,
    /// Share of one core that went into the clients themselves.
    pub(super) own_share: Option<f64>,
}

/// Lets all clients go on for so long, then waits for what is under way.
pub(super) async fn drive(clients: Vec<Client>, length: Duration) -> Result<Driven, String> {
    let work = spawn_blocking(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| format!("no runtime: {e}"))?;
        let before = processor_time();
        let (began, done) = runtime.block_on(together(clients, length))?;
        let own = processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
        let own_share = own.map(|own| own.as_secs_f64() / began.elapsed().as_secs_f64());
        Ok(Driven { began, done, own_share })
    });
    work.await.map_err(|e| format!("the clients broke down: {e}"))?
}

async fn together(mut clients: Vec<Client>, length: Duration) -> Result<(Instant, u64), String> {
    for client in &mut clients {
        client.connect().await?;
    }
    let began = Instant::now();
    let mut running = JoinSet::new();
    for mut client in clients {
        running.spawn(async move {
            let mut done = 0_u64;
            while began.elapsed() < length {
                client.once().await?;
                done += 1;
            }
            Ok::<_, String>(done)
        });
    }
    let mut done = 0;
    while let Some(client) = running.join_next().await {
        done += client.map_err(|e| format!("a client broke down: {e}"))??;
    }
    Ok((began, done))
}

/// Processor time of this thread, where the system tells.
fn processor_time() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
