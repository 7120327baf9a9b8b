//! Against a real upstream over real sockets.

mod checks;
mod errors;
mod guard;
mod identity;
mod kit;
mod pool;
mod probe;
mod retry;
mod several;
mod stalls;
mod streaming;
mod trust;
mod websocket;
