//! Debian's chromium, driven by chromedriver.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Where builds stand; `scripts/test` puts axe-core there, and screenshots go there.
pub(super) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// chromedriver on a port of its own; it ends with this.
pub(super) struct Driver {
    address: String,
    _process: Child,
}

impl Driver {
    pub(super) async fn start() -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap_or_else(|error| {
            panic!(
                "chromedriver ({error}): install chromium and chromium-driver, as scripts/test does"
            )
        });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("chromedriver names its port");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // What it writes later must find a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { address: format!("http://127.0.0.1:{port}"), _process: process }
    }

    pub(super) async fn browser(&self, service: &str) -> Browser {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut wanted = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--lang=en",
        ] {
            wanted.add_arg(argument).unwrap();
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let page = WebDriver::new(&self.address, wanted).await.unwrap();
        Browser { page, service: format!("http://{service}") }
    }
}

/// One window of it, at one service.
#[derive(Clone)]
pub(super) struct Browser {
    pub(super) page: WebDriver,
    pub(super) service: String,
}

impl Browser {
    pub(super) async fn open(&self, path: &str) {
        let address =
            if path.starts_with("http") { path.to_owned() } else { self.service.clone() + path };
        self.page.goto(address).await.unwrap();
    }

    /// The path of the page, and its query.
    pub(super) async fn path(&self) -> String {
        let url = self.page.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.service).unwrap_or(url.as_str()).to_owned()
    }

    /// Fills the field with this id.
    pub(super) async fn fill(&self, id: &str, text: &str) {
        self.finds(&format!("//*[@id='{id}']")).await;
        let field = self.page.find(By::Id(id)).await.unwrap_or_else(|_| panic!("no field {id}"));
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub(super) async fn click(&self, xpath: &str) {
        self.finds(xpath).await;
        let found = self.page.find(By::XPath(xpath)).await;
        let found = found.unwrap_or_else(|_| panic!("nothing at {xpath}"));
        found.click().await.unwrap_or_else(|error| panic!("{xpath}: {error}"));
    }

    /// Presses the button or link with this text, and nothing else in it.
    pub(super) async fn press(&self, text: &str) {
        self.click(&format!("//main//*[self::a or self::button][normalize-space()='{text}']"))
            .await;
    }

    /// Waits until the page shows this text.
    pub(super) async fn sees(&self, text: &str) {
        for _ in 0..100 {
            if self.text().await.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} does not show {text:?}:\n{}", self.path().await, self.text().await);
    }

    /// Waits until the page has this, while another one loads.
    pub(super) async fn finds(&self, xpath: &str) {
        for _ in 0..100 {
            if self.page.find(By::XPath(xpath)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} has nothing at {xpath}", self.path().await);
    }

    /// What the page shows; nothing while another one loads.
    pub(super) async fn text(&self) -> String {
        let text =
            self.page.execute("return document.body ? document.body.innerText : ''", vec![]).await;
        text.ok().and_then(|text| text.convert().ok()).unwrap_or_default()
    }

    /// The texts of everything that a CSS selector finds.
    pub(super) async fn texts(&self, selector: &str) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())";
        self.ask(script, vec![selector.into()]).await.convert_list()
    }

    /// What a script of the test answers; the policy of the page is not asked.
    pub(super) async fn ask(&self, script: &str, arguments: Vec<Value>) -> Answer {
        Answer(self.page.execute(script, arguments).await.unwrap().json().clone())
    }

    /// A command of Chrome's protocol for developer tools.
    pub(super) async fn command(&self, name: &str, arguments: Value) -> Value {
        self.page.cdp().send_raw(name, arguments).await.unwrap()
    }

    pub(super) async fn size(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// As somebody sees it whose system is light or dark; nothing moves, so that looks are alike.
    pub(super) async fn scheme(&self, scheme: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.command("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// What the console holds since the last time, from warnings up.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.page.browser_log().await.unwrap();
        let bad =
            log.into_iter().filter(|entry| entry.level == "SEVERE" || entry.level == "WARNING");
        bad.map(|entry| entry.message).collect()
    }
}

/// What a script answered.
pub(super) struct Answer(pub(super) Value);

impl Answer {
    pub(super) fn convert_list(self) -> Vec<String> {
        serde_json::from_value(self.0).unwrap()
    }
}
