//! One order, from the account to the certificate (RFC 8555 7).

use std::time::Duration;

use instant_acme::{
    AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::ExposeSecret as _;
use tokio::time::sleep;

use super::authority::Authority;
use super::shelf::{Kept, Shelf, ShelfError};
use super::{ChallengeKind, POLL};
use crate::listener::{Certificate, Challenge};

/// How long every process has to hear what it must show, before the authority is told to look.
const SPREAD: Duration = POLL.saturating_mul(3);
/// How long the authority may take to look, and to make a certificate.
const LOOKING: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(60));
/// Longest cause that is kept, in characters.
const MAX_CAUSE: usize = 300;
/// Longest token: those in use are a third of it.
const MAX_TOKEN: usize = 128;
/// Largest chain that is taken, in bytes: a handful of certificates is a tenth of it.
const MAX_CHAIN: usize = 64 * 1024;

/// Why there is no certificate, in words for admins.
#[derive(Debug)]
pub(super) enum Failed {
    /// The authority does not answer, or takes nothing from us now: no fault of this host.
    Authority(String),
    /// It was not convinced that the host is ours, or makes no certificate for it.
    Host(String),
    /// It was asked too much.
    TooMuch(String),
    /// It has forgotten who we are.
    Stranger(String),
}

/// A new certificate.
pub(super) struct Made {
    /// As it is kept.
    pub(super) kept: Kept,
    /// As it is served.
    pub(super) certificate: Certificate,
}

/// Orders a certificate for one host.
pub(super) async fn order(authority: &Authority, shelf: &Shelf, host: &str) -> Result<Made, Failed> {
    let account = authority.account(shelf).await?;
    let identifiers = [Identifier::Dns(host.to_owned())];
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
    prove(&mut order, authority.settings.challenge, shelf, host).await?;
    let key = order.finalize().await?.into();
    let chain = order.poll_certificate(&LOOKING).await?;
    let kept = Kept { chain, key };
    let good = |certificate: &Certificate| certificate.covers(host) && certificate.ends_at() > shelf.ambient.now();
    let certificate = kept.read().filter(good);
    let certificate =
        certificate.ok_or_else(|| Failed::Host("the authority made none that is good for it now".into()))?;
    Ok(Made { kept, certificate })
}

/// Shows the authority whose host it is.
async fn prove(order: &mut Order, kind: ChallengeKind, shelf: &Shelf, host: &str) -> Result<(), Failed> {
    let kind = match kind {
        ChallengeKind::TlsAlpn01 => ChallengeType::TlsAlpn01,
        ChallengeKind::Http01 => ChallengeType::Http01,
    };
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        match authorization.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            _ => return Err(Failed::Host("the authority has already turned it down".into())),
        }
        let not_offered = || Failed::Host("the authority does not offer the configured challenge".into());
        let mut challenge = authorization.challenge(kind.clone()).ok_or_else(not_offered)?;
        if !is_token(&challenge.token) {
            return Err(Failed::Host("the authority's challenge is none".into()));
        }
        let (token, proof) = (challenge.token.clone(), challenge.key_authorization().as_str().to_owned());
        shelf.show(&Challenge { host: host.to_owned(), token, proof }).await?;
        sleep(SPREAD).await;
        challenge.set_ready().await?;
    }
    match order.poll_ready(&LOOKING).await {
        Ok(OrderStatus::Ready) => Ok(()),
        // What it found is told of the challenge, what follows from it of the order.
        Ok(_) | Err(Error::Api(_)) => Err(Failed::Host(finding(order).await)),
        Err(error) => Err(error.into()),
    }
}

/// What the authority found wrong.
async fn finding(order: &mut Order) -> String {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else { break };
        if let Some(problem) = state.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
            return words(problem);
        }
    }
    "the authority did not find what it looked for".to_owned()
}

impl Kept {
    /// The certificate, if it is one with its key.
    pub(super) fn read(&self) -> Option<Certificate> {
        let chain = Some(self.chain.as_bytes()).filter(|chain| chain.len() <= MAX_CHAIN)?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().ok()?;
        let key = PrivateKeyDer::from_pem_slice(self.key.expose_secret().as_bytes()).ok()?;
        (!chain.is_empty()).then(|| Certificate::new(chain, key).ok()).flatten()
    }
}

/// Whether it is what a token consists of (RFC 8555 8.3): what we show is made of it.
fn is_token(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(base64url)
}

fn is(problem: &Problem, kind: &str) -> bool {
    problem.r#type.as_deref().and_then(|of| of.strip_prefix("urn:ietf:params:acme:error:")) == Some(kind)
}

/// What the authority says, fit for one line.
fn words(problem: &Problem) -> String {
    let detail = problem.detail.as_deref().or(problem.r#type.as_deref());
    short(detail.unwrap_or("the authority does not say why"))
}

fn short(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CAUSE).collect();
    text.trim().trim_end_matches('.').to_owned()
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        // Of the authority itself, or of our standing there (RFC 8555 6.7).
        const OURS: [&str; 4] = ["serverInternal", "badNonce", "externalAccountRequired", "userActionRequired"];
        match &error {
            Error::Api(problem) if is(problem, "rateLimited") => Self::TooMuch(words(problem)),
            Error::Api(problem) if is(problem, "accountDoesNotExist") => Self::Stranger(words(problem)),
            Error::Api(problem) if OURS.iter().any(|kind| is(problem, kind)) => Self::Authority(words(problem)),
            Error::Api(problem) => Self::Host(words(problem)),
            Error::Timeout(_) => Self::Host("the authority did not come to an end with it".into()),
            _ => Self::Authority(short(&error.to_string())),
        }
    }
}

impl From<ShelfError> for Failed {
    fn from(error: ShelfError) -> Self {
        Self::Authority(short(&error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: &str, detail: &str) -> Error {
        let text = serde_json::json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail });
        Error::Api(serde_json::from_value(text).unwrap())
    }

    #[test]
    fn whose_fault_it_is_follows_from_what_the_authority_says() {
        let of = |error: Error| match Failed::from(error) {
            Failed::Authority(cause) => ("authority", cause),
            Failed::Host(cause) => ("host", cause),
            Failed::TooMuch(cause) => ("too much", cause),
            Failed::Stranger(cause) => ("stranger", cause),
        };
        for (kind, whose) in [
            ("rateLimited", "too much"),
            ("accountDoesNotExist", "stranger"),
            ("serverInternal", "authority"),
            ("badNonce", "authority"),
            ("unauthorized", "host"),
            ("rejectedIdentifier", "host"),
            ("caa", "host"),
            ("something new", "host"),
        ] {
            assert_eq!(of(problem(kind, "why.")), (whose, "why".to_owned()), "{kind}");
        }
        assert_eq!(of(Error::Timeout(None)).0, "host");
        assert_eq!(of(Error::Str("no nonce")), ("authority", "missing data: no nonce".to_owned()));
        // One line, and not a long one.
        let long = of(problem("caa", &format!("two\nlines\u{1b}[31m {}", "x".repeat(1_000)))).1;
        assert!(long.starts_with("two lines [31m x") && long.chars().count() == MAX_CAUSE);
    }

    #[test]
    fn a_token_is_what_the_standard_says() {
        assert!(is_token("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA") && is_token(&"x".repeat(MAX_TOKEN)));
        for bad in ["", "a/b", "a.b", "a b", "<script>", "é", &"x".repeat(MAX_TOKEN + 1)] {
            assert!(!is_token(bad), "{bad}");
        }
    }
}
