//! The `vestibule` program: everything is in the library.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

use vestibule::cli::{self, Terminal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Several crates bring rustls; without one word on who does the cryptography the first handshake panics. An error
    // says that it has been said already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (mut out, mut err) = (io::stdout(), io::stderr());
    ExitCode::from(cli::run(std::env::args_os(), std::env::vars_os(), &mut Terminal::new(&mut out, &mut err)))
}
