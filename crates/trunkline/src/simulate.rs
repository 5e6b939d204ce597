//! `trunkline simulate`: the three providers on loopback, in builds with the feature `simulator`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use trunkline_migrate::ExitStatus;

use crate::failure::Failure;
use crate::output::Printer;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The address of the simulator, on loopback
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8650")]
    listen: SocketAddr,
    /// A state in JSON, as GET /_control/state shows it, instead of the sample
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// So many companies in the sample
    #[arg(long, value_name = "N", default_value_t = 12, conflicts_with = "seed")]
    companies: u32,
    /// Where the sample's webhooks go: the URL of a partner account, once for each provider
    #[arg(long, value_name = "URL", conflicts_with = "seed")]
    webhooks_to: Vec<String>,
    /// The verify token of Meta's webhooks, as the partner account has it
    #[arg(
        long,
        value_name = "TOKEN",
        default_value = "simulated-verify-token",
        conflicts_with = "seed"
    )]
    verify_token: String,
}

#[cfg(feature = "simulator")]
pub(crate) use running::run;

#[cfg(not(feature = "simulator"))]
#[expect(clippy::unused_async, reason = "with the simulator it waits")]
pub(crate) async fn run(_: &Arguments, _: &Printer) -> Result<ExitStatus, Failure> {
    Err(Failure::failed(
        "this binary was built without the simulator",
        "build one for development: cargo run --features simulator -- simulate",
    ))
}

#[cfg(feature = "simulator")]
mod running {
    use trunkline_core::Clock;
    use trunkline_providers::simulator::{Sample, Simulator, WebhookTargets, World};

    use super::{Arguments, ExitStatus, Failure, Printer};
    use crate::interrupt;
    use crate::output::{GOOD, HINT};

    pub(crate) async fn run(
        arguments: &Arguments,
        printer: &Printer,
    ) -> Result<ExitStatus, Failure> {
        if !arguments.listen.ip().is_loopback() {
            let message = format!("{} is not on loopback", arguments.listen);
            return Err(Failure::usage(message, "the simulator's secrets are known to everybody"));
        }
        let stop = interrupt::listen_and_say("stopping");
        let world = world(arguments)?;
        let simulator = Simulator::start_at(arguments.listen, world, Clock::adjustable()).await;
        let simulator = simulator.map_err(|error| {
            let message = format!("cannot listen on {}: {error}", arguments.listen);
            Failure::failed(message, "choose another address: --listen")
        })?;
        tell(&simulator, printer);
        stop.requested().await;
        Ok(ExitStatus::Done)
    }

    fn world(arguments: &Arguments) -> Result<World, Failure> {
        if let Some(path) = &arguments.seed {
            let said =
                |error: String| Failure::failed(format!("{}: {error}", path.display()), SEED);
            let text = std::fs::read_to_string(path).map_err(|error| said(error.to_string()))?;
            return serde_json::from_str(&text).map_err(|error| said(error.to_string()));
        }
        let mut world = World::sample(&Sample { companies: arguments.companies });
        let mut targets = WebhookTargets::default();
        for url in &arguments.webhooks_to {
            if !targets.add(url, &arguments.verify_token) {
                let message = format!("{url} is no webhook URL of a partner account");
                let hint = "it holds /webhooks/ and the provider; the account's page shows it";
                return Err(Failure::usage(message, hint));
            }
        }
        world.send_webhooks_to(&targets);
        Ok(world)
    }

    const SEED: &str = "GET /_control/state of a running simulator shows what a seed looks like";

    fn tell(simulator: &Simulator, printer: &Printer) {
        let address = simulator.url("");
        let providers = [
            ("dialog360_url", simulator.dialog360_url()),
            ("dialog360_messaging_url", simulator.dialog360_messaging_url()),
            ("meta_url", simulator.meta_url()),
            ("twilio_url", simulator.twilio_url()),
        ];
        let settings: serde_json::Map<_, _> =
            providers.iter().map(|(name, url)| ((*name).to_owned(), url.as_str().into())).collect();
        let accounts: serde_json::Map<_, _> = Sample::ACCOUNTS
            .iter()
            .map(|(provider, fields)| {
                let fields =
                    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
                ((*provider).to_owned(), fields.collect::<serde_json::Map<_, _>>().into())
            })
            .collect();
        printer.document(&serde_json::json!({
            "url": address.as_str(), "providers": settings, "partner_accounts": accounts,
        }));
        printer.line(format_args!(
            "{GOOD}The providers are simulated at {address}{GOOD:#} (Ctrl-C ends it)."
        ));
        printer.line("\nIn trunkline.toml:\n\n[providers]");
        for (name, url) in &providers {
            printer.line(format_args!("{name} = \"{url}\""));
        }
        printer.line("allow_private_addresses = true\n\nPartner accounts of the sample, to be entered at /admin/partner-accounts:");
        for (provider, fields) in Sample::ACCOUNTS {
            printer.line(format_args!("\n{provider}"));
            for (name, value) in fields {
                printer.line(format_args!("  {HINT}{name:<23}{HINT:#}{value}"));
            }
        }
        printer.line("\nTo click through: /meta/signup and /360dialog/onboarding/simul8PA there.");
        printer.line("To change things: /_control (docs/simulator.md).");
    }
}
