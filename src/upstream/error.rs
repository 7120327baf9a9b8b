//! Why a request could not be forwarded.

use http::StatusCode;

use crate::assertion::SigningFailed;

type Cause<'a> = &'a (dyn std::error::Error + 'static);

/// Why there is no answer of the upstream. The texts are for the log; the page says less.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// `CONNECT` and `TRACE` go nowhere.
    #[error("the method is not supported")]
    Method,
    /// The request came through us too often already: an upstream that is ourselves.
    #[error("the request goes round in a circle")]
    Loop,
    /// The client's body broke off or was malformed.
    #[error("the body of the request broke off")]
    RequestBody,
    /// The application has none.
    #[error("the application has no upstream")]
    NoUpstream,
    /// No connection: refused, no such name, no TLS.
    #[error("the upstream cannot be reached: {0}")]
    Unreachable(String),
    /// It is where we listen ourselves.
    #[error("the upstream is ourselves")]
    Ourselves,
    /// It is at no address that is allotted to the application's organization.
    #[error("the upstream is outside the networks allotted to the application's organization")]
    NotAllotted,
    /// No connection within the time for it.
    #[error("the upstream did not accept a connection in time")]
    ConnectTimeout,
    /// A connection, but no answer within the time for it.
    #[error("the upstream did not answer in time")]
    HeadTimeout,
    /// It has as many requests at work as it may have.
    #[error("the upstream has as many requests at work as its connections carry")]
    Full,
    /// The connection broke before an answer came.
    #[error("the upstream broke off: {0}")]
    Broken(String),
    /// The answer is none to what was asked.
    #[error("the upstream answered with another protocol than was asked for")]
    Protocol,
    /// Its framing can be read in two ways, or in none: where it ends would be a guess.
    #[error("the upstream's answer does not say once and plainly where it ends")]
    Framing,
    /// The upstream could not be told who the user is.
    #[error(transparent)]
    Assertion(#[from] SigningFailed),
}

impl ForwardError {
    /// The status to answer with.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Loop | Self::Ourselves => StatusCode::LOOP_DETECTED,
            Self::RequestBody => StatusCode::BAD_REQUEST,
            Self::NoUpstream
            | Self::Unreachable(_)
            | Self::NotAllotted
            | Self::Broken(_)
            | Self::Protocol
            | Self::Framing => StatusCode::BAD_GATEWAY,
            Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::ConnectTimeout | Self::HeadTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Assertion(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Why there is no connection.
    pub(super) fn of_connecting(error: Cause<'_>) -> Self {
        let timed_out = |error: Cause<'_>| {
            error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
        };
        if chain(error).any(timed_out) { Self::ConnectTimeout } else { Self::Unreachable(root(error)) }
    }

    /// Why there is no answer on a connection.
    pub(super) fn of_exchange(error: &hyper::Error) -> Self {
        if error.is_user() { Self::RequestBody } else { Self::Broken(root(error)) }
    }
}

fn chain(error: Cause<'_>) -> impl Iterator<Item = Cause<'_>> {
    std::iter::successors(Some(error), |error| error.source())
}

fn root(error: Cause<'_>) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
