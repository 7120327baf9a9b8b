use http::header::{ACCEPT, CONTENT_TYPE};
use http_body_util::BodyExt as _;

use super::*;
use crate::base::Ambient;
use crate::identity::PublicUrl;

const ALL: [Cause; 31] = [
    Cause::BadRequest,
    Cause::TooLarge,
    Cause::NotFound,
    Cause::MethodNotAllowed,
    Cause::UnknownHost,
    Cause::Misdirected,
    Cause::SignInRequired,
    Cause::TokenRefused,
    Cause::TokenUnclear,
    Cause::TooManyTokens,
    Cause::TooManyTests,
    Cause::ForeignForm,
    Cause::SignInExpired,
    Cause::SignInCancelled,
    Cause::SignInRefused,
    Cause::ProviderUnavailable,
    Cause::NoAccount,
    Cause::NoOrganization,
    Cause::Disabled,
    Cause::TooManyNew,
    Cause::NotAllowed,
    Cause::NotFromHere,
    Cause::NotAProxy,
    Cause::NoAdmin,
    Cause::NotForwarded,
    Cause::UpstreamUnavailable,
    Cause::UpstreamTimeout,
    Cause::UpstreamBusy,
    Cause::UpstreamForbidden,
    Cause::UpstreamLoop,
    Cause::Unavailable,
];

fn web() -> Web {
    Web::new(PublicUrl::parse("https://login.example.com").unwrap(), None, Ambient::system())
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn people_and_programs_are_told_the_same() {
    let web = web();
    for cause in ALL {
        let failure = web.failure(cause);
        let problem = web.problem(failure.clone());
        assert_eq!(problem.status(), cause.status());
        assert_eq!(problem.headers()[CONTENT_TYPE], "application/problem+json");
        let problem: serde_json::Value = serde_json::from_str(&text(problem).await).unwrap();
        assert_eq!(problem["status"], cause.status().as_u16());

        let asks = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/html"))]);
        let page = web.fail(failure.clone(), &asks, Assets::Application);
        assert_eq!(page.status(), cause.status());
        let page = text(page).await;
        let (title, what, remedy) = cause.words();
        for words in [title, what, remedy, failure.reference.as_str()] {
            assert!(page.contains(words), "{cause:?}: {words:?} is not on {page}");
        }
        assert_eq!(problem["title"], title);
        assert_eq!(problem["detail"], format!("{what} {remedy}"));
        assert_eq!(problem["reference"], failure.reference.as_str());
    }
}

#[test]
fn no_two_causes_read_or_are_called_the_same() {
    for (index, one) in ALL.iter().enumerate() {
        let (title, what, remedy) = one.words();
        assert!(!title.ends_with('.') && what.ends_with('.') && remedy.ends_with('.'), "{one:?}");
        for other in &ALL[..index] {
            assert_ne!(one.code(), other.code());
            assert_ne!(title, other.words().0);
        }
    }
}
