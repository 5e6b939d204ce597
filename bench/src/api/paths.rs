//! Which lists are asked for: some that stand for the others, and every combination that is offered.

/// Lists that stand for the others: what they are, and their path.
pub(super) const LISTS: &[(&str, &str)] = &[
    ("channels by change", "/api/v1/channels"),
    ("channels by creation, newest first", "/api/v1/channels?sort=-created_at"),
    ("channels by number", "/api/v1/channels?sort=phone_number"),
    ("running channels", "/api/v1/channels?status=running"),
    (
        "suspended channels, last changed first",
        "/api/v1/channels?status=suspended&sort=-updated_at",
    ),
    ("red channels", "/api/v1/channels?quality_rating=red"),
    ("running red channels", "/api/v1/channels?status=running&quality_rating=red"),
    ("Meta's pending channels", "/api/v1/channels?provider=meta&status=pending"),
    ("channels changed since", "/api/v1/channels?updated_since=2025-09-01T00:00:00Z"),
    ("channels by the beginning of the number", "/api/v1/channels?phone_number_prefix=4477"),
    ("the channel of a number", "/api/v1/channels?phone_number=491510000500"),
    ("a company's channels", "/api/v1/channels?company_id=7"),
    (
        "a company's running green channels by number",
        "/api/v1/channels?company_id=7&status=running&quality_rating=green&sort=phone_number",
    ),
    ("a client's channels", "/api/v1/channels?client_id=meta-7"),
    ("active clients", "/api/v1/clients?status=active"),
    ("companies", "/api/v1/companies"),
    (
        "companies by the beginning of the name, with its index",
        "/api/v1/companies?name_prefix=hotel%201",
    ),
];

/// The pages of administration, and one of each kind that is about one thing.
pub(super) const PAGES: &[&str] = &[
    "/admin",
    "/admin/companies",
    "/admin/companies/7",
    "/admin/clients",
    "/admin/clients/meta-7",
    "/admin/channels",
    "/admin/channels/meta-7",
    "/admin/partner-accounts",
    "/admin/partner-accounts/2",
    "/admin/webhooks",
    "/admin/alerts",
    "/admin/alerts/destinations",
    "/admin/syncs",
    "/admin/providers",
    "/admin/import",
    "/admin/import/conflicts",
    "/admin/migrations",
    "/admin/migrations/plan",
    "/admin/migrations/verify",
    "/admin/audit-log",
    "/admin/users",
    "/admin/api-keys",
    "/admin/profile",
];

const PROVIDERS: &[&str] = &["", "provider=meta"];
const STATUSES: &[&str] = &["", "status=running", "status=suspended", "status=failed"];
const QUALITIES: &[&str] = &["", "quality_rating=green", "quality_rating=red"];
const OWNERS: &[&str] = &["", "company_id=7", "client_id=meta-7"];
const NUMBERS: &[&str] = &["", "phone_number=491510000500", "phone_number_prefix=4477"];
const LIMITS: &[&str] = &["", "messaging_limit=1000"];
const ACCOUNTS: &[&str] = &["", "partner_account_id=4"];
const SEARCHES: &[&str] = &["", "q=hotel"];
const CHANGES: &[&str] = &["", "updated_since=2025-09-01T00:00:00Z"];
const ORDERS: &[&str] = &[
    "sort=updated_at",
    "sort=-updated_at",
    "sort=created_at",
    "sort=-created_at",
    "sort=phone_number",
    "sort=-phone_number",
];

/// Every filter with every other and every order, refused ones too.
pub(super) fn combinations() -> Vec<String> {
    let mut queries = vec![String::new()];
    let filters = [
        PROVIDERS, STATUSES, QUALITIES, OWNERS, NUMBERS, LIMITS, ACCOUNTS, SEARCHES, CHANGES,
        ORDERS,
    ];
    for words in filters {
        let with = |query: &String| {
            let query = query.clone();
            words.iter().map(move |word| format!("{query}&{word}"))
        };
        queries = queries.iter().flat_map(with).collect();
    }
    queries.iter().map(|query| format!("/api/v1/channels?{}", plain(query))).collect()
}

/// Without the filters that are left out.
fn plain(query: &str) -> String {
    query.split('&').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::combinations;

    #[test]
    fn combinations_are_many_and_differ() {
        let all = combinations();
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!((all.len(), distinct.len()), (2 * 4 * 3 * 3 * 3 * 2 * 2 * 2 * 2 * 6, all.len()));
        assert_eq!(all[0], "/api/v1/channels?sort=updated_at");
    }
}
