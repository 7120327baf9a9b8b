//! Contract tests: every function of the store, on every engine there is.

mod access;
mod break_glass;
mod catalogue;
mod certificates;
mod ended;
mod holders;
mod log;
mod machines;
mod opening;
mod people;
mod plans;
mod policies;
mod records;
mod ruling;
mod server_keys;
mod sessions;
mod tokens;
