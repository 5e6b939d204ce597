//! 360dialog's lists of words. None is complete: what is not here stays as it came.

use crate::api::words;

words! {
    /// Whether a client is in use; `active` is the one documented word.
    ClientState {
        /// In use.
        Active = "active",
    }
}

words! {
    /// How far a channel's set-up is. From the .NET SDK of 2023; of these, `ready` is seen in 2026.
    ChannelState {
        /// Written down.
        Created = "created",
        /// The number is not shown to be the client's.
        Unverified = "unverified",
        /// The number is the client's.
        Verified = "verified",
        /// Set up.
        Ready = "ready",
        /// Live, by partner events.
        Running = "running" | "live",
        /// Changed.
        Modified = "modified",
        /// Taken over.
        Imported = "imported",
        /// Another display name is wanted.
        NewNameRequested = "new_name_requested",
        /// Meta declined the display name.
        CertificateDeclined = "certificate_declined",
        /// The client agreed.
        ConsentsSigned = "consents_signed",
        /// Failed.
        Error = "error",
        /// Migration: the number can be ported.
        PortingReady = "porting_ready",
        /// Migration: can begin.
        ReadyForMigration = "ready_for_migration",
        /// Migration: Meta's code is awaited.
        WaitingForMigrationCode = "waiting_for_migration_code",
        /// Migration: Meta's code was asked for.
        MigrationCodeRequested = "migration_code_requested",
    }
}

words! {
    /// Whether a channel is for tests.
    AccountMode {
        /// For tests.
        Sandbox = "sandbox",
        /// For people.
        Live = "live",
    }
}

words! {
    /// What the hub says of a channel.
    HubStatus {
        /// In use.
        Live = "live",
        /// Cancelled, in use until the end of the month.
        PendingDeletion = "pending_deletion",
        /// Gone.
        Deleted = "deleted" | "terminated",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

words! {
    /// Whether a channel can be used at the moment.
    Availability {
        /// It can.
        Ready = "ready",
        /// It cannot.
        Error = "error",
    }
}

words! {
    /// A quality rating. Which of the two spellings 360dialog uses is not certain, so both are read.
    Quality {
        /// High.
        Green = "green" | "high",
        /// Medium.
        Yellow = "yellow" | "medium",
        /// Low.
        Red = "red" | "low",
        /// Not told.
        Unknown = "unknown" | "na",
    }
}

words! {
    /// A messaging limit, in conversations within 24 hours. Not certain to be complete.
    Limit {
        /// 50.
        Tier50 = "TIER_50",
        /// 250.
        Tier250 = "TIER_250",
        /// 1,000.
        Tier1K = "TIER_1K",
        /// 2,000.
        Tier2K = "TIER_2K",
        /// 10,000.
        Tier10K = "TIER_10K",
        /// 100,000.
        Tier100K = "TIER_100K",
        /// Without limit.
        Unlimited = "TIER_UNLIMITED" | "UNLIMITED",
        /// Not told.
        Untiered = "UNTIERED" | "TIER_NOT_SET",
    }
}
