use trunkline_core::syncs::{SyncFindingKind, SyncOutcome, SyncSubject};
use trunkline_store::syncs::{NewFinding, OurChannel, OurClient};

/// A finding about a thing, of which nothing else is said yet.
fn about(kind: SyncFindingKind, subject: SyncSubject, key: &str) -> NewFinding {
    NewFinding {
        kind,
        outcome: SyncOutcome::Reported,
        subject,
        subject_id: None,
        subject_key: key.to_owned(),
        label: None,
        company_id: None,
        aspect: None,
        ours: None,
        theirs: None,
        provider_word: None,
    }
}

pub(super) fn of_account(kind: SyncFindingKind, partner_id: &str) -> NewFinding {
    about(kind, SyncSubject::Account, partner_id)
}

pub(super) fn of_client(kind: SyncFindingKind, client: &OurClient) -> NewFinding {
    NewFinding {
        subject_id: Some(client.id),
        label: client.name.clone(),
        company_id: Some(client.company_id),
        ..about(kind, SyncSubject::Client, &client.key)
    }
}

pub(super) fn of_channel(
    kind: SyncFindingKind,
    client: &OurClient,
    channel: &OurChannel,
) -> NewFinding {
    NewFinding {
        subject_id: Some(channel.id),
        label: channel.label.clone(),
        company_id: Some(client.company_id),
        ..about(kind, SyncSubject::Channel, &channel.key)
    }
}

/// A client that we do not have.
pub(super) fn unknown_client(key: &str, name: Option<&str>) -> NewFinding {
    let about = about(SyncFindingKind::NotHere, SyncSubject::Client, key);
    NewFinding { label: name.map(ToOwned::to_owned), theirs: Some(key.to_owned()), ..about }
}

/// A channel of a client of ours that we do not have.
pub(super) fn unknown_channel(client: &OurClient, key: &str, number: Option<&str>) -> NewFinding {
    NewFinding {
        label: number.map(ToOwned::to_owned),
        company_id: Some(client.company_id),
        theirs: Some(key.to_owned()),
        ..about(SyncFindingKind::NotHere, SyncSubject::Channel, key)
    }
}
