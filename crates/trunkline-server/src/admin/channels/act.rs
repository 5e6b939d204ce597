use askama::Template;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::{Role, Scope};
use trunkline_store::QualifiedId;
use trunkline_store::channels::{Channel, find_channel};

use super::LIST;
use super::step::Step;
use crate::State;
use crate::admin::form::{Errors, Form};
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast, words};
use crate::auth::Administrator;
use crate::problem::{FieldProblem, Kind, Problem};
use crate::provisioning::{ChannelAct, act_on_channel, code, language, method, pin};

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    method: String,
    language: String,
    code: String,
    pin: String,
    again: String,
    confirm: String,
}

#[derive(Template)]
#[template(path = "channels/act.html")]
struct ActPage {
    frame: Frame,
    step: Step,
    question: String,
    words: &'static str,
    action: String,
    back: String,
    /// What must be typed; empty: nothing.
    word: String,
    sent: Sent,
    errors: Errors,
    /// Why it was not done.
    problem: String,
}

const METHODS: [(&str, &str, &str); 2] = [("sms", "By text", ""), ("voice", "By a call", "")];

impl ActPage {
    fn new(frame: Frame, step: Step, channel: &Channel) -> Self {
        let number = channel.phone_number.as_deref().filter(|number| !number.is_empty());
        let title = number.unwrap_or(&channel.provider_id);
        let back = format!("{LIST}/{}", channel.id);
        Self {
            frame,
            step,
            question: step.question(title),
            words: step.words(channel.id.provider),
            action: format!("{back}/{}", step.slug()),
            back,
            word: if step == Step::Deregister { title.to_owned() } else { String::new() },
            sent: Sent {
                method: "sms".to_owned(),
                language: "en_US".to_owned(),
                ..Sent::default()
            },
            errors: Errors::default(),
            problem: String::new(),
        }
    }
}

/// Asks before it is done, for what it needs to be told.
pub(super) async fn ask(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Path((id, step)): Path<(String, String)>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Operator)?;
    let (step, channel) = find(&state, &id, &step).await?;
    let frame = administrator.frame(&headers, Section::Channels);
    Ok(Page(ActPage::new(frame, step, &channel)))
}

/// Does it; what is wrong, and what the provider refuses, stands above the form.
pub(super) async fn act(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Path((id, step)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Operator)?;
    let (step, channel) = find(&state, &id, &step).await?;
    let page = ActPage::new(administrator.frame(&headers, Section::Channels), step, &channel);
    if sent.confirm.trim() != page.word {
        let errors = Errors::one("confirm-word", "This is not what stands above.");
        return Ok(again(ActPage { sent, errors, ..page }, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let act = match read(step, &sent) {
        Ok(act) => act,
        Err(wrong) => {
            let mut errors = Errors::default();
            for FieldProblem { field, message } in wrong {
                errors.add(field_of(&field), words::sentence(&message));
            }
            return Ok(again(ActPage { sent, errors, ..page }, StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let (actor, scope) = (administrator.actor(), Scope::Platform);
    match act_on_channel(&state, actor, scope, channel.id, act).await {
        Ok(_) => Ok(redirect_with_toast(&page.back, step.done())),
        Err(problem) if problem.kind == Kind::Internal => Err(problem.into()),
        Err(problem) => {
            let status = problem.status();
            let problem = words::sentence(&problem.detail);
            Ok(again(ActPage { sent, problem, ..page }, status))
        }
    }
}

/// The form once more, without what is a secret.
fn again(page: ActPage, status: StatusCode) -> Response {
    let sent = Sent { pin: String::new(), code: String::new(), ..page.sent };
    (status, Page(ActPage { sent, ..page })).into_response()
}

async fn find(state: &State, id: &str, step: &str) -> Result<(Step, Channel), Problem> {
    let step = Step::find(step).ok_or_else(|| Problem::not_found("page"))?;
    let missing = || Problem::not_found("channel");
    let id: QualifiedId = id.parse().map_err(|_| missing())?;
    let connection = state.store.connection().await?;
    let found = find_channel(connection.executor(), id, Scope::Platform).await?;
    Ok((step, found.ok_or_else(missing)?.read()?))
}

fn read(step: Step, sent: &Sent) -> Result<ChannelAct, Vec<FieldProblem>> {
    Ok(match step {
        Step::RequestCode => {
            let (method, language) = (method(&sent.method), language(&sent.language));
            match (method, language) {
                (Ok(method), Ok(language)) => ChannelAct::RequestCode { method, language },
                (method, language) => {
                    return Err(method.err().into_iter().chain(language.err()).collect());
                }
            }
        }
        Step::VerifyCode => {
            ChannelAct::VerifyCode { code: code(&sent.code).map_err(|wrong| vec![wrong])? }
        }
        Step::Register => {
            let again = sent.again == "true";
            ChannelAct::Register { pin: pin(&sent.pin).map_err(|wrong| vec![wrong])?, again }
        }
        Step::Deregister => ChannelAct::Deregister,
        Step::RotateApiKey => ChannelAct::RotateApiKey,
        Step::SubscribeWebhooks => ChannelAct::SubscribeWebhooks,
    })
}

/// The field of the form that is called so in the API.
fn field_of(name: &str) -> &'static str {
    ["method", "language", "code", "pin"].into_iter().find(|field| *field == name).unwrap_or("")
}
