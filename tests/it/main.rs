//! Tests of whole paths, against real components where there are any. One binary: it links once.

mod kit;

mod faults;
mod journey;
mod oidc;
mod prepared;
mod provisioning;
mod sign_in;
