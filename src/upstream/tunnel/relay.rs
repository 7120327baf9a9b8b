//! Bytes both ways. An idle tunnel holds no buffer: what is read lies on the stack until it is written, and only what the
//! other side does not take yet is kept.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::frames::{self, Frames};
use crate::upstream::patience::Pause;

/// Most bytes read at once, and so most that are kept for a slow reader.
const CHUNK: usize = 16 * 1024;
/// Most reads in a row of one direction, so that others have their turn.
const TURN: usize = 16;

/// Two connections that are one.
pub(super) struct Relay<C, U> {
    client: C,
    upstream: U,
    up: Flow,
    down: Flow,
    /// Since one side of a WebSocket has hung up: then the other does too (RFC 6455 7.1.1).
    parting: Pause,
}

/// One direction.
struct Flow {
    /// Read, but not written yet.
    kept: Vec<u8>,
    /// Written, but perhaps not on its way yet.
    unflushed: bool,
    /// There is no more to read.
    ended: bool,
    /// The other side has been told so.
    done: bool,
    frames: Option<Frames>,
    /// Since nothing of what is kept was taken.
    stuck: Pause,
}

impl<C, U> Relay<C, U>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    /// Nothing has passed yet. `framed`: what will are frames of a WebSocket. Neither side may leave untaken for longer
    /// than `patience` what the other has said.
    pub(super) fn new(client: C, upstream: U, framed: bool, patience: Duration) -> Self {
        let flow = || Flow::new(framed, patience);
        Self { client, upstream, up: flow(), down: flow(), parting: Pause::new(patience) }
    }

    /// Until both sides are done, or one breaks off or takes nothing any more.
    pub(super) async fn run(&mut self) {
        if let Err(error) = poll_fn(|cx| self.poll(cx)).await {
            tracing::debug!(%error, "a tunnel broke off");
        }
    }

    /// Until the client can be told something, and whether it still can at all.
    pub(super) async fn run_to_boundary(&mut self) -> bool {
        poll_fn(|cx| {
            let polled = self.poll(cx);
            if self.down.may_speak() { Poll::Ready(true) } else { polled.map(|_| false) }
        })
        .await
    }

    /// Tells both sides that it is over, as far as they can be, and waits for them to hang up.
    pub(super) async fn close(&mut self, code: u16, mask: [u8; 4]) {
        let Self { client, upstream, up, down, .. } = self;
        let to_client = last_words(client, down.may_speak().then(|| frames::close(code, None)));
        let to_upstream = last_words(upstream, up.may_speak().then(|| frames::close(code, Some(mask))));
        tokio::join!(to_client, to_upstream);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { client, upstream, up, down, parting } = self;
        let is_framed = up.frames.is_some();
        match (up.poll(cx, client, upstream)?, down.poll(cx, upstream, client)?) {
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(Ok(())),
            (Poll::Pending, Poll::Pending) => Poll::Pending,
            _ if is_framed => parting.poll_too_long(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            _ => Poll::Pending,
        }
    }
}

/// Says a last thing and nothing more, and listens until the other side hangs up: a connection that is dropped with
/// bytes unread is reset, and what was said last would be lost.
async fn last_words(side: &mut (impl AsyncRead + AsyncWrite + Unpin), words: Option<Vec<u8>>) {
    if let Some(words) = words {
        let _ = side.write_all(&words).await;
    }
    if side.shutdown().await.is_ok() {
        poll_fn(|cx| until_silence(side, cx)).await;
    }
}

/// Until there is no more to hear.
fn until_silence(side: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
    let mut space = [const { MaybeUninit::<u8>::uninit() }; CHUNK];
    for _ in 0..TURN {
        let mut unheard = ReadBuf::uninit(&mut space);
        if ready!(Pin::new(&mut *side).poll_read(cx, &mut unheard)).is_err() || unheard.filled().is_empty() {
            return Poll::Ready(());
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

impl Flow {
    fn new(framed: bool, patience: Duration) -> Self {
        let (frames, stuck) = (framed.then(Frames::default), Pause::new(patience));
        Self { kept: Vec::new(), unflushed: false, ended: false, done: false, frames, stuck }
    }

    fn may_speak(&self) -> bool {
        self.kept.is_empty() && !self.ended && self.frames.as_ref().is_some_and(Frames::may_speak)
    }

    /// Whether the other side has something still to take, be it that there is no more.
    const fn is_untaken(&self) -> bool {
        !self.kept.is_empty() || self.unflushed || (self.ended && !self.done)
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        match self.carry(cx, from, to) {
            Poll::Pending if self.is_untaken() => {
                self.stuck.poll_too_long(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
            }
            polled => {
                self.stuck.went_on();
                polled
            }
        }
    }

    fn carry(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        for _ in 0..TURN {
            ready!(self.write_kept(cx, to))?;
            if self.done {
                return Poll::Ready(Ok(()));
            }
            if self.ended {
                ready!(Pin::new(&mut *to).poll_shutdown(cx))?;
                self.done = true;
                return Poll::Ready(Ok(()));
            }
            let mut space = [const { MaybeUninit::<u8>::uninit() }; CHUNK];
            let mut read = ReadBuf::uninit(&mut space);
            if Pin::new(&mut *from).poll_read(cx, &mut read)?.is_pending() {
                if self.unflushed {
                    ready!(Pin::new(&mut *to).poll_flush(cx))?;
                    self.unflushed = false;
                }
                return Poll::Pending;
            }
            if read.filled().is_empty() {
                self.ended = true;
            } else {
                self.pass(cx, read.filled(), to)?;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes as much as is taken, and keeps the rest.
    fn pass(&mut self, cx: &mut Context<'_>, bytes: &[u8], to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if let Some(frames) = &mut self.frames {
            frames.pass(bytes);
        }
        self.unflushed = true;
        match Pin::new(to).poll_write(cx, bytes) {
            Poll::Ready(written) => self.kept.extend_from_slice(&bytes[written?..]),
            Poll::Pending => self.kept.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn write_kept(&mut self, cx: &mut Context<'_>, to: &mut (impl AsyncWrite + Unpin)) -> Poll<io::Result<()>> {
        while !self.kept.is_empty() {
            let written = ready!(Pin::new(&mut *to).poll_write(cx, &self.kept))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.kept.drain(..written);
            self.stuck.went_on();
            if self.kept.is_empty() {
                self.kept = Vec::new();
            }
        }
        Poll::Ready(Ok(()))
    }
}
