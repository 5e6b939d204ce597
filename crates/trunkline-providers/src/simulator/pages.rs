//! Pages that a person clicks through: plain, without anything from elsewhere.

use crate::simulator::answer::Answer;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;\
color:#1c2b33;background:#fff}label{display:block;margin:.8rem 0}input,select{display:block;width:100%;\
box-sizing:border-box;font:inherit;padding:.4rem}input[type=checkbox]{display:inline;width:auto}\
button{font:inherit;padding:.5rem 1rem;margin:.3rem .3rem .3rem 0;cursor:pointer}\
.note{border-left:.3rem solid #b58900;padding-left:.8rem}pre{background:#eee;color:#111;padding:.8rem;\
white-space:pre-wrap;overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{color:#e4e6eb;background:#18191a}}";

/// A page with a title and, above all else, that nothing of it is real.
pub(crate) fn page(title: &str, body: &str) -> Answer {
    let title = escape(title);
    Answer::page(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
<body><main><h1>{title}</h1><p class=\"note\">This is a simulation. Nothing here reaches a provider.</p>\
{body}</main></body></html>"
    ))
}

/// Text for HTML, also inside of attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
