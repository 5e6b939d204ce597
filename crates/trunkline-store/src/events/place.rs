use std::collections::{HashMap, HashSet};

use trunkline_core::Provider;
use trunkline_core::events::{EventKind, Subject};

use super::Arrival;
use super::subject::Tables;
use crate::clients::Binding;
use crate::{Executor, QualifiedId, StoreError};

/// What an event is about, in our tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Row of the provider's table of clients.
    pub client: Option<i32>,
    /// Row of the provider's table of channels.
    pub channel: Option<i32>,
}

/// A place, and whether it is known by which partner account its client is served.
#[derive(Clone, Copy)]
struct Found {
    place: Place,
    is_bound: bool,
}

type Subjects<'a> = HashMap<(Provider, &'a Subject), Found>;

/// The place of each event; `None`: no company has what it is about. And the clients of which it is not known yet by which
/// partner account they are served: by the one that heard of them.
///
/// An event that this release does not know has nothing to apply: it is kept, with or without a place.
pub(super) async fn find(
    executor: Executor<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<(Vec<Option<Place>>, Vec<Binding>), StoreError> {
    let mut found = Subjects::new();
    for provider in Provider::ALL {
        let of_provider = arrivals.iter().map(|arrival| arrival.event);
        let mut subjects: Vec<&Subject> = of_provider
            .filter(|event| event.source.provider() == *provider)
            .map(|event| &event.subject)
            .collect();
        let mut seen = HashSet::new();
        subjects.retain(|subject| seen.insert(*subject));
        find_channels(executor, *provider, &subjects, &mut found).await?;
        find_clients(executor, *provider, &subjects, &mut found).await?;
    }
    let mut unbound = Vec::new();
    let mut place = |arrival: &Arrival<'_>| {
        let event = arrival.event;
        let provider = event.source.provider();
        let found = found.get(&(provider, &event.subject));
        let client = found.filter(|found| !found.is_bound).and_then(|found| found.place.client);
        unbound.extend(client.map(|number| Binding {
            client: QualifiedId { provider, number },
            account_id: arrival.account_id,
        }));
        let needs_none = event.subject == Subject::Account || event.kind == EventKind::Other;
        let place = found.map(|found| found.place);
        place.or_else(|| needs_none.then(Place::default))
    };
    let places = arrivals.iter().map(&mut place).collect();
    Ok((places, unbound))
}

/// By the provider's id or, where there is none, by the number: then the one that is in use, and the newest of these.
async fn find_channels<'a>(
    executor: Executor<'_>,
    provider: Provider,
    subjects: &[&'a Subject],
    found: &mut Subjects<'a>,
) -> Result<(), StoreError> {
    let mut asked: Vec<&'a Subject> = Vec::new();
    let (mut ids, mut numbers, mut clients) = (Vec::new(), Vec::new(), Vec::new());
    for &subject in subjects {
        if let Subject::Channel { id, number, client } = subject {
            asked.push(subject);
            ids.push(id.as_deref());
            numbers.push(number.as_deref().filter(|_| id.is_none()));
            clients.push(client.as_deref());
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let Tables { clients: accounts, client_key, channels, channel_key, .. } = Tables::of(provider);
    let query = format!(
        "SELECT asked.place, found.client_id, found.id, found.is_bound
        FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[]) WITH ORDINALITY AS asked (id, number, client, place)
        CROSS JOIN LATERAL (
            SELECT channel.id, channel.client_id, client.partner_configuration_id IS NOT NULL AS is_bound
            FROM {channels} AS channel
            JOIN {accounts} AS client ON client.id = channel.client_id
            WHERE channel.{channel_key} = asked.id
            UNION ALL
            (SELECT channel.id, channel.client_id, client.partner_configuration_id IS NOT NULL
            FROM {channels} AS channel
            JOIN {accounts} AS client ON client.id = channel.client_id
            WHERE channel.phone_number = asked.number
                AND (asked.client IS NULL OR client.{client_key} = asked.client)
            ORDER BY channel.status IN ('deleted', 'migrated', 'disconnected'), channel.id DESC
            LIMIT 1)
        ) AS found"
    );
    let rows = executor.rows("look for channels", &query, &[&ids, &numbers, &clients]).await?;
    for row in rows {
        let place: i64 = row.get(0);
        let subject = usize::try_from(place - 1).ok().and_then(|place| asked.get(place));
        if let Some(subject) = subject {
            let place = Place { client: Some(row.get(1)), channel: Some(row.get(2)) };
            found.insert((provider, subject), Found { place, is_bound: row.get(3) });
        }
    }
    Ok(())
}

async fn find_clients<'a>(
    executor: Executor<'_>,
    provider: Provider,
    subjects: &[&'a Subject],
    found: &mut Subjects<'a>,
) -> Result<(), StoreError> {
    let mut asked: HashMap<&str, &'a Subject> = HashMap::new();
    for &subject in subjects {
        if let Subject::Client(id) = subject {
            asked.insert(id, subject);
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = asked.keys().copied().collect();
    let Tables { clients, client_key, .. } = Tables::of(provider);
    let query = format!(
        "SELECT {client_key}, id, partner_configuration_id IS NOT NULL
        FROM {clients}
        WHERE {client_key} = ANY ($1)"
    );
    for row in executor.rows("look for clients", &query, &[&keys]).await? {
        let key: &str = row.get(0);
        if let Some(subject) = asked.get(key) {
            let place = Place { client: Some(row.get(1)), channel: None };
            found.insert((provider, subject), Found { place, is_bound: row.get(2) });
        }
    }
    Ok(())
}
