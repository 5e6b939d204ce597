use crate::{error::Failure, http::Unanswered};

/// When a webhook that was not taken is sent again.
#[derive(Debug, Clone)]
pub(crate) enum Retries {
    /// With growing pauses, for 7 days; the reference names 36 hours too, and nobody's pauses.
    Meta,
    /// 360dialog's partner webhooks: nothing is published.
    Dialog360,
    /// As the fragment of the URL says (`#rc=3&rp=5xx,ct`); otherwise once, if nobody was there.
    Twilio {
        /// So often again.
        count: u32,
        /// For what.
        policy: Vec<String>,
    },
}

const META: [i64; 12] =
    [10, 60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 86_400, 86_400, 172_800];
const DIALOG360: [i64; 5] = [1, 2, 4, 8, 16];

impl Retries {
    /// Twilio's, by the fragment of a URL.
    pub(crate) fn of_fragment(fragment: &str) -> Self {
        let mut count = 1;
        let mut policy = vec!["ct".to_owned()];
        for (name, value) in form_urlencoded::parse(fragment.as_bytes()) {
            match &*name {
                "rc" => count = value.parse().unwrap_or(count).min(5),
                "rp" => policy = value.split(',').map(str::to_owned).collect(),
                _ => {}
            }
        }
        Self::Twilio { count, policy }
    }

    /// Whether an answer ends the matter.
    pub(crate) fn accepts(&self, status: u16) -> bool {
        match self {
            Self::Meta | Self::Dialog360 => status == 200,
            Self::Twilio { .. } => (200..300).contains(&status),
        }
    }

    /// How many seconds after so many attempts the next one is; `None`: it was the last.
    pub(crate) fn pause(&self, attempts: u32, outcome: &Result<u16, Unanswered>) -> Option<i64> {
        let attempts = usize::try_from(attempts).ok()?;
        let listed = |pauses: &[i64]| pauses.get(attempts.checked_sub(1)?).copied();
        match self {
            Self::Meta => listed(&META),
            Self::Dialog360 => listed(&DIALOG360),
            Self::Twilio { count, policy } => {
                let reason = match outcome {
                    Ok(status @ 400..500) => ("4xx", *status),
                    Ok(status) => ("5xx", *status),
                    Err(unanswered) if unanswered.failure == Failure::Connection => ("ct", 0),
                    Err(_) => ("rt", 0),
                };
                let named = policy.iter().any(|word| word == "all" || word == reason.0);
                (named && attempts <= usize::try_from(*count).ok()?).then_some(1)
            }
        }
    }
}
