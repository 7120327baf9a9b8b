//! The rules can fail: each is shown a small house that breaks it.

use crate::Source;
use crate::paths::paths;
use crate::rings::rings;
use crate::rules::{LONGEST_FILE, arrows, fences, shape};
use crate::table::{DOORS, FENCES, May, ROOMS, Room, WINGS};

fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

/// The paths of a file at `a::b`, resolved from the crate's root, with their lines.
fn inside(text: &str) -> Vec<String> {
    let module = ["a".to_owned(), "b".to_owned()];
    let found = paths(text, &module);
    found.iter().filter_map(|path| Some(format!("{} {}", path.line, path.inside()?.join("::")))).collect()
}

#[test]
fn paths_are_read_wherever_they_stand() {
    assert_eq!(inside("use crate::x::Y;"), ["1 x::Y"]);
    assert_eq!(inside("use crate::{x, y::{self, Z as W, q::*}};"), ["1 x", "1 y", "1 y::Z", "1 y::q::*"]);
    assert_eq!(
        inside("use {crate::x, crate::y};\nfn f(a: &crate::z::Z<crate::w::W>) {}"),
        ["1 x", "1 y", "2 z::Z", "2 w::W"]
    );
    assert_eq!(inside("#[derive(crate::x::Y)]\nstruct S;\npub(in crate::a) fn f() {}"), ["1 x::Y", "3 a"]);
    assert_eq!(inside("macro_rules! m { () => { $crate::x::y!() } }"), ["1 x::y"]);
    assert_eq!(inside("fn f() { g(a as crate::x::Y, crate::y::z::<u8>::w()) }"), ["1 x::Y", "1 y::z"]);
    assert_eq!(inside("use vestibule::x; fn f() -> impl T + use<'_> { ::vestibule::y::z() }"), ["1 x", "1 y::z"]);
    assert_eq!(inside("use crate as house; use crate::{self as house}; use crate::*;"), ["1 ", "1 ", "1 *"]);
}

#[test]
fn super_climbs_from_files_and_inline_modules() {
    assert_eq!(
        inside("use super::x; use super::super::y; use super::{super::z, w};"),
        ["1 a::x", "1 y", "1 z", "1 a::w"]
    );
    let nested = "mod t {\n use super::*;\n mod u { use super::super::super::x; }\n}\nuse super::super::y;";
    assert_eq!(inside(nested), ["2 a::b::*", "3 a::x", "5 y"]);
    assert_eq!(inside("struct S { x: u8 }\nmod t { fn f() { if a {} else {} } }\nuse super::super::y;"), ["3 y"]);
}

#[test]
fn comments_strings_and_visibility_are_no_paths() {
    for text in [
        "// use crate::x;",
        "/// [`crate::x`]",
        "/* crate::x /* crate::y */ crate::z */",
        r#"const A: &str = "crate::x \" crate::y";"#,
        r###"const A: &[u8] = br##"crate::x "# crate::y"##;"###,
        "pub(crate) struct S; pub(super) fn f() {}",
    ] {
        assert_eq!(inside(text), [""; 0], "{text}");
    }
    // And what follows them is still read.
    assert_eq!(inside("const A: char = '\"'; use crate::x;"), ["1 x"]);
    assert_eq!(inside("const A: char = '\\''; use crate::x;"), ["1 x"]);
    assert_eq!(inside("fn f<'a>(c: &'a str) { b'x'; 'é'; crate::x::y() }"), ["1 x::y"]);
    assert_eq!(inside("let a = r#\"\n\"#;\n/*\n*/ use crate::x;"), ["4 x"]);
    assert_eq!(inside("let r#use = 1; use crate::r#x;"), ["1 x"]);
}

#[test]
fn broken_source_does_not_break_the_reader() {
    for text in
        ["\"", "r#\"", "'", "'\\", "/*", "use crate::{", "use crate::{x, {", "mod x {", "}}}", "use", "é::", "r#"]
    {
        inside(text);
    }
}

#[test]
fn a_wrong_arrow_is_found_and_told() {
    assert_eq!(
        arrows(&source("src/oidc/keys.rs", "\nuse crate::store::Db;")),
        ["src/oidc/keys.rs:2: oidc → store (`crate::store::Db`): oidc may import only claims, identity, base"]
    );
    assert_eq!(
        arrows(&source("src/base/clock.rs", "use super::super::identity;")),
        ["src/base/clock.rs:1: base → identity (`super::super::identity`): base may import no other room"]
    );
    assert_eq!(
        arrows(&source("src/oidc.rs", "use crate::{base::Clock, claims, oidc::Keys, identity::{Idp, Host}};")),
        [""; 0]
    );
    assert_eq!(
        arrows(&source("src/oidc/keys/tests.rs", "use super::*; use super::super::flow; use crate::base;")),
        [""; 0]
    );
}

#[test]
fn every_pair_without_an_arrow_is_refused() {
    for from in ROOMS {
        for to in ROOMS.iter().filter(|to| to.name != from.name) {
            let file = source(&format!("src/{}.rs", from.name), &format!("use crate::{}::X;", to.name));
            assert_eq!(arrows(&file).is_empty(), from.allowed().contains(&to.name), "{} → {}", from.name, to.name);
        }
    }
}

#[test]
fn rooms_without_a_row_are_refused() {
    assert_eq!(arrows(&source("src/attic/box.rs", "")).len(), 1);
    assert_eq!(arrows(&source("src/app.rs", "use crate::attic::Box;")).len(), 1);
    assert_eq!(arrows(&source("src/lib.rs", "pub mod base;")), [""; 0]);
}

#[test]
fn the_whole_house_cannot_be_taken_or_a_module_moved() {
    for text in ["use crate as house;", "use crate::*;", "use super::*;", "use super::{self as house};"] {
        assert_eq!(arrows(&source("src/app.rs", text)).len(), 1, "{text}");
    }
    assert_eq!(arrows(&source("src/app.rs", "#[path = \"../x.rs\"]\nmod x;")).len(), 1);
}

#[test]
fn the_binary_names_the_library_from_outside() {
    assert_eq!(arrows(&source("src/main.rs", "mod x { use super::y; }\nuse vestibule::cli;")).len(), 1);
    assert_eq!(arrows(&source("src/main.rs", "fn main() { vestibule::cli::run() }")), [""; 0]);
}

#[test]
fn the_demonstration_plays_a_stranger() {
    let file = |text| source("src/cli/demo/provider/keys.rs", text);
    assert_eq!(
        arrows(&file("use crate::oidc::Keys;")),
        ["src/cli/demo/provider/keys.rs:1: cli::demo::provider → oidc (`crate::oidc::Keys`): cli::demo::provider may \
         import only identity, base"]
    );
    assert_eq!(arrows(&file("use super::super::{Demo, htmlx, apps::X};")).len(), 3);
    assert_eq!(arrows(&file("use super::super::html::{self, page};")), [""; 0]);
    assert_eq!(arrows(&source("src/cli/demo/html.rs", "use super::apps; use crate::base::X;")).len(), 2);
    assert_eq!(arrows(&file("use super::Code; use crate::base::Ambient; use crate::identity::Email;")), [""; 0]);
    assert_eq!(arrows(&source("src/cli/demo.rs", "use crate::app::App;")), [""; 0]);
}

#[test]
fn a_fenced_crate_is_found_outside_its_home() {
    for text in [
        "use sqlx::Row;",
        "#[derive(sqlx::FromRow)]",
        "use {sqlx as db};",
        "fn f() { ::sqlx::query() }",
        "extern crate sqlx;",
    ] {
        assert_eq!(fences(&source("src/session.rs", text)).len(), 1, "{text}");
        assert_eq!(fences(&source("src/store/users.rs", text)), [""; 0], "{text}");
    }
    assert_eq!(fences(&source("src/policy/profile.rs", "use jmespath::Variable;")).len(), 1);
    assert_eq!(fences(&source("src/policy/selector_kit.rs", "use jmespath::Variable;")).len(), 1);
    assert_eq!(fences(&source("src/policy/selector/limits.rs", "use jmespath::Variable;")), [""; 0]);
}

#[test]
fn part_of_a_crate_can_be_fenced() {
    let file = |text| source("src/listener.rs", text);
    assert_eq!(fences(&file("use hyper_util::{rt::TokioIo, client::legacy::Client};")).len(), 1);
    assert_eq!(fences(&file("use hyper_util::*;")).len(), 1);
    assert_eq!(fences(&file("use hyper_util as h;")).len(), 1);
    assert_eq!(fences(&file("use hyper_util::{rt::TokioIo, server::conn};")), [""; 0]);
    assert_eq!(fences(&source("src/base/http.rs", "use hyper_util::client::legacy::Client;")), [""; 0]);
}

#[test]
fn long_files_and_mod_rs_are_found() {
    let lines = |count: usize| "//\n".repeat(count);
    assert_eq!(shape(&source("src/base.rs", &lines(LONGEST_FILE))), [""; 0]);
    assert_eq!(shape(&source("src/base.rs", &lines(LONGEST_FILE + 1))).len(), 1);
    assert_eq!(shape(&source("src/base/mod.rs", "")).len(), 1);
}

#[test]
fn the_table_points_downwards_and_between_no_doors() {
    for room in ROOMS {
        for name in room.allowed() {
            let below = Room::find(name).is_some_and(|other| other.layer < room.layer);
            assert!(below, "{} → {name} does not lead to a lower layer", room.name);
            let both_doors = DOORS.contains(&room.name) && DOORS.contains(&name);
            assert!(!both_doors, "{} → {name}: doors do not know one another", room.name);
        }
        assert_eq!(ROOMS.iter().filter(|other| other.name == room.name).count(), 1, "{} has two rows", room.name);
        assert!(!DOORS.contains(&room.name) || matches!(room.may, May::Only(_)), "{} may import too much", room.name);
    }
    for wing in WINGS {
        for room in wing.may.iter().chain(&wing.module[..1]) {
            assert!(Room::find(room).is_some(), "{room} has no row");
        }
        // Else what a wing may not import would reach it through what it sees.
        assert!(wing.sees.iter().all(|seen| WINGS.iter().any(|other| other.module == *seen)));
    }
    for home in FENCES.iter().flat_map(|fence| fence.home) {
        let room = home.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
        assert!(Room::find(room).is_some(), "{home} lies in no room");
    }
}

#[test]
fn the_map_shows_the_table() {
    let map = include_str!("../../ARCHITECTURE.md");
    for room in ROOMS {
        let may = match room.may {
            May::Below => "all below".to_owned(),
            May::Only([]) => "–".to_owned(),
            May::Only(names) => names.join(", "),
        };
        // `main` shares the row of `cli`.
        let name = if room.name == "main" { "cli" } else { room.name };
        let layer = if room.name == "main" { 9 } else { room.layer };
        let (begin, end) = (format!("| {layer} | `{name}`"), format!("| {may} |"));
        let shown = map.lines().any(|line| line.starts_with(&begin) && line.ends_with(&end));
        assert!(shown, "ARCHITECTURE.md lacks the row `{begin} … {end}`");
    }
}

#[test]
fn modules_that_import_one_another_are_found_at_every_depth() {
    let house = |back: &str| {
        rings(&[
            source("src/room.rs", "mod one;\nmod two;\nuse two::Two;"),
            source("src/room/one.rs", "use super::two::Two;\nuse super::Room;"),
            source("src/room/two.rs", "pub struct Two;\nuse self::small::Small;"),
            source("src/room/two/small.rs", back),
            source("src/room/tests.rs", "use super::one;\nuse super::two;"),
            source("src/other.rs", ""),
        ])
    };
    let told = ["src/room: one, two import one another: move down what two of them need"];
    assert_eq!(house("use crate::room::one::One;"), told);
    assert_eq!(house("fn f() { super::super::one::f() }"), told);
    for fine in [
        "use super::Two;",
        "use crate::room::Room;",
        "use crate::other::X;",
        "mod tests { use crate::room::one::One; }",
    ] {
        assert_eq!(house(fine), [""; 0], "{fine}");
    }
}
