//! A real browser without a window, driven over the DevTools protocol.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::page::Page;
use super::process::Process;

type Sink = SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>;

/// What a browser in a test needs not, and what it must not do on its own.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox", // tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--lang=en-US",
    "--no-first-run",
    "--remote-debugging-port=0",
];

/// A running browser.
pub struct Browser {
    wire: Arc<Wire>,
    folder: PathBuf,
    _process: Process,
    _turn: OwnedSemaphorePermit,
}

/// The connection to it: commands are answered by their number, events are kept by page.
pub struct Wire {
    sink: tokio::sync::Mutex<Sink>,
    count: AtomicU64,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    waiting: HashMap<u64, oneshot::Sender<Value>>,
    events: HashMap<String, Vec<Value>>,
}

/// One browser at a time is enough for two processors.
static TURN: std::sync::LazyLock<Arc<Semaphore>> = std::sync::LazyLock::new(|| Arc::new(Semaphore::new(1)));

static COUNT: AtomicU64 = AtomicU64::new(0);

impl Browser {
    pub async fn start() -> Self {
        let turn = Arc::clone(&TURN).acquire_owned().await.unwrap();
        let name = format!("browser-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let profile = format!("--user-data-dir={}", folder.display());
        let mut arguments = FLAGS.to_vec();
        arguments.extend([profile.as_str(), "about:blank"]);
        let process = Process::start(&folder, "chromium", &arguments, &[]).await;
        let url = process
            .says("chromium listens (script/bootstrap installs it)", |line| {
                Some(line.strip_prefix("DevTools listening on ")?.trim().to_owned())
            })
            .await;
        Self { wire: Wire::open(&url).await, folder, _process: process, _turn: turn }
    }

    /// A page of somebody who has never been here.
    pub async fn page(&self, url: &str) -> Page {
        let person = self.wire.ask("", "Target.createBrowserContext", json!({})).await;
        let person = person["browserContextId"].as_str().unwrap();
        Page::open(&self.wire, person, url, (1440, 900)).await
    }

    /// The same on a phone.
    pub async fn phone(&self, url: &str) -> Page {
        let page = self.page("about:blank").await;
        page.resize(390, 844).await;
        page.go(url).await;
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

impl Wire {
    async fn open(url: &str) -> Arc<Self> {
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) = connect_async_with_config(url, Some(config), false).await.expect("a browser");
        let (sink, mut stream) = socket.split();
        let wire = Arc::new(Self {
            sink: tokio::sync::Mutex::new(sink),
            count: AtomicU64::new(1),
            heard: Mutex::default(),
        });
        let hears = Arc::clone(&wire);
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    hears.take(serde_json::from_str(&text).unwrap());
                }
            }
        });
        wire
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, mut message: Value) {
        if let Some(waiting) = message["id"].as_u64().and_then(|id| self.heard().waiting.remove(&id)) {
            waiting.send(message.take()).ok();
        } else if let Some(session) = message["sessionId"].as_str().map(ToOwned::to_owned) {
            self.heard().events.entry(session).or_default().push(message);
        }
    }

    /// Sends a command to a page, or to the browser itself, and waits for its result.
    pub async fn ask(&self, session: &str, method: &str, params: Value) -> Value {
        self.try_ask(session, method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same of what a page that goes elsewhere meanwhile cannot answer.
    pub async fn try_ask(&self, session: &str, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.count.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        self.heard().waiting.insert(id, tell);
        let mut command = json!({"id": id, "method": method, "params": params});
        if !session.is_empty() {
            command["sessionId"] = json!(session);
        }
        self.sink.lock().await.send(Message::text(command.to_string())).await.expect("a browser");
        let mut reply = tokio::time::timeout(super::DEADLINE, told).await.expect(method).expect("a browser");
        match reply.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(reply["result"].take()),
        }
    }

    /// What a page has told so far by this name.
    pub fn events(&self, session: &str, method: &str) -> Vec<Value> {
        let heard = self.heard();
        let of = heard.events.get(session).into_iter().flatten();
        of.filter(|event| event["method"] == method).map(|event| event["params"].clone()).collect()
    }
}
