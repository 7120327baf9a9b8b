//! What passed over a connection since the last request on it was begun. One that was written may be sent again only if
//! nobody began to answer; then it is read back from what was written, so that no request needs a copy.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use http::Request;
use httparse::Status;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// More header fields than a request has with all of ours: the listener takes no more than 100.
const MAX_FIELDS: usize = 128;
/// As much room as is kept for the heads of later requests, of each connection. A larger one is let go whole: cut down it
/// would be copied, and again when it grows.
const KEPT_ROOM: usize = 4 * 1024;

/// What passed over a connection since the last request was begun. Not to be printed: heads hold cookies and tokens.
#[derive(Clone, Default)]
pub(super) struct Passed(Arc<Both>);

#[derive(Default)]
struct Both {
    heard: AtomicBool,
    /// Whether what is written next is to be kept.
    keeping: AtomicBool,
    said: Mutex<Vec<u8>>,
}

impl Passed {
    /// Begins a request, and forgets the one before. Its head is kept if it `may_repeat`: then it has no body.
    pub(super) fn begin(&self, may_repeat: bool) {
        let mut said = self.0.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.clear();
        if said.capacity() > KEPT_ROOM {
            *said = Vec::new();
        }
        drop(said);
        self.0.heard.store(false, Ordering::Relaxed);
        self.0.keeping.store(may_repeat, Ordering::Relaxed);
    }

    /// Whether a byte came since.
    pub(super) fn is_answering(&self) -> bool {
        self.0.heard.load(Ordering::Relaxed)
    }

    /// The request that was written, if its head was kept and is all that was.
    pub(super) fn request(&self) -> Option<Request<Body>> {
        let said = std::mem::take(&mut *self.0.said.lock().unwrap_or_else(PoisonError::into_inner));
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut head = httparse::Request::new(&mut fields);
        if head.parse(&said) != Ok(Status::Complete(said.len())) {
            return None;
        }
        let request = Request::builder().method(head.method?).uri(head.path?);
        let fields = head.headers.iter();
        fields.fold(request, |request, field| request.header(field.name, field.value)).body(Body::empty()).ok()
    }

    /// Keeps what is offered to be written, if it is the head of a request. It is offered whole.
    fn say(&self, parts: &[io::IoSlice<'_>]) {
        if self.0.keeping.swap(false, Ordering::Relaxed) {
            let mut said = self.0.said.lock().unwrap_or_else(PoisonError::into_inner);
            parts.iter().for_each(|part| said.extend_from_slice(part));
        }
    }
}

/// A connection of which is known what passes.
pub(super) struct Overheard<S> {
    stream: S,
    passed: Passed,
}

impl<S> Overheard<S> {
    pub(super) fn new(stream: S, passed: Passed) -> Self {
        Self { stream, passed }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Overheard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.passed.0.heard.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.passed.say(&[io::IoSlice::new(bytes)]);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.passed.say(parts);
        match parts {
            // The kernel takes one piece more cheaply by itself than as a list of one.
            [only] => Pin::new(&mut self.stream).poll_write(cx, only),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(parts: &[&str]) -> Option<Request<Body>> {
        let passed = Passed::default();
        passed.begin(true);
        let parts: Vec<_> = parts.iter().map(|part| io::IoSlice::new(part.as_bytes())).collect();
        passed.say(&parts);
        passed.request()
    }

    #[test]
    fn what_was_written_is_read_back_as_it_was() {
        let request =
            said(&["GET /a%2Fb?c=d HTTP/1.1\r\nhost: a\r\nvia: 1.1 x\r\nvia: 1.1 y\r\n", "empty:\r\n\r\n"]).unwrap();
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("GET", "/a%2Fb?c=d"));
        let fields: Vec<_> = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(fields, [("host", &b"a"[..]), ("via", b"1.1 x"), ("via", b"1.1 y"), ("empty", b"")]);
    }

    #[test]
    fn what_is_not_one_whole_head_is_not_repeated() {
        assert!(said(&[]).is_none());
        assert!(said(&["GET / HTTP/1.1\r\nhost: a\r\n"]).is_none());
        assert!(said(&["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "x"]).is_none());
        let passed = Passed::default();
        for may_repeat in [true, false] {
            passed.begin(may_repeat);
            passed.say(&[io::IoSlice::new(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")]);
        }
        assert!(passed.request().is_none(), "neither it, nor the one before");
    }
}
