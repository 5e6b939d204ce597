//! Rows that contend for one number or account.
//!
//! Any two rows of a million may, and all must not be held at once. So a [`Census`] keeps a hash of each id that it is
//! shown; the few ids that it then suspects are looked at in whole by a second reading, [`Contention`].

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Conflict, Facts};
use crate::Provider;

/// A short stand-in for an id; two ids may share one, which a second reading finds out.
fn hash(kind: Kind, provider: Option<Provider>, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind as u8, provider.map(Provider::as_str), text).hash(&mut hasher);
    hasher.finish()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    /// Two rows are too many.
    Channel,
    /// Two companies are too many, whatever the provider.
    Number,
    /// Two companies are too many.
    Client,
}

/// What rows contend for, of one row. A sender of Twilio's is its SID and its address: some rows know the one, some the
/// other.
fn claims(facts: &Facts) -> impl Iterator<Item = (Kind, Option<Provider>, Cow<'_, str>)> {
    let of_provider = Some(facts.provider);
    let number = facts.phone_number.as_deref().map(|number| (Kind::Number, None, number.into()));
    let address = facts.address().filter(|address| *address != facts.channel_id);
    let address = address.map(|address| (Kind::Channel, of_provider, address.into()));
    [
        (Kind::Channel, of_provider, facts.channel_id.as_str().into()),
        (Kind::Client, of_provider, facts.client_id.as_str().into()),
    ]
    .into_iter()
    .chain(number)
    .chain(address)
}

/// Room for a quarter more: by itself a vector takes room for twice what it holds.
fn make_room<T>(hashes: &mut Vec<T>) {
    hashes.reserve_exact((hashes.len() / 4).max(1 << 16));
}

/// The first reading: 8 bytes for each channel, 16 for each number and each client of a company.
///
/// Hashes of half the length would meet by chance among a hundred thousand ids, and all rows would be read again.
#[derive(Debug, Default)]
pub struct Census {
    channels: Vec<u64>,
    /// With the company.
    owned: Vec<(u64, i32)>,
}

impl Census {
    /// Counts a row.
    pub fn count(&mut self, facts: &Facts) {
        for (kind, provider, text) in claims(facts) {
            let hash = hash(kind, provider, &text);
            match kind {
                Kind::Channel => {
                    if self.channels.len() == self.channels.capacity() {
                        make_room(&mut self.channels);
                    }
                    self.channels.push(hash);
                }
                Kind::Number | Kind::Client => {
                    if self.owned.len() == self.owned.capacity() {
                        self.tidy();
                        make_room(&mut self.owned);
                    }
                    self.owned.push((hash, facts.company_id));
                }
            }
        }
    }

    /// The numbers of one account mostly belong to one company: once is enough.
    fn tidy(&mut self) {
        self.owned.sort_unstable();
        self.owned.dedup();
    }

    /// The ids that more than one row or company seems to have.
    pub fn suspects(mut self) -> Suspects {
        self.tidy();
        self.channels.sort_unstable();
        let twice = |pair: &&[u64]| pair[0] == pair[1];
        let channels = self.channels.windows(2).filter(twice).map(|pair| pair[0]).collect();
        let shared = |pair: &&[(u64, i32)]| pair[0].0 == pair[1].0;
        let owned = self.owned.windows(2).filter(shared).map(|pair| pair[0].0).collect();
        Suspects { channels, owned }
    }
}

/// Ids for which rows may contend.
#[derive(Debug, Default)]
pub struct Suspects {
    channels: HashSet<u64>,
    owned: HashSet<u64>,
}

impl Suspects {
    /// There is nothing to look at again.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.owned.is_empty()
    }

    fn has(&self, kind: Kind, provider: Option<Provider>, text: &str) -> bool {
        let hash = hash(kind, provider, text);
        match kind {
            Kind::Channel => self.channels.contains(&hash),
            Kind::Number | Kind::Client => self.owned.contains(&hash),
        }
    }
}

/// A row that claims something.
#[derive(Debug, Clone, Copy)]
struct Claimant {
    row: i64,
    company: i32,
    changed_at: i64,
}

/// The second reading: the rows that have an id which is suspected.
#[derive(Debug)]
pub struct Contention {
    suspects: Suspects,
    claimants: BTreeMap<(Kind, Option<Provider>, String), Vec<Claimant>>,
}

/// How a row stands against others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contest {
    /// What for.
    pub conflict: Conflict,
    /// One of the other rows.
    pub rival: i64,
    /// Another row of its company has the same channel.
    pub is_double: bool,
    /// Of all these rows it, or the one of its company, was changed last, and so in all its contests.
    pub is_newest: bool,
}

/// The rows that contend; all others do not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contests(HashMap<i64, Contest>);

impl Contention {
    /// Looks for these.
    pub fn new(suspects: Suspects) -> Self {
        Self { suspects, claimants: BTreeMap::new() }
    }

    /// Looks at a row; `changed_at` is a time in whatever unit.
    pub fn add(&mut self, row: i64, changed_at: i64, facts: &Facts) {
        for (kind, provider, text) in claims(facts) {
            if self.suspects.has(kind, provider, &text) {
                let claimant = Claimant { row, company: facts.company_id, changed_at };
                let claim = (kind, provider, text.into_owned());
                self.claimants.entry(claim).or_default().push(claimant);
            }
        }
    }

    /// Who contends with whom.
    pub fn settle(self) -> Contests {
        let mut contests = HashMap::new();
        for ((kind, ..), claimants) in self.claimants {
            settle(kind, &claimants, &mut contests);
        }
        Contests(contests)
    }
}

fn settle(kind: Kind, claimants: &[Claimant], contests: &mut HashMap<i64, Contest>) {
    let newest = claimants.iter().max_by_key(|claimant| (claimant.changed_at, claimant.row));
    let Some(newest) = newest else { return };
    let is_shared = claimants.iter().any(|claimant| claimant.company != newest.company);
    let conflict = match kind {
        Kind::Client => Conflict::ClientInTwoCompanies,
        Kind::Channel if !is_shared => Conflict::DuplicateChannelId,
        Kind::Channel | Kind::Number => Conflict::NumberInTwoCompanies,
    };
    if claimants.len() < 2 || (!is_shared && kind != Kind::Channel) {
        return;
    }
    // The first of another company, or of another row: who is not the first contends with the first.
    let first = claimants[0];
    let other = claimants.iter().find(|other| {
        if is_shared { other.company != first.company } else { other.row != first.row }
    });
    for claimant in claimants {
        let is_with_first =
            if is_shared { claimant.company != first.company } else { claimant.row != first.row };
        let Some(rival) = (if is_with_first { Some(&first) } else { other }) else { continue };
        let is_newest = match kind {
            Kind::Channel => claimant.row == newest.row,
            Kind::Number | Kind::Client => claimant.company == newest.company,
        };
        let is_double = conflict == Conflict::DuplicateChannelId;
        let contest = Contest { conflict, rival: rival.row, is_double, is_newest };
        contests
            .entry(claimant.row)
            .and_modify(|known| {
                known.is_newest &= is_newest;
                known.is_double |= is_double;
                // That another company claims it too must not be settled by who looks at the double of a row.
                if known.conflict == Conflict::DuplicateChannelId {
                    (known.conflict, known.rival) = (conflict, rival.row);
                }
            })
            .or_insert(contest);
    }
}

impl Contests {
    /// How a row stands, if it contends.
    pub fn of(&self, row: i64) -> Option<Contest> {
        self.0.get(&row).copied()
    }

    /// How many rows contend.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No row contends.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
