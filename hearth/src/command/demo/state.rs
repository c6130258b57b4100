//! What a demonstration needs to be continued: the same people around the same day.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use vitals::Instant;

use crate::{failure::Failure, place::database};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) seed: u64,
    pub(super) patients: u32,
    /// the day around which people's courses lie
    pub(super) anchor: Instant,
}

fn file(dir: &Path) -> PathBuf {
    dir.join("demo.json")
}

impl State {
    /// The state in `dir`, or none where there is no store yet.
    pub(super) fn find(dir: &Path) -> Result<Option<Self>, Failure> {
        let path = file(dir);
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|error| Failure::because(format!("`{}` cannot be read", path.display()), &error)),
            Err(_) if database(dir).exists() => Err(Failure::expected(format!(
                "`{}` holds a store that is no demonstration, or one that was stopped while it was made; name another directory",
                dir.display()
            ))),
            Err(_) => Ok(None),
        }
    }

    /// Written last: without it, a demonstration was not made to its end.
    pub(super) fn save(&self, dir: &Path) -> Result<(), Failure> {
        let path = file(dir);
        let text =
            serde_json::to_string(self).map_err(|error| Failure::because("cannot write the demo's state", &error))?;
        std::fs::write(&path, text)
            .map_err(|error| Failure::expected(format!("cannot write `{}`: {error}", path.display())))
    }
}
