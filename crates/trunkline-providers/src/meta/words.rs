//! Meta's lists of words. None is complete: what is not here stays as it came.

use crate::api::words;

words! {
    /// What a number can do (`https://developers.facebook.com/docs/whatsapp/business-management-api/manage-phone-numbers`).
    NumberStatus {
        /// Sends and receives.
        Connected = "CONNECTED" | "LINKED",
        /// Being set up.
        Pending = "PENDING",
        /// Not registered.
        Disconnected = "DISCONNECTED" | "UNLINKED",
        /// Of low quality.
        Flagged = "FLAGGED",
        /// Sends in part.
        Restricted = "RESTRICTED",
        /// Has sent too much.
        RateLimited = "RATE_LIMITED",
        /// Banned.
        Banned = "BANNED",
        /// Moved to another account.
        Migrated = "MIGRATED",
        /// Deleted.
        Deleted = "DELETED",
        /// Not shown to be the company's.
        Unverified = "UNVERIFIED",
        /// Not told.
        Unknown = "UNKNOWN",
    }
}

words! {
    /// A quality rating; "not told" has two words.
    Quality {
        /// High.
        Green = "GREEN",
        /// Medium.
        Yellow = "YELLOW",
        /// Low.
        Red = "RED",
        /// Not told.
        Unknown = "UNKNOWN" | "NA",
    }
}

words! {
    /// A messaging limit, in conversations within 24 hours.
    Tier {
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
        Unlimited = "TIER_UNLIMITED",
        /// Not told.
        Untiered = "UNTIERED" | "TIER_NOT_SET",
    }
}

words! {
    /// Whether the company has shown by a code that the number is its own.
    CodeVerification {
        /// It has.
        Verified = "VERIFIED",
        /// It has not.
        NotVerified = "NOT_VERIFIED" | "UNVERIFIED",
        /// Too long ago.
        Expired = "EXPIRED",
    }
}

words! {
    /// How a display name stands.
    NameStatus {
        /// Approved.
        Approved = "APPROVED",
        /// May be used, and will be reviewed.
        AvailableWithoutReview = "AVAILABLE_WITHOUT_REVIEW",
        /// Declined.
        Declined = "DECLINED",
        /// Too old.
        Expired = "EXPIRED",
        /// Being reviewed.
        PendingReview = "PENDING_REVIEW",
        /// There is none.
        None = "NONE",
    }
}

words! {
    /// Where a number is registered.
    Platform {
        /// The Cloud API.
        Cloud = "CLOUD_API",
        /// A server of its own.
        OnPremise = "ON_PREMISE",
        /// Nowhere.
        NotRegistered = "NOT_APPLICABLE",
    }
}

words! {
    /// How the review of a WhatsApp Business Account stands.
    Review {
        /// Not done.
        Pending = "PENDING",
        /// Passed.
        Approved = "APPROVED",
        /// Failed.
        Rejected = "REJECTED",
        /// Passed in part.
        Restricted = "RESTRICTED" | "LIMIT_REACHED",
    }
}
