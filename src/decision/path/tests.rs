use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<RequestPath, Ambiguous> {
    RequestPath::of(text.parse().map_err(|_| Ambiguous::Character)?)
}

#[test]
fn ordinary_paths_pass_as_they_are() {
    for text in [
        "/",
        "/a/b.html",
        "/a.b/..c/...",
        "/.well-known/x",
        "/a%20b",
        "/caf%C3%A9",
        "/caf%e9",
        "/100%25",
        "/a;v=1/b",
        "/a//b/",
        "/~user/(x)!$&'*+,=:@",
        "/a?b=%2f..%00\\",
        "/%e2%82%ac",
        "/redirect/https%3A/x",
        "/search/a%2520b",
    ] {
        let path = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(path.target().as_str(), text);
    }
}

#[test]
fn ambiguous_paths_are_refused() {
    use Ambiguous::*;
    let cases: &[(&str, Ambiguous)] = &[
        ("*", NoPath),
        ("/a\\b", Character),
        ("/\u{e9}", Character),
        ("/%", Escape),
        ("/%2", Escape),
        ("/%zz", Escape),
        ("/%u002e", Escape),
        ("/%2", Escape),
        ("/a%2fb", Hidden),
        ("/a%2Fb", Hidden),
        ("/a%5cb", Hidden),
        ("/a%5Cb", Hidden),
        ("/a%00", Hidden),
        ("/a%0a", Hidden),
        ("/a%0D%0Ab", Hidden),
        ("/a%09", Hidden),
        ("/a%7f", Hidden),
        ("/%c0%af", Hidden),
        ("/%C1%9c", Hidden),
        ("/%e0%80%af", Hidden),
        ("/%f0%80%80%af", Hidden),
        ("/%ff", Hidden),
        ("/a%252fb", Hidden),
        ("/a%252Fb", Hidden),
        ("/a%255cb", Hidden),
        ("/a%2500", Hidden),
        ("/%252e%252e/admin", Hidden),
        ("/%252e/admin", Hidden),
        ("/a%25252fb", Hidden),
        ("/%25%32%66", Hidden),
        ("/%2525252525252561", Depth),
        ("/./a", DotSegment),
        ("/a/..", DotSegment),
        ("/../a", DotSegment),
        ("/a/.", DotSegment),
        ("/%2e%2e/a", DotSegment),
        ("/.%2E/a", DotSegment),
        ("/%2e/a", DotSegment),
        ("/a/..;/b", DotSegment),
        ("/a/..;x=1/b", DotSegment),
        ("/a/.;/b", DotSegment),
        ("/a/..%3b/b", DotSegment),
        ("/a/..%253b/b", DotSegment),
        ("/a/%2e%2e;/b", DotSegment),
        ("/a//../b", DotSegment),
        ("/a/..%3fb", DotSegment),
        ("/a/..%23/b", DotSegment),
        ("/x%3f/../b", DotSegment),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).err(), Some(*expected), "{text}");
    }
}

#[test]
fn readings() {
    let strict = |text: &str| String::from_utf8(parse(text).unwrap().strict().to_vec()).unwrap();
    let lenient = |text: &str| parse(text).unwrap().lenient().map(|path| String::from_utf8(path.to_vec()).unwrap());
    assert_eq!(strict("/%61dmin/x"), "/admin/x");
    assert_eq!(lenient("/%61dmin/x"), None);
    assert_eq!(strict("//a;b//c;d=e/"), "//a;b//c;d=e/");
    assert_eq!(lenient("//a;b//c;d=e/").as_deref(), Some("/a/c/"));
    assert_eq!(lenient("/%2561dmin").as_deref(), Some("/admin"));
    assert_eq!(lenient("/;x/;y").as_deref(), Some("/"));
    assert_eq!(lenient("/a/;").as_deref(), Some("/a/"));
    assert_eq!(lenient("/admin%3f/x").as_deref(), Some("/admin"));
    assert_eq!(lenient("/admin;x%2523/x").as_deref(), Some("/admin/x"));
    assert_eq!(lenient("/admin%2523/x").as_deref(), Some("/admin"));
}

/// A careless upstream: decodes as often as it likes, takes backslashes for slashes, resolves dots.
fn careless(path: &str) -> Vec<String> {
    let mut bytes = path.as_bytes().to_vec();
    while let Ok(Some(next)) = undecoded(&bytes) {
        bytes = next;
    }
    let text = String::from_utf8_lossy(&bytes).replace('\\', "/");
    let mut segments = Vec::new();
    for segment in text.split('/') {
        let end = segment.find([';', '\0', '?', '#']).unwrap_or(segment.len());
        segments.push(segment[..end].to_owned());
        if segment[end..].starts_with(['?', '#']) {
            break;
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

fn undecoded(path: &[u8]) -> Result<Option<Vec<u8>>, ()> {
    let at = (0..path.len()).find(|&at| path[at] == b'%' && escape(&path[at + 1..]).is_some());
    Ok(at.map(|at| {
        let (byte, rest) = escape(&path[at + 1..]).unwrap();
        [&path[..at], &[byte], rest].concat()
    }))
}

proptest! {
    #[test]
    fn reading_never_panics(text in "\\PC{0,40}") {
        let _ = text.parse().map(RequestPath::of);
    }

    /// Whatever passes climbs nowhere, however carelessly it is read, and has the segments of our lenient reading.
    #[test]
    fn what_passes_is_read_alike_by_the_most_careless(
        parts in proptest::collection::vec(prop_oneof![
            Just("/"), Just("%2f"), Just("%252f"), Just("."), Just("%2e"), Just("%252e"), Just(";"), Just("%3b"),
            Just("\\"), Just("%5c"), Just("%00"), Just("%"), Just("%25"), Just("2e"), Just("2f"), Just("a"),
            Just("%61"), Just("admin"), Just("%c0%af"), Just("%0a"), Just("%3f"), Just("%2523"),
        ], 0..8)
    ) {
        let text = format!("/{}", parts.concat());
        if let Ok(path) = parse(&text) {
            let reading = path.lenient().unwrap_or(path.strict());
            let segments = careless(&text);
            prop_assert!(!segments.iter().any(|segment| segment == "." || segment == ".."));
            let ours: Vec<String> = reading.split(|&byte| byte == b'/').filter(|segment| !segment.is_empty())
                .map(|segment| String::from_utf8_lossy(segment).into_owned()).collect();
            prop_assert_eq!(segments, ours);
        }
    }

    /// The claim that lets two readings stand for all between them: whatever matches the strict one matches the
    /// lenient one.
    #[test]
    fn a_pattern_that_matches_strictly_matches_leniently(
        path in "/[ab;/%61]{0,10}", pattern in "/([ab]/){0,2}([ab]?|\\*)"
    ) {
        use crate::identity::{PathPattern, PathPatterns};
        if let (Ok(path), Ok(pattern)) = (parse(&path), PathPattern::parse(&pattern)) {
            let lenient = path.lenient().unwrap_or(path.strict());
            let patterns = PathPatterns::from_iter([&pattern]);
            let speaks_of = |path| patterns.matching(path).next().is_some();
            prop_assert!(!speaks_of(path.strict()) || speaks_of(lenient));
        }
    }
}
