use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Fields, List, Reading, Repeat, Word},
    call,
    dialog360::{Api, ClientState, Page, api::read},
    error::ProviderError,
};

/// A company's account (`https://docs.360dialog.com/partner/partner-api/api-reference/client-management`).
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// Ends in `CL`.
    pub id: Box<str>,
    /// Its name.
    pub name: Option<Box<str>>,
    /// Whether it is in use.
    pub status: Option<Word<ClientState>>,
    /// What we wrote there: the company's id.
    pub partner_payload: Option<Box<str>>,
    /// How many channels it may have.
    pub max_channels: Option<i64>,
    /// The address of its owner.
    pub email: Option<Box<str>>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    pub modified_at: Option<Timestamp>,
    /// The answer as it came.
    pub raw: Value,
}

impl Reading for Client {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        Some(Self {
            // What makes a client names it `client_id`, or `id`: which, is not certain.
            id: fields.text("/id").or_else(|| fields.text("/client_id"))?,
            name: fields.text("/name"),
            status: fields.word("/status"),
            partner_payload: fields.text("/partner_payload"),
            max_channels: fields.integer("/max_channels"),
            email: fields
                .text("/contact_info/email")
                .or_else(|| fields.text("/contact_user/email")),
            created_at: fields.time("/created_at"),
            modified_at: fields.time("/modified_at"),
            raw,
        })
    }
}

/// What is changed of a client; `None` is left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientEdit<'a> {
    /// A text of ours.
    pub partner_payload: Option<&'a str>,
    /// How many channels it may have.
    pub max_channels: Option<u32>,
}

impl Api {
    /// `GET /partners/{id}/clients`, every page.
    pub async fn clients(&self) -> Result<List<Client>, ProviderError> {
        let url = self.url("provider.360dialog.clients", &["clients"])?;
        self.pages("clients", || call!("provider.360dialog.clients", Method::GET, url.clone()))
            .await
    }

    /// One page of it, and how many there are in all.
    pub async fn clients_page(
        &self,
        page: &Page,
    ) -> Result<(List<Client>, Option<usize>), ProviderError> {
        let url = self.url("provider.360dialog.clients", &["clients"])?;
        let make = || call!("provider.360dialog.clients", Method::GET, url.clone());
        self.page(page, "clients", make).await
    }

    /// The client with this id.
    pub async fn client(&self, id: &str) -> Result<Option<Client>, ProviderError> {
        let (list, _) = self.clients_page(&Page::of_id(id)).await?;
        Ok(list.items.into_iter().find(|client| client.id.as_ref() == id))
    }

    /// `PATCH /partners/{id}/clients/{client}`; the same again changes nothing more, so it is repeated.
    pub async fn edit_client(&self, id: &str, edit: &ClientEdit<'_>) -> Result<(), ProviderError> {
        const CALL: &str = "provider.360dialog.client_edit";
        let url = self.url(CALL, &["clients", id])?;
        let mut body = json!({});
        if let Some(payload) = edit.partner_payload {
            body["partner_payload"] = payload.into();
        }
        if let Some(most) = edit.max_channels {
            body["max_channels"] = most.into();
        }
        let make =
            || call!("provider.360dialog.client_edit", Method::PATCH, url.clone()).json(&body);
        self.send(Repeat::Safe, make).await.map(drop)
    }

    /// `POST /partners/{id}/account_sharing/clients`: makes a client for a company that signs up through us.
    ///
    /// Never repeated: it may answer 429 or 500 although the client was made. [`Api::find_client`] tells.
    pub async fn create_client(&self, name: &str, email: &str) -> Result<Client, ProviderError> {
        const CALL: &str = "provider.360dialog.client_create";
        let url = self.url(CALL, &["account_sharing", "clients"])?;
        let body = json!({ "name": name, "email": email });
        let make =
            || call!("provider.360dialog.client_create", Method::POST, url.clone()).json(&body);
        read(self.send(Repeat::Never, make).await?, CALL)
    }

    /// The client with this address, looked for on every page: 360dialog's own filter by address is not reliable.
    pub async fn find_client(&self, email: &str) -> Result<Option<Client>, ProviderError> {
        let mut clients = self.clients().await?.items.into_iter();
        Ok(clients.find(|client| {
            client.email.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(email))
        }))
    }
}
