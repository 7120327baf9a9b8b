//! A connection on which what is small is written in one piece. The head of an answer and its body lie apart; to hand the
//! kernel two pieces costs it more than putting them together costs us.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most that is put together, in bytes: a page's head and a small body. To copy more takes longer than it saves.
const SMALL: usize = 2 * 1024;

/// The connection.
pub(super) struct Gathered<S>(pub(super) S);

impl<S: AsyncRead + Unpin> AsyncRead for Gathered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut whole = [0; SMALL];
        let mut length = 0;
        for part in parts {
            let Some(room) = whole.get_mut(length..length + part.len()) else {
                return Pin::new(&mut self.0).poll_write_vectored(cx, parts);
            };
            room.copy_from_slice(part);
            length += part.len();
        }
        Pin::new(&mut self.0).poll_write(cx, &whole[..length])
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn whatever_is_written_in_pieces_arrives_in_order() {
        for lengths in [&[][..], &[0], &[1, 0, 2], &[1_000, 1_048], &[1_000, 1_049], &[3_000], &[10, 100_000, 10]] {
            let pieces: Vec<Vec<u8>> = (b'a'..).zip(lengths).map(|(letter, length)| vec![letter; *length]).collect();
            let (near, mut far) = duplex(700);
            let mut near = Gathered(near);
            let sent = pieces.concat();
            let writing = async move {
                let mut written = 0;
                while written < pieces.iter().map(Vec::len).sum() {
                    let mut skip = written;
                    let left = pieces.iter().map(|piece| {
                        let from = skip.min(piece.len());
                        skip -= from;
                        IoSlice::new(&piece[from..])
                    });
                    let left: Vec<_> = left.collect();
                    written += poll_fn(|cx| Pin::new(&mut near).poll_write_vectored(cx, &left)).await.unwrap();
                }
            };
            let mut arrived = Vec::new();
            tokio::join!(writing, async { far.read_to_end(&mut arrived).await.unwrap() });
            assert!(arrived == sent, "{lengths:?}");
        }
    }
}
