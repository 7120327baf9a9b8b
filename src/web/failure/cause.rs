//! The kinds of failure, and the words for each.

use http::StatusCode;

/// The kinds of failure that a browser or program is told of. Words of an IdP or an upstream are never among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The request cannot be read in one way only.
    BadRequest,
    /// A form of ours holds more than it can.
    TooLarge,
    /// No such page of ours.
    NotFound,
    /// The method has no meaning here.
    MethodNotAllowed,
    /// No application of ours has this host.
    UnknownHost,
    /// The connection was opened for another host.
    Misdirected,
    /// Nobody is signed in, and this request cannot start a sign-in.
    SignInRequired,
    /// A bearer token that opens nothing.
    TokenRefused,
    /// A bearer token that can be read in more than one way, or beside a session.
    TokenUnclear,
    /// Too many bearer tokens that open nothing.
    TooManyTokens,
    /// One admin tries a provider out again and again.
    TooManyTests,
    /// A form of another site, or of another session.
    ForeignForm,
    /// The sign-in is too old, was completed already, or was started in another browser.
    SignInExpired,
    /// The person or their provider gave the sign-in up.
    SignInCancelled,
    /// The identity provider said something that cannot be trusted.
    SignInRefused,
    /// The identity provider does not answer.
    ProviderUnavailable,
    /// Nobody has made an account for this person.
    NoAccount,
    /// An account, but no organization.
    NoOrganization,
    /// The account is disabled.
    Disabled,
    /// So many new people came at once that this one has to wait.
    TooManyNew,
    /// No role that may enter.
    NotAllowed,
    /// Not from this network, whoever it is.
    NotFromHere,
    /// Forward-auth is asked by somebody who is no proxy of ours.
    NotAProxy,
    /// Signed in, and no admin of anything.
    NoAdmin,
    /// Another proxy passes this application's requests on, and this one came to us.
    NotForwarded,
    /// The upstream cannot be reached.
    UpstreamUnavailable,
    /// The upstream does not answer in time.
    UpstreamTimeout,
    /// The upstream has as much to do as it may have at once.
    UpstreamBusy,
    /// The upstream is where no request may be sent.
    UpstreamForbidden,
    /// The upstream is ourselves, or leads back here.
    UpstreamLoop,
    /// We cannot work right now: no database.
    Unavailable,
}

impl Cause {
    /// The status it is answered with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::TokenUnclear | Self::SignInExpired | Self::SignInCancelled => {
                StatusCode::BAD_REQUEST
            }
            Self::SignInRequired | Self::TokenRefused => StatusCode::UNAUTHORIZED,
            Self::TooManyTokens | Self::TooManyTests => StatusCode::TOO_MANY_REQUESTS,
            Self::ForeignForm
            | Self::SignInRefused
            | Self::NoAccount
            | Self::NoOrganization
            | Self::Disabled
            | Self::NotAllowed
            | Self::NotFromHere
            | Self::NotAProxy
            | Self::NoAdmin => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnknownHost | Self::Misdirected | Self::NotForwarded => StatusCode::MISDIRECTED_REQUEST,
            Self::UpstreamUnavailable | Self::UpstreamForbidden => StatusCode::BAD_GATEWAY,
            Self::UpstreamLoop => StatusCode::LOOP_DETECTED,
            Self::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::ProviderUnavailable | Self::TooManyNew | Self::UpstreamBusy | Self::Unavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// After how many seconds it may be over (RFC 9110 10.2.3).
    pub(super) const fn retry_after(self) -> Option<&'static str> {
        match self {
            Self::TooManyNew => Some("3600"),
            // What was only restarted is back by then.
            Self::ProviderUnavailable | Self::UpstreamUnavailable | Self::UpstreamBusy | Self::Unavailable => Some("5"),
            // It may still be at work on what it has.
            Self::UpstreamTimeout => Some("30"),
            _ => None,
        }
    }

    /// In a few words what it is; what happened; what to do now.
    pub(super) const fn words(self) -> (&'static str, &'static str, &'static str) {
        const ASK: &str = "Ask your admin for access, and give them the reference.";
        match self {
            Self::BadRequest => (
                "That request is not clear",
                "It is incomplete, or can be read in more than one way, so it was not passed on.",
                "Check the address, or try again from the page you came from.",
            ),
            Self::TooLarge => (
                "That is too much at once",
                "What was sent is larger than anything that can be filled in here.",
                "Send less of it, or in several parts.",
            ),
            Self::NotFound => (
                "There is no such page",
                "Nothing has this address.",
                "Check it for a slip, or begin at the front page.",
            ),
            Self::MethodNotAllowed => (
                "That cannot be done here",
                "This address does not take requests of that kind.",
                "Go back and try another way.",
            ),
            Self::UnknownHost => (
                "Nothing lives at this address",
                "The request reached us, but no application here has this name.",
                "Check the address for a slip. If it is right, the application may not be set up yet.",
            ),
            Self::Misdirected => (
                "That came by the wrong way",
                "The connection was opened for another host, and its certificate is not for this one.",
                "Try again: a browser opens another connection by itself.",
            ),
            Self::SignInRequired => (
                "Sign in required",
                "Only a page opened in a browser window can start a sign-in.",
                "Open the address in a browser window.",
            ),
            Self::TokenRefused => (
                "The token opens nothing",
                "It is unknown, has run out or was ended, or whoever it belongs to may not enter.",
                "Send another, in the header Authorization: Bearer. The log has the cause, under the reference.",
            ),
            Self::TokenUnclear => (
                "It is not clear who asks",
                "A request carries one bearer token, in one Authorization header, and no session beside it.",
                "Send the token alone, without cookies.",
            ),
            Self::TooManyTokens => (
                "Too many unknown tokens",
                "So many tokens from there opened nothing that the next has to wait.",
                "Wait a moment. If the token is right, try it again then.",
            ),
            Self::TooManyTests => (
                "You have tested much in a short time",
                "Each test has us connect to where you say, so they are limited.",
                "Wait a moment and test again.",
            ),
            Self::ForeignForm => (
                "That form is not ours",
                "The request did not come from a page of this site, or its session has ended.",
                "Go back, reload the page and try once more.",
            ),
            Self::SignInExpired => (
                "This sign-in cannot be completed",
                "It took too long, was completed already, or was started in another browser.",
                "Start again.",
            ),
            Self::SignInCancelled => (
                "Sign-in was not completed",
                "Your identity provider sent you back without signing you in.",
                "If you did not mean to turn back, try again.",
            ),
            Self::SignInRefused => (
                "Sign-in was refused",
                "What your identity provider said about you could not be confirmed, so nobody is signed in.",
                "Try again. If it happens once more, give your admin the reference.",
            ),
            Self::ProviderUnavailable => (
                "Your identity provider does not answer",
                "It could not be reached, or did not answer as expected.",
                "Wait a moment and try again. Whoever is signed in already stays signed in.",
            ),
            Self::NoAccount => (
                "You have no account here",
                "Your identity provider knows you, but nobody has given you access here.",
                ASK,
            ),
            Self::NoOrganization => {
                ("You are not in any organization yet", "You are signed in, but nothing has been shared with you.", ASK)
            }
            Self::Disabled => ("Your account is disabled", "It cannot be used to sign in.", ASK),
            Self::TooManyNew => (
                "Too many new people at once",
                "So many accounts were made within this hour that yours has to wait.",
                "Try again in an hour. If it cannot wait, give your admin the reference.",
            ),
            Self::NoAdmin => (
                "This page is for admins",
                "You are signed in, but do not administer what this page shows.",
                "Go back to your applications, or ask an admin.",
            ),
            Self::NotAllowed => (
                "You may not enter here",
                "You are signed in, but none of your roles opens this.",
                "Sign in as someone else, or ask your admin for access and give them the reference.",
            ),
            Self::NotFromHere => (
                "You may not enter from here",
                "This part of the application opens only to some networks, and you come from another.",
                "Connect from where it is meant to be used, or give your admin the reference.",
            ),
            Self::NotAProxy => (
                "Only a trusted proxy is answered here",
                "The address it comes from is not among the trusted ones, or the secret it shows is wrong.",
                "Correct trusted_proxies or the secret; the log has more under the reference.",
            ),
            Self::NotForwarded => (
                "This application is not reached this way",
                "Another server passes its requests on and only asks here who may enter; yours came here instead.",
                "Check the address. If it is right, give your admin the reference.",
            ),
            Self::UpstreamUnavailable => (
                "The application does not answer",
                "It could not be reached, or did not answer as expected.",
                "Wait a moment and try again.",
            ),
            Self::UpstreamTimeout => (
                "The application takes too long",
                "It has your request and may still be working on it, but did not answer in time.",
                "Wait a moment before you try again.",
            ),
            Self::UpstreamBusy => (
                "The application is busy",
                "It has as many requests at work as it takes at once.",
                "Wait a moment and try again.",
            ),
            Self::UpstreamForbidden => (
                "This application is set up wrongly",
                "Its requests would go where they may not be sent.",
                "Give your admin the reference.",
            ),
            Self::UpstreamLoop => (
                "This application leads back to us",
                "Its requests come round in a circle instead of reaching it.",
                "Give your admin the reference.",
            ),
            Self::Unavailable => (
                "Temporarily unavailable",
                "Who may enter cannot be checked right now, so nobody may.",
                "Wait a moment, then load this page again.",
            ),
        }
    }

    /// The last part of the problem's type.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::TooLarge => "too-large",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::UnknownHost => "unknown-host",
            Self::Misdirected => "misdirected",
            Self::SignInRequired => "sign-in-required",
            Self::TokenRefused => "token-refused",
            Self::TokenUnclear => "token-unclear",
            Self::TooManyTokens => "too-many-tokens",
            Self::TooManyTests => "too-many-tests",
            Self::ForeignForm => "foreign-form",
            Self::SignInExpired => "sign-in-expired",
            Self::SignInCancelled => "sign-in-cancelled",
            Self::SignInRefused => "sign-in-refused",
            Self::ProviderUnavailable => "provider-unavailable",
            Self::NoAccount => "no-account",
            Self::NoOrganization => "no-organization",
            Self::Disabled => "disabled",
            Self::TooManyNew => "too-many-new",
            Self::NotAllowed => "not-allowed",
            Self::NotFromHere => "not-from-here",
            Self::NotAProxy => "not-a-proxy",
            Self::NoAdmin => "no-admin",
            Self::NotForwarded => "not-forwarded",
            Self::UpstreamUnavailable => "upstream-unavailable",
            Self::UpstreamTimeout => "upstream-timeout",
            Self::UpstreamBusy => "upstream-busy",
            Self::UpstreamForbidden => "upstream-forbidden",
            Self::UpstreamLoop => "upstream-loop",
            Self::Unavailable => "unavailable",
        }
    }
}
