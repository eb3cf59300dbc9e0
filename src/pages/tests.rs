use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::*;

const MARKUP: &[&str] = &["shell.html", "problem.html"];

/// Files that we wrote and a browser reads: not those of others, nor their licences.
fn own(extension: &str) -> Vec<(&'static str, String)> {
    let ours = files::names().filter(|name| !name.starts_with("vendor/") && name.ends_with(extension));
    ours.map(|name| (name, files::text(name))).collect()
}

/// Quoted strings of a text that begin like this.
fn quoted<'t>(text: &'t str, begin: &str) -> Vec<&'t str> {
    text.split(['"', '\'', '`']).filter(|part| part.starts_with(begin)).collect()
}

/// Where a relative import leads.
fn resolved(from: &str, import: &str) -> String {
    let mut way: Vec<_> = from.split('/').collect();
    way.pop();
    for step in import.split('/') {
        match step {
            "." => {}
            ".." => drop(way.pop()),
            name => way.push(name),
        }
    }
    way.join("/")
}

/// All that a module imports, by any of the ways to write it.
fn imports(text: &str) -> Vec<&str> {
    let mut found = quoted(text, "./");
    found.extend(quoted(text, "../"));
    found
}

#[test]
fn every_file_has_its_content_type() {
    for name in files::names().filter(|name| !name.ends_with("LICENSE") && !name.ends_with("SHA256SUMS")) {
        assert_ne!(files::content_type(name), ContentType::Plain, "{name}");
    }
}

#[test]
fn everything_that_is_loaded_is_there() {
    let there: BTreeSet<_> = files::names().collect();
    for (name, text) in own(".js") {
        for import in imports(&text) {
            assert!(there.contains(resolved(name, import).as_str()), "{name} imports {import}");
        }
    }
    for page in PAGES {
        let shell = files::text("shell.html").replace("{page}", page);
        for loaded in quoted(&shell, "/web/") {
            assert!(there.contains(&loaded[5..]), "{page} loads {loaded}");
        }
    }
}

#[test]
fn nothing_is_inline_or_foreign() {
    for name in MARKUP {
        let text = files::text(name);
        for forbidden in ["<style", " style=", " onclick=", "<script>", "http:", "https:", "src=\"//"] {
            assert!(!text.contains(forbidden), "{name}: {forbidden}");
        }
    }
    for (name, text) in own(".js").into_iter().chain(own(".css")) {
        for foreign in ["innerHTML", "insertAdjacentHTML", "document.write", "unsafe", " style="] {
            assert!(!text.contains(foreign), "{name}: {foreign}");
        }
    }
}

#[test]
fn every_module_is_used_by_some_page() {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<_> = PAGES.iter().map(|page| format!("pages/{page}/page.js")).collect();
    while let Some(name) = open.pop() {
        if used.insert(name.clone()) {
            open.extend(imports(&files::text(&name)).into_iter().map(|import| resolved(&name, import)));
        }
    }
    for (name, _) in own(".js") {
        assert!(used.contains(name), "web/{name} is loaded by no page");
    }
}

#[test]
fn what_others_wrote_is_as_they_wrote_it() {
    let sums = files::text("vendor/SHA256SUMS");
    let listed: Vec<_> = sums.lines().filter_map(|line| line.split_once("  ")).collect();
    for (sum, name) in &listed {
        let bytes = files::read(&format!("vendor/{name}")).unwrap_or_else(|| panic!("{name} is missing"));
        let hex: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&hex, sum, "{name}");
    }
    let there = files::names().filter(|name| name.starts_with("vendor/")).count();
    assert_eq!(there, listed.len() + 1, "a vendored file is not in the list of checksums");
}

/// The names of the texts in a catalogue.
fn names_of_texts(catalogue: &str) -> BTreeSet<String> {
    let text = files::text(&format!("texts/{catalogue}.js"));
    text.lines()
        .filter_map(|line| line.strip_prefix("  \"")?.split_once("\": "))
        .map(|(n, _)| n.to_owned())
        .collect()
}

#[test]
fn every_text_is_there_in_both_languages_and_no_other() {
    let english = names_of_texts("en");
    assert_eq!(english, names_of_texts("de"));
    let mut said = BTreeSet::new();
    for (file, text) in own(".js").into_iter().filter(|(file, _)| !file.starts_with("texts/")) {
        for (at, _) in
            text.match_indices("t(").filter(|(at, _)| !text[..*at].ends_with(char::is_alphanumeric))
        {
            let call = &text[at + 2..];
            if let Some(name) = call.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                assert!(english.contains(name), "{file} says {name}");
                said.insert(name.to_owned());
            } else if let Some(family) = call.strip_prefix('`').and_then(|rest| rest.split("${").next()) {
                said.extend(english.iter().filter(|name| name.starts_with(family)).cloned());
            }
        }
    }
    let unused: Vec<_> = english.difference(&said).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}
