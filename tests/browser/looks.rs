//! Looking at a page as people with different eyes, screens and tools do: pictures in light, in dark and on a phone, kept in
//! `target/pictures`, and axe-core's rules in each of them.
//!
//! Source: WCAG 2.2, levels A and AA, as axe-core reads them.

use crate::driver::{Browser, Scripts};
use base64::Engine;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where `./test` puts axe-core.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/axe-core/axe.min.js");
/// Where the pictures go.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pictures");
/// Rules of axe-core, by their tags.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/// Longest picture, in pixels of the page.
const TALLEST: f64 = 6000.0;

/// How a page is looked at: its name, the colours asked for, the width of the screen.
const LOOKS: [(&str, &str, u32); 3] = [("light", "light", 1200), ("dark", "dark", 1200), ("phone", "light", 390)];

impl Browser {
    /// Looks at the page that is open, if it may run scripts, without which axe-core cannot. What is wrong is told at the end of the
    /// story, all of it at once.
    pub async fn look(&self, page: &str) {
        if self.scripts == Scripts::Off {
            return;
        }
        let more = self.waits_for().await;
        self.seen.lock().unwrap().extend(more.into_iter().map(|address| format!("{page}: it waits for {address}")));
        for (look, colours, width) in LOOKS {
            self.command(
                "Emulation.setEmulatedMedia",
                json!({
                    "features": [{ "name": "prefers-color-scheme", "value": colours }]
                }),
            )
            .await;
            let phone = width < 600;
            self.command(
                "Emulation.setDeviceMetricsOverride",
                json!({
                    "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": phone
                }),
            )
            .await;
            self.photograph(&format!("{page}-{look}")).await;
            let faults = self.faults().await;
            self.seen.lock().unwrap().extend(faults.into_iter().map(|fault| format!("{page}, {look}: {fault}")));
        }
        self.command("Emulation.clearDeviceMetricsOverride", json!({})).await;
        self.command("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
    }

    /// What the page waits for before it is painted, beside its stylesheet: nothing. Pictures come when they come.
    async fn waits_for(&self) -> Vec<String> {
        let script = "return performance.getEntriesByType('resource').filter(entry => entry.initiatorType !== 'img').map(entry => entry.name)";
        let found = self.run(script, json!([])).await;
        let found: Vec<String> = serde_json::from_value(found).unwrap();
        let (styles, mut others): (Vec<_>, Vec<_>) = found
            .into_iter()
            .filter(|address| !address.ends_with("/assets/pritchel.svg"))
            .partition(|address| address.ends_with(".css"));
        others.extend(styles.into_iter().skip(1));
        others
    }

    async fn photograph(&self, name: &str) {
        let metrics = self.command("Page.getLayoutMetrics", json!({})).await;
        let size = &metrics["cssContentSize"];
        let (width, height) = (size["width"].as_f64().unwrap(), size["height"].as_f64().unwrap().min(TALLEST));
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let shot = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.command("Page.captureScreenshot", shot).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(PICTURES).unwrap();
        std::fs::write(Path::new(PICTURES).join(format!("{name}.png")), bytes).unwrap();
    }

    /// What axe-core finds, and a page that is wider than its screen.
    async fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        if let Some(wider) = self.run(wide, json!([])).await.as_u64().filter(|wider| *wider > 0) {
            faults.push(format!("the page is {wider} pixels wider than the screen"));
        }
        let Some(axe) = axe() else { return faults };
        let script = format!(
            "{axe}\n; const [rules, done] = arguments; \
             axe.run(document, {{ runOnly: rules, resultTypes: ['violations'] }}).then(found => done(found.violations), wrong => done(String(wrong)));"
        );
        let found = self.run_async(&script, json!([RULES])).await;
        let found = found.as_array().unwrap_or_else(|| panic!("axe-core: {found}"));
        faults.extend(found.iter().flat_map(told));
        faults
    }
}

/// A violation, a line for each place of it.
fn told(violation: &Value) -> Vec<String> {
    // A line of a file is also pointed at by the form beside it: WCAG 2.2, 2.5.8, "Equivalent".
    let elsewhere = |place: &&Value| {
        let line = place["html"].as_str().is_some_and(|html| html.starts_with("<a href=\"#L"));
        line && violation["id"] == "target-size"
    };
    let places = violation["nodes"].as_array().into_iter().flatten().filter(|place| !elsewhere(place));
    let told = |place: &Value| format!("{}: {} {}", violation["id"], place["html"], place["failureSummary"]);
    places.map(told).collect()
}

/// The source of axe-core; `None` where it was not fetched, which is said once.
fn axe() -> Option<&'static str> {
    static SOURCE: OnceLock<Option<String>> = OnceLock::new();
    let read = || {
        let source = std::fs::read_to_string(PathBuf::from(AXE));
        if source.is_err() {
            let all = std::env::var_os("PRITCHEL_REQUIRE_ALL").is_some();
            assert!(!all, "axe-core is not at {AXE}: ./test fetches it");
            println!("not run: the rules of axe-core, which ./test fetches");
        }
        source.ok()
    };
    SOURCE.get_or_init(read).as_deref()
}
