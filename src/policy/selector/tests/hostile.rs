//! Texts and claims that mean harm. A stack that overflows ends the process, so these run where there is little of it.

use serde_json::json;

use super::super::*;

/// A third of what a worker thread has: the rest is for whoever calls. A debug build needs 512 KiB at worst, a release
/// build far less.
const STACK: usize = 700 * 1024;

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(STACK).spawn(test).unwrap().join().unwrap();
}

/// Claims near every limit.
fn heavy() -> PreparedClaims {
    let mut deep = json!("bottom");
    for _ in 0..28 {
        deep = json!({ "a": deep, "b": [] });
    }
    let groups: Vec<String> = (0..2_000).map(|number| format!("group-{number:05}")).collect();
    let matrix = vec![vec![1; 44]; 44];
    let claims = json!({"groups": groups, "a": deep, "m": matrix, "text": "y".repeat(20_000)});
    PreparedClaims::of_source(claims.as_object().unwrap())
}

fn try_it(text: &str, claims: &PreparedClaims) {
    if let Ok(selector) = Selector::parse(text) {
        let _ = selector.evaluate(claims, "home-lab").map(|returned| returned.to_json());
    }
}

fn wrapped(open: &str, close: &str, count: usize) -> String {
    format!("{}a{}", open.repeat(count), close.repeat(count))
}

#[test]
fn nesting_and_chains_of_every_length_leave_the_stack_alone() {
    on_a_small_stack(|| {
        let claims = heavy();
        let brackets = [
            ("[", "]"),
            ("(", ")"),
            ("!", ""),
            ("&", ""),
            ("{a:", "}"),
            ("a[?", "]"),
            ("length(", ")"),
            ("[?", "]"),
            ("!(", ")"),
            ("![", "]"),
            ("a || (", ")"),
            ("a.*.[", "]"),
            ("not_null(a,", ")"),
            ("a == (", ")"),
        ];
        let chains = [
            "a.", "a|", "a||", "a&&", "a==", "a<", "*.", "a[*].", "a[].", "a[0].", "a[?a].", "a[:].", "a[::-1].",
            "[a].", "{a:a}.", "!a.", "!!a||", "*.*.", "a.*.", "a[*][*].", "a[][].", "[*].", "[].", "[?a].", "a|[?a].",
            "'x'||", "`1`||", "\"a\".", "a.{a:a}|", "[?@].", "!a&&",
        ];
        for count in [1, 2, 8, 16, 30, 31, 32, 33, 40, 50, 60, 66, 67, 80, 99, 100, 150, 200, 1_000, 5_000, 100_000] {
            for (open, close) in brackets {
                try_it(&wrapped(open, close, count), &claims);
            }
            for part in chains {
                try_it(&format!("{}a", part.repeat(count)), &claims);
                try_it(&format!("{}*", part.repeat(count)), &claims);
                try_it(&part.repeat(count), &claims);
                try_it(&wrapped("(", &format!("){}", part.repeat(count)), 30), &claims);
            }
            for tail in ["[*]", "[]", "[0]", "[?a]", "[:]", "[::-1]", ".*", ".a", "|a", "!", "a"] {
                try_it(&format!("a{}", tail.repeat(count)), &claims);
                try_it(&wrapped("a[?", &format!("{}]", tail.repeat(count / 32)), 31), &claims);
            }
        }
    });
}

#[test]
fn a_selector_at_each_limit_is_fine_and_one_beyond_is_refused() {
    let accepted = |text: &str| Selector::parse(text).map(drop).map_err(|error| error.to_string());
    assert_eq!(accepted(&wrapped("(", ")", 32)), Ok(()));
    assert!(accepted(&wrapped("(", ")", 33)).unwrap_err().contains("32 levels"));
    assert!(accepted(&wrapped("!", "", 33)).unwrap_err().contains("32 levels"));
    assert!(accepted(&wrapped("!(", ")", 17)).unwrap_err().contains("32 levels"));
    assert_eq!(accepted(&format!("a{}", ".a".repeat(99))), Ok(()));
    assert!(accepted(&format!("a{}", ".a".repeat(100))).unwrap_err().contains("200 words"));
    assert_eq!(accepted(&format!("'{}'", "x".repeat(1_022))), Ok(()));
    assert!(accepted(&format!("'{}'", "x".repeat(1_023))).unwrap_err().contains("1024 bytes"));
    assert_eq!(accepted(&format!("a{}", "[]".repeat(16))), Ok(()));
    assert!(accepted(&format!("a{}", "[]".repeat(17))).unwrap_err().contains("at most 16"));
    assert_eq!(accepted("[a] | [a] | {a: a}"), Ok(()));
    assert!(accepted("[a] | [a] | {a: a} | [a]").unwrap_err().contains("at most 3 lists"));
    assert_eq!(accepted("[a, a, a, a, a, a, a, a]"), Ok(()));
    assert!(accepted("[a, a, a, a, a, a, a, a, a]").unwrap_err().contains("at most 8 elements"));
}

#[test]
fn growth_is_refused_or_stopped() {
    let claims = heavy();
    let evaluate = |text: &str| Selector::parse(text).expect(text).evaluate(&claims, "home-lab");
    assert!(Selector::parse(&["[@,@]"; 20].join(" | ")).is_err());
    assert!(Selector::parse(&["[@,@][]"; 20].join(" | ")).is_err());
    assert!(Selector::parse(&["join('',[@,@])"; 20].join(" | ")).is_err());
    // Within the static limits, each of these would take from seconds to days.
    for text in [
        "[@,@,@,@,@,@,@,@] | [@,@,@,@,@,@,@,@] | [@,@,@,@,@,@,@,@][].groups[?contains(text, @)]",
        "[groups,groups,groups,groups,groups,groups,groups,groups][] | [@,@,@,@,@,@,@,@][] | [@,@,@,@,@,@,@,@][]",
        "{t: text, g: groups}.[g[?contains('x', @)], t] | [0][?contains(@, 'x')]",
        "groups[?contains(groups, @)] | [?contains(@, 'x')]",
        "{g: groups, t: text}.g | [*].[@,@,@,@,@,@,@,@] | [?contains(@, 'nothing')] | [] | [?contains(@, 'no')]",
        "join(text, groups)",
        "[groups, groups] | [@ == @, @ == [@,@]]",
    ] {
        let _ = evaluate(text);
    }
    assert_eq!(evaluate("join(text, groups)").unwrap_err(), EvaluationError::Memory);
    let eight = |part: &str| format!("[{}]", [part; 8].join(","));
    let shared = format!("{} | {1} | {1}[][] | [?contains(@, 'group-nobdy')]", eight("groups"), eight("@"));
    assert_eq!(evaluate(&shared).unwrap_err(), EvaluationError::Steps);
    let compared = format!("{} | {1} | {1} | @ == @", eight("@"), eight("@"));
    assert_eq!(evaluate(&compared).unwrap_err(), EvaluationError::Steps);
    let widened =
        "[groups,groups,groups,groups,groups,groups,groups,groups][] | [@,@,@,@,@,@,@,@][] | [@,@,@,@,@,@,@,@][]";
    assert_eq!(evaluate(widened).unwrap_err(), EvaluationError::Memory);
    assert!(evaluate("groups[?contains(@, '1')]").is_ok());
    assert!(evaluate("contains(groups, 'nothing')").is_ok());
}

#[test]
fn hostile_literals_are_data() {
    let deep = format!("`{}1{}`", "[".repeat(500), "]".repeat(500));
    assert!(Selector::parse(&deep).is_err());
    on_a_small_stack(|| {
        let claims = heavy();
        for depth in [10, 60, 100, 120, 127, 128, 129, 500] {
            let literal = format!("`{}\"{{{{orgId}}}}\"{}`", "[".repeat(depth), "]".repeat(depth));
            try_it(&literal, &claims);
            try_it(&format!("{literal} == {literal}"), &claims);
            try_it(&format!("contains({literal}, {literal})"), &claims);
        }
        for text in [
            "`1e999`",
            "`-1e-999`",
            "abs(`-9223372036854775808`)",
            "sum(`[1e308, 1e308]`)",
            "a[2147483647]",
            "a[-2147483648]",
            "groups[0:2000:2147483647]",
            "groups[2147483647:-2147483647:-2147483647]",
        ] {
            try_it(text, &claims);
        }
    });
}

#[test]
fn the_parser_never_panics_on_bytes_in_any_order() {
    let signs = [
        "a",
        ".",
        "[",
        "]",
        "[]",
        "[?",
        "*",
        "@",
        "(",
        ")",
        "{",
        "}",
        ":",
        ",",
        "!",
        "&",
        "|",
        "-",
        "1",
        "'x'",
        "\"y\"",
        "`1`",
        "==",
        "<",
        "{{orgId}}",
        "é",
        "\\",
    ];
    for one in signs {
        for two in signs {
            for three in signs {
                let _ = Selector::parse(&format!("{one}{two}{three}"));
                let _ = Selector::parse(&format!("a{one}{two} {three}]"));
            }
        }
    }
}
