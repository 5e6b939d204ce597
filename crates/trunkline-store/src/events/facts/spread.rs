use std::collections::HashMap;

use trunkline_core::Provider;
use trunkline_core::events::Fact;
use trunkline_core::events::words::LimitScope;

use super::{Arrival, Place, SubjectKind, SubjectRow, Target};
use crate::events::subject::Tables;
use crate::{Executor, StoreError};

type Told<'a> = (usize, &'a Arrival<'a>, Place, &'a [Fact]);

/// The rows of which each fact speaks: what is said of a client's channels is so of each of them, and a limit of a
/// portfolio is so of every channel in it.
pub(super) async fn targets<'a>(
    executor: Executor<'_>,
    told: &[Told<'a>],
) -> Result<Vec<Target<'a>>, StoreError> {
    let mut channels: HashMap<(Provider, i32), Vec<i32>> = HashMap::new();
    let mut portfolios: HashMap<(Provider, i32), Vec<i32>> = HashMap::new();
    for provider in Provider::ALL {
        let wanted = |of: fn(&Fact) -> bool| {
            let told = told.iter().filter(|(_, arrival, place, facts)| {
                arrival.event.source.provider() == *provider
                    && place.channel.is_none()
                    && facts.iter().any(of)
            });
            told.filter_map(|(_, _, place, _)| place.client).collect::<Vec<i32>>()
        };
        let clients = wanted(is_of_channels);
        for (client, channel) in channels_of(executor, *provider, &clients).await? {
            channels.entry((*provider, client)).or_default().push(channel);
        }
        let clients = wanted(is_of_portfolio);
        for (client, channel) in channels_beside(executor, *provider, &clients).await? {
            portfolios.entry((*provider, client)).or_default().push(channel);
        }
    }
    let mut targets = Vec::new();
    for (index, arrival, place, facts) in told {
        let provider = arrival.event.source.provider();
        for fact in *facts {
            let mut push = |kind, id| {
                targets.push(Target {
                    row: SubjectRow { provider, kind, id },
                    fact,
                    occurred_at: arrival.occurred_at(),
                    arrival: Some(*index),
                });
            };
            match (place.channel, place.client) {
                (Some(channel), _) if !is_of_client(fact) => push(SubjectKind::Channel, channel),
                (None, Some(client)) if is_of_channels(fact) => {
                    let of = if is_of_portfolio(fact) { &portfolios } else { &channels };
                    let ids = of.get(&(provider, client)).into_iter().flatten();
                    ids.for_each(|id| push(SubjectKind::Channel, *id));
                }
                (None, Some(client)) => push(SubjectKind::Client, client),
                _ => {}
            }
        }
    }
    Ok(targets)
}

fn is_of_client(fact: &Fact) -> bool {
    matches!(fact, Fact::ClientStatus { .. } | Fact::ClientName(_))
}

fn is_of_channels(fact: &Fact) -> bool {
    matches!(fact, Fact::ChannelStatus { .. } | Fact::Quality { .. } | Fact::Limit(_))
}

fn is_of_portfolio(fact: &Fact) -> bool {
    matches!(fact, Fact::Limit(limit) if limit.scope == LimitScope::Portfolio)
}

async fn channels_of(
    executor: Executor<'_>,
    provider: Provider,
    clients: &[i32],
) -> Result<Vec<(i32, i32)>, StoreError> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    let Tables { channels, .. } = Tables::of(provider);
    let query = format!("SELECT client_id, id FROM {channels} WHERE client_id = ANY ($1)");
    let rows = executor.rows("look for a client's channels", &query, &[&clients]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The channels of a client, and of every client in the same portfolio.
async fn channels_beside(
    executor: Executor<'_>,
    provider: Provider,
    clients: &[i32],
) -> Result<Vec<(i32, i32)>, StoreError> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    let Tables { channels, .. } = Tables::of(provider);
    let query = format!(
        "SELECT asked.client, channel.id
        FROM (SELECT DISTINCT client FROM unnest($1::INTEGER[]) AS given (client)) AS asked
        JOIN {channels} AS channel ON channel.client_id = asked.client
        UNION
        SELECT asked.client, channel.id
        FROM unnest($1::INTEGER[]) AS asked (client)
        JOIN trunkline.facts AS own ON own.provider = $2 AND own.subject = 'client'
            AND own.subject_id = asked.client AND own.aspect = 'portfolio'
        JOIN trunkline.facts AS other ON other.value = own.value AND other.aspect = 'portfolio'
            AND other.provider = $2 AND other.subject = 'client'
        JOIN {channels} AS channel ON channel.client_id = other.subject_id"
    );
    let parameters: crate::database::Parameters<'_> = &[&clients, &provider.as_str()];
    let rows = executor.rows("look for a portfolio's channels", &query, parameters).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
