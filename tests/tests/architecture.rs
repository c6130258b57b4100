//! What ARCHITECTURE.md and CONTRIBUTING.md say about the code, compared with the code.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

type Table = BTreeMap<String, BTreeSet<String>>;

/// What never does I/O by itself.
const PURE: [&str; 5] = ["vitals", "care", "wire", "device-codec", "rule-engine"];
/// What runs in the home, and what it is made of.
const EDGE: [&str; 3] = ["firmware-sim", "wire", "device-codec"];
/// Crates that know patients.
const CLINIC: [&str; 6] = ["care", "rule-engine", "store", "rules", "console", "ingest"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> Vec<&Value> {
    metadata["packages"].as_array().unwrap().iter().collect()
}

fn name(value: &Value) -> String {
    value["name"].as_str().unwrap().to_owned()
}

/// Dependencies that end up in the product: not those of tests.
fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().unwrap().iter().filter(|d| d["kind"] != "dev")
}

/// Which crates of the workspace each one uses.
fn used(metadata: &Value) -> Table {
    let all: BTreeSet<String> = packages(metadata).into_iter().map(name).collect();
    let uses = |p: &Value| dependencies(p).map(name).filter(|d| all.contains(d)).collect();
    packages(metadata).into_iter().map(|p| (name(p), uses(p))).collect()
}

/// The table of crates in ARCHITECTURE.md.
fn allowed() -> Table {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().skip_while(|line| *line != "| crate | what it is | may use |").skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, may_use] = cells.as_slice() else { panic!("three cells: {line}") };
        (name.to_string(), may_use.split_whitespace().filter(|w| *w != "–").map(str::to_owned).collect())
    });
    rows.collect()
}

fn reachable(table: &Table, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(next) = open.pop() {
        for used in &table[&next] {
            if found.insert(used.clone()) {
                open.push(used.clone());
            }
        }
    }
    found
}

/// Every Rust file of the repository, with its path from the root.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_str().unwrap();
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    walk(&path, found);
                }
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let (root, mut found) = (root(), Vec::new());
    walk(&root, &mut found);
    let relative = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let read = |path: &PathBuf| (relative(path), std::fs::read_to_string(path).unwrap());
    let found: Vec<_> = found.iter().map(read).collect();
    assert!(found.len() > 50, "the walk went wrong: {} files", found.len());
    found
}

#[test]
fn crates_use_what_the_table_allows_and_no_more() {
    let (used, allowed) = (used(&metadata()), allowed());
    let names = |table: &Table| table.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&used), names(&allowed), "the crates of the workspace, and the rows of the table");
    for (name, used) in &used {
        let beyond: Vec<_> = used.difference(&allowed[name]).collect();
        assert!(beyond.is_empty(), "`{name}` uses {beyond:?}, which ARCHITECTURE.md does not allow");
    }
    for (name, may_use) in &allowed {
        let unknown: Vec<_> = may_use.iter().filter(|used| !allowed.contains_key(*used)).collect();
        assert!(unknown.is_empty(), "`{name}` may use {unknown:?}, which do not exist");
        assert!(!reachable(&allowed, name).contains(name), "`{name}` may use itself, by a detour");
    }
}

#[test]
fn no_dependency_takes_any_version() {
    for package in packages(&metadata()) {
        for dependency in package["dependencies"].as_array().unwrap() {
            let any = dependency["req"] == "*" && dependency["path"].is_null();
            assert!(!any, "`{}` takes any version of `{}`", name(package), name(dependency));
        }
    }
}

#[test]
fn the_edge_cannot_name_a_patient() {
    let used = used(&metadata());
    for edge in EDGE {
        let reached = reachable(&used, edge);
        let clinic: Vec<_> = CLINIC.iter().filter(|c| reached.contains(**c)).collect();
        assert!(clinic.is_empty(), "`{edge}` reaches {clinic:?}");
    }
    assert!(reachable(&used, "ingest").contains("care"), "what would be found, were it there");
}

#[test]
fn what_is_pure_has_no_runtime() {
    let metadata = metadata();
    for package in packages(&metadata).into_iter().filter(|p| PURE.contains(&name(p).as_str())) {
        let io = ["tokio", "tokio-util", "async-trait", "axum", "rusqlite", "rumqttc", "tracing"];
        let found: Vec<String> = dependencies(package).map(name).filter(|d| io.contains(&d.as_str())).collect();
        assert!(found.is_empty(), "`{}` depends on {found:?}", name(package));
    }
    for (path, text) in
        sources().iter().filter(|(path, _)| PURE.iter().any(|p| path.starts_with(&format!("crates/{p}/src/"))))
    {
        for sort in ["tokio::", "std::net", "std::fs", "async fn", ".await"] {
            let found = text.lines().position(|line| line.contains(sort) && !line.trim_start().starts_with("//"));
            assert_eq!(found, None, "`{sort}` in {path}, counting lines from 0");
        }
    }
}

/// The lines of a file that are part of the product, without comments. Test modules stand last, by custom.
fn product(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line));
    lines.take_while(|(_, line)| *line != "#[cfg(test)]").filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn topics_are_written_in_one_crate() {
    let of_tests = |path: &str| {
        let folder = |name: &str| path.starts_with(&format!("{name}/")) || path.contains(&format!("/{name}/"));
        folder("tests") || folder("benches") || folder("examples") || path.ends_with("tests.rs")
    };
    let literals = |path: &str, text: &str| -> Vec<String> {
        let found = product(text).filter(|(_, line)| line.contains("hearth/v1"));
        found.map(|(n, _)| format!("{path}:{n}")).collect()
    };
    let sources = sources();
    let (wire, others): (Vec<_>, Vec<_>) =
        sources.iter().filter(|(path, _)| !of_tests(path)).partition(|(path, _)| path.starts_with("crates/wire/"));
    let stray: Vec<String> = others.iter().flat_map(|(path, text)| literals(path, text)).collect();
    assert!(stray.is_empty(), "topics are `wire::Topic`'s: {stray:?}");
    assert!(wire.iter().any(|(path, text)| !literals(path, text).is_empty()), "what would be found, were it there");
}

#[test]
fn files_stay_short() {
    let long = |limit: usize, wanted: fn(&str) -> bool| -> Vec<String> {
        let sources = sources();
        let lines = sources.iter().filter(|(path, _)| wanted(path)).map(|(path, text)| (path, text.lines().count()));
        lines.filter(|(_, lines)| *lines > limit).map(|(path, lines)| format!("{path}: {lines} lines")).collect()
    };
    assert_eq!(long(600, |_| true), Vec::<String>::new(), "split by noun");
    assert_eq!(long(100, |path| path.ends_with("src/main.rs")), Vec::<String>::new(), "main reads as a list");
}
