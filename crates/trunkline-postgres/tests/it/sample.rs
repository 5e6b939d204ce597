use trunkline_postgres::{
    sample::{Flaw, SampleError, SampleOptions, SampleProgress, Variant, create},
    testing::TestDatabase,
};

const OPTIONS: SampleOptions = SampleOptions { companies: 2000, seed: 1, replace: false };

#[tokio::test]
async fn sample_has_every_variant_and_flaw_and_counts_them() {
    let database = TestDatabase::empty().await.unwrap();
    let client = database.connect().await.unwrap();
    let mut heard = Vec::new();
    let summary = create(&client, &OPTIONS, |progress| heard.push(progress)).await.unwrap();

    let count = async |query: &str| -> u64 {
        let row = client.query_one(query, &[]).await.unwrap();
        u64::try_from(row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(summary.companies, 2000);
    assert_eq!(count("SELECT count(*) FROM companies").await, summary.companies);
    assert_eq!(count("SELECT count(*) FROM users").await, summary.users);
    assert_eq!(count("SELECT count(*) FROM channel_connections").await, summary.connections);
    assert_eq!(summary.variants.values().sum::<u64>(), summary.connections);
    assert_eq!(summary.variants.len(), Variant::SHARES.len());
    for (variant, share) in Variant::SHARES {
        let expected = summary.connections * u64::from(share) / 1000;
        let found = summary.variants[&variant];
        assert!(
            found > expected / 3 && found < expected * 3 + 5,
            "{variant:?}: {found} of {expected} expected"
        );
    }

    let derivable = "SELECT count(*) FROM channel_connections AS c JOIN users AS u ON u.id = c.user_id \
         WHERE c.company_id IS NULL AND u.company_id IS NOT NULL";
    assert_eq!(count(derivable).await, summary.flaws[&Flaw::CompanyOfUser]);
    let unknown =
        "SELECT count(*) FROM channel_connections WHERE company_id IS NULL AND user_id = 1";
    assert_eq!(count(unknown).await, summary.flaws[&Flaw::CompanyUnknown]);
    let foreign = "SELECT count(*) FROM channel_connections AS c JOIN users AS u ON u.id = c.user_id \
         WHERE c.company_id <> u.company_id";
    assert_eq!(count(foreign).await, 0);
    let repeated = "SELECT count(*) - count(DISTINCT account_id) FROM channel_connections \
         WHERE channel_type LIKE 'whatsapp%'";
    assert_eq!(count(repeated).await, summary.flaws[&Flaw::NumberOfOtherCompany]);

    assert_eq!(
        count("SELECT count(*) FROM migrations WHERE success AND filename < '007'").await,
        6
    );
    let next = "INSERT INTO companies (name, slug) VALUES ('new', 'new') RETURNING id::BIGINT";
    assert_eq!(count(next).await, 2001);
    assert_eq!(heard.last(), Some(&SampleProgress::Keys));
}

#[tokio::test]
async fn the_same_options_give_the_same_database() {
    let mut sums = Vec::new();
    for _ in 0..2 {
        let database = TestDatabase::empty().await.unwrap();
        let client = database.connect().await.unwrap();
        create(&client, &OPTIONS, |_| {}).await.unwrap();
        let mut sum = Vec::new();
        for table in ["companies", "users", "channel_connections", "migrations"] {
            let query =
                format!("SELECT md5(string_agg(row::TEXT, '|' ORDER BY id)) FROM {table} AS row");
            sum.push(client.query_one(&query, &[]).await.unwrap().get::<_, String>(0));
        }
        sums.push(sum);
    }
    assert_eq!(sums[0], sums[1]);
}

#[tokio::test]
async fn the_tables_of_a_platform_are_never_replaced() {
    let database = TestDatabase::empty().await.unwrap();
    let client = database.connect().await.unwrap();
    client
        .batch_execute(
            "CREATE TABLE companies (id INTEGER PRIMARY KEY); INSERT INTO companies VALUES (7)",
        )
        .await
        .unwrap();

    for replace in [false, true] {
        let error =
            create(&client, &SampleOptions { replace, ..OPTIONS }, |_| {}).await.unwrap_err();
        let expected = SampleError::Occupied { table: "companies", by_sample: false };
        assert_eq!(error.to_string(), expected.to_string());
        assert_eq!(error.hint(), expected.hint());
    }
    let kept: i64 = client.query_one("SELECT count(*) FROM companies", &[]).await.unwrap().get(0);
    assert_eq!(kept, 1);
    let others: bool =
        client.query_one("SELECT to_regclass('users') IS NULL", &[]).await.unwrap().get(0);
    assert!(others);
}

#[tokio::test]
async fn a_sample_is_replaced_when_that_is_said_and_nothing_refers_to_it() {
    let database = TestDatabase::empty().await.unwrap();
    let client = database.connect().await.unwrap();
    create(&client, &SampleOptions { companies: 3, ..OPTIONS }, |_| {}).await.unwrap();
    let error = create(&client, &OPTIONS, |_| {}).await.unwrap_err();
    assert!(matches!(error, SampleError::Occupied { by_sample: true, .. }), "{error}");

    let replacing = SampleOptions { replace: true, ..OPTIONS };
    assert_eq!(create(&client, &replacing, |_| {}).await.unwrap().companies, 2000);
    client
        .batch_execute("CREATE TABLE theirs (company INTEGER REFERENCES companies (id))")
        .await
        .unwrap();
    let error = create(&client, &replacing, |_| {}).await.unwrap_err();
    assert!(matches!(error, SampleError::ReferredTo(_)), "{error}");
    let still: i64 = client.query_one("SELECT count(*) FROM companies", &[]).await.unwrap().get(0);
    assert_eq!(still, 2000);
}

#[tokio::test]
async fn too_many_companies_are_refused_before_anything_is_written() {
    let database = TestDatabase::empty().await.unwrap();
    let client = database.connect().await.unwrap();
    let options = SampleOptions { companies: SampleOptions::MOST_COMPANIES + 1, ..OPTIONS };
    let error = create(&client, &options, |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "a sample has at most 1000000 companies, not 1000001");
}
