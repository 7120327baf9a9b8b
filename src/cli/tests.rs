use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;

use super::{Terminal, run};

/// Runs a command line; gives its exit code, output and complaints.
fn vestibule(arguments: &[&str], variables: &[(&str, &str)]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["vestibule"].iter().chain(arguments).map(OsString::from);
    let variables: Vec<(OsString, OsString)> =
        variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let code = run(arguments, variables, &mut Terminal::new(&mut out, &mut err));
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vestibule.example.toml");
const SECRET: (&str, &str) = ("VESTIBULE_IDP__COMPANY__CLIENT_SECRET", "x");

#[test]
fn check_says_what_it_saw() {
    let told = vestibule(&["check", "--config", EXAMPLE], &[SECRET]);
    let note = "note: the server's keys lie unencrypted in the database; database.encryption_key would seal them";
    assert_eq!(told, (0, format!("ok: 1 IdP, 1 organization, 1 application\n{note}\n"), String::new()));
}

#[test]
fn check_tells_every_mistake_and_nothing_else() {
    let variables = [SECRET, ("VESTIBULE_SERVER__LISTEN", "x"), ("VESTIBULE_SESSION__IDLE_TIMEOUT", "y")];
    let (code, out, err) = vestibule(&["check", "--config", EXAMPLE], &variables);
    assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 3), "{err}");
}

#[test]
fn a_missing_file_is_misuse_with_advice() {
    let (code, _, err) = vestibule(&["check", "--config", "/nowhere/vestibule.toml"], &[]);
    assert_eq!(code, 2);
    assert!(err.contains("/nowhere/vestibule.toml") && err.contains("vestibule demo"), "{err}");
}

#[test]
fn a_wrong_command_line_is_misuse_and_help_is_not() {
    for wrong in [&["chekc"][..], &[], &["check", "--colour"], &["health", "--config", "a", "--url", "b"]] {
        let (code, out, err) = vestibule(wrong, &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{wrong:?}");
        assert!(!err.is_empty());
    }
    let (code, out, err) = vestibule(&["--help"], &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("check") && out.contains("health"), "{out}");
    assert_eq!(vestibule(&["--version"], &[]).0, 0);
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let value = OsString::from_vec(b"hunter2\xff".to_vec());
    let variables = [(OsString::from(SECRET.0), value), (OsString::from("OTHER"), OsString::from_vec(vec![0xff]))];
    let arguments = ["vestibule", "check"].map(OsString::from);
    assert_eq!(run(arguments, variables, &mut Terminal::new(&mut out, &mut err)), 2);
    let err = String::from_utf8(err).unwrap();
    assert!(err.contains(SECRET.0) && !err.contains("hunter2"), "{err}");
}

/// Answers one connection after the other with these, then hangs up.
fn server(answers: Vec<&'static str>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serve = move |answer: &str| {
        let mut stream = listener.accept().unwrap().0;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap().lines().next().unwrap().to_owned()
    };
    (address, std::thread::spawn(move || answers.into_iter().map(serve).collect()))
}

const WELL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n";

#[test]
fn health_asks_both_and_tells_what_they_said() {
    let (address, asked) = server(vec![WELL, WELL]);
    let told = vestibule(&["health", "--url", &format!("http://{address}")], &[]);
    assert_eq!(told, (0, "/healthz: 200 ok\n/readyz: 200 ok\n".to_owned(), String::new()));
    assert_eq!(asked.join().unwrap(), ["GET /healthz HTTP/1.1", "GET /readyz HTTP/1.1"]);
}

#[test]
fn health_fails_when_one_is_not_well() {
    let ill = "HTTP/1.1 503 Service Unavailable\r\n\r\nthe database\u{1b}[2J does not answer";
    let (address, _) = server(vec![WELL, ill]);
    let (code, out, err) = vestibule(&["health", "--url", &format!("http://{address}")], &[]);
    assert_eq!((code, out.as_str()), (1, "/healthz: 200 ok\n"));
    assert_eq!(err, "/readyz: 503 the database [2J does not answer\n");
    let (address, _) = server(vec!["SSH-2.0\r\n", ""]);
    let (code, _, err) = vestibule(&["health", "--url", &format!("http://{address}")], &[]);
    assert_eq!((code, err.as_str()), (1, "/healthz: the answer is not HTTP\n/readyz: the answer is not HTTP\n"));
}

#[test]
fn health_fails_when_nobody_is_there() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, _, err) = vestibule(&["health", "--url", &format!("http://{free}")], &[]);
    assert_eq!((code, err.matches("nobody answers").count()), (1, 2), "{err}");
    for wrong in ["127.0.0.1:1", "https://127.0.0.1", "http://127.0.0.1/x", "http://u@127.0.0.1"] {
        assert_eq!(vestibule(&["health", "--url", wrong], &[]).0, 1, "{wrong}");
    }
}

#[test]
fn health_finds_the_server_by_the_configuration() {
    let (address, _) = server(vec![WELL, WELL]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("vestibule.toml");
    let port = address.rsplit(':').next().unwrap();
    std::fs::write(&file, format!("[server]\noperations_listen = \"0.0.0.0:{port}\"\n")).unwrap();
    let path = |path: &Path| path.display().to_string();
    let (code, out, err) = vestibule(&["health", "--config", &path(&file)], &[]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, _, err) = vestibule(&["health", "--config", &path(directory.path())], &[]);
    assert_eq!(code, 1, "{err}");
}

#[test]
fn the_list_of_users_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("vestibule.toml");
    std::fs::copy(EXAMPLE, &config).unwrap();
    let config = config.to_str().unwrap();
    let database = format!("sqlite://{}", folder.path().join("v.db").display());
    let variables = [SECRET, ("VESTIBULE_DATABASE__URL", database.as_str())];
    let who = ["user", "add", "--config", config, "--idp", "company", "--email", "bob@example.com"];
    let what = ["--organization", "home-lab", "--role", "Member"];
    assert_eq!(vestibule(&[&who[..], &what].concat(), &variables).0, 0);
    let (code, out, err) = vestibule(&["user", "list", "--config", config], &variables);
    assert_eq!(code, 0, "{err}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2, "{out}");
    for (head, cell) in [("STATE", "waiting"), ("USERNAME", "bob@example.com  "), ("KNOWN BY", "company:")] {
        assert_eq!(lines[0].find(head), lines[1].find(cell), "{head} in\n{out}");
    }
}
