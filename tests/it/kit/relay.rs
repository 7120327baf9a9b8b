//! A cable between a server and its database that a test can cut, or clog.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the cable does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    /// Connections are broken off, new ones refused.
    Cut,
    /// Connections stand and new ones are taken, but nothing comes through: a host that has died.
    Clogged,
}

/// A relay to one address.
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

impl Relay {
    /// Relays to `target`.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(watch::Sender::new(State::Whole));
        let relay = Self { address, state: Arc::clone(&state) };
        tokio::spawn(listen(listener, target, state));
        relay
    }

    /// Breaks every connection, and refuses new ones.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Lets nothing through any more, without a word.
    pub fn clog(&self) {
        self.state.send_replace(State::Clogged);
    }

    /// Makes it whole. Connections that were cut stay so; what was clogged flows again.
    pub fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

/// Takes connections unless cut; then nobody listens, and whoever connects is refused.
async fn listen(first: TcpListener, target: SocketAddr, state: Arc<watch::Sender<State>>) {
    let address = first.local_addr().expect("an address");
    let (mut listener, mut seen) = (Some(first), state.subscribe());
    loop {
        if *seen.borrow_and_update() == State::Cut {
            listener = None;
            let _ = seen.wait_for(|state| *state != State::Cut).await;
        }
        if listener.is_none() {
            listener = Some(TcpListener::bind(address).await.expect("the port is still ours"));
        }
        tokio::select! {
            Ok((stream, _)) = listener.as_ref().expect("just bound").accept() => {
                tokio::spawn(carry(stream, target, state.subscribe()));
            }
            changed = seen.changed() => if changed.is_err() { return },
        }
    }
}

async fn carry(near: TcpStream, target: SocketAddr, mut state: watch::Receiver<State>) {
    let Ok(far) = TcpStream::connect(target).await else { return };
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    let (up, down) = (state.clone(), state.clone());
    tokio::select! {
        () = pump(near_read, far_write, up) => {}
        () = pump(far_read, near_write, down) => {}
        _ = state.wait_for(|state| *state == State::Cut) => {}
    }
}

async fn pump(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut state: watch::Receiver<State>,
) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let flows = state.wait_for(|state| *state != State::Clogged).await.is_ok();
        if !flows || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
