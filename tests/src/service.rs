//! The `hearth` binary, started as a user starts it.

use std::ffi::OsStr;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;

use crate::{Api, target, until};

/// The administrator's bearer token of every service started here.
pub const TOKEN: &str = "a-token-for-the-tests-only";

/// A running service with a directory of its own; stopped, and removed, when dropped.
#[derive(Debug)]
pub struct Hearth {
    folder: TempDir,
    arguments: Vec<String>,
    child: Option<Child>,
    /// where pages and API are
    pub http: SocketAddr,
    /// where the MQTT endpoint is
    pub mqtt: SocketAddr,
}

/// The binary of the same build as the running test.
fn binary() -> PathBuf {
    // target/debug/deps/story-0123 → target/debug/hearth
    let test = std::env::current_exe().unwrap();
    let found = test.ancestors().skip(1).map(|folder| folder.join("hearth")).find(|path| path.is_file());
    let profile = if cfg!(debug_assertions) { "" } else { " --release" };
    found.unwrap_or_else(|| panic!("there is no `hearth` binary; run `cargo build -p hearth{profile}` first"))
}

/// A port that nobody uses now, below those that the system gives to clients: a restart finds it free again.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 800) as u16 * 20;
    let mut ports = std::iter::repeat_with(|| 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 18_000);
    ports.by_ref().take(18_000).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Runs a `hearth` command to its end.
///
/// # Panics
/// If there is no binary.
pub fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    Command::new(binary()).args(arguments).stdin(Stdio::null()).env_remove("HEARTH_API_TOKEN").output().unwrap()
}

impl Hearth {
    fn new(arguments: impl Fn(&Path, SocketAddr, SocketAddr) -> Vec<String>) -> Self {
        let folder = tempfile::Builder::new().prefix("hearth-test-").tempdir().unwrap();
        let (http, mqtt) = (local(free_port()), local(free_port()));
        let arguments = arguments(folder.path(), http, mqtt);
        Self { folder, arguments, child: None, http, mqtt }
    }

    /// `hearth serve` on an empty store, with `more` lines of configuration; ready when this returns.
    #[must_use]
    pub fn serve(more: &str) -> Self {
        let mut hearth = Self::configured(more);
        hearth.restart();
        hearth
    }

    /// The same, not started yet.
    #[must_use]
    pub fn configured(more: &str) -> Self {
        Self::new(|folder, http, mqtt| {
            let config = format!(
                "data = {:?}\n[http]\nlisten = \"{http}\"\napi_token = true\n[mqtt]\nlisten = \"{mqtt}\"\n{more}\n",
                folder.join("data")
            );
            let path = folder.join("hearth.toml");
            std::fs::write(&path, config).unwrap();
            ["serve", "--config", path.to_str().unwrap()].map(str::to_owned).to_vec()
        })
    }

    /// `hearth demo` with `more` arguments; ready when this returns.
    #[must_use]
    pub fn demo(more: &[&str]) -> Self {
        let mut hearth = Self::new(|folder, http, mqtt| {
            let (http, mqtt) = (http.to_string(), mqtt.to_string());
            let data = folder.join("data").to_str().unwrap().to_owned();
            let own = ["demo", "--http", &http, "--mqtt", &mqtt, "--data", &data];
            own.iter().chain(more).map(|a| (*a).to_owned()).collect()
        });
        hearth.restart();
        hearth
    }

    /// Starts it again with the same arguments on the same data, and waits until it is ready.
    pub fn restart(&mut self) {
        self.spawn();
        self.ready();
    }

    /// Asks it to stop, and starts it again on the same data.
    pub fn restart_cleanly(&mut self) {
        assert!(self.stop().success(), "it stops in good order");
        self.restart();
    }

    /// Starts it and returns at once.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "it still runs");
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        let child = Command::new(binary())
            .args(&self.arguments)
            .env("HEARTH_API_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Waits until it is ready.
    pub fn ready(&mut self) {
        let api = self.api();
        until("/readyz answers 200", || {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                panic!("hearth ended with {status} before it was ready");
            }
            api.send("GET", "/readyz", None).is_ok_and(|answer| answer.status == 200).then_some(())
        });
    }

    /// An administrator's client.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(self.http, Some(TOKEN))
    }

    /// The directory of its store.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Adds lines to its configuration, for the next start.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn configure(&self, more: &str) {
        let text = std::fs::read_to_string(self.config()).unwrap();
        std::fs::write(self.config(), format!("{text}\n{more}\n")).unwrap();
    }

    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("hearth.toml")
    }

    /// A directory that is removed with it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("hearth.log")
    }

    /// What it has printed so far, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    /// The id of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Ends it without a chance to do anything (`kill -9`).
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to stop, and waits for it.
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        until("hearth stops when asked to", || child.try_wait().unwrap())
    }
}

impl Drop for Hearth {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let kept = target().join("failed").join(self.folder.path().file_name().unwrap());
            let _ = std::fs::create_dir_all(kept.parent().unwrap());
            let _ = std::fs::rename(self.folder.path(), &kept).or_else(|_| {
                std::fs::create_dir_all(&kept)
                    .and_then(|()| std::fs::copy(self.log_path(), kept.join("hearth.log")).map(|_| ()))
            });
            let log = std::fs::read(kept.join("hearth.log")).unwrap_or_default();
            let log = String::from_utf8_lossy(&log);
            let tail: Vec<&str> = log.lines().rev().take(30).collect();
            eprintln!("--- the end of {}/hearth.log", kept.display());
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}
