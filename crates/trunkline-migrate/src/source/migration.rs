use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::{Name, Script, SourceError, folder};

/// One migration: what it does, and what takes it back.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Its identity: the file name without `.sql`.
    pub name: Name,
    /// `NAME.sql`.
    pub up: Script,
    down: Option<Down>,
}

/// A down file, which most runs do not look into.
#[derive(Debug, Clone)]
struct Down {
    folder: Arc<Path>,
    script: OnceLock<Box<Script>>,
}

impl Migration {
    /// One without a down file.
    pub(super) fn new(name: Name, up: Script) -> Self {
        Self { name, up, down: None }
    }

    /// The same with a down file that is read from `folder` when it is asked for.
    pub(super) fn with_down_in(mut self, folder: &Arc<Path>) -> Self {
        self.down = Some(Down { folder: Arc::clone(folder), script: OnceLock::new() });
        self
    }

    /// The same with a down file that is read already.
    pub(super) fn with_down(mut self, script: Script) -> Self {
        let script = OnceLock::from(Box::new(script));
        self.down = Some(Down { folder: Path::new("").into(), script });
        self
    }

    /// Whether there is a `NAME.down.sql`.
    pub fn has_down(&self) -> bool {
        self.down.is_some()
    }

    /// `NAME.down.sql`, if there is one; read from its folder when it is first asked for.
    pub fn down(&self) -> Result<Option<&Script>, SourceError> {
        let Some(down) = &self.down else { return Ok(None) };
        if let Some(script) = down.script.get() {
            return Ok(Some(script));
        }
        let path = down.folder.join(format!("{}.down.sql", self.name));
        let script = Box::new(folder::read_script(&path)?);
        Ok(Some(down.script.get_or_init(|| script)))
    }
}

/// The files of a set: what they are called, and for each a `T` that leads to its contents.
#[derive(Debug)]
pub(super) struct Files<T> {
    ups: Vec<(Name, T)>,
    downs: Vec<(Name, T)>,
}

/// What there is of one migration.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub name: Name,
    pub up: T,
    pub down: Option<T>,
}

impl<T> Default for Files<T> {
    fn default() -> Self {
        Self { ups: Vec::new(), downs: Vec::new() }
    }
}

impl<T> Files<T> {
    pub(super) fn add(&mut self, file: &str, content: T) -> Result<(), SourceError> {
        let stem = file.strip_suffix(".sql").unwrap_or(file);
        if let Some(name) = stem.strip_suffix(".down") {
            self.downs.push((Name::of_file(name)?, content));
        } else {
            self.ups.push((Name::of_file(stem)?, content));
        }
        Ok(())
    }

    /// The migrations in their order, each with its down file.
    pub(super) fn in_order(mut self) -> Result<Vec<Found<T>>, SourceError> {
        self.ups.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        let mut downs: HashMap<Name, T> = self.downs.into_iter().collect();
        let found = self.ups.into_iter().map(|(name, up)| {
            let down = downs.remove(&name);
            Found { name, up, down }
        });
        let found = found.collect();
        match downs.into_keys().min() {
            Some(orphan) => Err(SourceError::DownWithoutUp(orphan.to_string())),
            None => Ok(found),
        }
    }
}
