//! A look at pages in light and dark, wide and narrow, with the rules of axe-core.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;

use serde_json::json;

use super::driver::{Browser, target};

/// What `scripts/test` fetches.
const AXE: &str = "axe-core-4.14.1/package/axe.min.js";

/// Answers a line for each violation that is serious or critical.
const RUN_AXE: &str = r#"
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => done(violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, help, nodes }) => nodes.map(({ html, target }) => `${id}: ${help}: ${target} ${html.slice(0, 200)}`))),
  (error) => done([`axe: ${error}`]));
"#;

/// Every place of this service that the page leads to.
const LINKS: &str = r#"
return [...document.querySelectorAll("a[href]")].filter((link) => link.origin === location.origin)
  .map((link) => link.pathname + link.search)
"#;

/// Elements that end right of the window and are in no region that scrolls.
const OVERFLOW: &str = r#"
const root = document.documentElement;
if (root.scrollWidth <= root.clientWidth) return [];
const scrolls = (element) => element && (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
return [`${root.scrollWidth} of ${root.clientWidth} pixels`, ...[...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1 && !scrolls(element.parentElement))
  .slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
"#;

/// What was looked at, and what was wrong.
pub(super) struct Walk {
    browser: Browser,
    axe: String,
    folder: PathBuf,
    pub(super) names: BTreeSet<String>,
    pub(super) wrong: Vec<String>,
}

impl Walk {
    pub(super) fn new(browser: &Browser) -> Self {
        let path = target().join(AXE);
        let axe = std::fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{} ({error}): scripts/test fetches it, by npm pack", path.display())
        });
        let folder = target().join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let browser = browser.clone();
        Self { browser, axe, folder, names: BTreeSet::new(), wrong: Vec::new() }
    }

    /// Looks at the page that is open. `status` is what it must have been answered with.
    pub(super) async fn look(&mut self, name: &str, status: u64) {
        let script = "return performance.getEntriesByType('navigation')[0].responseStatus";
        let answered = self.browser.ask(script, vec![]).await.0;
        let mut wrong = Vec::new();
        if answered.as_u64() != Some(status) {
            wrong.push(format!("answered with {answered}"));
        }
        self.browser.ask(&self.axe, vec![]).await;
        for (scheme, width, rules) in [
            ("light", 1280, true),
            ("dark", 1280, false),
            ("light", 360, false),
            ("dark", 360, true),
        ] {
            self.browser.size(width, 800).await;
            self.browser.scheme(scheme).await;
            self.screenshot(&format!("{name}-{width}-{scheme}.png")).await;
            let of = |line: &String| format!("{width} {scheme}: {line}");
            let over = self.browser.ask(OVERFLOW, vec![]).await.convert_list();
            wrong.extend(over.iter().map(of));
            if rules {
                let found = self.browser.page.execute_async(RUN_AXE, vec![]).await.unwrap();
                let found: Vec<String> = found.convert().unwrap();
                wrong.extend(found.iter().map(of));
            }
        }
        self.browser.size(1280, 800).await;
        // A page that is refused is an error in the console too.
        let refused = format!("status of {status}");
        let said = self.browser.complaints().await;
        wrong.extend(said.into_iter().filter(|line| status < 400 || !line.contains(&refused)));
        self.wrong.extend(wrong.into_iter().map(|line| format!("{name}: {line}")));
        self.names.insert(name.to_owned());
    }

    async fn screenshot(&self, file: &str) {
        let whole = json!({ "captureBeyondViewport": true });
        let taken = self.browser.command("Page.captureScreenshot", whole).await;
        let image = thirtyfour::support::base64_decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(self.folder.join(file), image).unwrap();
    }

    /// Looks at every page that links lead to from here, each kind of page once.
    pub(super) async fn follow(&mut self, start: &str) {
        let mut seen = BTreeSet::new();
        let mut waiting = VecDeque::from([start.to_owned()]);
        while let Some(path) = waiting.pop_front() {
            let name = name_of(&path);
            if !seen.insert(name.clone()) {
                continue;
            }
            self.browser.open(&path).await;
            self.look(&name, 200).await;
            let links = self.browser.ask(LINKS, vec![]).await.convert_list();
            waiting.extend(links.into_iter().filter(|link| is_page(link)));
        }
    }
}

/// Documents and images that pages link to are no pages.
fn is_page(link: &str) -> bool {
    (link.starts_with("/admin") || link.starts_with("/docs")) && !link.contains('.')
}

/// The path without ids; of the query only what makes another page of it.
fn name_of(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts = path.split('/').filter(|part| !part.is_empty());
    let mut name: Vec<_> = parts
        .map(|part| if part.bytes().any(|byte| byte.is_ascii_digit()) { "one" } else { part })
        .collect();
    let provider = query.split('&').find_map(|pair| pair.strip_prefix("provider="));
    if path.ends_with("/new") {
        name.extend(provider);
    }
    name.join("-")
}
