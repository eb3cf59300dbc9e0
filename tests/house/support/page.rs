//! A page in a browser: what somebody does there, what they see, and what the page must not do.

mod clean;

use std::path::Path;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use super::browser::Wire;
use super::until;

/// An open tab.
pub struct Page {
    wire: Arc<Wire>,
    session: String,
    person: String,
}

const AXE: &str = include_str!("../../fixtures/axe/axe.min.js");

/// Finds what is seen: by selector, and by a text in it.
const FIND: &str = r"(selector, text) => [...document.querySelectorAll(selector)].find((one) =>
    one.checkVisibility() && one.textContent.includes(text))";

impl Page {
    pub async fn open(wire: &Arc<Wire>, person: &str, url: &str, size: (u32, u32)) -> Self {
        let target = json!({"url": "about:blank", "browserContextId": person});
        let target = wire.ask("", "Target.createTarget", target).await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = wire.ask("", "Target.attachToTarget", attach).await;
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let page = Self { wire: Arc::clone(wire), session, person: person.to_owned() };
        for domain in ["Page", "Runtime", "Log", "Network", "Performance"] {
            page.ask(&format!("{domain}.enable"), json!({})).await;
        }
        page.resize(size.0, size.1).await;
        page.go(url).await;
        page
    }

    /// Another tab of the same person.
    pub async fn tab(&self, url: &str) -> Self {
        Self::open(&self.wire, &self.person, url, (390, 844)).await
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        self.wire.ask(&self.session, method, params).await
    }

    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.ask("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// `light` or `dark`; and nothing moves, so that what is looked at is no passing state.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!({"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.ask("Emulation.setEmulatedMedia", features).await;
    }

    /// Runs before anything else in every page that is opened from now on.
    pub async fn begin_with(&self, script: &str) {
        self.ask("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Takes the device off the network, or brings it back. Connections that are open stay.
    pub async fn offline(&self, is_off: bool) {
        let line = json!({"offline": is_off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.ask("Network.emulateNetworkConditions", line).await;
    }

    /// As it would be printed.
    pub async fn on_paper(&self, is_paper: bool) {
        self.ask("Emulation.setEmulatedMedia", json!({"media": if is_paper { "print" } else { "" }})).await;
    }

    /// How often the document that is open has sent a request whose address has this in it.
    pub fn asked(&self, part: &str) -> usize {
        let sent = self.wire.events(&self.session, "Network.requestWillBeSent");
        let open = sent.last().map(|event| event["loaderId"].clone());
        sent.iter()
            .filter(|event| Some(&event["loaderId"]) == open.as_ref())
            .filter(|event| event["request"]["url"].as_str().unwrap().contains(part))
            .count()
    }

    /// The languages of the reader, as `Accept-Language` lists them.
    pub async fn reads(&self, languages: &str) {
        let agent = self.value("navigator.userAgent").await;
        self.ask("Emulation.setUserAgentOverride", json!({"userAgent": agent, "acceptLanguage": languages}))
            .await;
    }

    pub async fn go(&self, url: &str) {
        self.ask("Page.navigate", json!({"url": url})).await;
        // Not the page that was there before.
        let there = format!(
            "location.href.split('#')[0] === new URL({}).href.split('#')[0] && document.readyState === 'complete'",
            json!(url)
        );
        self.becomes(&there).await;
    }

    /// The value of an expression, or nothing while the page is between two documents.
    async fn try_value(&self, expression: &str) -> Option<Value> {
        let ask = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut told = self.wire.try_ask(&self.session, "Runtime.evaluate", ask).await.ok()?;
        told.get("exceptionDetails").is_none().then(|| told["result"]["value"].take())
    }

    /// The value of an expression.
    pub async fn value(&self, expression: &str) -> Value {
        self.try_value(expression).await.unwrap_or_else(|| panic!("{expression} throws"))
    }

    /// Waits until an expression is true.
    pub async fn becomes(&self, expression: &str) {
        let what = format!("in the browser: {expression}");
        until(&what, async || (self.try_value(expression).await? == true).then_some(())).await;
    }

    /// Waits until something is seen, and says what it reads.
    pub async fn sees(&self, selector: &str, text: &str) -> String {
        let found = format!("({FIND})({}, {})?.innerText ?? null", json!(selector), json!(text));
        let what = format!("{selector} with “{text}” is seen");
        until(&what, async || self.try_value(&found).await?.as_str().map(ToOwned::to_owned)).await
    }

    /// Presses what is seen, at the place where it is seen once nothing moves it any more; again if it was moved
    /// away at that very moment.
    pub async fn click(&self, selector: &str, text: &str) {
        let place = format!(
            "(async () => {{
                const [selector, text] = [{}, {}];
                const place = () => {{ const found = ({FIND})(selector, text); if (!found || found.disabled) return null;
                    found.scrollIntoView({{block: 'center', behavior: 'instant'}});
                    const box = found.getBoundingClientRect(); const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                    const hit = document.elementFromPoint(x, y);
                    return found === hit || found.contains(hit) || hit?.contains(found) ? {{found, x, y}} : null; }};
                const before = place();
                await new Promise((done) => setTimeout(done, 30));
                const now = place();
                if (!before || now?.found !== before.found || now.x !== before.x || now.y !== before.y) return null;
                window.wasMissed = true;
                const heard = ({{target}}) => {{ const hit = [target.closest(selector), ...target.querySelectorAll(selector)];
                    if (hit.some((one) => one?.textContent.includes(text))) window.wasMissed = false; }};
                document.addEventListener('click', heard, {{capture: true, once: true}});
                return {{x: now.x, y: now.y}}; }})()",
            json!(selector),
            json!(text)
        );
        let what = format!("{selector} with “{text}” can be pressed");
        until(&what, async || {
            let at = self.try_value(&place).await.filter(Value::is_object)?;
            for kind in ["mousePressed", "mouseReleased"] {
                let event =
                    json!({"type": kind, "x": at["x"], "y": at["y"], "button": "left", "clickCount": 1});
                self.ask("Input.dispatchMouseEvent", event).await;
            }
            // Another page knows nothing of it: then it was pressed here.
            (self.try_value("window.wasMissed").await != Some(json!(true))).then_some(())
        })
        .await;
    }

    /// Types into a field, after what is there.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.focus(selector).await;
        self.ask("Input.insertText", json!({"text": text})).await;
    }

    /// The same instead of what is there.
    pub async fn replace(&self, selector: &str, text: &str) {
        self.focus(selector).await;
        self.value(&format!("document.querySelector({}).select()", json!(selector))).await;
        self.fill(selector, text).await;
    }

    /// Chooses from a list, by the text of what it offers.
    pub async fn choose(&self, selector: &str, text: &str) {
        let chosen = format!(
            "(() => {{ const list = document.querySelector({}); const found = [...list.options].find((one) => one.text.includes({}));
                if (!found) return false; list.value = found.value; list.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})()",
            json!(selector),
            json!(text)
        );
        self.becomes(&chosen).await;
    }

    /// Until a field has the focus: one that is hidden or disabled takes none, nor what is typed.
    async fn focus(&self, selector: &str) {
        let has = "field?.focus(); return field !== null && document.activeElement === field;";
        let focused =
            format!("(() => {{ const field = document.querySelector({}); {has} }})()", json!(selector));
        self.becomes(&focused).await;
    }

    /// A key, wherever the focus is.
    pub async fn press(&self, key: &str) {
        let code = match key {
            "Enter" => 13,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            _ => u32::from(key.bytes().next().unwrap_or_default()),
        };
        let text = if key == "Enter" { "\r" } else { key };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && (key == "Enter" || key.chars().count() == 1) {
                event["text"] = json!(text);
            }
            self.ask("Input.dispatchKeyEvent", event).await;
        }
    }

    /// What axe-core finds serious or critical.
    pub async fn obstacles(&self) -> Vec<String> {
        self.value(&format!("{AXE}; true")).await;
        let found = self
            .value(
                "axe.run(document, {resultTypes: ['violations'], preload: false}).then(({violations}) => violations
                    .filter(({impact}) => ['serious', 'critical'].includes(impact))
                    .map(({id, nodes}) => `${id}: ${nodes.map(({html, failureSummary}) => `${html} ${failureSummary}`).join(' | ')}`))",
            )
            .await;
        found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// The processor time that the page has taken so far, in ms: scripts, styles, layout, and all of it.
    pub async fn taken(&self) -> [f64; 4] {
        let told = self.ask("Performance.getMetrics", json!({})).await;
        ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration", "TaskDuration"].map(|name| {
            let metric = told["metrics"].as_array().unwrap().iter().find(|one| one["name"] == name);
            metric.unwrap()["value"].as_f64().unwrap() * 1000.0
        })
    }

    /// Keeps what is seen as a picture.
    pub async fn picture(&self, file: &Path) {
        let shot = self.ask("Page.captureScreenshot", json!({"format": "png"})).await;
        std::fs::write(file, BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()).unwrap();
    }
}
