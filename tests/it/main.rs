//! Tests of whole paths, against real components where there are any. One binary: it links once.
#![expect(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod kit;

mod acme;
mod api;
mod bearer;
mod browser;
mod command;
mod console;
mod demo;
mod door;
mod explain;
mod faults;
mod forward_auth;
mod handoff;
mod hygiene;
mod journey;
mod oidc;
mod operations;
mod outage;
mod pages;
mod plan;
mod postgres;
mod prepared;
mod protocols;
mod provisioning;
mod rules;
mod session;
mod sign_in;
mod tls;
mod upstreams;
