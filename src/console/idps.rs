//! Identity providers, the server's and organizations' own: list, look up, add, edit, turn off, delete.

mod confirm;
mod form;
mod look;
mod preset;
mod save;
mod scope;
mod show;

pub(super) use confirm::{ask_delete, ask_disable, delete, disable, enable};
pub(super) use save::{add, change, edit};
pub(super) use show::{kinds, list, show};
