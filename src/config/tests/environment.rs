use secrecy::ExposeSecret as _;

use super::{GOOD, good, one_problem};
use crate::identity::{ClientAuth, IdpId};
use crate::store::DatabaseUrl;

#[test]
fn the_environment_goes_before_the_file() {
    let settings = good(
        GOOD,
        &[
            ("VESTIBULE_SERVER__PUBLIC_URL", "https://other.example.com"),
            ("VESTIBULE_SERVER__LISTEN", "127.0.0.1:1, 127.0.0.1:2"),
            ("VESTIBULE_SERVER__TRUSTED_PROXIES", "[\"10.0.0.0/8\", '::1']"),
            ("VESTIBULE_DATABASE__URL", "postgres://u:p@db/v"),
            ("VESTIBULE_SESSION__IDLE_TIMEOUT", "1h"),
            ("VESTIBULE_IDP__COMPANY__CLIENT_SECRET", "battery staple"),
            ("VESTIBULE_IDP__COMPANY__AUTO_PROVISION", "true"),
            ("VESTIBULE_IDP__COMPANY__DEFAULT_POLICY__ORG", "contains(groups, '{{orgId}}')"),
            ("VESTIBULE_IDP__LAB_OWN__CLIENT_AUTH", "none"),
            ("VESTIBULE_ORGANIZATION__HOME_LAB__NAME", "Lab"),
            ("VESTIBULE_ORGANIZATION__HOME_LAB__POLICY__COMPANY__ROLE", "'Member'"),
            ("VESTIBULE_APPLICATION__WIKI__UPSTREAM", "http://wiki:3000"),
        ],
    );
    assert_eq!(settings.server.public_url.as_str(), "https://other.example.com");
    assert_eq!(settings.server.listen.len(), 2);
    assert_eq!(settings.server.trusted_proxies.len(), 2);
    assert_eq!(settings.database.url.to_string(), DatabaseUrl::parse("postgres://u:p@db/v").unwrap().to_string());
    assert_eq!(settings.session.idle_timeout.as_secs(), 3600);
    assert_eq!(settings.secrets[&IdpId::parse("company").unwrap()].expose_secret(), "battery staple");
    let declaration = settings.declaration;
    assert!(declaration.idps[0].auto_provision);
    assert_eq!(declaration.idps[0].default_policy.org.as_deref(), Some("contains(groups, '{{orgId}}')"));
    assert_eq!(declaration.idps[1].client_auth, ClientAuth::None);
    assert_eq!(declaration.organizations[0].name, "Lab");
    assert_eq!(declaration.organizations[0].policies[0].text.role.as_deref(), Some("'Member'"));
    assert_eq!(declaration.applications[0].upstream.to_string(), "http://wiki:3000");
}

#[test]
fn names_without_a_double_underscore_are_not_ours() {
    good(GOOD, &[("VESTIBULE_PORT", "tcp://10.0.0.1:80"), ("VESTIBULE_SERVICE_HOST", "x"), ("PATH__X", "y")]);
}

#[test]
fn a_secret_comes_from_a_file_that_the_environment_names() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (secret, url) = (write("secret", "battery staple\r\n"), write("url", "postgres://u:p@db/v\n"));
    let pairs = [("VESTIBULE_IDP__COMPANY__CLIENT_SECRET_FILE", &*secret), ("VESTIBULE_DATABASE__URL_FILE", &*url)];
    let settings = good(GOOD, &pairs);
    assert_eq!(settings.secrets[&IdpId::parse("company").unwrap()].expose_secret(), "battery staple");
    assert_eq!(settings.database.url.to_string(), DatabaseUrl::parse("postgres://u:p@db/v").unwrap().to_string());
}

#[test]
fn mistakes_of_the_environment_are_told_by_name() {
    let company = "VESTIBULE_IDP__COMPANY__";
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "VESTIBULE_SERVER__PUBLIC_ULR",
            "x",
            "VESTIBULE_SERVER__PUBLIC_ULR",
            "did you mean VESTIBULE_SERVER__PUBLIC_URL?",
        ),
        ("VESTIBULE_NOTHING__LIKE__IT", "x", "VESTIBULE_NOTHING__LIKE__IT", "no key has this name"),
        ("VESTIBULE__SERVER", "x", "VESTIBULE__SERVER", "no key has this name"),
        ("VESTIBULE_SERVER__", "x", "VESTIBULE_SERVER__", "no key has this name"),
        ("VESTIBULE_SERVER__LISTEN", "everywhere", "server.listen[0]", "an address is"),
        ("VESTIBULE_SERVER__LISTEN", " , ", "server.listen", "is empty"),
        ("VESTIBULE_SERVER__LISTEN", "[1", "server.listen", "not a list"),
        ("VESTIBULE_SERVER__LISTEN", "[1]", "server.listen[0]", "expected a text, found a number"),
        ("VESTIBULE_IDP__OTHER__CLIENT_SECRET", "x", "VESTIBULE_IDP__OTHER__CLIENT_SECRET", "no idp of that id"),
        ("VESTIBULE_IDP__COMPANY", "x", "VESTIBULE_IDP__COMPANY", "no key has this name"),
        ("VESTIBULE_IDP__COMPANY__ID", "x", "VESTIBULE_IDP__COMPANY__ID", "no key has this name"),
        ("VESTIBULE_IDP__COMPANY__AUTO_PROVISION", "yes", "idp.company.auto_provision", "true or false"),
        ("VESTIBULE_IDP__COMPANY__CLIENT_SECRET", "", "idp.company.client_secret", "is empty"),
        (
            "VESTIBULE_APPLICATION__WIKI__RULE__0__PATH",
            "/",
            "VESTIBULE_APPLICATION__WIKI__RULE__0__PATH",
            "write it in the file",
        ),
        (
            "VESTIBULE_ORGANIZATION__OFFICE__POLICY__COMPANY__ORG",
            "x",
            "VESTIBULE_ORGANIZATION__OFFICE__POLICY__COMPANY__ORG",
            "no policy of that idp",
        ),
    ];
    for (name, value, path, words) in cases {
        one_problem(GOOD, &[(name, value)], path, words);
    }
    let both = [(&*format!("{company}CLIENT_SECRET"), "x"), (&*format!("{company}CLIENT_SECRET_FILE"), "y")];
    one_problem(GOOD, &both, "idp.company.client_secret_file", "keep one");
    let problems = super::bad(GOOD, &[("VESTIBULE_SESSION__IDLE_TIMEOUT", "soon")]).to_string();
    assert!(problems.contains("session.idle_timeout (VESTIBULE_SESSION__IDLE_TIMEOUT): not accepted"), "{problems}");
}
