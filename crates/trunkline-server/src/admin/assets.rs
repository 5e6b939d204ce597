//! Style sheet, scripts and icons, embedded; their address carries their hash, so browsers keep them.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::{Problem, State};

#[derive(RustEmbed)]
#[folder = "assets"]
struct Assets;

/// Changes whenever an asset does.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let hashes = Assets::iter().filter_map(|name| Assets::get(&name));
    let folded = hashes.flat_map(|file| file.metadata.sha256_hash()).fold(0_u64, |sum, byte| {
        sum.rotate_left(5) ^ u64::from(byte).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    format!("{folded:016x}")
});

/// The address of an asset, for templates.
pub(crate) fn asset(name: &str) -> String {
    format!("/assets/{}/{name}", &*VERSION)
}

pub(crate) fn router() -> Router<State> {
    Router::new().route("/assets/{version}/{name}", get(serve))
}

async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let Some(file) = Assets::get(&name) else { return Problem::not_found("file").into_response() };
    let kind = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
    // Under an old version stands the new file: not to be kept under that name.
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-store" };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, keep)], file.data).into_response()
}
