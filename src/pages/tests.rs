use std::collections::BTreeSet;

use minijinja::value::Serde;
use serde_json::Value;

use super::*;

/// What an attacker would have us say.
const HOSTILE: &str = "<script>\"'&</script>";
/// [`HOSTILE`] as it may stand in a page.
const HARMLESS: &str = "&lt;script&gt;&quot;&#x27;&amp;&lt;&#x2f;script&gt;";
/// The fields that choose a branch of a template; they come from our own enums.
const TAGS: [&str; 1] = ["kind"];

/// Every page with every sample: the template's name, its place among the samples, its facts.
fn samples() -> Vec<(&'static str, usize, Value)> {
    fn of<P: Page>() -> impl Iterator<Item = (&'static str, usize, Value)> {
        P::samples()
            .into_iter()
            .enumerate()
            .map(|(index, sample)| (P::TEMPLATE, index, serde_json::to_value(sample).unwrap()))
    }
    let console = console::samples().into_iter().flat_map(|(template, samples)| {
        samples.into_iter().enumerate().map(move |(index, facts)| (template, index, facts))
    });
    of::<Choose>()
        .chain(of::<Welcome>())
        .chain(of::<ConfirmSignOut>())
        .chain(of::<SignedOut>())
        .chain(of::<Farewell>())
        .chain(of::<TestSignIn>())
        .chain(of::<AccountPage>())
        .chain(of::<Home>())
        .chain(of::<Problem>())
        .chain(console)
        .collect()
}

fn render(template: &str, facts: &Value) -> String {
    let pages = Pages::default();
    pages.environment.get_template(template).unwrap().render(Serde(facts)).unwrap()
}

/// Every text in the facts with something hostile after it; returns how many texts there are.
fn poison(facts: &mut Value) -> usize {
    match facts {
        Value::String(text) => {
            text.push_str(HOSTILE);
            1
        }
        Value::Array(items) => items.iter_mut().map(poison).sum(),
        Value::Object(fields) => {
            fields.iter_mut().filter(|(key, _)| !TAGS.contains(&key.as_str())).map(|(_, value)| poison(value)).sum()
        }
        _ => 0,
    }
}

fn count(page: &str, part: &str) -> usize {
    page.matches(part).count()
}

#[test]
fn every_page_keeps_the_rules_of_the_house() {
    for (template, index, facts) in samples() {
        let page = render(template, &facts);
        let place = format!("{template} sample {index}:\n{page}");
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"), "{place}");
        assert!(page.contains("<meta name=\"viewport\""), "{place}");
        let title = page.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap();
        assert!(title.trim_start().len() > " · Vestibule".len(), "{place}");
        assert_eq!(count(&page, "<h1"), 1, "{place}");
        assert_eq!(count(&page, "<main"), 1, "{place}");
        // Scripts are files of ours, never words in the page.
        assert_eq!(count(&page, "<script"), count(&page, "<script src=\"&#x2f;static/"), "{place}");
        for forbidden in ["<style", " style=", "javascript:", " onclick", " onload", "http-equiv"] {
            assert_eq!(count(&page, forbidden), 0, "{forbidden} in {place}");
        }
        for form in page.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let how = form.contains("method=\"post\"") || form.contains("method=\"get\"");
            assert!(how && form.contains("type=\"submit\""), "{place}");
        }
        for image in page.split("<img").skip(1) {
            assert!(image.split('>').next().unwrap().contains(" alt=\""), "{place}");
        }
        let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{place}");
    }
}

#[test]
fn what_comes_from_outside_stays_text() {
    for (template, index, mut facts) in samples() {
        let honest = render(template, &facts);
        assert!(poison(&mut facts) > 0);
        let page = render(template, &facts);
        let place = format!("{template} sample {index}:\n{page}");
        assert!(count(&page, HARMLESS) > 0, "{place}");
        assert_eq!(count(&page, "<script>"), 0, "{place}");
        // A group of fields stands open once one of them says something.
        let plain = |page: String| page.replace("<details open>", "<details>");
        assert_eq!(plain(page.replace(HARMLESS, "")), plain(honest), "{place}");
    }
}

#[test]
fn every_fact_is_shown() {
    for (template, index, facts) in samples() {
        let page = render(template, &facts);
        let mut texts = Vec::new();
        collect(&facts, &mut texts);
        for text in texts {
            let shown = text.replace('/', "&#x2f;").replace('\'', "&#x27;").replace('"', "&quot;");
            assert!(page.contains(&shown), "{text:?} is missing from {template} sample {index}:\n{page}");
        }
    }
}

/// The texts that the page must show; what stands beside them is shown in their place on some pages.
fn collect(facts: &Value, texts: &mut Vec<String>) {
    match facts {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => {
            let email = fields.get("email").is_some_and(Value::is_string);
            let hidden = |key: &str| TAGS.contains(&key) || (key == "username" && email);
            fields.iter().filter(|(key, _)| !hidden(key)).for_each(|(_, value)| collect(value, texts));
        }
        _ => {}
    }
}

#[test]
fn typed_functions_render_their_own_template() {
    let pages = Pages::default();
    assert!(pages.choose(&Choose::samples()[0]).unwrap().contains("continue to <bdi>Wiki</bdi>"));
    assert!(pages.welcome(&Welcome::samples()[0]).unwrap().contains("Welcome"));
    assert!(pages.home(&Home::samples()[0]).unwrap().contains("Applications"));
    assert!(pages.confirm_sign_out(&ConfirmSignOut::samples()[0]).unwrap().contains("Stay signed in"));
    assert!(pages.signed_out(&SignedOut::samples()[0]).unwrap().contains("You are signed out"));
    assert!(pages.farewell(&Farewell::samples()[0]).unwrap().contains("signs you out too"));
    let problem = &Problem::samples()[0];
    assert!(pages.problem(problem).unwrap().contains(&problem.reference));
}

#[test]
fn an_application_host_never_loads_from_the_sign_in_paths() {
    let page = render(Problem::TEMPLATE, &serde_json::to_value(Problem::samples().pop().unwrap()).unwrap());
    assert!(page.contains("href=\"&#x2f;.vestibule&#x2f;static/vestibule.css"), "{page}");
    assert_eq!(count(&page, "\"&#x2f;static"), 0, "{page}");
}

#[test]
fn every_file_a_page_names_is_served() {
    for (template, _, facts) in samples() {
        let page = render(template, &facts);
        let named = page.split("static/").skip(1).map(|rest| rest.split(['"', '?']).next().unwrap());
        let named: BTreeSet<&str> = named.collect();
        let console = template.starts_with("console/");
        assert_eq!(named.len(), if console { 3 } else { 2 }, "{template}");
        for name in named {
            let file = asset(name).unwrap();
            assert!(!file.bytes.is_empty() && file.etag.starts_with('"') && file.etag.ends_with('"'));
            assert!(page.contains(&format!("{name}?v={}", file.etag.trim_matches('"'))), "{page}");
        }
    }
    assert_ne!(asset("vestibule.css").unwrap().etag, asset("mark.svg").unwrap().etag);
    for other in ["", "/vestibule.css", "vestibule.css?v=1", "../Cargo.toml", "VESTIBULE.CSS"] {
        assert_eq!(asset(other), None, "{other}");
    }
}

#[test]
fn the_stylesheet_loads_nothing_from_elsewhere() {
    let css = std::str::from_utf8(asset("vestibule.css").unwrap().bytes).unwrap();
    for forbidden in ["url(", "@import", "http:", "https:"] {
        assert_eq!(count(css, forbidden), 0, "{forbidden}");
    }
}
