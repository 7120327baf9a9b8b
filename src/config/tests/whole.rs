use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::{GOOD, bad, good, one_problem};
use crate::config::{load, operations_listen};
use crate::identity::{ClientAuth, HeaderPreset, IdpId, OnError};
use crate::store::DatabaseUrl;

#[test]
fn what_is_not_said_has_the_documented_default() {
    let settings = good(GOOD, &[]);
    assert_eq!(settings.server.listen, ["0.0.0.0:8080".parse().unwrap()]);
    assert_eq!(settings.server.operations_listen, "127.0.0.1:9090".parse().unwrap());
    assert!(settings.server.trusted_proxies.is_empty() && settings.server.tls.is_none());
    assert_eq!(settings.database.url.to_string(), DatabaseUrl::parse("sqlite://vestibule.db").unwrap().to_string());
    assert_eq!(settings.session.idle_timeout, Duration::from_secs(8 * 3600));
    assert_eq!(settings.session.absolute_timeout, Duration::from_secs(7 * 86_400));
    let idp = &settings.declaration.idps[0];
    assert_eq!(idp.client_auth, ClientAuth::Basic);
    assert_eq!(idp.scopes, ["openid", "profile", "email", "groups"]);
    assert_eq!(idp.list_claims, ["groups", "roles"]);
    assert_eq!(idp.profile.identifier, "sub");
    assert_eq!(idp.profile.username, "preferred_username");
    assert!(!idp.auto_provision && !idp.require_match && !idp.email_trusted);
    assert_eq!(idp.on_error, OnError::Revoke);
    assert!(idp.delegate_to.is_empty() && idp.delegated_claims.is_empty());
    let wiki = &settings.declaration.applications[0];
    assert_eq!(wiki.headers, HeaderPreset::Remote);
    assert!(wiki.pass_host);
    assert_eq!(settings.declaration.organizations.len(), 2);
}

#[test]
fn keep_lasts_a_day_unless_it_says_otherwise() {
    let keep = |more: &str| {
        let text = GOOD.replace("name = \"Company login\"", &format!("name = \"C\"\non_error = \"keep\"\n{more}"));
        good(&text, &[]).declaration.idps[0].on_error
    };
    assert_eq!(keep(""), OnError::Keep { keep_for: Duration::from_secs(86_400) });
    assert_eq!(keep("keep_for = \"2h\""), OnError::Keep { keep_for: Duration::from_secs(7200) });
}

#[test]
fn a_secret_file_loses_its_last_newline_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    std::fs::write(&path, " correct horse \n").unwrap();
    let line = format!("client_secret_file = {:?}", path.display().to_string());
    let settings = good(&GOOD.replace("client_secret = \"correct horse\"", &line), &[]);
    let company = &settings.secrets[&IdpId::parse("company").unwrap()];
    assert_eq!(company.expose_secret(), " correct horse ");
    assert_eq!(settings.secrets.len(), 1, "a public client has none");
}

#[test]
fn bad_secret_files_are_named_and_never_shown() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let cases = [
        (file("empty", b"\n\n"), "empty"),
        (file("binary", b"hunter2\xff"), "UTF-8"),
        (file("large", &b"hunter2".repeat(10_000)), "larger"),
        (directory.path().join("missing").display().to_string(), "No such file"),
        (directory.path().display().to_string(), "cannot take"),
    ];
    for (path, words) in cases {
        let text = GOOD.replace("client_secret = \"correct horse\"", &format!("client_secret_file = {path:?}"));
        one_problem(&text, &[], "idp.company.client_secret_file", words);
        let shown = bad(&text, &[]).to_string();
        assert!(shown.contains(&path) && !shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn nothing_shows_a_secret() {
    let text =
        GOOD.replace("[[organization]]\nid = \"office\"", "[database]\nurl = \"postgres://u:hunter2@h/d\"\n\n$0");
    let text = text.replace("$0", "[[organization]]\nid = \"office\"");
    let shown = format!("{:?}", good(&text, &[]));
    assert!(!shown.contains("correct horse") && !shown.contains("hunter2"), "{shown}");
    let spoilt = text.replace("postgres://", "mysql://").replace("client_secret = \"", "client_secret = [\"");
    let shown = bad(&spoilt, &[]).to_string();
    assert!(!shown.contains("correct horse") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_missing_file_says_how_to_get_one() {
    let directory = tempfile::tempdir().unwrap();
    let problems = load(&directory.path().join("vestibule.toml"), []).unwrap_err().to_string();
    for words in ["vestibule.toml", "vestibule demo", "vestibule.example.toml"] {
        assert!(problems.contains(words), "{problems}");
    }
    let binary = directory.path().join("binary");
    std::fs::write(&binary, b"\xff\xfe").unwrap();
    assert!(load(&binary, []).unwrap_err().to_string().contains("UTF-8"));
    let large = directory.path().join("large");
    std::fs::File::create(&large).unwrap().set_len(17 * 1024 * 1024).unwrap();
    assert!(load(&large, []).unwrap_err().to_string().contains("larger"));
}

#[test]
fn the_health_check_needs_one_key_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("vestibule.toml");
    std::fs::write(&file, "nonsense = 1\n[server]\noperations_listen = \"127.0.0.1:7\"\n").unwrap();
    assert_eq!(operations_listen(&file, []).unwrap(), "127.0.0.1:7".parse().unwrap());
    let variables = super::variables(&[("VESTIBULE_SERVER__OPERATIONS_LISTEN", "127.0.0.1:8")]);
    assert_eq!(operations_listen(&file, variables).unwrap(), "127.0.0.1:8".parse().unwrap());
    std::fs::write(&file, "[server]\noperations_listen = 7\n").unwrap();
    assert!(operations_listen(&file, []).is_err());
}

#[test]
fn what_is_seldom_meant_is_a_warning() {
    let warned = |pairs: &[(&str, &str)], expected: &[&str]| {
        let told: Vec<String> = good(GOOD, pairs).warnings().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), expected.len(), "{told:?}");
        assert!(told.iter().zip(expected).all(|(told, expected)| told.starts_with(expected)), "{told:?}");
    };
    let on = ("VESTIBULE_IDP__COMPANY__AUTO_PROVISION", "true");
    let role = ("VESTIBULE_IDP__COMPANY__DEFAULT_POLICY__ROLE", "'Member'");
    let lab = ("VESTIBULE_IDP__LAB_OWN__AUTO_PROVISION", "true");
    warned(&[], &["idp.company: its policies are not run"]);
    warned(&[on], &["idp.company: auto_provision is on, yet no policy has a role selector"]);
    warned(&[on, role], &[]);
    warned(&[on, role, lab], &["idp.lab-own: auto_provision is on, yet no policy has an org selector"]);
    warned(
        &[on, role, ("VESTIBULE_SERVER__TRUSTED_PROXIES", "::/0")],
        &["server.trusted_proxies: holds every address"],
    );
}

#[test]
fn certificates_alone_may_change_while_the_server_runs() {
    let with = |files: &str, more: &str| {
        let certificates = files
            .split(' ')
            .map(|file| format!("[[server.tls.certificate]]\nchain = \"{file}.crt\"\nkey = \"{file}.key\"\n"));
        good(
            &format!(
                "{}{}",
                GOOD.replace("[server]\n", &format!("[server]\n{more}")),
                certificates.collect::<String>()
            ),
            &[],
        )
    };
    let running = with("one", "");
    assert_eq!(running.server.tls.as_ref().unwrap().certificates[0].key.to_str(), Some("one.key"));
    assert!(running.fixed_sections_changed(&with("one two", "")).is_empty());
    assert_eq!(running.fixed_sections_changed(&with("one", "listen = [\"127.0.0.1:1\"]\n")), ["server"]);
    assert_eq!(running.fixed_sections_changed(&good(GOOD, &[])), ["server"]);
}
