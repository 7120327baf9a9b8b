use super::*;

fn found(texts: &[&str], word: &str) -> bool {
    let terms = terms(texts.iter().copied());
    let words = Prefix::of(word);
    !words.is_empty()
        && words.iter().all(|word| terms.iter().any(|term| term.as_str() >= word.first() && *term < word.beyond()))
}

#[test]
fn people_are_found_by_the_beginning_of_any_word_of_theirs() {
    let zoe = ["zoe.lee-2", "Zoë.Lee@Mail.example.com", "Zoë  O'Brien ＬＥＥ"];
    for word in
        ["z", "ZOE", "zoë", "lee", "brien", "o'b", "2", "mail.ex", "@mail", "zoë.lee@MAIL.example.com", "zoe lee", "LE"]
    {
        assert!(found(&zoe, word), "{word}");
    }
    for word in ["oe", "example", "com", "zoë.lee@mail.example.org", "zoe max", "", "@", "%", "_oe", "zoe%"] {
        assert!(!found(&zoe, word), "{word}");
    }
    assert!(found(&["李小龙"], "李小"));
    assert!(found(&["STRASSE"], "straß"));
    assert!(found(&["ali\u{200b}ce"], "alice"));
}

#[test]
fn a_long_word_is_found_by_its_beginning() {
    let long = "x".repeat(200);
    assert!(found(&[&long], &long));
    assert!(terms([long.as_str()]).iter().all(|term| term.len() <= 2 * MAX_TERM));
}

#[test]
fn a_name_of_a_thousand_words_takes_no_more_than_its_share_and_hides_nothing_else() {
    let words: Vec<String> = (0..1_000).map(|n| format!("a{n}")).collect();
    let texts = ["zoe", "zoe@example.com", &words.join(" ")];
    assert!(terms(texts).len() <= MAX_TERMS + 1);
    assert!(found(&texts, "zoe"));
}

#[test]
fn terms_hold_nothing_that_languages_order_differently() {
    for term in terms(["Zoë aa vw ch ß \u{10ffff}@x.y"]) {
        assert!(term.bytes().all(|byte| SYMBOLS.contains(&byte)), "{term}");
    }
}
