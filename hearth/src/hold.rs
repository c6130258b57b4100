//! One writer per data directory: whoever writes holds `hearth.lock`, and says in it who that is.
//!
//! The service keeps sources, assignments and the journal's position in memory; a second process that wrote behind
//! its back would make them wrong.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Who holds the data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// `serve`, `demo`, or the command that is at work for a moment
    pub(crate) command: String,
    /// process id
    pub(crate) pid: u32,
    /// where its API listens, if it has one
    pub(crate) api: Option<String>,
}

/// The right to write; given back when dropped, or when the process dies.
#[derive(Debug)]
pub(crate) struct Hold {
    file: File,
    holder: Holder,
}

/// Why the data cannot be written to now.
#[derive(Debug)]
pub(crate) enum Held {
    /// Somebody else does.
    By(Holder),
    /// The directory cannot be used.
    Broken(Failure),
}

impl Hold {
    /// Takes the data directory, which is made (readable by its owner only) if there is none.
    pub(crate) fn take(dir: &Path, command: &str) -> Result<Self, Held> {
        let broken = |doing: &str, error: &std::io::Error| {
            Held::Broken(Failure::expected(format!("{doing} `{}`: {error}", dir.display())))
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|error| broken("cannot make the data directory", &error))?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(lock_file(dir))
            .map_err(|error| broken("cannot open the lock in", &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Held::By(read_holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(broken("cannot lock", &error)),
        }
        let holder = Holder { command: command.to_owned(), pid: std::process::id(), api: None };
        let mut hold = Self { file, holder };
        hold.write().map_err(|error| broken("cannot write the lock in", &error))?;
        Ok(hold)
    }

    /// Says where the API listens.
    pub(crate) fn announce(&mut self, api: String) -> Result<(), Failure> {
        self.holder.api = Some(api);
        self.write().map_err(|error| Failure::expected(format!("cannot write the lock: {error}")))
    }

    fn write(&mut self) -> std::io::Result<()> {
        let text = serde_json::to_vec(&self.holder).unwrap_or_default();
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&text)
    }
}

/// Where the lock of `dir` is.
fn lock_file(dir: &Path) -> PathBuf {
    dir.join("hearth.lock")
}

/// The name is only for the message: a lock whose text cannot be read is held all the same.
fn read_holder(file: &mut File) -> Holder {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_learns_who_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Hold::take(dir.path(), "serve").unwrap();
        first.announce("http://127.0.0.1:8080".into()).unwrap();
        match Hold::take(dir.path(), "import") {
            Err(Held::By(holder)) => {
                assert_eq!((holder.command.as_str(), holder.pid), ("serve", std::process::id()));
                assert_eq!(holder.api.as_deref(), Some("http://127.0.0.1:8080"));
            }
            other => panic!("{other:?}"),
        }
        drop(first);
        Hold::take(dir.path(), "import").unwrap();
    }
}
