//! What a run has to do: the set held against the ledger.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::error::Error;
use crate::ledger::{Applied, State};
use crate::source::{Migration, Name, Source};

/// Which migrations `up` applies.
#[derive(Debug, Clone, Default)]
pub struct UpRequest {
    /// Only these, by name or by a start of the name that no other has; empty means all.
    pub names: Vec<String>,
    /// Up to and with this one.
    pub to: Option<String>,
    /// All in one transaction.
    pub atomic: bool,
}

/// The set held against the ledger.
#[derive(Debug)]
pub(crate) struct Selection<'a> {
    /// What is to be applied, in its order.
    pub pending: Vec<&'a Migration>,
    /// Pending ones that come before one that is applied.
    pub out_of_order: Vec<Name>,
}

impl<'a> Selection<'a> {
    /// Decides what is pending, or what forbids to go on.
    pub(crate) fn decide(
        source: &'a Source,
        applied: &[Applied],
        request: &UpRequest,
    ) -> Result<Self, Error> {
        let wanted = wanted(source, request)?;
        let mut ledger = Ledger::new(applied);
        let mut known = 0;
        let mut changed = Vec::new();
        let mut taken: Option<(&str, Vec<Name>)> = None;
        let mut pending = Vec::new();
        let mut latest = None;
        for migration in source.migrations() {
            let entry = ledger.find(migration.name.as_str());
            known += usize::from(entry.is_some());
            match entry {
                Some(entry) if entry.state() == State::Applied => {
                    latest = Some(&migration.name);
                    if !migration.up.checksum.normalised.is(entry.checksum()) {
                        let name = migration.name.clone();
                        if entry.source() == source.label() {
                            changed.push(name);
                        } else {
                            taken.get_or_insert((entry.source(), Vec::new())).1.push(name);
                        }
                    }
                }
                // What is done of it would be done again.
                Some(entry)
                    if entry.state() == State::Partial
                        && !migration.up.directives.no_transaction =>
                {
                    return Err(Error::NoLongerStepwise(migration.name.clone()));
                }
                _ if wanted.contains(&migration.name) => pending.push(migration),
                _ => {}
            }
        }
        // In most runs the set knows every entry, and none has to be searched for.
        if known < applied.len() {
            refuse_what_is_ahead(source, applied)?;
        }
        if let Some((of, names)) = taken {
            return Err(Error::NameTaken { names, of: of.to_owned() });
        }
        if !changed.is_empty() {
            return Err(Error::Changed(changed));
        }
        let out_of_order = pending
            .iter()
            .map(|migration| &migration.name)
            .filter(|name| latest.is_some_and(|latest| *name < latest))
            .cloned()
            .collect();
        Ok(Self { pending, out_of_order })
    }
}

/// The ledger as it is asked about each migration of the set in turn.
struct Ledger<'l> {
    applied: &'l [Applied],
    /// The one after the last that was found.
    next: usize,
    by_name: OnceCell<HashMap<&'l str, &'l Applied>>,
}

impl<'l> Ledger<'l> {
    fn new(applied: &'l [Applied]) -> Self {
        Self { applied, next: 0, by_name: OnceCell::new() }
    }

    /// Most were applied in the order of the set, so the next one is looked at before all are indexed.
    fn find(&mut self, name: &str) -> Option<&'l Applied> {
        if let Some(entry) = self.applied.get(self.next).filter(|entry| entry.name() == name) {
            self.next += 1;
            return Some(entry);
        }
        let indexed = || self.applied.iter().map(|entry| (entry.name(), entry)).collect();
        self.by_name.get_or_init(indexed).get(name).copied()
    }
}

/// Refuses a ledger that knows migrations of the set which the set itself lacks.
fn refuse_what_is_ahead(source: &Source, applied: &[Applied]) -> Result<(), Error> {
    let mut ahead: Vec<Name> = applied
        .iter()
        .filter(|entry| entry.source() == source.label())
        .map(|entry| Name::from_ledger(entry.name().to_owned()))
        .filter(|name| source.find(name).is_none())
        .collect();
    if ahead.is_empty() {
        return Ok(());
    }
    ahead.sort();
    Err(Error::Ahead { source_label: source.label().to_owned(), migrations: ahead })
}

/// The names that the request covers.
enum Wanted {
    All,
    UpTo(Name),
    Only(Vec<Name>),
}

impl Wanted {
    fn contains(&self, name: &Name) -> bool {
        match self {
            Self::All => true,
            Self::UpTo(last) => name <= last,
            Self::Only(names) => names.contains(name),
        }
    }
}

fn wanted(source: &Source, request: &UpRequest) -> Result<Wanted, Error> {
    let known = || source.migrations().iter().map(|migration| &migration.name);
    if !request.names.is_empty() {
        let names = request.names.iter().map(|name| resolve(known(), name));
        return Ok(Wanted::Only(names.collect::<Result<_, _>>()?));
    }
    Ok(match &request.to {
        Some(name) => Wanted::UpTo(resolve(known(), name)?),
        None => Wanted::All,
    })
}

/// The one of `known` that `text` means: its whole name, or a start that no other has.
pub(crate) fn resolve<'n>(
    known: impl Iterator<Item = &'n Name> + Clone,
    text: &str,
) -> Result<Name, Error> {
    let name = Name::parse(text)?;
    if known.clone().any(|candidate| *candidate == name) {
        return Ok(name);
    }
    let mut candidates: Vec<Name> = known
        .clone()
        .filter(|candidate| candidate.as_str().starts_with(name.as_str()))
        .cloned()
        .collect();
    match candidates.len() {
        1 => Ok(candidates.remove(0)),
        0 => Err(Error::UnknownMigration {
            name: text.to_owned(),
            similar: crate::suggest::similar(name.as_str(), known.map(Name::as_str))
                .into_iter()
                .map(|name| Name::from_ledger(name.to_owned()))
                .collect(),
        }),
        _ => Err(Error::AmbiguousName { name: text.to_owned(), candidates }),
    }
}
