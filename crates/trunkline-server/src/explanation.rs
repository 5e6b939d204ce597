use crate::Kind;

impl Kind {
    /// What it means, and what to do: the page of its type URI.
    pub const fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => (
                "The request could not be read: its body is no JSON, or a whole other thing.",
                "Read `detail`, which says where; send the request again once it is mended.",
            ),
            Self::Invalid => (
                "The request was read, and a field, a parameter or a header holds what it may not.",
                "`errors` names every such field and says what it may hold.",
            ),
            Self::Unauthenticated => (
                "No API key came with the request, or one that is not known, was revoked, or has expired.",
                "Send `Authorization: Bearer tlk_…`; administrators make keys at /admin/api-keys.",
            ),
            Self::Forbidden => (
                "The key is known, and its role or its scope does not allow this.",
                "Use a key of a higher role, or of the platform where this one sees one company.",
            ),
            Self::NotFound => (
                "It is not there, or not for whoever asks: a key of one company learns nothing of others.",
                "Check the address; list what there is.",
            ),
            Self::MethodNotAllowed => (
                "The path is known, and does not take this method.",
                "The header `Allow` and the API reference say which it takes.",
            ),
            Self::Conflict => (
                "The request contradicts what is there, or another one at the same moment.",
                "Read `detail`; with a `Retry-After` header, send the same request again after it.",
            ),
            Self::Stale => (
                "`If-Match` names a version that no longer stands there: somebody changed it meanwhile.",
                "GET it again, look at what changed, and repeat the edit with the new `ETag`.",
            ),
            Self::VersionRequired => (
                "An edit must say which version it edits, so that nobody overwrites what they have not seen.",
                "Send `If-Match` with the `ETag` of GET.",
            ),
            Self::TooLarge => (
                "The body is longer than the operation takes.",
                "Send less; the API reference says how long a field may be.",
            ),
            Self::UnsupportedMediaType => (
                "The body is of a type that the operation does not read.",
                "Send JSON, and say so: `Content-Type: application/json`.",
            ),
            Self::IdempotencyKeyReused => (
                "The `Idempotency-Key` came with another request within the last 24 hours.",
                "Take a new key for each thing to be done, and the same only to repeat the same request.",
            ),
            Self::OutcomeUnknown => (
                "The first request with this `Idempotency-Key` failed so that nobody knows whether it was done: the connection to \
                 the database was lost at the last step, the time was over, or the process ended.",
                "Look whether it was done; if not, send it with a new key.",
            ),
            Self::TooManyRequests(_) => (
                "The key has made all the requests that it may make for now.",
                "Wait for so many seconds as `Retry-After` says; `RateLimit-Remaining` tells in advance.",
            ),
            Self::TooSlow => (
                "The body had not come to its end when the time for the request was over.",
                "Send it again, over a better connection or in smaller parts.",
            ),
            Self::TimedOut => (
                "The answer took too long, so the request was ended.",
                "Send it again after `Retry-After`; a POST with the same `Idempotency-Key`.",
            ),
            Self::Unavailable => (
                "The database, or something else that is needed, cannot be reached for the moment.",
                "Send it again after `Retry-After`; a POST with the same `Idempotency-Key`, since it may have been done.",
            ),
            Self::Internal => (
                "A mistake of ours. The log of the service has its cause.",
                "Tell the operators the request's id, which is in the header `X-Request-Id`.",
            ),
        }
    }
}
