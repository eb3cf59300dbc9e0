//! What no page may do, whatever it is about.

use super::Page;

impl Page {
    /// No error, no warning, nothing refused by the content security policy, nothing asked of
    /// another origin, and nothing missing that a page loads.
    pub fn must_be_clean(&self, base: &str) {
        let mut bad: Vec<String> = Vec::new();
        for said in self.wire.events(&self.session, "Runtime.consoleAPICalled") {
            if ["error", "warning", "assert"].contains(&said["type"].as_str().unwrap()) {
                bad.push(format!("console: {}", said["args"]));
            }
        }
        for thrown in self.wire.events(&self.session, "Runtime.exceptionThrown") {
            bad.push(format!("thrown: {}", thrown["exceptionDetails"]));
        }
        for entry in self.wire.events(&self.session, "Log.entryAdded") {
            // Refusals of the interface are part of the game; files are looked at below.
            if entry["entry"]["source"] != "network"
                && ["error", "warning"].contains(&entry["entry"]["level"].as_str().unwrap())
            {
                bad.push(format!("log: {}", entry["entry"]));
            }
        }
        let socket = base.replace("http://", "ws://");
        let asked = self.wire.events(&self.session, "Network.requestWillBeSent");
        let asked = asked.iter().map(|event| &event["request"]["url"]);
        let opened = self.wire.events(&self.session, "Network.webSocketCreated");
        for url in asked.chain(opened.iter().map(|event| &event["url"])) {
            let url = url.as_str().unwrap();
            if ![base, &socket, "data:", "about:"].iter().any(|ours| url.starts_with(ours)) {
                bad.push(format!("another origin: {url}"));
            }
        }
        for got in self.wire.events(&self.session, "Network.responseReceived") {
            let (url, status) =
                (got["response"]["url"].as_str().unwrap(), got["response"]["status"].as_u64());
            if url.contains("/web/") && status >= Some(400) {
                bad.push(format!("missing: {url}"));
            }
        }
        assert!(bad.is_empty(), "a page misbehaves: {bad:#?}");
    }
}
