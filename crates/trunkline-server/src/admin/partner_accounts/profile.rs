use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::edit::require_version;
use super::fields::{Given, errors};
use super::preview::Preview;
use super::{author, load, page_of};
use crate::admin::form::{Form, sentence};
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast};
use crate::api::version;
use crate::auth::Administrator;
use crate::partner_accounts::{AccountDocument, AccountId, PublicProfile, edit as edit_account};
use crate::problem::Kind;
use crate::{Problem, State};

/// A field of the profile: its path in the profile, label, help and kind of input.
const FIELDS: [(&str, &str, &str, &str); 10] = [
    ("company_name", "Company name", "Who offers WhatsApp to the companies.", "text"),
    (
        "logo_url",
        "Logo address",
        "An image elsewhere, https; an uploaded one goes before it.",
        "url",
    ),
    ("colors.primary", "Colour of buttons", "As #1a7f37.", "color"),
    ("colors.background", "Colour of the page", "As #ffffff.", "color"),
    ("colors.text", "Colour of writing", "As #14232a.", "color"),
    ("support.email", "Support e-mail", "", "email"),
    ("support.phone", "Support phone", "As +15551234567.", "tel"),
    ("support.url", "Support page", "", "url"),
    ("terms_url", "Terms", "The terms that companies agree to.", "url"),
    ("privacy_url", "Privacy", "What is done with their data.", "url"),
];

const LANGUAGES: (&str, &str, &str, &str) = (
    "languages",
    "Languages",
    "Tags as en or pt-BR, the first one for browsers that ask for none of them.",
    "text",
);

pub(super) struct ProfileField {
    pub name: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub kind: &'static str,
    pub value: String,
    pub error: String,
}

impl ProfileField {
    /// The colour of its swatch, where it is one.
    fn fill(&self) -> &str {
        let is_color = self.value.strip_prefix('#').is_some_and(|digits| {
            digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        if is_color { &self.value } else { "none" }
    }
}

#[derive(Template)]
#[template(path = "partner_account_profile.html")]
struct ProfilePage {
    frame: Frame,
    title: String,
    here: String,
    fields: Vec<ProfileField>,
    errors: Vec<(String, String)>,
    message: String,
    version: String,
    has_logo: bool,
    logo_error: String,
    preview: Preview,
}

/// The form, with the onboarding page beside it.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    author(&administrator)?;
    let account = load(&state, id?.0).await?;
    let frame = administrator.frame(&headers, Section::PartnerAccounts);
    Ok(page(frame, &account, None, None).into_response())
}

/// Shows the form as it is, with the onboarding page that it would make; nothing is stored.
pub(super) async fn preview(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    author(&administrator)?;
    let account = load(&state, id?.0).await?;
    let given = Given::new(pairs);
    let read = PublicProfile::read(profile_of(&given), state.providers.guard());
    let problem = read.err().map(Problem::invalid);
    let frame = administrator.frame(&headers, Section::PartnerAccounts);
    Ok(page(frame, &account, Some(&given), problem.as_ref()).into_response())
}

/// Stores the profile, unless somebody else changed the account since the form was opened.
pub(super) async fn edit(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    let author = author(&administrator)?;
    let AccountId(id) = id?;
    let given = Given::new(pairs);
    let body = Map::from_iter([("public_profile".to_owned(), profile_of(&given))]);
    let check = |current: &AccountDocument| require_version(current, &given);
    match edit_account(&state, &author, id, body, check).await {
        Ok(_) => Ok(redirect_with_toast(&page_of(id), "The profile is saved.")),
        Err(problem) if problem.kind == Kind::Stale || !problem.fields.is_empty() => {
            let account = load(&state, id).await?;
            let frame = administrator.frame(&headers, Section::PartnerAccounts);
            let page = page(frame, &account, Some(&given), Some(&problem));
            Ok((problem.status(), page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The page after a file that is no logo.
pub(super) fn with_logo_problem(
    frame: Frame,
    account: &AccountDocument,
    problem: &Problem,
) -> Response {
    let Page(page) = page(frame, account, None, None);
    let errors = errors(Some(problem), |_| Some("Logo"));
    let said = problem.fields.first().map_or(&problem.detail, |problem| &problem.message);
    let logo_error = sentence(said);
    (problem.status(), Page(ProfilePage { errors, logo_error, ..page })).into_response()
}

/// The profile that a form means; empty fields are left out.
fn profile_of(given: &Given) -> Value {
    let mut profile = json!({ "colors": {}, "support": {} });
    for (path, ..) in FIELDS {
        let text = given.get(path);
        if !text.is_empty() {
            match path.split_once('.') {
                Some((group, name)) => profile[group][name] = text.into(),
                None => profile[path] = text.into(),
            }
        }
    }
    let languages = given.get(LANGUAGES.0).split([',', ' ']).filter(|tag| !tag.is_empty());
    profile[LANGUAGES.0] = languages.collect();
    profile
}

fn page(
    frame: Frame,
    account: &AccountDocument,
    given: Option<&Given>,
    problem: Option<&Problem>,
) -> Page<ProfilePage> {
    let profile = given.map_or_else(
        || account.public_profile.clone(),
        |given| PublicProfile::of_stored(&profile_of(given)),
    );
    let stored = serde_json::to_value(&profile).unwrap_or_default();
    let problems = problem.map(|problem| problem.fields.as_slice()).unwrap_or_default();
    let errors = errors(problem, |path| label_of(&name_of(path)));
    let errors = errors.into_iter().map(|(path, message)| (name_of(&path), message)).collect();
    let fields = FIELDS.into_iter().chain([LANGUAGES]).map(|(name, label, help, kind)| {
        let text = stored.pointer(&format!("/{}", name.replace('.', "/")));
        let value = match text {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(_)) => profile.languages.join(", "),
            _ => String::new(),
        };
        let error = problems.iter().find(|problem| name_of(&problem.field) == name);
        let error = error.map(|problem| sentence(&problem.message)).unwrap_or_default();
        ProfileField { name, label, help, kind, value, error }
    });
    let stale = problem.filter(|problem| problem.kind == Kind::Stale);
    Page(ProfilePage {
        frame,
        title: account.title(),
        here: page_of(account.id),
        fields: fields.collect(),
        message: stale.map(|problem| problem.detail.clone()).unwrap_or_default(),
        version: version(account),
        has_logo: account.logo.is_some(),
        logo_error: String::new(),
        preview: Preview::new(account, &profile),
        errors,
    })
}

/// What the form calls a field.
fn label_of(name: &str) -> Option<&'static str> {
    FIELDS.iter().chain([&LANGUAGES]).find(|field| field.0 == name).map(|field| field.1)
}

/// The input for a field of the API, `public_profile.languages[2]`.
fn name_of(path: &str) -> String {
    let name = path.strip_prefix("public_profile.").unwrap_or(path);
    name.split('[').next().unwrap_or(name).to_owned()
}
