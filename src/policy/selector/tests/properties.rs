//! Held against the reference: the crate's interpreter, and pasting.

use proptest::prelude::*;

use super::*;

/// Expressions over the sample's claims, of every form our evaluator knows.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "@",
        "groups",
        "numbers",
        "orgs",
        "realm_access",
        "sub",
        "age",
        "nothing",
        "\"cognito:groups\"",
        "'admin'",
        "''",
        "`1`",
        "`[]`",
        "`{}`",
        "`null`",
        "`true`",
        "`[[1, 2], [3], 4, null]`",
        "`{\"a\": [1], \"b\": \"x\"}`",
        "*",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        let tail = prop::sample::select(vec![
            "[0]",
            "[-1]",
            "[1:]",
            "[::-1]",
            "[-2:5:2]",
            "[3::-2]",
            "[:-1]",
            "[*]",
            "[]",
            ".*",
            ".roles",
            ".a",
            "[?@]",
            "[?@ == 'admin']",
            "[?@ > `1`]",
            " | [0]",
            "[*].roles",
            "[].a",
            ".roles[0]",
        ]);
        let one = prop::sample::select(vec![
            "length", "keys", "values", "type", "to_array", "sort", "max", "min", "sum", "reverse", "not_null", "abs",
            "ceil", "floor", "merge",
        ]);
        let two = prop::sample::select(vec!["contains", "starts_with", "ends_with", "join", "not_null", "merge"]);
        let sign = prop::sample::select(vec!["&&", "||", "==", "!=", "<", "<=", ">", ">=", "|"]);
        prop_oneof![
            (inner.clone(), tail).prop_map(|(inner, tail)| format!("({inner}){tail}")),
            (one, inner.clone()).prop_map(|(name, inner)| format!("{name}({inner})")),
            (two, pair.clone()).prop_map(|(name, (a, b))| format!("{name}({a}, {b})")),
            (sign, pair.clone()).prop_map(|(sign, (a, b))| format!("({a}) {sign} ({b})")),
            pair.clone().prop_map(|(a, b)| format!("({a})[?{b}]")),
            pair.clone().prop_map(|(a, b)| format!("[{a}, {b}]")),
            pair.prop_map(|(a, b)| format!("{{a: {a}, b: {b}}}")),
            inner.prop_map(|inner| format!("!({inner})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn ours_answers_what_the_crates_own_interpreter_answers(text in expression()) {
        if let Ok(selector) = Selector::parse(&text) {
            let claims = prepared(&sample());
            let ours = selector.evaluate(&claims, "home-lab");
            match reference(&text, &claims) {
                Some(theirs) => prop_assert_eq!(ours.map(|value| value.0), Ok(theirs)),
                None => prop_assert!(ours.is_err(), "{:?}", ours),
            }
        }
    }

    #[test]
    fn binding_a_slug_is_pasting_it(
        template in prop::sample::select(vec![
            "contains(groups, '{{orgId}}')",
            "'{{orgId}}'",
            "'a-{{orgId}}\\'{{orgId}}'",
            "orgs.\"{{orgId}}\"",
            "orgs.\"{{orgId}}\" == 'Admin' && 'x{{orgId}}' || `[\"{{orgId}}\", {\"{{orgId}}\": 1}]`",
            "{\"{{orgId}}\": groups[?@ != '{{orgId}}']}",
        ]),
        id in "[a-z0-9]{1,8}(-[a-z0-9]{1,4}){0,2}|home-lab|other|admin",
    ) {
        let pasted = template.replace("{{orgId}}", &id);
        prop_assert_eq!(evaluate(template, &sample(), &id), evaluate(&pasted, &sample(), ""));
    }

    #[test]
    fn any_text_is_a_selector_or_an_error(text in "[ -~é\n]{0,60}", id in any::<String>()) {
        if let Ok(selector) = Selector::parse(&text) {
            let _ = selector.evaluate(&prepared(&sample()), &id).map(|value| value.to_json());
        }
    }
}
