use std::fmt::Write;

use insta::assert_snapshot;
use trunkline_core::syncs::SyncState;
use trunkline_providers::simulator::{Sample, World};

use super::Field;

/// What stands in our tables of what was compared.
const ROWS: &str = "
    SELECT concat_ws(' ', provider, provider_id, status, provider_status, display_name, phone_number, quality_rating,
        messaging_limit, messaging_limit_scope, provider_messaging_limit)
    FROM trunkline.listed_channels
    UNION ALL
    SELECT concat_ws(' ', provider, provider_id, status, provider_status, name) FROM trunkline.listed_clients
    ORDER BY 1";

#[tokio::test]
async fn what_the_providers_say_is_taken_over_with_its_history_and_reported() {
    let field = Field::new(2).await;
    let mut shown = String::new();
    for account in field.accounts {
        let run = field.sync(account, false).await;
        assert_eq!(run.state, SyncState::Done, "{:?}", run.error);
        writeln!(
            shown,
            "{}: {} clients, {} channels, {} findings, {} changes\n{}",
            run.provider,
            run.clients,
            run.channels,
            run.findings,
            run.changes,
            field.report(run.id).await
        )
        .unwrap();
    }
    assert_snapshot!("full_sync", format!("{shown}{}", field.text(ROWS).await));
    let told = "SELECT DISTINCT told_by FROM trunkline.fact_history";
    assert_eq!(field.text(told).await, "sync");
    for account in field.accounts {
        let again = field.sync(account, false).await;
        assert_eq!((again.findings, field.report(again.id).await), (0, String::new()));
    }
}

/// Everything that a sync could change, and nothing that it writes down about itself.
async fn dump(field: &Field) -> String {
    let tables = "
        SELECT format('%I.%I', schemaname, tablename)
        FROM pg_tables
        WHERE schemaname IN ('public', 'trunkline')
            AND tablename NOT IN ('sync_runs', 'sync_findings', 'account_answers', 'rate_budgets', 'audit_log')
            AND tablename NOT LIKE 'audit%'
        ORDER BY 1";
    let mut dump = field
        .text(
            "SELECT concat(sequencename, ' ', last_value) FROM pg_sequences
            WHERE sequencename !~ '^(sync|audit)' ORDER BY 1",
        )
        .await;
    for table in field.text(tables).await.lines() {
        let rows = field.text(&format!("SELECT row::TEXT FROM {table} AS row ORDER BY 1")).await;
        write!(dump, "\n{table}\n{rows}").unwrap();
    }
    dump
}

#[tokio::test]
async fn a_dry_run_reports_the_same_and_changes_nothing() {
    let field = Field::new(3).await;
    field
        .service
        .client
        .batch_execute("DELETE FROM meta_whatsapp_phone_numbers WHERE id = 2")
        .await
        .unwrap();
    field.simulator.change(|world| world.dialog360.channels.remove("n00001CH"));
    let before = dump(&field).await;
    let mut reports = Vec::new();
    for account in field.accounts {
        let run = field.sync(account, true).await;
        assert!(run.is_dry && run.state == SyncState::Done && run.changes > 0, "{run:?}");
        reports.push(field.report(run.id).await);
    }
    assert_eq!(dump(&field).await, before);
    for (account, dry) in field.accounts.into_iter().zip(reports) {
        let run = field.sync(account, false).await;
        assert_eq!(field.report(run.id).await.replace(" changed ", " would_change "), dry);
    }
    assert_ne!(dump(&field).await, before);
}

#[tokio::test]
async fn what_only_one_side_has_is_reported_and_left_alone() {
    // The third company of the provider is none of ours.
    let field = Field::new(3).await;
    field.simulator.change(|world: &mut World| {
        world.meta.numbers.remove("103000000000002");
        world.dialog360.channels.remove("n00001CH");
        world.dialog360.clients.remove("c00001CL");
        world.twilio.senders.remove("XE00000000000000000000000000000002");
    });
    let mut shown = String::new();
    for account in field.accounts {
        let run = field.sync(account, false).await;
        let report = field.report(run.id).await;
        report.lines().filter(|line| line.starts_with("not_")).for_each(|line| {
            shown.push_str(line);
            shown.push('\n');
        });
    }
    shown.push_str(&field.alerts().await);
    assert_snapshot!("one_side", shown);
    let kept = "SELECT count(*)::TEXT FROM trunkline.listed_channels";
    assert_eq!(field.text(kept).await, "6");

    // It comes back: the alert is over.
    let again = World::sample(&Sample { companies: 3 });
    field.simulator.change(|world| *world = again);
    for account in field.accounts {
        field.sync(account, false).await;
    }
    assert_eq!(field.alerts().await, "");
}

#[tokio::test]
async fn a_webhook_that_is_newer_than_the_answer_stays() {
    let field = Field::new(2).await;
    let newer = "
        INSERT INTO trunkline.facts (provider, subject, subject_id, aspect, value, told_at, told_by)
        VALUES ('meta', 'channel', 1, 'quality', 'unknown', '2026-01-03', 'webhook')";
    field.service.client.batch_execute(newer).await.unwrap();
    let run = field.sync(field.meta(), false).await;
    let report = field.report(run.id).await;
    assert!(
        report
            .contains("differs newer_here channel 103000000000001 quality unknown | green (GREEN)"),
        "{report}"
    );
    let quality = "SELECT quality_rating FROM meta_whatsapp_phone_numbers WHERE id = 1";
    assert_eq!(field.text(quality).await, "unknown");
}

#[tokio::test]
async fn a_client_belongs_to_the_account_that_lists_it() {
    let field = Field::new(2).await;
    let bound = "
        SELECT concat_ws(' ', id, coalesce(partner_configuration_id, 0)) FROM meta_whatsapp_clients ORDER BY id";
    let run = field.sync(field.meta(), true).await;
    assert!(
        field
            .report(run.id)
            .await
            .contains("bound would_change client 102000000000001 partner_account")
    );
    assert_eq!(field.text(bound).await, "1 0\n2 0");
    let run = field.sync(field.meta(), false).await;
    assert!(
        field.report(run.id).await.contains("bound changed client 102000000000001 partner_account")
    );
    let meta = field.meta();
    assert_eq!(field.text(bound).await, format!("1 {meta}\n2 {meta}"));

    // Another portfolio, to which nothing is shared: what it does not list is not its own, and not gone.
    let fields: Vec<(&str, &str)> = Sample::ACCOUNTS[1]
        .1
        .iter()
        .map(|(name, value)| match *name {
            "business_portfolio_id" => (*name, "777"),
            "system_user_token" => (*name, "EAAOTHERPORTFOLIO"),
            _ => (*name, *value),
        })
        .collect();
    let other = super::add(&field.service, &field.simulator, "meta", &fields).await;
    field.simulator.change(|world| {
        let mut business = world.meta.businesses[Sample::META_BUSINESS].clone();
        business.name = "Other".to_owned();
        world.meta.businesses.insert("777".to_owned(), business);
        let mut token = world.meta.tokens[Sample::META_TOKEN].clone();
        token.business = "777".to_owned();
        world.meta.tokens.insert("EAAOTHERPORTFOLIO".to_owned(), token);
    });
    let unbound = "UPDATE meta_whatsapp_clients SET partner_configuration_id = NULL WHERE id = 2";
    field.service.client.batch_execute(unbound).await.unwrap();
    let run = field.sync(other, false).await;
    assert_eq!((run.state, field.report(run.id).await), (SyncState::Done, String::new()));
    // It was given away: the account that lists it says so, and leaves it.
    let given = "UPDATE meta_whatsapp_clients SET partner_configuration_id = $1 WHERE id = 1";
    field.service.client.execute(given, &[&other]).await.unwrap();
    let run = field.sync(meta, false).await;
    let report = field.report(run.id).await;
    let expected = format!(
        "differs reported client 102000000000001 partner_account {other} | {meta}\nbound changed client 102000000000002 partner_account - | 506914307656634\n"
    );
    assert_eq!(report, expected);
}

#[tokio::test]
async fn a_sender_that_was_imported_by_its_number_gets_its_sid() {
    let field = Field::new(2).await;
    let number = field.simulator.read(|world| {
        let sender = &world.twilio.senders["XE00000000000000000000000000000001"];
        sender.fields["sender_id"].as_str().unwrap().to_owned()
    });
    let imported = format!(
        "UPDATE trunkline.twilio_senders SET sender_sid = '{number}', phone_number = substr('{number}', 10) WHERE id = 1"
    );
    field.service.client.batch_execute(&imported).await.unwrap();
    let [.., twilio] = field.accounts;
    let found = "
        SELECT concat_ws(' ', kind, outcome, aspect, ours, theirs) FROM trunkline.sync_findings
        WHERE run_id = (SELECT max(run_id) FROM trunkline.sync_findings)
            AND (aspect = 'provider_id' OR kind IN ('not_here', 'not_there'))";
    let sid = "SELECT sender_sid FROM trunkline.twilio_senders WHERE id = 1";
    for (is_dry, outcome, after) in [
        (true, "would_change", number.as_str()),
        (false, "changed", "XE00000000000000000000000000000001"),
    ] {
        field.sync(twilio, is_dry).await;
        let line =
            format!("differs {outcome} provider_id {number} XE00000000000000000000000000000001");
        assert_eq!(field.text(found).await, line);
        assert_eq!(field.text(sid).await, after);
    }
}
