//! Tests of whole paths, against real components where there are any. One binary: it links once.

mod kit;

mod journey;
mod oidc;
mod session;
