//! What we know of a browser: its session, its tokens, and who is behind them.

mod principal;

pub use principal::Principal;
