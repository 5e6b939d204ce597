//! Filters by up to three together, in every order: no plan reads more than a page needs.

use trunkline_core::{ChannelStatus, Provider, QualityRating};

use super::list::statement;
use super::{ChannelField, ChannelFilter};
use crate::listed::plans::{faults, platform};
use crate::{KeyValue, ListKey, QualifiedId, Sort, SortField};

/// Each filter of each list added to every one so far.
fn filters() -> Vec<ChannelFilter<'static>> {
    let client = QualifiedId { provider: Provider::Meta, number: 7 };
    let mut filters = vec![ChannelFilter::default()];
    let mut with = |change: &dyn Fn(&mut ChannelFilter<'static>)| {
        let changed = filters.clone().into_iter().map(|mut filter| {
            change(&mut filter);
            filter
        });
        let changed: Vec<_> = changed.filter(|filter| !filters.contains(filter)).collect();
        filters.extend(changed);
    };
    with(&|filter| filter.provider = Some(Provider::Meta));
    with(&|filter| filter.status = Some(ChannelStatus::Running));
    with(&|filter| filter.status = Some(ChannelStatus::Suspended));
    with(&|filter| filter.quality_rating = Some(QualityRating::Red));
    with(&|filter| filter.company_id = Some(7));
    with(&|filter| filter.client_id = Some(client));
    with(&|filter| filter.phone_number = Some("+491510000499"));
    with(&|filter| filter.phone_number_prefix = Some("+49151"));
    with(&|filter| filter.updated_since = Some("2025-09-01T00:00:00Z".parse().unwrap()));
    with(&|filter| filter.messaging_limit = Some(250));
    with(&|filter| filter.messaging_limit = Some(0));
    with(&|filter| filter.partner_account_id = Some(2));
    with(&|filter| filter.partner_account_id = Some(4));
    with(&|filter| filter.search = Some("channel 499"));
    with(&|filter| filter.search = Some("meta-7"));
    // What finds the channels is one of these; a second one only looks at what was found.
    let finding = |filter: &ChannelFilter<'_>| {
        let given = [
            filter.company_id.is_some(),
            filter.client_id.is_some(),
            filter.phone_number.is_some(),
            filter.search.is_some(),
        ];
        given.into_iter().filter(|is_given| *is_given).count()
    };
    filters.retain(|filter| finding(filter) <= 1);
    // A fourth only looks at what three found.
    filters.retain(|filter| given(filter) <= 3);
    filters
}

/// How many are given.
fn given(filter: &ChannelFilter<'_>) -> usize {
    let given = [
        filter.provider.is_some(),
        filter.status.is_some(),
        filter.quality_rating.is_some(),
        filter.company_id.is_some(),
        filter.client_id.is_some(),
        filter.partner_account_id.is_some(),
        filter.phone_number.is_some(),
        filter.phone_number_prefix.is_some(),
        filter.updated_since.is_some(),
        filter.messaging_limit.is_some(),
        filter.search.is_some(),
    ];
    given.into_iter().filter(|is_given| *is_given).count()
}

/// A place in the middle of the list.
fn middle(field: ChannelField) -> ListKey {
    let value = match field {
        ChannelField::PhoneNumber => KeyValue::Text("+491510000900".to_owned()),
        _ => KeyValue::Time("2025-09-09T00:00:00Z".parse().unwrap()),
    };
    ListKey { value, provider: Provider::Meta, id: 99 }
}

#[tokio::test]
async fn every_offered_filter_in_every_order_reads_no_more_than_a_page_needs() {
    let (_database, client) = platform().await;
    let mut looked_at = 0;
    let mut bad = Vec::new();
    for filter in filters() {
        for field in ChannelField::ALL.iter().copied() {
            if filter.check(field).is_err() {
                continue;
            }
            for descending in [false, true] {
                for after in [None, Some(middle(field))] {
                    let sort = Sort { field, descending };
                    let statement = statement(&filter, sort, after.as_ref());
                    let faults =
                        faults(&client, &statement.text(51), &statement.parameters()).await;
                    looked_at += 1;
                    if !faults.is_empty() {
                        bad.push(format!("{filter:?} {sort} {after:?}: {faults:?}"));
                    }
                }
            }
        }
    }
    assert!(looked_at > 1000, "only {looked_at}");
    assert!(
        bad.is_empty(),
        "{} of {looked_at}:\n{}",
        bad.len(),
        bad[..bad.len().min(20)].join("\n")
    );
}
