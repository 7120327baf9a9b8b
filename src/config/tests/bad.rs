use super::{GOOD, bad, one_problem};

/// A piece of the right file, what stands there instead, and the one problem that follows.
type Case = (&'static str, &'static str, &'static str, &'static str);

const SERVER: &[Case] = &[
    (
        "[[idp]]\nid = \"c",
        "[server.forward_auth]\nsecret = \"with-23-characters-only\"\n[[idp]]\nid = \"c",
        "server.forward_auth.secret",
        "24 or more printable characters without spaces",
    ),
    ("public_url = \"https://login.example.com\"", "", "server.public_url", "is missing"),
    ("https://login.example.com", "http://login.example.com", "server.public_url", "http is taken only on loopback"),
    ("public_url = ", "public_ulr = 1\npublic_url = ", "server.public_ulr", "did you mean `public_url`?"),
    ("public_url = ", "colour = 1\npublic_url = ", "server.colour", "here are known: public_url"),
    ("[server]", "[server]\nlisten = []", "server.listen", "is empty"),
    ("[server]", "[server]\nlisten = \"0.0.0.0:8080\"", "server.listen", "expected a list of texts, found a text"),
    ("[server]", "[server]\nlisten = [\"localhost:8080\"]", "server.listen[0]", "an IP address and a port"),
    ("[server]", "[server]\nlisten = [\"0.0.0.0:9090\"]", "server.operations_listen", "a port of its own"),
    ("[server]", "[server]\ntrusted_proxies = [\"10.0.0.0/40\"]", "server.trusted_proxies[0]", "CIDR"),
    ("[server]", "[server]\nproxy_protocol = true", "server.proxy_protocol", "there are none"),
    ("[server]", "[server]\nhsts = \"no\"", "server.hsts", "or off"),
    (
        "[[idp]]\nid = \"c",
        "[server.tls]\nredirect_listen = [\"0.0.0.0:8080\"]\n[[server.tls.certificate]]\nkey = \"k\"\nchain = \"c\"\n\
         [[idp]]\nid = \"c",
        "server.tls",
        "is an address of `listen`",
    ),
    ("[[idp]]\nid = \"c", "[server.tls]\n[[idp]]\nid = \"c", "server.tls", "has no certificate"),
    ("[[idp]]\nid = \"c", "[server.tls.acme]\n[[idp]]\nid = \"c", "server.tls.acme.accept_terms", "must be true"),
    (
        "[[idp]]\nid = \"c",
        "[server.tls.acme]\naccept_terms = true\nchallenge = \"http-01\"\n[[idp]]\nid = \"c",
        "server.tls.acme.challenge",
        "nothing listens for plain HTTP",
    ),
    (
        "[[idp]]\nid = \"c",
        "[server.tls.acme]\naccept_terms = true\nchallenge = \"dns-01\"\n[[idp]]\nid = \"c",
        "server.tls.acme.challenge",
        "tls-alpn-01, http-01",
    ),
    (
        "[[idp]]\nid = \"c",
        "[server.tls.acme]\naccept_terms = true\ndirectory = \"http://ca.example.com\"\n[[idp]]\nid = \"c",
        "server.tls.acme.directory",
        "an https URL",
    ),
    (
        "[[idp]]\nid = \"c",
        "[server.tls.acme]\naccept_terms = true\ncontact = [\"admin@example.com\"]\n[[idp]]\nid = \"c",
        "server.tls.acme.contact[0]",
        "mailto:admin@example.com",
    ),
    (
        "[[idp]]\nid = \"c",
        "[server.tls.acme]\naccept_terms = true\nexternal_account_id = \"us\"\n[[idp]]\nid = \"c",
        "server.tls.acme.external_account_id",
        "write both, or neither",
    ),
    (
        "[[idp]]\nid = \"c",
        "[server.tls.acme]\naccept_terms = true\nexternal_account_id = \"us\"\nexternal_account_key = \"n o\"\n\
         [[idp]]\nid = \"c",
        "server.tls.acme.external_account_key",
        "base64url",
    ),
    (
        "https://login.example.com\"\n\n[[idp]]\nid = \"c",
        "https://login.localhost\"\n[server.tls.acme]\naccept_terms = true\n[[idp]]\nid = \"c",
        "server.tls.acme",
        "no certificate ordered for login.localhost",
    ),
    (
        "[[idp]]\nid = \"c",
        "[[server.tls.certificate]]\nkey = \"k\"\n[[idp]]\nid = \"c",
        "server.tls.certificate[0].chain",
        "is missing",
    ),
    ("[server]", "[database]\nurl = \"mysql://u:p@h/d\"\n[server]", "database.url", "sqlite://"),
    ("[server]", "[database]\nurl = 5\n[server]", "database.url", "expected a text"),
    ("[server]", "[database]\nurl = \"sqlite://a\"\nurl_file = \"b\"\n[server]", "database.url_file", "keep one"),
    ("[server]", "[session]\nidle_timeout = 8\n[server]", "session.idle_timeout", "expected a text, found a number"),
    ("[server]", "[session]\nidle_timeout = \"8\"\n[server]", "session.idle_timeout", "such as 8h"),
    (
        "[server]",
        "[session]\nidle_timeout = \"8d\"\n[server]",
        "session.idle_timeout",
        "longer than `absolute_timeout`",
    ),
    ("[server]", "session = 5\n[server]", "session", "expected a table, found a number; write [session]"),
    ("[server]", "[sesion]\n[server]", "sesion", "did you mean `session`?"),
    ("[server]", "\"a\\nb\" = 1\n[server]", "\"a\\nb\"", "unknown key"),
];

const IDP: &[Case] = &[
    ("id = \"lab-own\"", "", "idp[1].id", "is missing"),
    ("id = \"lab-own\"", "id = \"Lab Own\"", "idp[1].id", "lower-case letters"),
    ("id = \"lab-own\"", "id = \"company\"", "idp[1].id", "`company` is taken by idp.company"),
    ("name = \"Company login\"", "", "idp.company.name", "is missing"),
    ("name = \"Company login\"", "name = \" \"", "idp.company.name", "one line"),
    ("https://id.example.com", "http://id.example.com", "idp.company.issuer", "an issuer is an https URL"),
    ("client_id = \"vestibule\"\nclient_s", "client_s", "idp.company.client_id", "is missing"),
    (
        "client_secret = \"correct horse\"",
        "",
        "idp.company.client_secret",
        "VESTIBULE_IDP__COMPANY__CLIENT_SECRET_FILE",
    ),
    ("client_secret = \"correct horse\"", "client_secret = 5", "idp.company.client_secret", "expected a text"),
    (
        "client_auth = \"none\"",
        "client_auth = \"none\"\nclient_secret = \"x\"",
        "idp.lab-own.client_auth",
        "remove the secret",
    ),
    ("client_auth = \"none\"", "client_auth = \"bearer\"", "idp.lab-own.client_auth", "one of: basic, post, none"),
    ("client_auth = \"none\"", "client_auth = \"post\"", "idp.lab-own.client_secret", "is missing"),
    ("client_secret = ", "scopes = [\"profile\"]\nclient_secret = ", "idp.company.scopes", "`openid` is missing"),
    ("client_secret = ", "scopes = []\nclient_secret = ", "idp.company.scopes", "`openid` is missing"),
    ("client_secret = ", "keep_for = \"1h\"\nclient_secret = ", "idp.company.keep_for", "while on_error is revoke"),
    (
        "client_secret = ",
        "refresh_claims = \"59s\"\nclient_secret = ",
        "idp.company.refresh_claims",
        "write 1m or more",
    ),
    ("client_secret = ", "delegate_to = [\"ofice\"]\nclient_secret = ", "idp.company.delegate_to[0]", "`office`"),
    (
        "client_secret = ",
        "delegate_to = [\"home-lab\"]\nclient_secret = ",
        "organization.home-lab.policy.company.idp",
        "leaves this to the organization's admins",
    ),
    (
        "client_auth = \"none\"",
        "client_auth = \"none\"\ndelegate_to = [\"office\"]",
        "idp.lab-own.delegate_to",
        "own IdP",
    ),
    (
        "client_secret = ",
        "delegated_claims = [\"\"]\nclient_secret = ",
        "idp.company.delegated_claims[0]",
        "exact name",
    ),
    ("client_secret = ", "identifier = \"\"\nclient_secret = ", "idp.company.identifier", "not accepted"),
    (
        "client_secret = ",
        "default_policy.org = \"\"\nclient_secret = ",
        "idp.company.default_policy.org",
        "not accepted",
    ),
    (
        "client_secret = ",
        "default_policy.orgs = \"x\"\nclient_secret = ",
        "idp.company.default_policy.orgs",
        "did you mean `org`?",
    ),
    ("client_secret = ", "email_trusted = \"true\"\nclient_secret = ", "idp.company.email_trusted", "without quotes"),
    (
        "client_secret = ",
        "list_claims = [\"a\", \"a\"]\nclient_secret = ",
        "idp.company.list_claims[1]",
        "stands twice",
    ),
    ("owner = \"home-lab\"", "owner = \"home-lap\"", "idp.lab-own.owner", "did you mean `home-lab`?"),
    (
        "owner = \"home-lab\"",
        "owner = \"home-lab\"\nserver_admin = \"x\"",
        "idp.lab-own.server_admin",
        "names no server admins",
    ),
];

const ORGANIZATION: &[Case] = &[
    ("id = \"office\"", "id = \"home-lab\"", "organization[1].id", "`home-lab` is taken by organization.home-lab"),
    ("roles = [\"Clerk\"]", "", "organization.office.roles", "is missing"),
    ("roles = [\"Clerk\"]", "roles = []", "organization.office.roles", "is empty"),
    ("roles = [\"Clerk\"]", "roles = [\"a,b\"]", "organization.office.roles[0]", "without comma"),
    ("roles = [\"Clerk\"]", "roles = [\"Clerk\", \"Clerk\"]", "organization.office.roles[1]", "stands twice"),
    (
        "admin_roles = [\"Admin\"]",
        "admin_roles = [\"admin\"]",
        "organization.home-lab.admin_roles[0]",
        "did you mean `Admin`?",
    ),
    (
        "roles = [\"Clerk\"]",
        "roles = [\"Clerk\"]\npublish_hosts = [\"*.office.example.com\"]",
        "organization.office.publish_hosts[0]",
        "without *",
    ),
    (
        "roles = [\"Clerk\"]",
        "roles = [\"Clerk\"]\npublish_upstreams = [\"10.0.0.0/40\"]",
        "organization.office.publish_upstreams[0]",
        "CIDR",
    ),
    ("idp = \"company\"", "", "organization.home-lab.policy[0].idp", "is missing"),
    ("idp = \"company\"", "idp = \"compny\"", "organization.home-lab.policy.compny.idp", "did you mean `company`?"),
    ("org = \"contains(groups, 'home-lab')\"", "", "organization.home-lab.policy.company", "has no selector"),
    (
        "org = \"contains(groups, 'home-lab')\"",
        "org = \"\"",
        "organization.home-lab.policy.company.org",
        "not accepted",
    ),
    (
        "roles = [\"Clerk\"]",
        "roles = [\"Clerk\"]\npolicy = [{ idp = \"lab-own\", org = \"'office'\" }]",
        "organization.office.policy.lab-own.idp",
        "belongs to organization `home-lab` alone",
    ),
    (
        "roles = [\"Clerk\"]",
        "roles = [\"Clerk\"]\npolicy = [{ idp = \"company\", org = \"a\" }, { idp = \"company\", org = \"b\" }]",
        "organization.office.policy[1].idp",
        "`company` is taken by organization.office.policy.company",
    ),
    (
        "[[organization.policy]]",
        "[organization.policy]",
        "organization.home-lab.policy",
        "write [[organization.policy]]",
    ),
];

const APPLICATION: &[Case] = &[
    ("organization = \"home-lab\"", "organization = \"x\"", "application.wiki.organization", "no organization `x`"),
    ("hosts = [\"wiki.example.com\"]", "hosts = []", "application.wiki.hosts", "is empty"),
    ("hosts = [\"wiki.example.com\"]", "", "application.wiki.hosts", "is missing"),
    ("[\"wiki.example.com\"]", "[\"wiki.example.com:80\"]", "application.wiki.hosts[0]", "no scheme, port"),
    ("[\"wiki.example.com\"]", "[\"Login.example.com.\"]", "application.wiki.hosts[0]", "is the sign-in host"),
    ("[\"wiki.example.com\"]", "[\"a.test\", \"A.test.\"]", "application.wiki.hosts[1]", "stands twice"),
    ("http://127.0.0.1:3000", "http://127.0.0.1:3000/wiki", "application.wiki.upstream", "without a path"),
    ("3000\"\nroles = [\"Admin\"]", "3000\"\nroles = []", "application.wiki.roles", "leave it out"),
    (
        "3000\"\nroles = [\"Admin\"]",
        "3000\"\nroles = [\"Admin\", \"Clerk\"]",
        "application.wiki.roles[1]",
        "no role `Clerk`",
    ),
    ("3000\"\nroles = [\"Admin\"]", "3000\"\nheaders = \"x\"", "application.wiki.headers", "one of: remote"),
    (
        "3000\"\nroles = [\"Admin\"]",
        "3000\"\nallowed_origins = [\"null\"]",
        "application.wiki.allowed_origins[0]",
        "an origin is",
    ),
    (
        "\"/admin/*\"\nroles = [\"Admin\"]",
        "\"/admin/*\"\nroles = [\"Member\"]",
        "application.wiki.rule[1].roles[0]",
        "only narrows",
    ),
    ("\"/admin/*\"\nroles = [\"Admin\"]", "\"/admin/*\"\nroles = []", "application.wiki.rule[1].roles", "is empty"),
    ("\"/admin/*\"\nroles = [\"Admin\"]", "\"/admin/*\"", "application.wiki.rule[1]", "does not say who may enter"),
    ("\"/admin/*\"", "\"/admin/*\"\nallow = \"everyone\"", "application.wiki.rule[1].allow", "keep one"),
    ("\"/admin/*\"", "\"/public/x\"", "application.wiki.rule[1].path", "never reached"),
    ("\"/admin/*\"", "\"admin\"", "application.wiki.rule[1].path", "starts with /"),
    ("allow = \"everyone\"", "allow = \"all\"", "application.wiki.rule[0].allow", "`everyone` is the only word"),
];

#[test]
fn each_mistake_is_told_once_with_its_key() {
    for (piece, instead, path, words) in [SERVER, IDP, ORGANIZATION, APPLICATION].concat() {
        assert!(GOOD.contains(piece), "{piece}");
        one_problem(&GOOD.replacen(piece, instead, 1), &[], path, words);
    }
}

#[test]
fn a_host_leads_to_one_application() {
    let second = "[[application]]\nid = \"two\"\norganization = \"office\"\nname = \"Two\"\nupstream = \"http://a\"\n\
                  hosts = [\"two.example.com\", \"WIKI.example.com\"]";
    one_problem(&format!("{GOOD}\n{second}"), &[], "application.two.hosts[1]", "taken by application.wiki.hosts[0]");
}

#[test]
fn plain_http_stays_on_this_machine() {
    let text = GOOD.replace("https://login.example.com", "http://login.localhost:8080");
    one_problem(&text, &[], "application.wiki.hosts[0]", "plain http");
    super::good(&text.replace("wiki.example.com", "wiki.localhost"), &[]);
    let tls =
        text.replace("wiki.example.com", "wiki.localhost") + "[[server.tls.certificate]]\nchain = \"c\"\nkey = \"k\"";
    one_problem(&tls, &[], "server.public_url", "is http although [server.tls] is there");
}

#[test]
fn ten_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = r#"
colour = "blue"
[server]
public_url = "login.example.com"
listen = 8080
[session]
idle_timeout = "soon"
[[idp]]
id = "company"
name = "Company"
issuer = "id.example.com"
client_id = "x"
scopes = ["email"]
[[organization]]
id = "home-lab"
name = "Home lab"
roles = ["Admin"]
admin_roles = ["Chief"]
[[application]]
id = "wiki"
organization = "home"
name = "Wiki"
hosts = []
upstream = "ftp://x"
"#;
    let problems = bad(text, &[("VESTIBULE_A__B", "x")]);
    let told: Vec<(&str, &str)> = problems.list.iter().map(|p| (p.path.as_str(), p.place.as_str())).collect();
    let expected = [
        ("colour", "line 2"),
        ("server.public_url", "line 4"),
        ("server.listen", "line 5"),
        ("session.idle_timeout", "line 7"),
        ("idp.company.client_secret", "line 8"),
        ("idp.company.issuer", "line 11"),
        ("idp.company.scopes", "line 13"),
        ("organization.home-lab.admin_roles[0]", "line 18"),
        ("application.wiki.organization", "line 21"),
        ("application.wiki.hosts", "line 23"),
        ("application.wiki.upstream", "line 24"),
        ("VESTIBULE_A__B", "VESTIBULE_A__B"),
    ];
    assert_eq!(told, expected, "{problems}");
    let shown = problems.to_string();
    assert!(shown.starts_with("test.toml: 12 problems\n  colour (line 2): unknown key; "), "{shown}");
    assert_eq!(shown.lines().count(), 13, "one line each");
}

#[test]
fn what_is_not_toml_has_line_and_column() {
    let problems = bad("[server]\npublic_url = \"https://hunter2\nlisten = [\"x\"\n", &[]);
    assert_eq!((problems.list.len(), problems.list[0].path.as_str()), (1, ""), "{problems}");
    assert!(problems.list[0].place.starts_with("line 2, column "), "{problems}");
    assert!(!problems.to_string().contains("hunter2"), "a line may hold a secret: {problems}");
    let problems = bad("[server]\na = \"x\nb = 1\nb = 1\n[[c\n", &[]);
    assert!(problems.list[0].place.starts_with("line 2, "), "the first of several: {problems}");
    let problems = bad("[server]\nlisten = []\nlisten = []\n", &[]);
    assert_eq!((problems.list.len(), &*problems.list[0].place), (1, "line 3, column 1"), "{problems}");
}

#[test]
fn too_much_of_anything_is_refused() {
    let many: String =
        (0..10_001).map(|i| format!("[[organization]]\nid = \"o{i}\"\nname = \"O\"\nroles = [\"R\"]\n")).collect();
    let text = format!("[server]\npublic_url = \"https://a.test\"\n{many}");
    one_problem(&text, &[], "organization", "too many: 10001");
    let roles: String = (0..10_001).map(|i| format!("\"r{i}\",")).collect();
    one_problem(&GOOD.replace("[\"Clerk\"]", &format!("[{roles}]")), &[], "organization.office.roles", "too many");
    let mistakes: String = (0..2000).map(|i| format!("key{i} = 1\n")).collect();
    let problems = bad(&format!("{mistakes}{GOOD}"), &[]);
    assert_eq!((problems.list.len(), problems.hidden), (500, 1500));
    assert!(problems.to_string().ends_with("and 1500 more"));
}

#[test]
fn no_variable_is_offered_for_an_entry_without_an_id() {
    let text = GOOD.replace("client_auth = \"none\"", "");
    assert!(bad(&text, &[]).list[0].message.contains("VESTIBULE_IDP__LAB_OWN__CLIENT_SECRET"));
    let problems = bad(&text.replace("id = \"lab-own\"", "id = \"Lab own\""), &[]);
    let secret = problems.list.iter().find(|problem| problem.path == "idp[1].client_secret").unwrap();
    assert!(!secret.message.contains("VESTIBULE_"), "{problems}");
}

#[test]
fn every_section_refuses_what_it_does_not_know() {
    let whole = format!(
        "{GOOD}\n[server.tls]\n[[server.tls.certificate]]\nkey = \"k\"\nchain = \"c\"\n[database]\nurl = \"sqlite://a\"\n[session]\n\
         idle_timeout = \"1h\"\n"
    )
    .replacen("[[organization]]", "[idp.default_policy]\norg = \"x\"\n\n[[organization]]", 1);
    let headers: Vec<usize> =
        whole.match_indices("]\n").map(|(at, _)| at).filter(|at| is_header(&whole, *at)).collect();
    assert_eq!(headers.len(), 14);
    for at in headers {
        let spoilt = format!("{}]\nxyzzy = 1\n{}", &whole[..at], &whole[at + 2..]);
        let problems = bad(&spoilt, &[]);
        let told = (problems.list.len(), problems.list[0].path.ends_with(".xyzzy"));
        assert_eq!(told, (1, true), "{problems}\n{spoilt}");
    }
}

fn is_header(text: &str, end: usize) -> bool {
    text[..end].rsplit('\n').next().is_some_and(|line| line.starts_with('['))
}

/// A right one, to be put before the first IdP.
const ISSUER: &str =
    "[[token_issuer]]\nid = \"people\"\nissuer = \"https://id.example.com\"\naudience = \"apps\"\nidp = \"company\"\n";

#[test]
fn a_token_issuer_is_checked_by_itself_and_beside_the_idps() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("audience = \"apps\"", "", "token_issuer.people.audience", "is missing"),
        ("\"apps\"", "\"vestibule\"", "token_issuer.people.audience", "is the client_id of idp.company"),
        ("\"apps\"", "\"a b\"", "token_issuer.people.audience", "without spaces"),
        ("idp = \"company\"", "", "token_issuer.people.idp", "is missing"),
        ("idp = \"company\"", "idp = \"compny\"", "token_issuer.people.idp", "did you mean `company`?"),
        (
            "idp = \"company\"",
            "idp = \"company\"\nservice_accounts = \"sub\"",
            "token_issuer.people.service_accounts",
            "keep one",
        ),
        (
            "idp = \"company\"",
            "service_accounts = \"email\"",
            "token_issuer.people.service_accounts",
            "client_id or azp",
        ),
        ("id.example.com", "other.example.com", "token_issuer.people.idp", "both must be equal"),
        ("https://id", "http://id", "token_issuer.people.issuer", "https"),
        ("idp =", "algorithms = [\"HS256\"]\nidp =", "token_issuer.people.algorithms[0]", "no HMAC"),
        ("idp =", "algorithms = [\"none\"]\nidp =", "token_issuer.people.algorithms[0]", "never none"),
        ("idp =", "algorithms = []\nidp =", "token_issuer.people.algorithms", "is empty"),
        ("idp =", "typ = \"jwt\"\nidp =", "token_issuer.people.typ", "at+jwt, any"),
        ("idp =", "max_lifetime = \"8d\"\nidp =", "token_issuer.people.max_lifetime", "longer than 7d"),
        ("idp =", "jwks_url = \"http://id.example.com/k\"\nidp =", "token_issuer.people.jwks_url", "is https"),
    ];
    for (piece, instead, path, message) in cases {
        assert!(ISSUER.contains(piece), "{piece}");
        let text = GOOD.replacen("[[idp]]", &format!("{}[[idp]]", ISSUER.replace(piece, instead)), 1);
        one_problem(&text, &[], path, message);
    }
    let twice = format!("{ISSUER}{}", ISSUER.replace("people", "again"));
    let text = GOOD.replacen("[[idp]]", &format!("{twice}[[idp]]"), 1);
    one_problem(&text, &[], "token_issuer.again.audience", "those of token_issuer.people");
}
