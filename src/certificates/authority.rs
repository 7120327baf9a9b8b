//! The certificate authority: the way there, which is the HTTP client of all our requests to the outside with its limits,
//! and our account.

use std::pin::Pin;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use instant_acme::{
    Account, AccountCredentials, BodyWrapper, BytesResponse, Error, ExternalAccountKey, HttpClient as AcmeClient,
    NewAccount,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::AcmeSettings;
use super::failed::Failed;
use super::shelf::Shelf;
use crate::base::HttpClient;

/// Who is asked for certificates, and how.
pub(super) struct Authority {
    pub(super) settings: AcmeSettings,
    pub(super) http: HttpClient,
}

/// An account as it is kept.
#[derive(Deserialize)]
struct Known {
    contact: Vec<String>,
    credentials: AccountCredentials,
}

impl Authority {
    /// The account that is kept, else a new one.
    pub(super) async fn account(&self, shelf: &Shelf) -> Result<Account, Failed> {
        let builder = Account::builder_with_http(Box::new(Outside(self.http.clone())));
        let contact: Vec<&str> = self.settings.contact.iter().map(String::as_str).collect();
        let kept = shelf.account().await?.and_then(|kept| serde_json::from_str::<Known>(kept.expose_secret()).ok());
        let Some(Known { contact: told, credentials }) = kept else {
            let external = self.settings.external_account.as_ref();
            let external = external.map(|known| ExternalAccountKey::new(known.id.clone(), known.key.expose_secret()));
            let wanted = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
            let made = builder.create(&wanted, self.settings.directory.clone(), external.as_ref()).await;
            let (account, credentials) = made.map_err(of_account)?;
            shelf.keep_account(&self.kept(&credentials)).await?;
            return Ok(account);
        };
        let kept = self.kept(&credentials);
        let account = builder.from_credentials(credentials).await?;
        if told != self.settings.contact {
            account.update_contacts(&contact).await.map_err(of_account)?;
            shelf.keep_account(&kept).await?;
        }
        Ok(account)
    }

    /// The account as it is kept, with whom the authority is told to write to.
    fn kept(&self, credentials: &AccountCredentials) -> SecretString {
        serde_json::json!({ "contact": self.settings.contact, "credentials": credentials }).to_string().into()
    }
}

/// Whatever is wrong with an account is no fault of a host.
fn of_account(error: Error) -> Failed {
    match Failed::from(error) {
        Failed::Host(cause) | Failed::TooMuch(cause) => Failed::Authority(cause),
        other => other,
    }
}

/// Sends the requests of the ACME client.
struct Outside(HttpClient);

impl AcmeClient for Outside {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = match body.collect().await {
                Ok(body) => body.to_bytes(),
                Err(never) => match never {},
            };
            let answer = client.request(Request::from_parts(parts, body)).await;
            Ok(BytesResponse::from(answer.map_err(|error| Error::Other(Box::new(error)))?.map(Full::new)))
        })
    }
}
