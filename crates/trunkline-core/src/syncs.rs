//! What is asked of the providers to compare it with what is written down here, in words.

use crate::words::{UnknownWord, vocabulary};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

vocabulary! {
    /// How much of a partner account is compared.
    SyncKind {
        /// Everything.
        Full = "full",
        /// What webhooks only hinted at.
        Hints = "hints",
    }
}

vocabulary! {
    /// How far a sync is.
    SyncState {
        /// It waits for its turn, or to be tried again.
        Queued = "queued",
        /// Somebody works on it.
        Running = "running",
        /// It came to its end.
        Done = "done",
        /// It came to none, and is not tried again.
        Failed = "failed",
    }
}

vocabulary! {
    /// In which way the provider and we differ.
    SyncFindingKind {
        /// What the provider says of something is not what we had.
        Differs = "differs",
        /// The provider has it, and we do not.
        NotHere = "not_here",
        /// We have it, and the provider does not.
        NotThere = "not_there",
        /// A client that belonged to no partner account is of this one.
        Bound = "bound",
        /// The list of the provider broke off, or holds what cannot be read: nothing is concluded from what it lacks.
        NotWhole = "not_whole",
        /// The provider does not let us read it.
        Unreadable = "unreadable",
        /// A token does not work, may not do enough, or ends soon.
        Token = "token",
    }
}

vocabulary! {
    /// What was done about a finding.
    SyncOutcome {
        /// Ours is now what the provider says.
        Changed = "changed",
        /// It would be, if it were not a dry run.
        WouldChange = "would_change",
        /// Something newer was known here, by a webhook: ours stays.
        NewerHere = "newer_here",
        /// It is for somebody to look at.
        Reported = "reported",
    }
}

vocabulary! {
    /// What a finding is about.
    SyncSubject {
        /// The partner account.
        Account = "account",
        /// A client.
        Client = "client",
        /// A channel.
        Channel = "channel",
    }
}
