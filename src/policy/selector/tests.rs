//! What selectors say, and what they refuse to be.

mod compliance;
mod hostile;
mod properties;

use serde_json::{Value, json};

use super::*;

fn prepared(claims: &Value) -> PreparedClaims {
    PreparedClaims::of_source(claims.as_object().expect("an object"))
}

fn evaluate(text: &str, claims: &Value, organization: &str) -> Result<Value, EvaluationError> {
    let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    selector.evaluate(&prepared(claims), organization).map(|returned| returned.to_json())
}

fn sample() -> Value {
    json!({
        "sub": "1", "email": "user@example.com", "email_verified": true, "age": 41.5,
        "groups": ["home-lab", "admin"],
        "cognito:groups": ["ops"],
        "realm_access": {"roles": ["admin", "offline_access"]},
        "resource_access": {"app": {"roles": ["editor"]}},
        "numbers": [3, 1, 2],
        "orgs": {"home-lab": "Admin", "other": "Member"},
    })
}

fn says(text: &str) -> Value {
    evaluate(text, &sample(), "home-lab").unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    Selector::parse(text).map(|_| ()).expect_err(text).to_string()
}

#[test]
fn expressions_say_what_the_specification_says() {
    for (text, expected) in [
        ("contains(groups, 'admin') && 'Admin' || 'Member'", json!("Admin")),
        ("contains(groups, 'adm')", json!(false)),
        ("\"cognito:groups\"", json!(["ops"])),
        ("realm_access.roles[?@ == 'admin'] | [0]", json!("admin")),
        ("resource_access.*.roles[]", json!(["editor"])),
        ("groups[?starts_with(@, 'home')]", json!(["home-lab"])),
        ("groups[-1]", json!("admin")),
        ("groups[-3]", json!(null)),
        ("groups[::-1]", json!(["admin", "home-lab"])),
        ("groups[1:2147483647:2147483647]", json!(["admin"])),
        ("groups[-2147483647:]", json!(["home-lab", "admin"])),
        ("sort(numbers)", json!([1, 2, 3])),
        ("max(numbers)", json!(3)),
        ("avg(`[]`)", json!(null)),
        ("numbers[?@ > `1`]", json!([3, 2])),
        ("length(groups)", json!(2)),
        ("[contains(groups, 'admin') && 'Admin', contains(groups, 'x') && 'X'][?@]", json!(["Admin"])),
        ("{a: sub}.a", json!("1")),
        ("not_null(nothing, email)", json!("user@example.com")),
        ("type(nothing)", json!("null")),
        ("join('-', groups)", json!("home-lab-admin")),
        ("to_number('12')", json!(12)),
        ("to_number('[1]')", json!(null)),
        ("nothing.at.all", json!(null)),
        ("!nothing", json!(true)),
    ] {
        assert_eq!(says(text), expected, "{text}");
    }
}

#[test]
fn the_organization_is_data() {
    for (text, expected) in [
        ("contains(groups, '{{orgId}}')", json!(true)),
        ("groups[?@ == '{{orgId}}'] | [0]", json!("home-lab")),
        ("orgs.\"{{orgId}}\"", json!("Admin")),
        ("'/team/{{orgId}}/{{orgId}}'", json!("/team/home-lab/home-lab")),
        ("`\"{{orgId}}\"`", json!("home-lab")),
        ("`{\"{{orgId}}\": [\"x-{{orgId}}\"]}`", json!({"home-lab": ["x-home-lab"]})),
        ("{\"in-{{orgId}}\": sub}", json!({"in-home-lab": "1"})),
    ] {
        assert_eq!(says(text), expected, "{text}");
        assert!(Selector::parse(text).unwrap().uses_organization(), "{text}");
    }
    assert!(!Selector::parse("contains(groups, 'orgId')").unwrap().uses_organization());
}

#[test]
fn no_organization_id_can_change_the_meaning() {
    for id in ["') || `true` || contains(groups, '", "`", "\"", "\\", "{{orgId}}", "\u{e000}", "", "'||'"] {
        assert_eq!(evaluate("contains(groups, '{{orgId}}')", &sample(), id).unwrap(), json!(false), "{id}");
        assert_eq!(evaluate("'{{orgId}}'", &sample(), id).unwrap(), json!(id), "{id}");
        assert_eq!(evaluate("orgs.\"{{orgId}}\"", &sample(), id).unwrap(), json!(null), "{id}");
        assert_eq!(evaluate("`[\"{{orgId}}\"]`", &sample(), id).unwrap(), json!([id]), "{id}");
    }
}

#[test]
fn errors_say_where_and_what_to_do() {
    for (text, expected) in [
        ("contains(groups, {{orgId}})", "line 1, column 18: {{orgId}} stands in quotes: write '{{orgId}}'"),
        ("{{ orgId }}", "line 1, column 1: {{orgId}} stands in quotes: write '{{orgId}}'"),
        ("'{{orgid}}'", "line 1, column 1: the placeholder is written exactly {{orgId}}"),
        ("contians(groups, 'a')", "line 1, column 9: there is no function contians(): did you mean contains()?"),
        ("contains(groups)", "line 1, column 9: contains() takes 2 arguments, not 1"),
        ("not_null()", "line 1, column 9: not_null() takes 1 or more arguments, not 0"),
        ("groups\n  [?@ = 'a']", "line 2, column 7: a single = does not compare: write =="),
        (
            "'é' && é",
            "line 1, column 8: `é` has no meaning here: text goes in single quotes, an unusual claim name in \
          double quotes",
        ),
        ("cognito:groups", "line 1, column 8: unexpected `:`: a claim name that holds one goes in double quotes"),
        ("contains(groups, 'admin", "line 1, column 18: the quote ' opened here is never closed"),
        ("groups[?", "line 1, column 9: the expression ends too early"),
        ("groups)", "line 1, column 7: unexpected `)`"),
        (
            "`admin`",
            "line 1, column 1: between backticks stands JSON, such as `true`; plain text goes in single quotes",
        ),
        (" ", "the selector is empty: write one, or leave it out"),
        ("[99999999999]", "line 1, column 2: this number is too large"),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
    for text in ["map(&a, b)", "sort_by(a, &b)", "to_string(a)", "&a", "a & b", "\"contains\"(a, b)", "a.b(c)"] {
        refused(text);
    }
    assert!(refused("to_string(a)").contains("there is no function to_string()"));
}

#[test]
fn a_caret_points_at_the_place() {
    let text = "contains(groups,\n\t{{orgId}})";
    let error = Selector::parse(text).unwrap_err();
    assert_eq!(error.position(), Some((2, 2)));
    assert_eq!(error.pointer(text).unwrap(), "\t{{orgId}})\n\t^");
}

#[test]
fn a_function_that_is_given_the_wrong_thing_says_so_without_the_content() {
    let error = evaluate("contains(nothing, 'admin')", &sample(), "").unwrap_err().to_string();
    assert!(error.starts_with("contains() takes a list or a text as argument 1, not null"), "{error}");
    let error = evaluate("starts_with(age, email)", &sample(), "").unwrap_err().to_string();
    assert_eq!(error, "starts_with() takes a text as argument 1, not number");
    assert_eq!(evaluate("groups[::0]", &sample(), ""), Err(EvaluationError::Slice));
}

#[test]
fn what_was_withheld_cannot_be_read() {
    let unreadable = [("groups".to_owned(), value::Unreadable::Withheld)].into();
    let claims = PreparedClaims { unreadable, ..prepared(&sample()) };
    let ask = |text: &str| Selector::parse(text).unwrap().evaluate(&claims, "groups").map(|value| value.to_json());
    let withheld = Err(EvaluationError::Withheld("groups".to_owned()));
    for text in [
        "groups",
        "contains(groups, 'a')",
        "@ | groups",
        "[@][0].groups",
        "{a: @}.a.groups",
        "not_null(@).groups",
        "*",
        "values(@)",
        "keys(@)",
        "merge(@, `{}`).groups",
        "@ == `{}`",
        "\"{{orgId}}\"",
        "to_array(@)",
    ] {
        assert_eq!(ask(text), withheld, "{text}");
    }
    assert_eq!(ask("email == 'user@example.com' || contains(groups, 'a')"), Ok(json!(true)));
    assert_eq!(ask("realm_access.groups"), Ok(json!(null)));
}

#[test]
fn what_is_shown_is_bounded() {
    let claims = json!({"list": vec!["x".repeat(1_000); 1_000], "nest": [[[[[[[[[[[[1]]]]]]]]]]]]});
    let shown = evaluate("list", &claims, "").unwrap().to_string();
    assert!(shown.len() < 20_000, "{}", shown.len());
    assert!(shown.ends_with("\"…\"]"), "{shown}");
    assert!(evaluate("nest", &claims, "").unwrap().to_string().contains('…'));
}
