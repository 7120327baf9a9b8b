//! The program itself, as a child process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use tokio::task::spawn_blocking;

use super::browser::Browser;
use super::world::eventually;

/// Runs a command to its end. The thread is left free meanwhile: a server of the same test may hold the database, and
/// has to be able to let go of it.
pub async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command(arguments, variables);
    spawn_blocking(move || command.output()).await.expect("no panic").expect("the program runs")
}

fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(arguments).envs(variables.iter().copied()).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// The exit code of a command, and what it complained of.
pub async fn failure(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = run(arguments, variables).await;
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Writes a configuration into a folder, and gives its path.
pub fn file(folder: &Path, text: &str) -> String {
    let path = folder.join("vestibule.toml");
    std::fs::write(&path, text).expect("the folder can be written");
    path.display().to_string()
}

/// `vestibule serve`, running. It is killed with this value.
pub struct Serving {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Serving {
    /// Starts it.
    pub fn start(configuration: &str, variables: &[(&str, &str)]) -> Self {
        Self::of(command(&["serve", "--config", configuration], variables))
    }

    /// Starts it from a shell that allows it so many open files, and lets it allow itself so many more.
    pub fn start_with_files(configuration: &str, (soft, hard): (u32, u32)) -> Self {
        let line = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" serve --config \"$1\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &line, env!("CARGO_BIN_EXE_vestibule"), configuration]).env_remove("RUST_LOG");
        Self::of(shell)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, kept) = (BufReader::new(child.stderr.take().expect("piped")).lines(), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().expect("no thread panicked here").push(line);
            }
        });
        Self { child, log }
    }

    /// How many files it may have open, and how many it could allow itself.
    pub fn files(&self) -> (u32, u32) {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).expect("it runs");
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("there is such a limit");
        let mut numbers = line.split_whitespace().map(|number| number.parse().expect("a number"));
        (numbers.next().expect("the one"), numbers.next().expect("the other"))
    }

    /// Its log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no thread panicked here").clone()
    }

    /// Waits until `/readyz` at that port says 200.
    pub async fn ready(&self, operations: u16) {
        let browser = Browser::new();
        let url = format!("http://127.0.0.1:{operations}/readyz");
        let listens = async || tokio::net::TcpStream::connect(("127.0.0.1", operations)).await.is_ok();
        eventually("it listens", listens).await;
        eventually("it is ready", async || browser.fetch(&url).await.status == 200).await;
    }

    /// Sends SIGTERM, as whoever stops services does.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends SIGHUP, as whoever changed its configuration does.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end, and gives the exit code.
    pub async fn exit(&mut self) -> Option<i32> {
        let child = std::sync::Mutex::new(&mut self.child);
        let ended = || child.lock().expect("nobody panics").try_wait().expect("it can be asked");
        eventually("the process ends", async || ended().is_some()).await;
        ended().expect("it has ended").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
