use super::*;

mod bad;
mod connection;
mod encryption;
mod environment;
mod example;
mod noise;
mod rules;
mod whole;

/// A small file without a mistake, for tests to spoil.
const GOOD: &str = r#"
[server]
public_url = "https://login.example.com"

[[idp]]
id = "company"
name = "Company login"
issuer = "https://id.example.com"
client_id = "vestibule"
client_secret = "correct horse"

[[idp]]
id = "lab-own"
name = "Lab login"
issuer = "https://lab.example.com"
client_id = "vestibule"
client_auth = "none"
owner = "home-lab"

[[organization]]
id = "home-lab"
name = "Home lab"
roles = ["Admin", "Member"]
admin_roles = ["Admin"]

[[organization.policy]]
idp = "company"
org = "contains(groups, 'home-lab')"

[[organization]]
id = "office"
name = "Office"
roles = ["Clerk"]

[[application]]
id = "wiki"
organization = "home-lab"
name = "Wiki"
hosts = ["wiki.example.com"]
upstream = "http://127.0.0.1:3000"
roles = ["Admin"]

[[application.rule]]
path = "/public/*"
allow = "everyone"

[[application.rule]]
path = "/admin/*"
roles = ["Admin"]
"#;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The settings of a text that is right.
fn good(text: &str, pairs: &[(&str, &str)]) -> Settings {
    parse("test.toml", text, variables(pairs)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The problems of a text that is wrong.
fn bad(text: &str, pairs: &[(&str, &str)]) -> Problems {
    match parse("test.toml", text, variables(pairs)) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(problems) => problems,
    }
}

/// Checks that a text has exactly one problem, with this path and these words in its message.
fn one_problem(text: &str, pairs: &[(&str, &str)], path: &str, words: &str) {
    let problems = bad(text, pairs);
    assert_eq!(problems.list.len(), 1, "{problems}\nexpected {path}: {words}");
    let problem = &problems.list[0];
    assert_eq!(problem.path, path, "{problems}");
    assert!(problem.message.contains(words), "{problems}\nexpected: {words}");
}
