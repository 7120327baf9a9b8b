//! Forward-auth: other proxies that ask who may pass, the real ones with the configuration that the documents show.

mod endpoint;
mod journey;
mod pages;
mod programs;
mod real;
