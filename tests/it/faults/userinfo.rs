//! Userinfo that must not be believed (OpenID Connect Core 1.0, 5.3).

use super::{REFUSED, is_refused};
use crate::kit::faulty::Fault;

#[tokio::test]
async fn userinfo_of_somebody_else_is_refused() {
    is_refused(Fault::UserinfoSub, REFUSED, "another sub").await;
    is_refused(Fault::UserinfoSubMissing, REFUSED, "no sub").await;
}

#[tokio::test]
async fn oversized_userinfo_is_refused() {
    is_refused(Fault::UserinfoOversized, REFUSED, "bytes").await;
}

#[tokio::test]
async fn userinfo_that_is_no_good_jwt_is_refused() {
    is_refused(Fault::UserinfoUnsigned, REFUSED, "none").await;
    is_refused(Fault::UserinfoIssuer, REFUSED, "another issuer").await;
}
