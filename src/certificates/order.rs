//! One order, from the account to the certificate (RFC 8555 7).

use std::time::Duration;

use instant_acme::{AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder, Order, OrderStatus, RetryPolicy};
use tokio::time::sleep;

use super::authority::Authority;
use super::failed::{Failed, words};
use super::made::{Kept, Made};
use super::shelf::Shelf;
use super::{ChallengeKind, POLL};
use crate::listener::{Certificate, Challenge};

/// How long every process has to hear what it must show, before the authority is told to look.
const SPREAD: Duration = POLL.saturating_mul(3);
/// How long the authority may take to look, and to make a certificate.
const LOOKING: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(60));
/// Longest token: those in use are a third of it.
const MAX_TOKEN: usize = 128;

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

/// Whether it is what a token consists of (RFC 8555 8.3): what we show is made of it.
fn is_token(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(base64url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_the_standard_says() {
        assert!(is_token("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA") && is_token(&"x".repeat(MAX_TOKEN)));
        for bad in ["", "a/b", "a.b", "a b", "<script>", "é", &"x".repeat(MAX_TOKEN + 1)] {
            assert!(!is_token(bad), "{bad}");
        }
    }
}
