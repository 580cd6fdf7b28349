//! What a browser calls itself, shortened to what tells it from others: what it is and what it runs on.

/// Browsers by a word of theirs; those that also name others come first.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Lynx/", "Lynx"),
];
/// Systems by a word of theirs, in the same order.
const SYSTEMS: [(&str, &str); 9] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("OpenBSD", "OpenBSD"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
];
/// Characters of a name that is not known.
const UNKNOWN_CHARS: usize = 40;

/// The short name of a browser.
pub fn short(agent: Option<&str>) -> String {
    let Some(agent) = agent.map(str::trim).filter(|agent| !agent.is_empty()) else {
        return "a browser without a name".to_owned();
    };
    let known =
        |names: &[(&str, &'static str)]| names.iter().find(|(word, _)| agent.contains(word)).map(|found| found.1);
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("a browser on {system}"),
        (None, None) => agent.chars().filter(|c| !c.is_control()).take(UNKNOWN_CHARS).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_what_it_is_and_not_what_it_also_names() {
        #[rustfmt::skip]
        let rows = [
            (Some("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),                               "Firefox on Linux"),
            (Some("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126"), "Edge on Windows"),
            (Some("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"),                  "Chrome on Android"),
            (Some("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17.5 Safari/604.1"),      "Safari on iPhone"),
            (Some("curl/8.5.0"),                                                                                          "curl"),
            (Some("Something of my own"),                                                                                 "Something of my own"),
            (Some("  "),                                                                                                  "a browser without a name"),
            (None,                                                                                                        "a browser without a name"),
        ];
        for (agent, name) in rows {
            assert_eq!(short(agent), name, "{agent:?}");
        }
        assert_eq!(short(Some(&"x".repeat(500))).len(), UNKNOWN_CHARS);
    }
}
