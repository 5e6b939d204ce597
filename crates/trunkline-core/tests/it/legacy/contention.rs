use trunkline_core::Provider;
use trunkline_core::legacy::{Census, Conflict, Contention, Contest, Contests, Facts};

fn facts(company_id: i32, client: &str, channel: &str, number: &str) -> Facts {
    Facts {
        provider: Provider::Dialog360,
        company_id,
        client_id: client.to_owned(),
        channel_id: channel.to_owned(),
        phone_number: (!number.is_empty()).then(|| number.to_owned()),
        display_name: None,
        webhook_url: None,
    }
}

/// Rows are numbered from 1; a later one was changed later.
fn contests(rows: &[Facts]) -> Contests {
    let mut census = Census::default();
    for facts in rows {
        census.count(facts);
    }
    let mut contention = Contention::new(census.suspects());
    for (facts, row) in rows.iter().zip(1..) {
        contention.add(row, row, facts);
    }
    contention.settle()
}

fn contest(conflict: Conflict, rival: i64, is_newest: bool) -> Contest {
    let is_double = conflict == Conflict::DuplicateChannelId;
    Contest { conflict, rival, is_double, is_newest }
}

#[test]
fn numbers_of_one_company_in_one_account_do_not_contend() {
    let rows: Vec<_> =
        (0..1000).map(|n| facts(n / 5, &format!("c{}", n / 5), &n.to_string(), "")).collect();
    assert!(contests(&rows).is_empty());
}

#[test]
fn a_number_in_two_companies_contends_whatever_its_provider() {
    let found = contests(&[
        facts(1, "a", "x", "+15550000012"),
        facts(2, "b", "y", "+15550000013"),
        Facts { provider: Provider::Twilio, ..facts(3, "c", "z", "+15550000012") },
        facts(2, "b", "x2", "+15550000013"),
    ]);
    assert_eq!(found.of(1), Some(contest(Conflict::NumberInTwoCompanies, 3, false)));
    assert_eq!(found.of(3), Some(contest(Conflict::NumberInTwoCompanies, 1, true)));
    assert_eq!(found.of(2), None, "twice in one company: another channel of the number");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_channel_twice_contends_within_a_company_too() {
    let found = contests(&[facts(1, "a", "x", ""), facts(1, "a", "y", ""), facts(1, "a", "x", "")]);
    assert_eq!(found.of(1), Some(contest(Conflict::DuplicateChannelId, 3, false)));
    assert_eq!(found.of(3), Some(contest(Conflict::DuplicateChannelId, 1, true)));
    assert_eq!(found.of(2), None);
    let found = contests(&[facts(1, "a", "x", ""), facts(2, "b", "x", "")]);
    assert_eq!(found.of(1), Some(contest(Conflict::NumberInTwoCompanies, 2, false)));
}

#[test]
fn all_numbers_of_an_account_of_two_companies_contend_and_the_newest_s_company_wins() {
    let found = contests(&[
        facts(1, "a", "x", ""),
        facts(2, "a", "y", ""),
        facts(1, "a", "z", ""),
        Facts { provider: Provider::Meta, ..facts(3, "a", "x", "") },
    ]);
    assert_eq!(found.of(1), Some(contest(Conflict::ClientInTwoCompanies, 2, true)));
    assert_eq!(found.of(2), Some(contest(Conflict::ClientInTwoCompanies, 1, false)));
    assert_eq!(found.of(3), Some(contest(Conflict::ClientInTwoCompanies, 2, true)));
    assert_eq!(found.of(4), None, "another provider's");
}

#[test]
fn who_loses_one_contest_is_not_the_newest() {
    let found = contests(&[facts(1, "a", "x", ""), facts(1, "a", "x", ""), facts(2, "a", "y", "")]);
    assert_eq!([1, 2, 3].map(|row| found.of(row).unwrap().is_newest), [false, false, true]);
}

#[test]
fn that_another_company_claims_a_number_comes_before_the_double_of_a_row() {
    let number = "+15550000012";
    let found = contests(&[
        facts(1, "a", "x", number),
        facts(1, "a", "x", number),
        facts(2, "b", "y", number),
        facts(2, "b", "y", number),
    ]);
    let shared = |rival, is_newest| {
        let contest = contest(Conflict::NumberInTwoCompanies, rival, is_newest);
        Some(Contest { is_double: true, ..contest })
    };
    assert_eq!(
        [1, 2, 3, 4].map(|row| found.of(row)),
        [shared(3, false), shared(3, false), shared(1, false), shared(1, true),]
    );
}

#[test]
fn a_sender_of_twilio_s_is_its_sid_and_its_address() {
    let sender = |channel: &str, number: &str| Facts {
        provider: Provider::Twilio,
        ..facts(1, "a", channel, number)
    };
    let number = "+15550000012";
    let found = contests(&[sender("XE1", number), sender("whatsapp:+15550000012", number)]);
    assert_eq!(found.of(1), Some(contest(Conflict::DuplicateChannelId, 2, false)));
    let alone = contests(&[sender("whatsapp:+15550000012", number), sender("XE2", "+15550000013")]);
    assert!(alone.is_empty());
}
