//! The files of a cluster, and their owners.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use crate::{Error, account::Account};

/// Longest socket directory: `sun_path` holds 104 bytes on macOS, and `/.s.PGSQL.65535` and the end take 16.
const LONGEST_SOCKET_DIRECTORY: usize = 88;

/// The paths of one cluster, below its directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) directory: PathBuf,
}

impl Layout {
    pub(crate) fn new(directory: &Path) -> Result<Self, Error> {
        let absolute = std::path::absolute(directory).map_err(Error::file("find", directory))?;
        // Two names of one directory must give one socket.
        Ok(Self { directory: absolute.canonicalize().unwrap_or(absolute) })
    }

    /// PostgreSQL's data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Where initdb works, so that a killed one leaves no half-made `data`.
    pub(crate) fn staging(&self) -> PathBuf {
        self.directory.join("data.new")
    }

    /// The lock that the server and its supervisor hold for as long as one of their processes lives.
    pub(crate) fn lock(&self) -> PathBuf {
        self.directory.join("lock")
    }

    /// The FIFO that every user holds open for writing.
    pub(crate) fn users(&self) -> PathBuf {
        self.directory.join("users")
    }

    /// Exists while the server is to stay without users.
    pub(crate) fn keep(&self) -> PathBuf {
        self.directory.join("keep")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    pub(crate) fn password(&self) -> PathBuf {
        self.directory.join("password")
    }

    /// The directory of the socket: a function of the cluster's own, so that every process finds the same.
    ///
    /// It stands inside it where the path is short enough, and not under `XDG_RUNTIME_DIR`, which a login sets and a
    /// cron job does not, nor under `/tmp`, which some systems sweep.
    pub(crate) fn socket_directory(&self, account: &Account) -> PathBuf {
        let inside = self.directory.join("socket");
        if inside.as_os_str().len() <= LONGEST_SOCKET_DIRECTORY {
            return inside;
        }
        let hash = fnv1a(self.directory.as_os_str().as_encoded_bytes());
        PathBuf::from(format!("/tmp/trunkline-{}-{hash:016x}", account.uid))
    }

    /// The major version that made the data; `None` where there is no data yet.
    pub(crate) fn data_version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// Makes the cluster's directory with mode 0700, owned by `account`, and checks one that is there.
    pub(crate) fn create(self, account: &Account) -> Result<Self, Error> {
        account.check_reach(&self.directory)?;
        if !self.directory.exists() {
            if let Some(parent) = self.directory.parent() {
                fs::create_dir_all(parent).map_err(Error::file("make", parent))?;
            }
            make_private(&self.directory)?;
        }
        let made = Self::new(&self.directory)?;
        // Again, as our file mode mask may have closed the directories that were just made.
        account.check_reach(&made.directory)?;
        let owner =
            fs::metadata(&made.directory).map_err(Error::file("look at", &made.directory))?.uid();
        if owner == 0 && account.uid != 0 && rustix::process::geteuid().is_root() {
            account.adopt(&made.directory)?;
        } else if owner != account.uid {
            return Err(Error::WrongOwner { path: made.directory, owner, user: account.uid });
        }
        Ok(made)
    }

    /// Makes the socket's directory, and refuses one that another user put in its place.
    pub(crate) fn create_socket_directory(&self, account: &Account) -> Result<PathBuf, Error> {
        let directory = self.socket_directory(account);
        if make_private(&directory)? {
            account.adopt(&directory)?;
            return Ok(directory);
        }
        let metadata =
            fs::symlink_metadata(&directory).map_err(Error::file("look at", &directory))?;
        // Root that was killed between making and handing over left its own.
        if metadata.is_dir() && metadata.uid() == 0 && rustix::process::geteuid().is_root() {
            account.adopt(&directory)?;
        } else if !metadata.is_dir() || metadata.uid() != account.uid {
            return Err(Error::WrongOwner {
                path: directory,
                owner: metadata.uid(),
                user: account.uid,
            });
        }
        if metadata.mode() & 0o077 != 0 {
            let private = fs::Permissions::from_mode(0o700);
            fs::set_permissions(&directory, private).map_err(Error::file("close", &directory))?;
        }
        Ok(directory)
    }

    /// The lock, unless somebody holds it.
    pub(crate) fn try_lock(&self, account: &Account) -> Result<Option<File>, Error> {
        let path = self.lock();
        let file = open_owned(&path, account)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(source)) => Err(Error::file("lock", &path)(source)),
        }
    }
}

/// Opens a file of the cluster for writing, mode 0600, and makes it where it is missing.
///
/// It follows no link: the account owns the directory, and must not lead root to other files.
pub(crate) fn open_owned(path: &Path, account: &Account) -> Result<File, Error> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .map_err(Error::file("open", path))?;
    account.adopt_file(&file, path)?;
    Ok(file)
}

/// Makes a directory that only its owner may enter; false where it is there already.
fn make_private(path: &Path) -> Result<bool, Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Error::file("make", path)(error)),
    }
}

/// FNV-1a, 64 bits: stable across builds, which the standard library's hasher is not.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
