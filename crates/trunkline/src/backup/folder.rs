use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::failure::Failure;

/// A backup that is being written: under a name of its own until it is whole, and gone when it does not become so.
pub(super) struct Partial {
    parent: PathBuf,
    name: String,
    path: PathBuf,
}

impl Partial {
    /// Makes the folder for a backup of `database` in `parent`, open to its owner alone.
    pub(super) fn create(parent: &Path, database: &str, now: Timestamp) -> Result<Self, Failure> {
        let database: String = database
            .chars()
            .map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' })
            .collect();
        let name = format!("{database}-{}", now.strftime("%Y%m%d_%H%M%S"));
        fs::create_dir_all(parent).map_err(|error| failure("make", parent, &error))?;
        let path = parent.join(format!(".{name}.partial-{}", std::process::id()));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| failure("make", &path, &error))?;
        Ok(Self { parent: parent.to_owned(), name, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a small file.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        let written = File::create_new(&path).and_then(|mut file| {
            io::Write::write_all(&mut file, text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| failure("write", &path, &error))
    }

    /// Gives it its name, under which nothing is ever overwritten.
    pub(super) fn finish(self) -> Result<PathBuf, Failure> {
        let sync = |path: &Path| {
            let synced = File::open(path).and_then(|directory| directory.sync_all());
            synced.map_err(|error| failure("write", path, &error))
        };
        sync(&self.path)?;
        let mut named = self.parent.join(&self.name);
        let mut number = 1;
        while let Err(error) = rename(&self.path, &named) {
            if !matches!(error, Errno::EXIST | Errno::NOTEMPTY) || number == 100 {
                return Err(failure("make", &named, &error.into()));
            }
            number += 1;
            named = self.parent.join(format!("{}_{number}", self.name));
        }
        sync(&self.parent)?;
        Ok(named)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), Errno> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that does not know the flag; a folder with files in it is never replaced.
        Err(Errno::INVAL | Errno::NOSYS) if !to.exists() => rustix::fs::rename(from, to),
        renamed => renamed,
    }
}

/// What the system refused.
pub(super) fn failure(doing: &str, path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free space there, or name another folder; nothing was left behind"
        }
        io::ErrorKind::PermissionDenied => "name a folder that you may write to",
        _ => "name another folder; nothing was left behind",
    };
    Failure::failed(format!("cannot {doing} {}: {error}", path.display()), hint)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::Timestamp;

    use super::Partial;

    #[test]
    fn a_backup_gets_its_name_when_it_is_whole_and_overwrites_none() {
        let parent = tempfile::tempdir().unwrap();
        let make = || Partial::create(parent.path(), "my/platform", Timestamp::UNIX_EPOCH).unwrap();
        let partial = make();
        partial.write("manifest.json", "1").unwrap();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
        let first = partial.finish().unwrap();
        assert_eq!(first, parent.path().join("my_platform-19700101_000000"));
        let partial = make();
        partial.write("manifest.json", "2").unwrap();
        let second = partial.finish().unwrap();
        assert_eq!(second, parent.path().join("my_platform-19700101_000000_2"));
        assert_eq!(fs::read_to_string(first.join("manifest.json")).unwrap(), "1");
        drop(make());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2, "an unfinished one is gone");
    }
}
