use std::error::Error as _;
use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tracing::Instrument;
use trunkline_core::configuration::{Mail, MailSecurity};
use trunkline_providers::http::Url;

use super::attempt::Failed;
use crate::State;

/// How long the server may take for one answer.
const ANSWER: Duration = Duration::from_secs(10);

/// How long it may take for all of them.
const WHOLE: Duration = Duration::from_secs(30);

/// Sends one message to one address; the status of the answer.
pub(super) async fn send(
    state: &State,
    address: &str,
    id: &str,
    subject: &str,
    text: String,
) -> Result<i32, Failed> {
    let settings = &state.settings.mail;
    let (Some(host), Some(from)) = (settings.host.as_deref(), settings.from.as_deref()) else {
        let words = "no SMTP server is configured: set mail.host and mail.from in trunkline.toml";
        return Err(Failed::new(words));
    };
    let own = own_host(&state.settings.public_url);
    let message = message(from, address, &format!("<{id}@{own}>"), subject, text, state)?;
    let transport = transport(settings, host, &own)?;
    let span = tracing::info_span!("alerts.email", host);
    let sending = transport.send(message).instrument(span);
    match tokio::time::timeout(WHOLE, sending).await {
        Ok(Ok(response)) => Ok(response.code().to_string().parse().unwrap_or(250)),
        Ok(Err(error)) => Err(refused(host, settings.port, &error)),
        Err(_) => {
            let seconds = WHOLE.as_secs();
            Err(Failed::new(format!("{host} did not take the message within {seconds} seconds")))
        }
    }
}

fn message(
    from: &str,
    to: &str,
    id: &str,
    subject: &str,
    text: String,
    state: &State,
) -> Result<Message, Failed> {
    let mailbox = |text: &str, what: &str| {
        text.parse::<Mailbox>()
            .map_err(|error| Failed::new(format!("{what} `{text}` is no e-mail address: {error}")))
    };
    let message = Message::builder()
        .from(mailbox(from, "mail.from")?)
        .to(mailbox(to, "the address")?)
        .subject(subject)
        .message_id(Some(id.to_owned()))
        .date(SystemTime::from(state.clock.now()))
        .header(ContentType::TEXT_PLAIN)
        .body(text);
    let mut message = message.map_err(|error| Failed::new(error.to_string()))?;
    // RFC 3834: nobody who is away answers it.
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    message.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
    Ok(message)
}

fn transport(
    settings: &Mail,
    host: &str,
    own: &str,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failed> {
    let tls = match settings.security {
        MailSecurity::Starttls => Tls::Required(tls(settings, host)?),
        MailSecurity::Tls => Tls::Wrapper(tls(settings, host)?),
        MailSecurity::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(settings.port)
        .tls(tls)
        .hello_name(ClientId::Domain(own.to_owned()))
        .timeout(Some(ANSWER));
    if let Some(user) = &settings.user {
        let password = settings.password.as_ref().map(|secret| secret.expose().to_owned());
        builder = builder.credentials(Credentials::new(user.clone(), password.unwrap_or_default()));
    }
    Ok(builder.build())
}

fn tls(settings: &Mail, host: &str) -> Result<TlsParameters, Failed> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(file) = &settings.ca_file {
        let useless = |error: &dyn std::fmt::Display| {
            Failed::new(format!("mail.ca_file `{}` cannot be used: {error}", file.display()))
        };
        let text = std::fs::read(file).map_err(|error| useless(&error))?;
        let roots = Certificate::from_pem(&text).map_err(|error| useless(&error))?;
        parameters = parameters.add_root_certificate(roots);
    }
    parameters.build().map_err(|error| Failed::new(format!("TLS cannot be set up: {error}")))
}

/// What the server, or the way to it, said; each layer once.
fn refused(host: &str, port: u16, error: &Error) -> Failed {
    let mut words = format!("{host}:{port}: {error}");
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        next = cause.source();
    }
    let status = error.status().and_then(|code| code.to_string().parse().ok());
    Failed { status, ..Failed::new(words) }
}

/// The name that this service greets with: the host of its public address.
fn own_host(public_url: &str) -> String {
    let url = Url::parse(public_url).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.unwrap_or("localhost").to_owned()
}
