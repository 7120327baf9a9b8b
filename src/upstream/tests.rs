//! Against a real upstream over real sockets.

mod errors;
mod guard;
mod identity;
mod kit;
mod pool;
mod probe;
mod retry;
mod several;
mod streaming;
mod websocket;
