use std::io::ErrorKind;

use tokio::net::TcpListener;

use super::Finding;
use crate::config::Config;

/// Whether the service can listen, and whether browsers and providers can reach it safely.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let listen = config.server.listen;
    let address = match TcpListener::bind(listen).await {
        Ok(_) => Finding::ok("address", format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Finding::warning(
            "address",
            format!("{listen} is in use"),
            "well, if the service runs there; otherwise choose another: server.listen",
        ),
        Err(error) => Finding::failed(
            "address",
            format!("cannot listen on {listen}: {error}"),
            "choose another address: server.listen in trunkline.toml",
        ),
    };
    let url = match config.server.public_url.as_deref() {
        None => Finding::warning(
            "public URL",
            "not configured, so providers cannot send webhooks here",
            "server.public_url = \"https://…\", the address at which your reverse proxy serves it",
        ),
        Some(url) if url.starts_with("https://") => Finding::ok("public URL", url),
        Some(url) => Finding::warning(
            "public URL",
            format!("{url} is not encrypted"),
            "serve it by HTTPS behind a reverse proxy; cookies are then sent by HTTPS alone",
        ),
    };
    vec![address, url]
}
