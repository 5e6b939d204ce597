use std::fs::{read_dir, read_to_string};
use std::path::Path;

/// Every template with its name.
fn templates() -> Vec<(String, String)> {
    list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"))
}

fn list(folder: &Path) -> Vec<(String, String)> {
    let paths = read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                return list(&path);
            }
            vec![(path.display().to_string(), read_to_string(&path).unwrap())]
        })
        .collect()
}

#[test]
fn templates_hold_nothing_that_the_content_security_policy_refuses() {
    for (name, text) in templates() {
        for refused in [" style=", "<style", "<script>", " onclick=", " hx-on", "javascript:"] {
            assert!(!text.contains(refused), "{name} holds `{refused}`");
        }
    }
}

#[test]
fn every_icon_that_a_template_names_is_drawn() {
    let drawn = include_str!("../../assets/icons.svg");
    for (name, text) in templates() {
        for start in ["icon(\"", "glyph = \""] {
            for icon in text.split(start).skip(1).filter_map(|rest| rest.split('"').next()) {
                let tone = format!("id=\"tone-{icon}\"");
                let plain = format!("id=\"{icon}\"");
                assert!(
                    icon.is_empty() || drawn.contains(&plain) || drawn.contains(&tone),
                    "{name} names the icon `{icon}`, and assets/icons.svg has no symbol of that name"
                );
            }
        }
    }
}
