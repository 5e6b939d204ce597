use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::folder::failure as cannot;
use super::manifest::{FileEntry, hex};
use super::progress::size;
use super::{CONFLICT, Progress, last_lines};
use crate::failure::Failure;

const BUFFER: usize = 256 * 1024;

/// Runs `pg_dump` and writes what comes to a file, which is on the disk when this returns.
///
/// It writes to a pipe: so it ends with us, however we end, and no byte is read twice for the checksum.
pub(super) async fn dump(
    command: std::process::Command,
    path: &Path,
    progress: &Progress,
) -> Result<FileEntry, Failure> {
    let mut command = Command::from(command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| not_run(&error.to_string()))?;
    let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(not_run("it has no output"));
    };
    let said = tokio::spawn(async move {
        let mut said = Vec::new();
        let _ = stderr.read_to_end(&mut said).await;
        String::from_utf8_lossy(&said).into_owned()
    });
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut file =
        std::fs::File::create_new(path).map_err(|error| cannot("write", path, &error))?;
    let (mut digest, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; BUFFER]);
    loop {
        let read = stdout.read(&mut buffer).await;
        let read = read.map_err(|error| not_run(&error.to_string()))?;
        if read == 0 {
            break;
        }
        file.write_all(&buffer[..read]).map_err(|error| cannot("write", path, &error))?;
        digest.update(&buffer[..read]);
        bytes += read as u64;
        progress.show(format_args!("writing {name}: {}", size(bytes)));
    }
    let status = child.wait().await.map_err(|error| not_run(&error.to_string()))?;
    if !status.success() {
        return Err(not_run(&last_lines(&said.await.unwrap_or_default())));
    }
    file.sync_all().map_err(|error| cannot("write", path, &error))?;
    Ok(FileEntry { name, bytes, sha256: hex(&digest.finalize()) })
}

fn not_run(reason: &str) -> Failure {
    let hint = if reason.contains("conflict with recovery") {
        CONFLICT
    } else {
        "nothing was left behind; mend that and run it again"
    };
    Failure::failed(format!("pg_dump failed: {reason}"), hint)
}
