//! Bytes both ways. An idle tunnel holds no buffer: what is read lies on the stack until it is written, and only what the
//! other side does not take yet is kept.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::frames::{self, Frames};

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
}

impl<C, U> Relay<C, U>
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    /// Nothing has passed yet. `framed`: what will are frames of a WebSocket.
    pub(super) fn new(client: C, upstream: U, framed: bool) -> Self {
        Self { client, upstream, up: Flow::new(framed), down: Flow::new(framed) }
    }

    /// Until both sides are done, or one breaks off.
    pub(super) async fn run(&mut self) {
        let _ = poll_fn(|cx| self.poll(cx)).await;
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
        let Self { client, upstream, up, down } = self;
        let to_client = last_words(client, down.may_speak().then(|| frames::close(code, None)));
        let to_upstream = last_words(upstream, up.may_speak().then(|| frames::close(code, Some(mask))));
        tokio::join!(to_client, to_upstream);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { client, upstream, up, down } = self;
        let up = up.poll(cx, client, upstream)?;
        let down = down.poll(cx, upstream, client)?;
        if up.is_ready() && down.is_ready() { Poll::Ready(Ok(())) } else { Poll::Pending }
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
    fn new(framed: bool) -> Self {
        let frames = framed.then(Frames::default);
        Self { kept: Vec::new(), unflushed: false, ended: false, done: false, frames }
    }

    fn may_speak(&self) -> bool {
        self.kept.is_empty() && !self.ended && self.frames.as_ref().is_some_and(Frames::may_speak)
    }

    fn poll(
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
            if self.kept.is_empty() {
                self.kept = Vec::new();
            }
        }
        Poll::Ready(Ok(()))
    }
}
