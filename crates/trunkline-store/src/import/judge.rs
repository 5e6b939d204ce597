use std::collections::HashMap;
use std::fmt;

use trunkline_core::legacy::{Choice, Conflict, Contest, Contests, LegacyChannel};
use trunkline_core::secrets::KeyRing;

use super::lookup::{Existing, Made, Stored};
use super::secrets::Secrets;
use super::{Platform, SourceRow, Survey};
use crate::row::words;

words! {
    /// What happens to rows that contend for one number or account.
    #[derive(Default)]
    Policy {
        /// None is taken.
        #[default]
        Skip = "skip",
        /// The one that was changed last is taken, or all of its company.
        Newest = "newest",
    }
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A channel is made of it.
    Create,
    /// Its channel is brought up to date.
    Update,
    /// Its channel is there as the row says.
    AlreadyThere,
    /// Its channel is there, and was not made by an import; that it belongs to the row is written down.
    Adopt {
        /// The row of its client.
        client_row: i32,
        /// Its row.
        channel_row: i32,
    },
    /// It cannot be taken over.
    Conflict(Problem),
    /// Somebody decided that it is not taken over.
    LeftOut(Problem),
}

impl Verdict {
    /// Its word: `create`, `update`, `already_there`, `conflict`, `left_out`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::AlreadyThere | Self::Adopt { .. } => "already_there",
            Self::Conflict(_) => "conflict",
            Self::LeftOut(_) => "left_out",
        }
    }
}

/// Why a row cannot be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub conflict: Conflict,
    /// With whom, where it is about two.
    pub rival: Option<Rival>,
}

impl Problem {
    /// What to do about it, for the row; see [`Conflict::remedy`].
    pub fn remedy(&self, row: i64, options: &str) -> String {
        self.conflict.remedy(row, matches!(self.rival, Some(Rival::Company(_))), options)
    }
}

/// The other side of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rival {
    /// Another row of `channel_connections`.
    Row(i64),
    /// A client or channel of this company in the partner tables.
    Company(i32),
}

impl fmt::Display for Rival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(f, "row {row}"),
            Self::Company(company) => write!(f, "company {company}, in the partner tables"),
        }
    }
}

/// What rows are judged by.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    /// The source's name in the records.
    pub(super) source: &'a str,
    pub(super) contests: &'a Contests,
    pub(super) policy: Policy,
    /// Without keys a changed secret does not show.
    pub(super) ring: Option<&'a KeyRing>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        platform: &'a Platform,
        survey: &'a Survey,
        policy: Policy,
        ring: Option<&'a KeyRing>,
    ) -> Self {
        Self { source: platform.source(), contests: &survey.contests, policy, ring }
    }

    pub(super) fn judge(&self, row: &SourceRow, existing: &Existing) -> Verdict {
        let verdict = self.judge_by_rules(row, existing);
        let Some(decision) = row.decision.filter(|decision| decision.choice == Choice::LeaveOut)
        else {
            return verdict;
        };
        match verdict {
            Verdict::Conflict(problem) if problem.conflict == decision.conflict => {
                Verdict::LeftOut(problem)
            }
            // What the provider said holds until somebody changes the row.
            Verdict::Create | Verdict::Update
                if decision.conflict.is_of_provider() && row.changed_at <= decision.decided_at =>
            {
                Verdict::LeftOut(Problem { conflict: decision.conflict, rival: None })
            }
            other => other,
        }
    }

    fn judge_by_rules(&self, row: &SourceRow, existing: &Existing) -> Verdict {
        let channel = match &row.reading {
            Ok(channel) => channel,
            Err(conflict) => return refused(*conflict, None),
        };
        if let Some(made) = existing.made(row).filter(|made| made.is_own) {
            return self.judge_again(row, channel, made, existing);
        }
        let adopted = row
            .record
            .as_ref()
            .and_then(|record| existing.channel_of_row(record.provider, record.channel_row));
        match (adopted, existing.made(row)) {
            (None, _) => self.judge_new(row, channel, existing),
            (Some(stored), _) if !stored.is_of(&channel.facts) => {
                refused(Conflict::SourceMoved, None)
            }
            (Some(_), Some(made)) => self.judge_again(row, channel, made, existing),
            (Some(stored), None) => {
                self.judge_adopted(row, channel, stored).unwrap_or(Verdict::AlreadyThere)
            }
        }
    }

    /// What becomes of a channel that was there before, where that is not as it is.
    ///
    /// Its facts stay; a secret that it lacks comes from the row, and which of two is right nobody knows.
    fn judge_adopted(
        &self,
        row: &SourceRow,
        channel: &LegacyChannel,
        stored: &Stored,
    ) -> Option<Verdict> {
        let secret = channel.secret.as_ref()?;
        if stored.secret.is_none() {
            return Some(Verdict::Update);
        }
        if self.ring.is_none_or(|ring| stored.has_secret(ring, secret)) {
            return None;
        }
        let is_taken = row.chose(Conflict::ChangedHere) == Some(Choice::Take);
        Some(if is_taken { Verdict::Update } else { refused(Conflict::ChangedHere, None) })
    }

    fn judge_again(
        &self,
        row: &SourceRow,
        channel: &LegacyChannel,
        made: Made<'_>,
        existing: &Existing,
    ) -> Verdict {
        let Made { record, stored, .. } = made;
        let (facts, there) = (stored.told(&channel.facts), &stored.facts);
        let secret = channel.secret.as_ref();
        let secrets = self.ring.map(|ring| Secrets { ring, record, stored, secret });
        let is_secret_new = secrets.as_ref().is_some_and(Secrets::is_new_in_row);
        let is_same = record.checksum == channel.facts.checksum() || facts == *there;
        if is_same && !is_secret_new {
            // Somebody made both the same; unless that is written down, the next change of the row is a conflict.
            let is_settled = made.is_own
                && stored.is_untouched
                && facts == *there
                && ![facts.checksum(), channel.facts.checksum()].contains(&record.checksum);
            return if is_settled { Verdict::Update } else { Verdict::AlreadyThere };
        }
        if !stored.is_of(&channel.facts) || facts.client_id != there.client_id {
            return refused(Conflict::SourceMoved, None);
        }
        let is_number_new = facts.phone_number != there.phone_number;
        // Which of two rows is right, the row that does not win cannot say; nor does it take another company's number.
        if let Some(contest) = self.contests.of(row.id)
            && (contest.is_double
                || (is_number_new && contest.conflict == Conflict::NumberInTwoCompanies))
            && !self.wins(row, contest)
        {
            return refused(contest.conflict, Some(Rival::Row(contest.rival)));
        }
        if let Some(company) = existing.holder(&facts).filter(|_| is_number_new) {
            return refused(Conflict::NumberInTwoCompanies, Some(Rival::Company(company)));
        }
        let is_taken = row.chose(Conflict::ChangedHere) == Some(Choice::Take);
        let is_changed_here = stored.is_changed_since(record, &facts)
            || (is_secret_new && secrets.as_ref().is_some_and(Secrets::is_new_here));
        if is_changed_here && !is_taken {
            return refused(Conflict::ChangedHere, None);
        }
        Verdict::Update
    }

    fn judge_new(&self, row: &SourceRow, channel: &LegacyChannel, existing: &Existing) -> Verdict {
        let facts = &channel.facts;
        let elsewhere = |company: i32| company != facts.company_id;
        // Of a sender that another company has left, only the SID is taken.
        let stored = existing.channel(facts).filter(|stored| {
            stored.facts.channel_id == facts.channel_id
                || !elsewhere(stored.facts.company_id)
                || !stored.is_left()
        });
        // What another company has here already comes first: no decision between rows takes it away.
        if let Some(company) = stored.map(|stored| stored.facts.company_id)
            && elsewhere(company)
        {
            return refused(Conflict::NumberInTwoCompanies, Some(Rival::Company(company)));
        }
        if let Some(contest) = self.contests.of(row.id)
            && !self.wins(row, contest)
        {
            return refused(contest.conflict, Some(Rival::Row(contest.rival)));
        }
        if let Some(made) = existing.made(row).filter(|_| stored.is_some()) {
            let verdict = self.judge_again(row, channel, made, existing);
            if verdict != Verdict::AlreadyThere {
                return verdict;
            }
        }
        if let Some(stored) = stored {
            if let Some(verdict) = self.judge_adopted(row, channel, stored) {
                return verdict;
            }
            return Verdict::Adopt { client_row: stored.client_row, channel_row: stored.row };
        }
        if let Some(company) = existing.holder(facts) {
            return refused(Conflict::NumberInTwoCompanies, Some(Rival::Company(company)));
        }
        match existing.client(facts) {
            Some((_, company)) if elsewhere(company) => {
                refused(Conflict::ClientInTwoCompanies, Some(Rival::Company(company)))
            }
            _ => Verdict::Create,
        }
    }

    /// Whether a row contends, and is taken.
    pub(super) fn is_winner(&self, row: &SourceRow) -> bool {
        self.contests.of(row.id).is_some_and(|contest| self.wins(row, contest))
    }

    /// Whether a row that contends is taken.
    fn wins(&self, row: &SourceRow, contest: Contest) -> bool {
        match row.chose(contest.conflict) {
            Some(choice) => choice == Choice::Take,
            None => self.policy == Policy::Newest && contest.is_newest,
        }
    }
}

/// Of rows of one batch that would make the same channel, or give a number or a client to two companies, only the first
/// is taken. A channel that is brought up to date may get another number.
///
/// Several decisions, or one and the rule of the newest, may have let them through; or they came after the survey.
pub(super) fn refuse_twins(rows: &[SourceRow], verdicts: &mut [Option<Verdict>]) {
    let (mut channels, mut numbers, mut clients) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (row, verdict) in rows.iter().zip(verdicts) {
        let Ok(channel) = &row.reading else { continue };
        let is_new = match verdict {
            Some(Verdict::Create) => true,
            Some(Verdict::Update) => false,
            _ => continue,
        };
        let facts = &channel.facts;
        let claim = (row.id, facts.company_id);
        let (twin, company) = if is_new {
            // A sender of Twilio's is its SID and its address.
            let keys = [Some(facts.channel_id.clone()), facts.address()];
            let claims = keys
                .into_iter()
                .flatten()
                .map(|key| *channels.entry((facts.provider, key)).or_insert(claim));
            claims.fold(claim, |known, found| if known == claim { found } else { known })
        } else {
            claim
        };
        let number = facts.phone_number.as_deref();
        let (other, holder) =
            number.map_or(claim, |number| *numbers.entry(number).or_insert(claim));
        let (first, owner) = if is_new {
            *clients.entry((facts.provider, facts.client_id.as_str())).or_insert(claim)
        } else {
            claim
        };
        let (conflict, rival) = if twin != row.id && company == facts.company_id {
            (Conflict::DuplicateChannelId, twin)
        } else if twin != row.id {
            (Conflict::NumberInTwoCompanies, twin)
        } else if holder != facts.company_id {
            (Conflict::NumberInTwoCompanies, other)
        } else if owner != facts.company_id {
            (Conflict::ClientInTwoCompanies, first)
        } else {
            continue;
        };
        *verdict = Some(refused(conflict, Some(Rival::Row(rival))));
    }
}

fn refused(conflict: Conflict, rival: Option<Rival>) -> Verdict {
    Verdict::Conflict(Problem { conflict, rival })
}
