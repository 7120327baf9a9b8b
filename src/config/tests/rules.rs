use super::{GOOD, good, one_problem};
use crate::identity::Rule;

const ADMIN: &str = "path = \"/admin/*\"\nroles = [\"Admin\"]";

/// The good configuration with further lines in the rule for `/admin/*`.
fn with(lines: &str) -> String {
    assert!(GOOD.contains(ADMIN));
    GOOD.replacen(ADMIN, &format!("{ADMIN}\n{lines}"), 1)
}

fn rule(lines: &str) -> Rule {
    let rules = good(&with(lines), &[]).declaration.applications[0].rules.clone();
    rules.into_iter().find(|rule| rule.path.as_str() == "/admin/*").unwrap()
}

#[test]
fn a_rule_is_for_every_method_from_everywhere_unless_it_says_otherwise() {
    let plain = rule("");
    assert!(plain.methods.is_empty() && plain.from.is_empty() && !plain.preflight);
    let told = rule("methods = [\"GET\", \"PROPFIND\"]\nfrom = [\"10.1.2.3/8\", \"fd00::1\"]\npreflight = true");
    let texts = |items: &[String]| items.join(" ");
    assert_eq!(texts(&told.methods.iter().map(ToString::to_string).collect::<Vec<_>>()), "GET PROPFIND");
    assert_eq!(texts(&told.from.iter().map(ToString::to_string).collect::<Vec<_>>()), "10.0.0.0/8 fd00::1/128");
    assert!(told.preflight);
}

#[test]
fn what_a_rule_cannot_mean_is_told_at_its_key() {
    for (lines, key, words) in [
        ("methods = []", "methods", "is empty"),
        ("methods = [\"get\"]", "methods[0]", "upper case"),
        ("methods = [\"GET\", \"GET\"]", "methods[1]", "stands twice"),
        ("methods = [\"CONNECT\"]", "methods[0]", "never passed on"),
        ("methods = \"GET\"", "methods", "a list"),
        ("from = []", "from", "is empty"),
        ("from = [\"office\"]", "from[0]", "CIDR"),
        ("from = [\"10.0.0.0/33\"]", "from[0]", "CIDR"),
        ("from = [\"::ffff:10.0.0.0/104\"]", "from[0]", "without ::ffff:"),
        ("preflight = \"yes\"", "preflight", "true or false"),
        ("method = [\"GET\"]", "method", "did you mean `methods`"),
    ] {
        one_problem(&with(lines), &[], &format!("application.wiki.rule[1].{key}"), words);
    }
}

#[test]
fn a_rule_that_is_never_reached_is_told_and_methods_count() {
    let behind = |first: &str, second: &str| {
        let rule = |methods: &str| format!("[[application.rule]]\n{ADMIN}\n{methods}\n");
        with(&format!("methods = [\"PUT\"]\n{}{}", rule(first), rule(second)))
    };
    let (get, post) = ("methods = [\"GET\"]", "methods = [\"POST\"]");
    good(&behind(get, post), &[]);
    good(&behind(get, ""), &[]);
    one_problem(&behind(get, get), &[], "application.wiki.rule[3].path", "since application.wiki.rule[2] matches");
    let both = "methods = [\"PUT\", \"HEAD\"]";
    one_problem(&behind(get, both), &[], "application.wiki.rule[3].path", "match all its methods");
    one_problem(&behind("", post), &[], "application.wiki.rule[3].path", "is never reached");
}

#[test]
fn methods_that_write_and_are_left_open_are_pointed_out() {
    let told = |lines: &str| {
        let all = good(&with(lines), &[]).warnings();
        all.iter().map(ToString::to_string).filter(|told| told.contains("rule[1].methods")).collect::<String>()
    };
    assert_eq!(told(""), "");
    assert!(told("methods = [\"GET\", \"POST\"]").contains("leaves PUT, PATCH, DELETE to every role"));
    assert_eq!(told("methods = [\"POST\", \"PUT\", \"PATCH\", \"DELETE\"]"), "");
    assert_eq!(told(&format!("methods = [\"GET\"]\n[[application.rule]]\n{ADMIN}")), "");
}
