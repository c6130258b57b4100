//! `hearth rules`: rulebooks as files (validate, test, format), and why each rule did or did not fire.

mod explain;

use std::path::{Path, PathBuf};

use rule_engine::RuleError;
use serde_json::json;

use crate::{failure::Failure, output::Output, rulebooks};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    /// Finds every mistake in rulebooks.
    Check(Files),
    /// Runs the tests that rulebooks carry.
    Test(Files),
    /// Spells conditions canonically, in place.
    Fmt {
        #[command(flatten)]
        files: Files,
        /// Changes nothing; fails where something would be changed.
        #[arg(long)]
        check: bool,
    },
    /// Says why each rule did or did not fire for a patient.
    Explain(explain::Args),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// Rulebooks.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(crate) async fn run(action: Action, out: &mut Output<'_>) -> Result<(), Failure> {
    match action {
        Action::Check(Files { files }) => check(&files, out),
        Action::Test(Files { files }) => test(&files, out),
        Action::Fmt { files: Files { files }, check } => fmt(&files, check, out),
        Action::Explain(args) => explain::run(args, out).await,
    }
}

/// A rulebook file as it is.
struct File {
    name: String,
    text: String,
    id: Option<String>,
}

fn read(files: &[PathBuf]) -> Result<Vec<File>, Failure> {
    let one = |path: &PathBuf| {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::malformed(format!("cannot read the rulebook `{name}`: {error}")))?;
        let id = rulebooks::id_of(&name, &text);
        Ok(File { name, text, id })
    };
    files.iter().map(one).collect()
}

/// The text of an included rulebook: among the files given, beside the including one, or shipped.
fn resolve(id: &str, including: &File, files: &[File]) -> Option<String> {
    let given = files.iter().find(|file| file.id.as_deref() == Some(id)).map(|file| file.text.clone());
    let beside = || std::fs::read_to_string(Path::new(&including.name).parent()?.join(format!("{id}.toml"))).ok();
    let shipped = || rules::SHIPPED.iter().find(|(name, _)| *name == id).map(|(_, text)| (*text).to_owned());
    given.or_else(beside).or_else(shipped)
}

fn mistakes(file: &File, files: &[File]) -> Vec<RuleError> {
    rule_engine::check(&file.name, &file.text, &|id| resolve(id, file, files))
}

/// Every mistake in the files by themselves and between them, whatever else is wrong.
fn all_mistakes(files: &[File]) -> Vec<RuleError> {
    let mut found: Vec<RuleError> = files.iter().flat_map(|file| mistakes(file, files)).collect();
    let texts: Vec<_> = files.iter().map(|file| (file.name.clone(), file.text.clone())).collect();
    rulebooks::add_news(&mut found, rulebooks::defined_twice(&texts, &texts));
    let known = |at: usize, id: &str| files.get(at).is_some_and(|file| resolve(id, file, files).is_some());
    rulebooks::add_news(&mut found, rulebooks::not_known(&texts, &known));
    found
}

fn check(paths: &[PathBuf], out: &mut Output<'_>) -> Result<(), Failure> {
    let files = read(paths)?;
    let found = all_mistakes(&files);
    if out.is_json() {
        out.value(&json!({"ok": found.is_empty(), "mistakes": found}))?;
        return if found.is_empty() { Ok(()) } else { Err(Failure::reported()) };
    }
    if !found.is_empty() {
        return Err(Failure::mistakes(found.iter().map(ToString::to_string).collect()));
    }
    for file in &files {
        out.line(format!("{}: no mistakes found", file.name))?;
    }
    Ok(())
}

fn test(paths: &[PathBuf], out: &mut Output<'_>) -> Result<(), Failure> {
    let files = read(paths)?;
    let mut results = Vec::new();
    for file in &files {
        let tests = rule_engine::run_tests(&file.name, &file.text, &|id| resolve(id, file, &files))
            .map_err(|errors| Failure::mistakes(errors.iter().map(ToString::to_string).collect()))?;
        results.extend(tests);
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    if out.is_json() {
        out.value(&json!({"ok": failed == 0, "tests": results}))?;
    } else {
        for result in &results {
            let verdict = if result.passed() { "ok    " } else { "FAILED" };
            out.line(format!("{verdict} {}: {}", result.rulebook, result.name))?;
            for failure in &result.failures {
                out.line(format!("       {failure}"))?;
            }
        }
        out.line(format!("{} passed, {failed} failed", results.len().saturating_sub(failed)))?;
    }
    if failed == 0 { Ok(()) } else { Err(Failure::reported()) }
}

fn fmt(paths: &[PathBuf], only_check: bool, out: &mut Output<'_>) -> Result<(), Failure> {
    let mut changed = Vec::new();
    for file in &read(paths)? {
        let formatted = rule_engine::fmt(&file.name, &file.text)
            .map_err(|errors| Failure::mistakes(errors.iter().map(ToString::to_string).collect()))?;
        if formatted == file.text {
            continue;
        }
        if !only_check {
            std::fs::write(&file.name, formatted)
                .map_err(|error| Failure::expected(format!("cannot write `{}`: {error}", file.name)))?;
        }
        changed.push(file.name.clone());
    }
    if out.is_json() {
        out.value(&json!({"changed": changed}))?;
    } else {
        let verb = if only_check { "would change" } else { "changed" };
        for name in &changed {
            out.line(format!("{name}: {verb}"))?;
        }
    }
    if only_check && !changed.is_empty() { Err(Failure::reported()) } else { Ok(()) }
}
