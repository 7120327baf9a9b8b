use proptest::prelude::*;

use super::{GOOD, variables};
use crate::config::parse;

/// Values of every kind, right and wrong for any key.
const VALUES: [&str; 16] = [
    "1",
    "-9223372036854775808",
    "1.5",
    "true",
    "\"\"",
    "\"x\"",
    "[]",
    "[\"a\", \"a\"]",
    "[1, [2]]",
    "{}",
    "{ a = 1 }",
    "1979-05-27",
    "\"https://é\"",
    "'\u{202e}'",
    "[[]]",
    "\"openid\"",
];

proptest! {
    #[test]
    fn no_text_brings_it_down(text in "\\PC{0,200}") {
        let _ = parse("noise", &text, []);
    }

    #[test]
    fn no_toml_brings_it_down(lines in prop::collection::vec((0..15usize, "[a-z_]{1,12}", 0..VALUES.len()), 0..30)) {
        let headers = [
            "[server]", "[server.tls]", "[[server.tls.certificate]]", "[database]", "[session]", "[[idp]]", "[idp]", "[idp.default_policy]",
            "[[organization]]", "[[organization.policy]]", "[[application]]", "[[application.rule]]", "[nothing]",
        ];
        let line = |(header, key, value): (usize, String, usize)| match headers.get(header) {
            Some(header) => format!("{header}\n{key} = {}\n", VALUES[value]),
            None => format!("{key} = {}\n", VALUES[value]),
        };
        let text: String = lines.into_iter().map(line).collect();
        let problems = parse("noise", &text, []).unwrap_err();
        prop_assert!(!problems.list.is_empty());
    }

    /// One value of a right file replaced: the answer is settings, or problems that were understood.
    #[test]
    fn no_replaced_value_brings_it_down(line in 0..200usize, value in 0..VALUES.len()) {
        let mut lines: Vec<String> = GOOD.lines().map(str::to_owned).collect();
        let line = line % lines.len();
        let Some((key, _)) = lines[line].split_once(" = ") else { return Ok(()) };
        lines[line] = format!("{key} = {}", VALUES[value]);
        if let Err(problems) = parse("noise", &lines.join("\n"), []) {
            prop_assert!(!problems.to_string().contains("cannot be understood"), "{problems}");
        }
    }

    #[test]
    fn no_environment_brings_it_down(name in "VESTIBULE_[A-Z_]{0,30}", value in "\\PC{0,40}") {
        let _ = parse("noise", GOOD, variables(&[(&name, &value)]));
    }
}
