//! ID tokens that must not be believed (OpenID Connect Core 1.0, 3.1.3.7).

use super::{REFUSED, is_refused};
use crate::kit::faulty::Fault;

#[tokio::test]
async fn an_id_token_of_another_issuer_is_refused() {
    is_refused(Fault::Issuer, REFUSED, "another issuer").await;
}

#[tokio::test]
async fn an_id_token_for_another_audience_or_party_is_refused() {
    is_refused(Fault::Audience, REFUSED, "another audience").await;
    is_refused(Fault::AudiencesWithoutAzp, REFUSED, "several audiences and no azp").await;
    is_refused(Fault::Azp, REFUSED, "another client (azp)").await;
}

#[tokio::test]
async fn an_id_token_made_for_another_attempt_is_refused() {
    is_refused(Fault::Nonce, REFUSED, "nonce").await;
    is_refused(Fault::NonceMissing, REFUSED, "nonce").await;
    is_refused(Fault::AtHash, REFUSED, "at_hash").await;
}

#[tokio::test]
async fn an_unsigned_id_token_is_refused() {
    is_refused(Fault::AlgNone, REFUSED, "none").await;
}

#[tokio::test]
async fn an_id_token_signed_with_the_public_key_as_secret_is_refused() {
    is_refused(Fault::Hs256Pem, REFUSED, "HS256").await;
    is_refused(Fault::Hs256Jwk, REFUSED, "HS256").await;
}

#[tokio::test]
async fn an_id_token_of_a_key_that_is_not_published_is_refused() {
    is_refused(Fault::UnknownKid, REFUSED, "key").await;
    is_refused(Fault::ForeignKey, REFUSED, "signature").await;
    is_refused(Fault::Tampered, REFUSED, "signature").await;
}

#[tokio::test]
async fn an_id_token_that_nobody_can_read_is_refused() {
    is_refused(Fault::Crit, REFUSED, "crit").await;
    is_refused(Fault::Encrypted, REFUSED, "encrypted").await;
    is_refused(Fault::IdTokenMissing, REFUSED, "no ID token").await;
}

#[tokio::test]
async fn an_id_token_of_another_time_is_refused() {
    is_refused(Fault::Expired, REFUSED, "expired").await;
    is_refused(Fault::ExpMissing, REFUSED, "no exp").await;
    is_refused(Fault::Future, REFUSED, "future").await;
    is_refused(Fault::Old, REFUSED, "ago (iat)").await;
}

#[tokio::test]
async fn an_id_token_without_a_usable_subject_is_refused() {
    is_refused(Fault::SubMissing, REFUSED, "no sub").await;
    is_refused(Fault::SubNumber, REFUSED, "no sub").await;
    is_refused(Fault::SubEmpty, REFUSED, "no sub").await;
}

#[tokio::test]
async fn oversized_claims_are_refused() {
    is_refused(Fault::Oversized, REFUSED, "bytes").await;
}
