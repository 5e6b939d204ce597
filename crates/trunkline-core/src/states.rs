//! How clients and channels stand, in words that mean the same at every provider.

use crate::words::{UnknownWord, vocabulary};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

vocabulary! {
    /// What a channel can do, in words that mean the same at every provider.
    ///
    ChannelStatus {
        /// Being set up.
        Pending = "pending",
        /// The company has not shown yet that the number is its own.
        Unverified = "unverified",
        /// Live: sends and receives.
        Running = "running",
        /// Live, with a quality so low that it may be restricted.
        Flagged = "flagged",
        /// Sends in part.
        Restricted = "restricted",
        /// Stopped by the provider.
        Suspended = "suspended",
        /// Its set-up failed.
        Failed = "failed",
        /// Our access was withdrawn or cancelled.
        Disconnected = "disconnected",
        /// Banned by Meta.
        Banned = "banned",
        /// It left for another partner or account.
        Migrated = "migrated",
        /// Deleted.
        Deleted = "deleted",
    }
}

vocabulary! {
    /// Meta's rating of what a number sends, the same at every provider.
    QualityRating {
        /// High.
        Green = "green",
        /// Medium.
        Yellow = "yellow",
        /// Low.
        Red = "red",
        /// Not told yet.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// How a company's account at a provider stands.
    ClientStatus {
        /// Not usable yet.
        Pending = "pending",
        /// In use.
        Active = "active",
        /// Works in part.
        Restricted = "restricted",
        /// Stopped by the provider.
        Suspended = "suspended",
        /// The company withdrew our access.
        Disconnected = "disconnected",
        /// Deleted.
        Deleted = "deleted",
    }
}
