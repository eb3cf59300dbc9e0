//! What the HAProxy file that is shipped does with requests whose connection breaks without an answer.
//! The instances here are stand-ins that break off on purpose; HAProxy and its file are real.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Always ready; of all other requests the first gets no answer and the rest get 200.
fn stand_in(seen: &Arc<AtomicU32>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let seen = Arc::clone(seen);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || serve(&stream, &seen));
        }
    });
    authority
}

fn serve(stream: &TcpStream, seen: &AtomicU32) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let _headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let is_check = ["/readyz", "/livez"].iter().any(|path| request.contains(path));
    if is_check || seen.fetch_add(1, Ordering::SeqCst) > 0 {
        let mut out = stream;
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
}

struct Proxy {
    authority: String,
    process: Child,
}

impl Proxy {
    fn start(a: &str, b: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let authority = free.to_string();
        let sbin = "/usr/sbin/haproxy";
        let program = if Path::new(sbin).is_file() { sbin } else { "haproxy" };
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/haproxy.cfg");
        let mut command = Command::new(program);
        command.args(["-db", "-f", file]).env("PODIUM_BIND", &authority);
        command.env("PODIUM_A", a).env("PODIUM_B", b).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("script/bootstrap --edge installs HAProxy");
        let proxy = Self { authority, process };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&proxy.authority).is_err() {
            assert!(Instant::now() < deadline, "the proxy does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        proxy
    }

    /// The status of the answer.
    fn ask(&self, method: &str, path: &str, header: &str) -> u16 {
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = if method == "GET" { "" } else { "Content-Length: 0\r\n" };
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: podium\r\nConnection: close\r\n{length}{header}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).expect(&answer).parse().unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// The status that the caller sees when the first instance breaks off, and how often it was sent.
fn broken_off(method: &str, header: &str) -> (u16, u32) {
    let seen = Arc::new(AtomicU32::new(0));
    let proxy = Proxy::start(&stand_in(&seen), &stand_in(&seen));
    (proxy.ask(method, "/api/v1/x", header), seen.load(Ordering::SeqCst))
}

#[test]
fn what_may_have_been_done_is_sent_again_only_under_a_key() {
    assert_eq!(broken_off("POST", ""), (502, 1), "nobody knows whether it was done");
    assert_eq!(broken_off("PATCH", "If-Match: \"3\"\r\n"), (502, 1));
    assert_eq!(broken_off("POST", "Idempotency-Key: k\r\n"), (200, 2));
    assert_eq!(broken_off("GET", ""), (200, 2));
}

#[test]
fn figures_and_readiness_are_not_for_the_internet() {
    let seen = Arc::new(AtomicU32::new(1));
    let proxy = Proxy::start(&stand_in(&seen), &stand_in(&seen));
    for hidden in ["/metrics", "/readyz"] {
        assert_eq!(proxy.ask("GET", hidden, ""), 404, "{hidden}");
    }
    assert_eq!(proxy.ask("GET", "/livez", ""), 200);
}
