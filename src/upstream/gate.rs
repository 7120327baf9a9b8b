//! A body that is not sent before it is asked for (RFC 9110 10.1.1): what an upstream refuses is then never read, by us
//! neither.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use futures_util::task::AtomicWaker;
use http::{HeaderMap, Request, StatusCode, header};

use super::BoxError;

const SHUT: u8 = 0;
const OPEN: u8 = 1;
const GONE: u8 = 2;

/// Whether the client waits to be asked for its body.
pub(super) fn is_expected(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// A gate that opens when the upstream says `100 (Continue)` to this request.
pub(super) fn until_continue(request: &mut Request<Body>) -> Gate {
    let gate = Gate::default();
    let opened = gate.clone();
    hyper::ext::on_informational(request, move |told| {
        if told.status() == StatusCode::CONTINUE {
            opened.open();
        }
    });
    gate
}

/// The way for a body.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<State>);

#[derive(Default)]
struct State {
    is: AtomicU8,
    waker: AtomicWaker,
}

/// Whoever may still open it. Once they are gone it never opens, and whoever waits there is told so: the connection that
/// the body was for is of no use any more.
pub(super) struct Keeper(Gate);

impl Gate {
    pub(super) fn kept(&self) -> Keeper {
        Keeper(self.clone())
    }

    /// Lets the body pass.
    pub(super) fn open(&self) {
        self.turn(OPEN);
    }

    fn turn(&self, to: u8) {
        let _ = self.0.is.compare_exchange(SHUT, to, Ordering::AcqRel, Ordering::Acquire);
        self.0.waker.wake();
    }

    pub(super) fn poll_open(&self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.waker.register(cx.waker());
        match self.0.is.load(Ordering::Acquire) {
            OPEN => Poll::Ready(Ok(())),
            GONE => Poll::Ready(Err("the body was not wanted".into())),
            _ => Poll::Pending,
        }
    }
}

impl Keeper {
    pub(super) fn open(&self) {
        self.0.open();
    }

    pub(super) fn is_shut(&self) -> bool {
        self.0.0.is.load(Ordering::Acquire) == SHUT
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.turn(GONE);
    }
}
