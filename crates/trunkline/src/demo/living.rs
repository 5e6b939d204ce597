//! The second half of `demo`: the service on the sample platform, with simulated providers that send it webhooks.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use trunkline_core::secrets::Secret;
use trunkline_core::{Clock, Permission, Provider, Role};
use trunkline_migrate::ExitStatus;
use trunkline_providers::simulator::{Sample, SampleNumber, Simulator, WebhookTargets, World};
use trunkline_server::syncs::request_sync;
use trunkline_server::{State, add_api_key, add_partner_account};
use trunkline_store::channels::{Channel, ChannelFilter, find_channel_secret, list_channels};
use trunkline_store::clients::find_client;
use trunkline_store::partner_accounts::{Filter, list_partner_accounts};
use trunkline_store::{Sort, StoreError, Window};

use super::heading;
use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::global::Global;
use crate::output::{HINT, Printer};
use crate::{import, keys, serve};

/// How long until the next thing happens.
const PACE: Duration = Duration::from_secs(3);

/// So many numbers of the platform are simulated.
const MOST: u16 = 200;

const VERIFY_TOKEN: &str = "simulated-verify-token";

pub(super) async fn run(
    url: &str,
    directory: &Path,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let world = World::sample(&Sample { companies: 0 });
    let simulator = Simulator::start_at(free(8650).await, world, Clock::adjustable()).await;
    let simulator = simulator.map_err(|error| {
        Failure::failed(format!("cannot start the simulator: {error}"), "try again")
    })?;
    let global = Global {
        database_url: Some(url.to_owned()),
        config: Some(configure(directory, &simulator)?),
        data_dir: Some(directory.to_owned()),
    };
    heading(printer, "4. trunkline import run");
    command(&global, &["import", "run", "--conflict", "skip"], printer).await?;

    heading(printer, "5. trunkline serve, with simulated providers");
    let listen = serve::Arguments::at(free(8640).await);
    let simulator = Arc::new(simulator);
    serve::run_with(&global, &listen, printer, async |state: &State| {
        connect(state, &simulator).await?;
        let key = add_key(state).await?;
        tell(state, &simulator, &key, printer);
        printer.line("Run commands on it, in another terminal:");
        let config = directory.join("demo.toml");
        printer.line(format_args!(
            "  export DATABASE_URL='{url}' TRUNKLINE_CONFIG='{}'",
            config.display()
        ));
        printer.line("  trunkline webhooks list");
        printer.line("Ctrl-C ends it all.");
        tokio::spawn(live(Arc::clone(&simulator)));
        Ok(())
    })
    .await
}

/// The usual port, or, where another process has it, any.
async fn free(port: u16) -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpListener::bind(usual).await {
        Ok(_) => usual,
        Err(_) => (Ipv4Addr::LOCALHOST, 0).into(),
    }
}

/// Writes a configuration that points at the simulator, and the keys that it names.
fn configure(directory: &Path, simulator: &Simulator) -> Result<PathBuf, Failure> {
    let failed = |path: &Path, error: &std::io::Error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::failed(message, "choose another directory: --data-dir")
    };
    std::fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
    let path = directory.join("demo.toml");
    let keys = directory.join("demo-keys");
    if !keys.exists() {
        keys::create_file(&keys)?;
    }
    let text = format!(
        "keys_file = {keys}\n\n[providers]\ndialog360_url = \"{}\"\n\
         dialog360_messaging_url = \"{}\"\nmeta_url = \"{}\"\ntwilio_url = \"{}\"\n\
         allow_private_addresses = true\n\n[syncs]\ninterval_minutes = 0\n",
        simulator.dialog360_url(),
        simulator.dialog360_messaging_url(),
        simulator.meta_url(),
        simulator.twilio_url(),
        keys = Value::from(keys.display().to_string()),
    );
    std::fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    Ok(path)
}

/// Runs a command of ours.
async fn command(global: &Global, words: &[&str], printer: &Printer) -> Result<(), Failure> {
    let words = ["trunkline"].iter().chain(words);
    let cli = Cli::try_parse_from(words).map_err(|error| {
        Failure::failed(error.to_string(), "this is a defect of the demo: report it")
    })?;
    if let Some(Command::Import(arguments)) = cli.command {
        import::run(global, arguments, printer).await?;
    }
    Ok(())
}

/// Makes the partner accounts, and lets the providers have the platform's numbers.
async fn connect(state: &State, simulator: &Simulator) -> Result<(), Failure> {
    let mut targets = WebhookTargets::default();
    for (provider, fields) in Sample::ACCOUNTS {
        let mut body: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        body.insert("provider".into(), provider.into());
        body.insert("label".into(), "Simulated".into());
        if provider == "meta" {
            body.insert("webhook_verify_token".into(), VERIFY_TOKEN.into());
        }
        let added = add_partner_account(state, serve::system(), body).await;
        let urls = added.map_err(|problem| {
            Failure::failed(problem.detail, "this is a defect of the demo: report it")
        })?;
        if let Some(url) = urls.first() {
            targets.add(url, VERIFY_TOKEN);
        }
    }
    let numbers = numbers(state).await.map_err(|error| keys::store(&error))?;
    simulator.change(|world| {
        for (provider, number, credential) in &numbers {
            match provider {
                Provider::Meta => world.add_to_meta(number),
                Provider::Dialog360 => world.add_to_dialog360(number),
                Provider::Twilio => world.add_to_twilio(number),
            }
            if let Some(credential) = credential {
                world.admit(*provider, number, credential.expose());
            }
        }
        world.send_webhooks_to(&targets);
    });
    compare(state).await
}

/// Has them compared with the platform once.
async fn compare(state: &State) -> Result<(), Failure> {
    let connection = state.store.connection().await.map_err(|error| keys::store(&error))?;
    let window = Window { after: None, limit: 10 };
    let accounts = list_partner_accounts(connection.executor(), Filter::default(), &window).await;
    for account in accounts.map_err(|error| keys::store(&error))? {
        let asked = request_sync(state, &serve::system(), account.id, false).await;
        asked.map_err(|problem| {
            Failure::failed(problem.detail, "this is a defect of the demo: report it")
        })?;
    }
    Ok(())
}

/// A key with which messages can be sent.
async fn add_key(state: &State) -> Result<Secret, Failure> {
    let permissions = vec![Permission::Send, Permission::Read];
    let made = add_api_key(state, &serve::system(), "demo", Role::Operator, permissions).await;
    made.map_err(|problem| {
        Failure::failed(problem.detail, "this is a defect of the demo: report it")
    })
}

/// The platform's numbers, with the credentials that it had of them.
type Numbers = Vec<(Provider, SampleNumber, Option<Secret>)>;

async fn numbers(state: &State) -> Result<Numbers, StoreError> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let window = Window { after: None, limit: MOST };
    let channels =
        list_channels(executor, &ChannelFilter::default(), Sort::default(), &window).await?;
    let mut numbers = Vec::new();
    for channel in channels {
        let (channel, scope) = (channel.read()?, trunkline_core::Scope::Platform);
        if let Some(client) = find_client(executor, channel.client_id, scope).await? {
            let client = client.read()?.provider_id;
            let secret = find_channel_secret(executor, channel.id, &state.keys).await?;
            let (provider, secret) = (channel.id.provider, secret.and_then(Result::ok));
            // A sender without a token of its subaccount is simulated as one of the partner's own.
            let is_own = provider == Provider::Twilio && secret.is_none();
            let client = if is_own { Sample::TWILIO_ACCOUNT.to_owned() } else { client };
            numbers.push((provider, simulated(channel, client), secret));
        }
    }
    Ok(numbers)
}

fn simulated(channel: Channel, client: String) -> SampleNumber {
    let digits = channel.phone_number.unwrap_or_default();
    SampleNumber {
        client,
        digits: digits.chars().filter(char::is_ascii_digit).collect(),
        name: channel.display_name.unwrap_or_else(|| "Sample company".to_owned()),
        channel: channel.provider_id,
        quality: "GREEN",
        tier: "TIER_2K",
        since: channel.created_at,
    }
}

/// Lets something happen every few seconds.
async fn live(simulator: Arc<Simulator>) {
    for turn in 0.. {
        tokio::time::sleep(PACE).await;
        simulator.stir(turn);
    }
}

fn tell(state: &State, simulator: &Simulator, key: &Secret, printer: &Printer) {
    let service = &state.settings.public_url;
    let simulated = simulator.url("");
    printer.line(format_args!(
        "\nIt has partner accounts of simulated providers at {simulated} - look at"
    ));
    for (address, what) in [
        (
            format!("{service}/admin"),
            "the administration, once the link above has made you its owner",
        ),
        (
            format!("{service}/admin/partner-accounts"),
            "the partner accounts: \"Check now\" asks the simulated providers",
        ),
        (
            format!("{service}/admin/channels"),
            "the platform's numbers, which webhooks change every few seconds",
        ),
        (
            format!("{service}/admin/syncs"),
            "what the providers say of them, compared with what stands here",
        ),
        (
            format!("{simulated}_control/webhooks"),
            "each webhook that was sent, and how it was answered",
        ),
        (format!("{simulated}meta/signup"), "Embedded Signup, to click through"),
        (
            format!("{simulated}360dialog/onboarding/{}", Sample::DIALOG360_PARTNER),
            "360dialog's onboarding, to click through",
        ),
    ] {
        printer.line(format_args!("  {HINT}{address}{HINT:#}\n      {what}"));
    }
    printer.line("Send a message by a number of the platform's (docs/pass-through.md):");
    printer.line(format_args!("  export KEY={}", key.expose()));
    printer.line(format_args!(
        "  curl {service}/api/v1/channels/meta-1/provider/number/messages -H \"Authorization: Bearer $KEY\" \\\n    --json '{}'",
        json!({"messaging_product": "whatsapp", "to": "491511234567", "type": "text", "text": {"body": "Hello"}})
    ));
    printer.line("Make something happen (docs/simulator.md):");
    printer.line(format_args!(
        "  curl -X POST {simulated}_control/faults --json '{}'",
        json!({"path": "/meta/**", "times": 5, "fault": "refuse", "status": 503})
    ));
}
