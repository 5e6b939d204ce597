//! Every filter with every other, in every order: no plan reads more than a page needs.

use trunkline_core::{ClientStatus, Provider};

use super::list::statement;
use super::{ClientField, ClientFilter};
use crate::listed::plans::{faults, platform};
use crate::{KeyValue, ListKey, Sort, SortField};

fn filters() -> Vec<ClientFilter> {
    let since = "2025-09-01T00:00:00Z".parse().ok();
    let mut filters = Vec::new();
    for provider in [None, Some(Provider::Twilio)] {
        for status in [None, Some(ClientStatus::Active), Some(ClientStatus::Deleted)] {
            for company_id in [None, Some(7)] {
                for updated_since in [None, since] {
                    // Of most clients, of few, and of none.
                    for partner_account_id in [None, Some(1), Some(4), Some(9)] {
                        filters.push(ClientFilter {
                            provider,
                            status,
                            company_id,
                            partner_account_id,
                            updated_since,
                        });
                    }
                }
            }
        }
    }
    filters
}

#[tokio::test]
async fn every_offered_filter_in_every_order_reads_no_more_than_a_page_needs() {
    let (_database, client) = platform().await;
    let value = KeyValue::Time("2025-09-09T00:00:00Z".parse().unwrap());
    let middle = ListKey { value, provider: Provider::Meta, id: 99 };
    let mut bad = Vec::new();
    for filter in filters() {
        for field in ClientField::ALL.iter().copied() {
            if filter.check(field).is_err() {
                continue;
            }
            for descending in [false, true] {
                for after in [None, Some(middle.clone())] {
                    let sort = Sort { field, descending };
                    let statement = statement(&filter, sort, after.as_ref());
                    let faults =
                        faults(&client, &statement.text(51), &statement.parameters()).await;
                    if !faults.is_empty() {
                        bad.push(format!("{filter:?} {sort} {after:?}: {faults:?}"));
                    }
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
