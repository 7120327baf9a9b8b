//! `vestibule demo` as a newcomer starts it: a process of its own, told nothing but a port.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::kit::browser::{Browser, Response};
use crate::kit::world::{eventually, free_port};

/// A running demonstration, whose temporary files go to a folder of the test's.
struct Demo {
    process: Child,
    port: u16,
    greeting: String,
    folder: TempDir,
}

fn command(port: u16, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(["demo", "--port", &port.to_string()]).env("TMPDIR", folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Demo {
    async fn start() -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().expect("a folder"));
        // Nobody reads its log: it must not fill a pipe.
        let mut process = command(port, folder.path()).stderr(Stdio::null()).spawn().expect("the binary runs");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut greeting = String::new();
        while !greeting.contains("Ctrl-C") {
            greeting += &lines.next().expect("it greets before it ends").expect("text");
            greeting.push('\n');
        }
        let demo = Self { process, port, greeting, folder };
        let home = demo.url("", "/");
        eventually("the demonstration is ready", async || Browser::new().navigate(&home).await.status == 200).await;
        demo
    }

    /// The URL of a path on a host below `localhost`, or on `localhost` itself.
    fn url(&self, name: &str, path: &str) -> String {
        let dot = if name.is_empty() { "" } else { "." };
        format!("http://{name}{dot}localhost:{}{path}", self.port)
    }

    /// Opens the wiki in a new browser and chooses who to be; gives the browser and the page it landed on.
    async fn sign_in(&self, person: &str) -> (Browser, Response) {
        let browser = Browser::new();
        let page = browser.follow(&self.url("wiki", "/")).await.pop().expect("a page");
        assert!(page.url.as_str().starts_with(&self.url("id", "/authorize")), "at {}", page.url);
        let text = page.text();
        let mut fields: Vec<(&str, String)> = text.split("<input type=\"hidden\" ").skip(1).map(hidden_field).collect();
        fields.push(("person", person.to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let chosen = browser.submit(&page.url, &self.url("id", "/choose"), &fields).await;
        let page = browser.follow_from(chosen).await.pop().expect("a page");
        (browser, page)
    }

    /// What is in the folder for temporary files.
    fn left_behind(&self) -> Vec<std::path::PathBuf> {
        entries(self.folder.path())
    }

    /// Sends a signal and waits for the end; gives the exit code.
    async fn stop(&mut self, signal: &str) -> Option<i32> {
        let kill = format!("kill -{signal} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh runs").success());
        let process = std::sync::Mutex::new(&mut self.process);
        let mut code = None;
        eventually("it ends", async || process.lock().expect("one user").try_wait().expect("a child").is_some()).await;
        if let Some(status) = self.process.try_wait().expect("a child") {
            code = status.code();
        }
        code
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// Name and value of a hidden field, from the text after `<input type="hidden" `.
fn hidden_field(text: &str) -> (&str, String) {
    let attribute = |name: &str| text.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    (attribute("name").expect("a name"), attribute("value").expect("a value").replace("&amp;", "&"))
}

#[tokio::test]
async fn it_says_where_to_click_and_who_there_is() {
    let demo = Demo::start().await;
    for address in [demo.url("wiki", " "), demo.url("control", " "), demo.url("", " ")] {
        assert!(demo.greeting.contains(&address), "{address} is not in {}", demo.greeting);
    }
    for person in ["alice", "bob", "carol"] {
        let lines: Vec<_> = demo.greeting.lines().filter(|line| line.trim_start().starts_with(person)).collect();
        assert_eq!(lines.len(), 1, "{person} in {}", demo.greeting);
    }
    assert!(demo.greeting.lines().all(|line| line.len() <= 100), "{}", demo.greeting);
}

#[tokio::test]
async fn alice_opens_everything() {
    let demo = Demo::start().await;
    let (alice, page) = demo.sign_in("alice").await;
    assert_eq!((page.status.as_u16(), page.url.as_str()), (200, demo.url("wiki", "/").as_str()));
    assert!(page.text().contains("sees you as <mark>alice</mark>"), "{}", page.text());
    assert!(page.text().contains("No Vestibule cookie arrived here."), "{}", page.text());
    assert_eq!(alice.navigate(&demo.url("wiki", "/admin/settings")).await.status, 200);
    let control = alice.follow(&demo.url("control", "/")).await.pop().expect("a page");
    assert_eq!(control.status, 200);
    assert!(control.text().contains("sees you as <mark>alice</mark>"), "{}", control.text());
    let home = alice.navigate(&demo.url("", "/")).await.text();
    assert!(home.contains("Control room") && home.contains("Wiki") && home.contains("Demonstration: "), "{home}");
}

#[tokio::test]
async fn bob_reads_the_wiki_but_not_what_is_for_admins() {
    let demo = Demo::start().await;
    let (bob, page) = demo.sign_in("bob").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("sees you as <mark>bob</mark>"), "{}", page.text());
    for refused in [demo.url("wiki", "/admin/settings"), demo.url("control", "/")] {
        let page = bob.follow(&refused).await.pop().expect("a page");
        assert_eq!((page.status.as_u16(), page.url.as_str()), (403, refused.as_str()));
        assert!(page.text().contains("Sign in as someone else"), "{}", page.text());
        assert!(page.text().contains("Reference"), "{}", page.text());
    }
    let open = bob.navigate(&demo.url("wiki", "/public/welcome")).await;
    assert!(open.text().contains("sees you as <mark>bob</mark>"), "{}", open.text());
}

#[tokio::test]
async fn carol_is_told_that_she_belongs_nowhere_and_reads_the_open_page_as_a_stranger() {
    let demo = Demo::start().await;
    let (carol, page) = demo.sign_in("carol").await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("You are not in any organization yet"), "{}", page.text());
    for refused in [demo.url("wiki", "/"), demo.url("control", "/")] {
        assert_eq!(carol.follow(&refused).await.pop().expect("a page").status, 403, "{refused}");
    }
    let open = carol.navigate(&demo.url("wiki", "/public/welcome")).await;
    assert_eq!(open.status, 200);
    assert!(open.text().contains("does not know who you are"), "{}", open.text());
}

#[tokio::test]
async fn whoever_stops_it_finds_nothing_left() {
    for signal in ["TERM", "INT"] {
        let mut demo = Demo::start().await;
        let folders = demo.left_behind();
        assert_eq!(folders.len(), 1, "{folders:?}");
        let mode = folders[0].metadata().expect("a folder").permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may look into {folders:?}");
        assert_eq!(demo.stop(signal).await, Some(0), "{signal}");
        assert_eq!(demo.left_behind(), Vec::<std::path::PathBuf>::new(), "{signal}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_way_out() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    let folder = tempfile::tempdir().expect("a folder");
    let Output { status, stderr, stdout } = command(port, folder.path()).output().expect("the binary runs");
    let complaint = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(1), "{complaint}");
    assert!(complaint.contains(&format!("port {port} cannot be used; choose another with --port")), "{complaint}");
    assert!(stdout.is_empty(), "it must not greet: {}", String::from_utf8_lossy(&stdout));
    assert!(entries(folder.path()).is_empty());
}

/// Every listening socket of the process, as Linux tells it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn it_listens_on_loopback_alone() {
    let demo = Demo::start().await;
    let process = format!("/proc/{}", demo.process.id());
    let own: Vec<String> = entries(Path::new(&format!("{process}/fd")))
        .iter()
        .filter_map(|fd| {
            std::fs::read_link(fd).ok()?.to_str()?.strip_prefix("socket:[")?.strip_suffix(']').map(Into::into)
        })
        .collect();
    let mut listening = Vec::new();
    for table in ["tcp", "tcp6"] {
        let rows = std::fs::read_to_string(format!("{process}/net/{table}")).unwrap_or_default();
        for row in rows.lines().skip(1) {
            let columns: Vec<&str> = row.split_whitespace().collect();
            // Local address, state (0A listens) and inode.
            if columns[3] == "0A" && own.iter().any(|inode| inode == columns[9]) {
                listening.push(columns[1].to_owned());
            }
        }
    }
    assert!(listening.len() >= 2, "{listening:?}");
    assert!(listening.iter().all(|address| address.starts_with("0100007F:")), "{listening:?}");
}
