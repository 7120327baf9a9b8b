//! Signing in, seen from a browser: at every kind of provider, at one of several, and while a provider is away.

mod choosing;
mod claims;
mod navigation;
mod outage;
mod own_provider;
mod tabs;
mod variants;
