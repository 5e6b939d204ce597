//! The user that runs the server: ourselves, or for root, which PostgreSQL refuses, another one.

use std::{
    ffi::OsStr,
    fs::{self, File},
    os::unix::{
        fs::{MetadataExt, fchown, lchown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use crate::Error;

/// Who runs the server.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    name: String,
    pub(crate) uid: u32,
    gid: u32,
    /// Whether that is somebody else, whom only root can become.
    switched: bool,
}

impl Account {
    /// The account for the cluster in `directory`. For root: the directory's owner, else `postgres`, else `nobody`.
    pub(crate) fn for_directory(directory: &Path) -> Result<Self, Error> {
        let uid = rustix::process::geteuid();
        if !uid.is_root() {
            let gid = rustix::process::getegid().as_raw();
            let uid = uid.as_raw();
            return Ok(Self { name: uid.to_string(), uid, gid, switched: false });
        }
        if let Ok(metadata) = fs::metadata(directory)
            && metadata.uid() != 0
        {
            let name = metadata.uid().to_string();
            return Ok(Self { name, uid: metadata.uid(), gid: metadata.gid(), switched: true });
        }
        ["postgres", "nobody"].into_iter().find_map(Self::named).ok_or(Error::NoAccount)
    }

    /// Asks `id`, which knows directory services and macOS as well as `/etc/passwd`.
    fn named(name: &str) -> Option<Self> {
        let ask = |option: &str| -> Option<u32> {
            let output =
                Command::new("id").args([option, name]).stderr(Stdio::null()).output().ok()?;
            String::from_utf8_lossy(&output.stdout).trim().parse().ok()
        };
        let (uid, gid) = (ask("-u")?, ask("-g")?);
        (uid != 0).then(|| Self { name: name.to_owned(), uid, gid, switched: true })
    }

    /// Hands a directory that we made to the account.
    pub(crate) fn adopt(&self, path: &Path) -> Result<(), Error> {
        if !self.switched {
            return Ok(());
        }
        lchown(path, Some(self.uid), Some(self.gid))
            .map_err(Error::file("change the owner of", path))
    }

    /// Hands an open file to the account.
    pub(crate) fn adopt_file(&self, file: &File, path: &Path) -> Result<(), Error> {
        if !self.switched {
            return Ok(());
        }
        fchown(file, Some(self.uid), Some(self.gid))
            .map_err(Error::file("change the owner of", path))
    }

    /// A program run as the account, without our environment: it may hold secrets, and must not steer the server.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(directory)
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin")
            .env("LC_ALL", "C");
        if self.switched {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Whether the account can enter every directory above `directory`, those that are there.
    pub(crate) fn check_reach(&self, directory: &Path) -> Result<(), Error> {
        if !self.switched {
            return Ok(());
        }
        for ancestor in directory.ancestors().skip(1) {
            // What is no directory at all is told by whoever makes one in it.
            let Some(metadata) = fs::metadata(ancestor).ok().filter(fs::Metadata::is_dir) else {
                continue;
            };
            let bit = if metadata.uid() == self.uid {
                0o100
            } else if metadata.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if metadata.mode() & bit == 0 {
                return Err(Error::Unreachable {
                    directory: directory.to_owned(),
                    blocked_at: ancestor.to_owned(),
                    user: self.name.clone(),
                });
            }
        }
        Ok(())
    }
}
