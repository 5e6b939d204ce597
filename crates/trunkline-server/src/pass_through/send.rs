use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, RANGE};
use axum::response::Response;
use serde_json::Value;
use trunkline_core::{PathMethod, Provider};
use trunkline_providers::api::{Budget as _, NoBudget, Pressure};
use trunkline_providers::error::Failure;
use trunkline_providers::http::{Body as _, Call, HeaderName, Passed, Stopped, Unanswered};
use trunkline_providers::pass_through::{
    Access, Budget, Channel, Inspect, Query, Route, file_call, media_call, message_call,
    provider_call, rest, used,
};
use trunkline_store::QualifiedId;
use trunkline_store::channels::Reach;
use trunkline_store::partner_accounts::PartnerAccount;

use super::inspect::{self, Shape};
use super::{Request, answer, pass_on};
use crate::problem::Kind;
use crate::providers::{MESSAGES, Waiting};
use crate::{Problem, State};

/// The most bytes of a body, both ways: WhatsApp's largest files have 100 MB.
const MOST: u64 = 110 * 1024 * 1024;

/// The most of what is said about a media, a message or an error.
const MOST_WORDS: usize = 256 * 1024;

/// A body that stands still for so long has ended.
const IDLE: Duration = Duration::from_secs(20);

/// How long the head of an answer may take where nothing long is sent.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest wait that is told, in seconds.
const LONGEST_REST: i64 = 3600;

/// What of a request's head goes along.
const KEPT: [HeaderName; 3] = [ACCEPT, CONTENT_TYPE, RANGE];

/// Sends for a channel.
pub(crate) struct Sending<'a> {
    pub(crate) state: &'a State,
    pub(crate) id: QualifiedId,
    pub(crate) reach: &'a Reach,
    pub(crate) account: &'a PartnerAccount,
    pub(crate) access: &'a Access,
}

impl Sending<'_> {
    /// Sees to what must be seen to, sends the request, and gives the provider's answer.
    pub(super) async fn pass(
        &self,
        channel: Channel<'_>,
        route: &Route<'_>,
        query: &Query,
        request: Request<'_>,
    ) -> Result<Response, Problem> {
        let method = request.method;
        match self.look(channel, route).await? {
            Looked::Refused(answer) => return Ok(answer),
            // The answer to the question is the answer to the request.
            Looked::Own(answer) if method == PathMethod::Get && is_of_object(route) => {
                return Ok(answer);
            }
            Looked::Nowhere | Looked::Own(_) => {}
        }
        let call = provider_call(self.access, channel, method, route, query);
        let call = KEPT.iter().fold(call, |call, name| match request.headers.get(name) {
            Some(value) => call.header_as_it_came(name.clone(), value.clone()),
            None => call,
        });
        let (call, patience) = self.with_body(call, route, request).await?;
        let passed = self.open(call, patience, route.budget).await?;
        pass_on(self.id.provider, passed)
    }

    /// The body: looked at where it might say something else than the path, otherwise as it comes.
    async fn with_body(
        &self,
        call: Call,
        route: &Route<'_>,
        request: Request<'_>,
    ) -> Result<(Call, Duration), Problem> {
        let Request { method, headers, body, .. } = request;
        if method != PathMethod::Post {
            return Ok((call, PATIENCE));
        }
        let form = Shape::of(&headers)?;
        let is_file = form == Shape::Multipart && route.parts.last() == Some(&"media");
        match route.inspect {
            Inspect::Sender => {
                let number = self.number()?;
                let body = inspect::read(&headers, body).await?;
                Ok((call.bytes(inspect::message(form, &body, number)?), PATIENCE))
            }
            Inspect::GraphBody if !is_file => {
                let body = inspect::read(&headers, body).await?;
                Ok((call.bytes(inspect::graph(form, body)?), PATIENCE))
            }
            _ if body.size_hint().lower() > MOST => Err(too_large()),
            _ => Ok((call.passing(body, MOST, IDLE), self.state.settings.request_limit)),
        }
    }

    /// Asks the provider whether the object of a path is this channel's, where a path could name any.
    async fn look(&self, channel: Channel<'_>, route: &Route<'_>) -> Result<Looked, Problem> {
        match route.inspect {
            Inspect::Media(media) => {
                let call = media_call(self.access, channel, media);
                self.ask(call, route.budget, "media", inspect::is_media).await
            }
            Inspect::Message(message) => {
                let number = self.number()?;
                let call = message_call(self.access, channel, message);
                let is_own = |document: &Value| inspect::is_of_number(document, number);
                self.ask(call, route.budget, "message", is_own).await
            }
            Inspect::Nothing | Inspect::GraphBody | Inspect::Sender => Ok(Looked::Nowhere),
        }
    }

    async fn ask(
        &self,
        call: Call,
        budget: Budget,
        what: &str,
        is_own: impl Fn(&Value) -> bool,
    ) -> Result<Looked, Problem> {
        let provider = self.id.provider;
        let passed = self.open(call, PATIENCE, budget).await?;
        let (status, headers) = (passed.status, passed.headers.clone());
        let read =
            passed.read(MOST_WORDS).await.map_err(|stopped| interrupted(provider, &stopped))?;
        let is_good = (200..300).contains(&status);
        let document: Value = serde_json::from_slice(&read).unwrap_or_default();
        if is_good && !is_own(&document) {
            return Err(Problem::not_found(&format!("{what} of this channel")));
        }
        let answer = answer::pass_read(provider, status, &headers, read)?;
        Ok(if is_good { Looked::Own(answer) } else { Looked::Refused(answer) })
    }

    /// The file of a media, from where the provider says that it is.
    pub(crate) async fn file(
        &self,
        channel: Channel<'_>,
        media: &str,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let provider = self.id.provider;
        let call = media_call(self.access, channel, media);
        let passed = self.open(call, PATIENCE, Budget::Account).await?;
        let (status, answered) = (passed.status, passed.headers.clone());
        let read =
            passed.read(MOST_WORDS).await.map_err(|stopped| interrupted(provider, &stopped))?;
        if !(200..300).contains(&status) {
            return answer::pass_read(provider, status, &answered, read);
        }
        let document: Value = serde_json::from_slice(&read).unwrap_or_default();
        let is_own = provider != Provider::Meta || inspect::is_media(&document);
        let place = document["url"].as_str().filter(|_| is_own);
        let place = place.ok_or_else(|| Problem::not_found("media of this channel"))?;
        let call = file_call(self.access, place).ok_or_else(|| {
            let detail =
                format!("{} says that the file is at a place that is not its own", provider.name());
            Problem::new(Kind::Conflict, detail)
        })?;
        let call = match headers.get(RANGE) {
            Some(range) => call.header_as_it_came(RANGE, range.clone()),
            None => call,
        };
        pass_on(provider, self.open(call, PATIENCE, Budget::Account).await?)
    }

    /// Sends, if there is a turn at once.
    async fn open(
        &self,
        call: Call,
        patience: Duration,
        budget: Budget,
    ) -> Result<Passed, Problem> {
        let name = self.budget_name(budget);
        let budget = self.state.budget(self.account, Waiting::PassThrough);
        budget.take(&name).await.map_err(|none| self.without_turn(&none))?;
        let http = self.state.providers.http()?;
        let opened = http.open(call, patience, MOST, IDLE).await;
        let passed = opened.map_err(|unanswered| without_answer(self.id.provider, &unanswered))?;
        if passed.status < 400 {
            if let Some(percent) = used(self.id.provider, &passed.headers) {
                budget.press(&name, Pressure { percent, until: None }).await;
            }
            return Ok(passed);
        }
        // What is wrong is said in few words; they tell whether it was too much.
        let provider = self.id.provider;
        let whole = passed.whole(MOST_WORDS).await;
        let (passed, words) = whole.map_err(|stopped| interrupted(provider, &stopped))?;
        if let Some(wait) = rest(provider, passed.status, passed.headers.clone(), words) {
            let until = self.state.clock.now() + wait;
            budget.press(&name, Pressure { percent: 100, until: Some(until) }).await;
        }
        Ok(passed)
    }

    /// What is counted: what the number sends, or what the account asks. 360dialog's messaging API knows numbers alone.
    fn budget_name(&self, budget: Budget) -> String {
        let number = || format!("{MESSAGES}{}", self.reach.provider_id);
        match (budget, self.id.provider) {
            (Budget::Messages, _) | (Budget::Account, Provider::Dialog360) => number(),
            (Budget::Account, Provider::Meta) => self.reach.client_id.clone(),
            (Budget::Account, Provider::Twilio) => "requests".to_owned(),
        }
    }

    fn without_turn(&self, none: &NoBudget) -> Problem {
        let until = match none {
            NoBudget::Until(until) => *until,
            NoBudget::Unknown(reason) => {
                let detail = "the budget of requests cannot be asked; nothing was sent".to_owned();
                let problem = Problem::new(Kind::Unavailable, detail);
                return Problem { cause: Some(reason.clone()), ..problem };
            }
        };
        let wait =
            until.duration_since(self.state.clock.now()).as_secs().clamp(0, LONGEST_REST) + 1;
        let detail = format!(
            "nothing was sent: as many requests as {} takes for this channel are under way; the next one in {wait} s",
            self.id.provider.name(),
        );
        Problem::new(Kind::TooManyRequests(wait.unsigned_abs()), detail)
    }

    fn number(&self) -> Result<&str, Problem> {
        self.reach.phone_number.as_deref().ok_or_else(|| {
            let detail = "the channel's number is not known yet, so nothing can be sent from it";
            Problem::new(Kind::Conflict, detail)
        })
    }
}

/// What the provider says of the object of a path.
enum Looked {
    /// The path can name none but this channel's.
    Nowhere,
    /// It is this channel's.
    Own(Response),
    /// It was refused, in the provider's words.
    Refused(Response),
}

/// Whether the path is that of the object itself.
fn is_of_object(route: &Route<'_>) -> bool {
    matches!(route.inspect, Inspect::Media(_)) || route.pattern.ends_with("/{message}.json")
}

fn too_large() -> Problem {
    Problem::new(Kind::TooLarge, format!("a body has at most {MOST} bytes"))
}

fn without_answer(provider: Provider, unanswered: &Unanswered) -> Problem {
    let name = provider.name();
    let words = &unanswered.words;
    match unanswered.failure {
        Failure::TooLarge => too_large(),
        Failure::Refused | Failure::Credential => {
            let detail = format!("nothing was sent to {name}: {words}");
            Problem::new(Kind::Conflict, detail)
        }
        failure if failure.is_unsent() => {
            let detail = format!("{name} could not be reached, and nothing was sent: {words}");
            Problem::new(Kind::Unavailable, detail)
        }
        Failure::Timeout => {
            let detail = format!(
                "{name} did not answer in time; whether it did what was asked is not known"
            );
            Problem::new(Kind::TimedOut, detail)
        }
        _ => {
            let detail = format!(
                "{name} did not answer: {words}; whether it did what was asked is not known"
            );
            Problem::new(Kind::Unavailable, detail)
        }
    }
}

fn interrupted(provider: Provider, stopped: &Stopped) -> Problem {
    let detail = format!("the answer of {} did not come to its end: {stopped}", provider.name());
    Problem::new(Kind::Unavailable, detail)
}
