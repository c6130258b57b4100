//! The canonical spelling of a rulebook's conditions.

use crate::error::RuleError;
use crate::parse::parse;
use crate::rulebook::Rulebook;

/// The file with every condition spelled canonically; everything else, comments too, stays as it is.
///
/// # Errors
/// Every mistake in the file: what cannot be read is not rewritten.
pub fn fmt(name: &str, file: &str) -> Result<String, Vec<RuleError>> {
    let mut places = Rulebook::parse(name, file)?.conditions;
    places.sort_by_key(|p| p.start);
    let mut written = String::with_capacity(file.len());
    let mut at = 0;
    for place in places {
        // A condition with escapes does not stand in the file as it reads, and is left alone.
        let Some(Ok(node)) = file.get(place.clone()).map(parse) else { continue };
        written.push_str(file.get(at..place.start).unwrap_or(""));
        written.push_str(&node.to_string());
        at = place.end;
    }
    written.push_str(file.get(at..).unwrap_or(""));
    Ok(written)
}
