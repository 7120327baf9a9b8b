//! The program itself, run beside a world on the same configuration and database.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::world::World;

/// No command that ends by itself takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of its own process; it is killed with this value.
pub struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl World {
    /// Runs `vestibule` to its end with this configuration.
    pub async fn command(&self, configuration: &str, arguments: &[&str]) -> Done {
        run(arguments, &self.written(configuration)).await
    }

    /// Starts `vestibule serve` with this configuration.
    pub fn spawn(&self, configuration: &str, arguments: &[&str]) -> Server {
        let mut command = prepared(&[&["serve"], arguments].concat(), &self.written(configuration));
        Server(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs"))
    }

    fn written(&self, configuration: &str) -> PathBuf {
        let path = self.folder.path().join("vestibule.toml");
        std::fs::write(&path, configuration).expect("written");
        path
    }
}

/// Runs `vestibule` to its end with the configuration in this file.
pub async fn run(arguments: &[&str], file: &Path) -> Done {
    let mut command = prepared(arguments, file);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let id = child.id().to_string();
    let end = spawn_blocking(move || child.wait_with_output());
    let Ok(done) = tokio::time::timeout(PATIENCE, end).await else {
        let _ = Command::new("kill").args(["-9", &id]).status();
        panic!("vestibule {arguments:?} did not end within {PATIENCE:?}");
    };
    let done = done.expect("no panic").expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Done { code: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) }
}

fn prepared(arguments: &[&str], file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(arguments).arg("--config").arg(file).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}
