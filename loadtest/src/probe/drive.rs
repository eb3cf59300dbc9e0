//! Letting requests go: when they are due (open), or one after the other (closed).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::arrivals::Arrivals;
use super::schedule::Schedule;
use crate::http::Connection;
use crate::tally::{histogram, record};

/// How long the last requests may take after the schedule has ended.
const LAST: Duration = Duration::from_secs(30);

/// What was seen.
#[derive(Debug)]
pub(super) struct Seen {
    /// From the intended start to the end, by window.
    pub(super) windows: Vec<Histogram<u64>>,
    /// How late requests were handed out by this program, which is its own fault.
    pub(super) handed_out: Histogram<u64>,
    /// Requests that had not ended when the patience for the last ones did.
    pub(super) unfinished: u64,
}

/// What all requests of an open run share.
#[derive(Debug)]
struct Shared {
    arrivals: Arrivals,
    seats: Semaphore,
    idle: Mutex<Vec<Connection>>,
    seen: Mutex<Seen>,
    ended: AtomicU64,
}

/// Lets requests go when they are due.
pub(super) async fn open(schedule: &Schedule, arrivals: &Arrivals, connections: u32) -> Seen {
    let windows = (0..schedule.windows()).map(|_| histogram()).collect();
    let shared = Arc::new(Shared {
        arrivals: arrivals.clone(),
        seats: Semaphore::new(connections as usize),
        idle: Mutex::default(),
        seen: Mutex::new(Seen { windows, handed_out: histogram(), unfinished: 0 }),
        ended: AtomicU64::new(0),
    });
    let (handle, schedule, to_all) = (Handle::current(), *schedule, Arc::clone(&shared));
    // A thread of its own: its sleep is exact to some 60 µs, the runtime's to a millisecond.
    let clock = tokio::task::spawn_blocking(move || tick(&schedule, &handle, &to_all));
    if clock.await.is_err() {
        eprintln!("the clock of the probe has failed");
    }
    let deadline = Instant::now() + LAST;
    while shared.ended.load(Ordering::Relaxed) < schedule.count() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let unfinished = schedule.count() - shared.ended.load(Ordering::Relaxed);
    let seen = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
    Seen { windows: seen.windows.clone(), handed_out: seen.handed_out.clone(), unfinished }
}

fn tick(schedule: &Schedule, handle: &Handle, shared: &Arc<Shared>) {
    let start = Instant::now();
    for number in 0..schedule.count() {
        let due = start + schedule.due(number);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let (shared, window, late) = (Arc::clone(shared), schedule.window(number), due.elapsed());
        handle.spawn(async move { shared.one(number, window, due, late).await });
        if number > 0 && window != schedule.window(number - 1) {
            eprintln!("{:>5} s", start.elapsed().as_secs());
        }
    }
}

impl Shared {
    async fn one(&self, number: u64, window: usize, due: Instant, late: Duration) {
        // Whoever waits for a seat waits on the server's account: the schedule goes on.
        let Ok(seat) = self.seats.acquire().await else { return };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = idle.unwrap_or_else(|| self.arrivals.connection());
        self.arrivals.arrive(&mut connection, number).await;
        let took = due.elapsed();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        drop(seat);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        record(&mut seen.windows[window], took);
        record(&mut seen.handed_out, late);
        drop(seen);
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lets every connection send one request after the other; returns requests per second, the
/// warm-up left out.
pub(super) async fn closed(
    arrivals: &Arrivals,
    connections: u32,
    warm_up: Duration,
    measure: Duration,
) -> f64 {
    let begun = Instant::now();
    let (from, until) = (begun + warm_up, begun + warm_up + measure);
    let number = Arc::new(AtomicU64::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..connections {
        let (arrivals, number) = (arrivals.clone(), Arc::clone(&number));
        workers.spawn(async move {
            let (mut connection, mut counted) = (arrivals.connection(), 0u64);
            while Instant::now() < until {
                arrivals.arrive(&mut connection, number.fetch_add(1, Ordering::Relaxed)).await;
                let now = Instant::now();
                counted += u64::from(now >= from && now < until);
            }
            counted
        });
    }
    let counted: u64 = workers.join_all().await.into_iter().sum();
    counted as f64 / measure.as_secs_f64()
}
