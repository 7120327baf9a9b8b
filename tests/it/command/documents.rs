//! What the documents show is what works: the cookbook is a configuration that is checked, with a case for each recipe,
//! and the page that teaches it quotes it line by line.

use std::path::Path;

use crate::kit::command::run;
use crate::kit::root;

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("a document")
}

#[tokio::test]
async fn every_recipe_gives_what_its_cases_say() {
    let done = run(&["check"], &root().join("docs/cookbook/vestibule.toml")).await;
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
}

#[tokio::test]
async fn a_case_that_a_recipe_does_not_keep_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("vestibule.toml");
    let broken = text("docs/cookbook/vestibule.toml").replace("matches_domain(email, 'example.com')", "email");
    std::fs::write(&file, broken).expect("written");
    let done = run(&["check"], &file).await;
    assert_eq!(done.code, Some(2), "{}", done.out);
    assert!(done.err.contains("not one that only looks like it"), "{}", done.err);
}

#[test]
fn the_recipes_are_those_of_the_cookbook() {
    let (page, cookbook) = (text("docs/policies.md"), text("docs/cookbook/vestibule.toml"));
    let recipes = page.split("## Recipes").nth(1).and_then(|rest| rest.split("**A server admin**").next());
    let quoted = recipes.expect("recipes").split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let quoted: Vec<&str> = quoted.collect();
    assert!(quoted.len() > 12, "{quoted:?}");
    for block in quoted {
        assert!(cookbook.contains(block), "{block} does not stand in the cookbook as it is quoted");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for page in ["README.md", "docs/policies.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = text(page);
        let here = root().join(page);
        let here = here.parent().expect("a folder");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let target: String = target.split_whitespace().collect();
            let outside = target.is_empty() || target.contains("://");
            assert!(outside || Path::new(here).join(&target).exists(), "{page} leads to {target}");
        }
    }
}
