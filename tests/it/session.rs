//! Sessions: one per sign-in, a token per host, only hashes kept; how they live and how they end.

mod cookies;
mod fixation;
mod lifetime;
mod provider_logout;
mod refresh;
mod sign_out;
mod tokens;
