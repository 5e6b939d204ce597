//! Which partner account a client belongs to: it is noted when a webhook tells, and assumed before.

use trunkline_core::events::{Change, EventKind, Subject};
use trunkline_core::{Provider, QualityRating, Scope};
use trunkline_store::QualifiedId;
use trunkline_store::channels::find_reach;
use trunkline_store::clients::{Binding, account_of_client, bind_clients, depend_on_account};

use crate::events::{World, event, quality, world};

const ACCOUNTS: &str = "
    INSERT INTO public.partner_configurations (id, provider, partner_id, is_active, is_default)
    VALUES (1, 'meta', 'one', true, true), (2, 'meta', 'two', true, false), (3, 'twilio', 'three', true, false),
        (4, 'twilio', 'four', false, false)";

const fn meta(number: i32) -> QualifiedId {
    QualifiedId { provider: Provider::Meta, number }
}

impl World {
    async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    async fn account_of(&self, id: QualifiedId) -> Option<i32> {
        let connection = self.store.connection().await.unwrap();
        account_of_client(connection.executor(), id).await.unwrap()
    }

    async fn is_needed(&self, provider: Provider, account: i32) -> bool {
        let connection = self.store.connection().await.unwrap();
        depend_on_account(connection.executor(), provider, account).await.unwrap()
    }

    async fn bound(&self) -> String {
        self.text(
            "SELECT concat_ws(' ', id, partner_configuration_id, partner_account_id)
            FROM public.meta_whatsapp_clients
            JOIN trunkline.listed_clients USING (id)
            WHERE provider = 'meta'
            ORDER BY id",
        )
        .await
    }
}

#[tokio::test]
async fn the_account_that_hears_of_a_client_is_its_own_and_is_noted_once() {
    let world = world().await;
    world.run(ACCOUNTS).await;
    let versions = "SELECT xmin::TEXT FROM public.meta_whatsapp_clients ORDER BY id";
    let of_client = event(EventKind::Other, Subject::Client("1002".into()), 1, Change::Nothing);
    world.apply(&[quality("2001", QualityRating::Green, 1), of_client]).await;
    assert_eq!(world.bound().await, "1 1 1; 2 1 1; 3");
    let before = world.text(versions).await;
    world.apply(&[quality("2001", QualityRating::Red, 2)]).await;
    assert_eq!(world.text(versions).await, before);
    // Another account hears of it too: it stays.
    let connection = world.store.connection().await.unwrap();
    let other = Binding { client: meta(1), account_id: 2 };
    assert_eq!(bind_clients(connection.executor(), &[other]).await.unwrap(), 0);
    assert_eq!(world.bound().await, "1 1 1; 2 1 1; 3");
}

#[tokio::test]
async fn an_account_that_is_gone_or_of_another_provider_is_passed_over() {
    let world = world().await;
    world.run(ACCOUNTS).await;
    let connection = world.store.connection().await.unwrap();
    let bindings = [9, 3].map(|account_id| Binding { client: meta(1), account_id });
    for binding in bindings {
        assert_eq!(bind_clients(connection.executor(), &[binding]).await.unwrap(), 0);
    }
    world.run("DELETE FROM public.partner_configurations").await;
    world.apply(&[quality("2001", QualityRating::Green, 1)]).await;
    assert_eq!(world.bound().await, "1; 2; 3");
}

#[tokio::test]
async fn a_client_of_no_known_account_is_served_by_the_default_or_the_only_one_in_use() {
    let world = world().await;
    world.run(ACCOUNTS).await;
    world
        .run("INSERT INTO trunkline.twilio_clients (id, company_id, account_sid) VALUES (1, 1, 'AC1')")
        .await;
    let twilio = QualifiedId { provider: Provider::Twilio, number: 1 };
    assert_eq!(world.account_of(meta(1)).await, Some(1));
    assert_eq!(world.account_of(twilio).await, Some(3));
    assert_eq!(world.account_of(meta(99)).await, None);

    let connection = world.store.connection().await.unwrap();
    let own = Binding { client: meta(1), account_id: 2 };
    assert_eq!(bind_clients(connection.executor(), &[own]).await.unwrap(), 1);
    assert_eq!(world.account_of(meta(1)).await, Some(2));
    let channel = find_reach(connection.executor(), meta(1), Scope::Platform).await.unwrap();
    assert_eq!(channel.unwrap().account_id, Some(2));
    // Of two without a default nobody knows which.
    world.run("UPDATE public.partner_configurations SET is_default = false").await;
    assert_eq!(world.account_of(meta(2)).await, None);
    world.run("UPDATE public.partner_configurations SET is_active = true WHERE id = 4").await;
    assert_eq!(world.account_of(twilio).await, None);
}

#[tokio::test]
async fn an_account_is_needed_by_its_own_clients_and_by_those_that_it_would_serve() {
    let world = world().await;
    world.run(ACCOUNTS).await;
    assert!(world.is_needed(Provider::Meta, 1).await, "the default");
    assert!(!world.is_needed(Provider::Meta, 2).await, "the default serves");
    assert!(!world.is_needed(Provider::Twilio, 3).await, "there is no client");
    world.run("UPDATE public.meta_whatsapp_clients SET partner_configuration_id = 2").await;
    assert!(!world.is_needed(Provider::Meta, 1).await, "every client has its own");
    assert!(world.is_needed(Provider::Meta, 2).await, "clients belong to it");
    let deleted =
        world.client.execute("DELETE FROM public.partner_configurations WHERE id = 2", &[]);
    assert!(deleted.await.is_err(), "the foreign key holds");
    world
        .run(
            "UPDATE public.meta_whatsapp_clients SET partner_configuration_id = NULL WHERE id = 1;
            DELETE FROM public.partner_configurations WHERE id = 1",
        )
        .await;
    assert!(world.is_needed(Provider::Meta, 2).await, "the last one");
}
