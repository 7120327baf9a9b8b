//! Tests of whole paths, against real components where there are any. One binary: it links once.

mod kit;

mod command;
mod door;
mod handoff;
mod hygiene;
mod journey;
mod oidc;
mod outage;
mod postgres;
mod session;
