/// What a browser calls itself, as people say it: `Firefox on Linux`.
///
/// Browsers name each other for compatibility, so the order matters: Edge says Chrome, which says Safari.
pub(crate) fn describe_browser(user_agent: Option<&str>) -> String {
    const BROWSERS: [(&str, &str); 5] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let Some(text) = user_agent.filter(|text| !text.is_empty()) else {
        return "Unknown browser".to_owned();
    };
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| text.contains(sign)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ => text.chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::describe_browser;

    #[test]
    fn browsers_are_told_apart() {
        let said = |text| describe_browser(Some(text));
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                    Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";
        assert_eq!(said(edge), "Edge on Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
        assert_eq!(said(phone), "Safari on iPhone");
        assert_eq!(
            said("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0"),
            "Firefox on Linux"
        );
        assert_eq!(said("curl/8.14.1"), "curl/8.14.1");
        assert_eq!(describe_browser(None), "Unknown browser");
    }
}
