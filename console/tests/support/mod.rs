//! A whole console on a throw-away store, with the real rules behind it, and a client that speaks plain HTTP.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code; each test file uses its own part of it"
)]

pub mod client;
pub mod seed;

use async_trait::async_trait;
use care::{Foreseen, Proposal, Role};
use chrono::TimeDelta;
use client::{Reply, send};
use console::{Console, ConsoleConfig, Deps, NewUser, Previewer, Replayer, create_user};
use rules::{Foresight, Reconciler, ReconcilerOptions, install_shipped, load_rulebooks};
use service_kit::{Clock, Health, ManualClock, Metrics, Secret, Shutdown};
use std::net::SocketAddr;
use std::sync::Arc;
use store::{ItemStatus, SharedStore, SqliteOptions, SqliteStore, StoreError, Worklist};
use vitals::Instant;

/// The automation token of every fixture.
pub const TOKEN: &str = "automation-token-of-the-tests";
/// Everybody's password.
pub const PASSWORD: &str = "quiet blue kettle";

pub struct Fixture {
    pub store: SharedStore,
    pub clock: Clock,
    /// moves the clock, unless it is the system's
    pub hand: Option<ManualClock>,
    pub address: SocketAddr,
    pub shutdown: Shutdown,
    _directory: tempfile::TempDir,
}

/// Answers what a replay would: row 1 is a reading by now, the others are not there.
struct StandIn;

#[async_trait]
impl Replayer for StandIn {
    async fn replay(&self, row: u64) -> Result<ItemStatus, StoreError> {
        if row == 1 { Ok(ItemStatus::Stored { seq: 1 }) } else { Err(StoreError::NotFound("item in quarantine")) }
    }
}

/// The rules themselves.
struct Preview(Foresight);

#[async_trait]
impl Previewer for Preview {
    async fn foresee(&self, proposal: &Proposal) -> Result<Vec<Foreseen>, StoreError> {
        self.0.foresee(proposal).await
    }
}

/// 21 November 2026, noon.
pub fn noon() -> Instant {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

impl Fixture {
    /// A console whose clock stands at noon until it is moved.
    pub async fn start() -> Self {
        let (clock, hand) = Clock::manual(noon());
        Self::with_clock(clock, Some(hand), |_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut ConsoleConfig)) -> Self {
        let (clock, hand) = Clock::manual(noon());
        Self::with_clock(clock, Some(hand), change).await
    }

    /// A console that lives in real time.
    pub async fn live() -> Self {
        Self::with_clock(Clock::system(), None, |_| {}).await
    }

    /// The same, set up as `change` says.
    pub async fn live_with(change: impl FnOnce(&mut ConsoleConfig)) -> Self {
        Self::with_clock(Clock::system(), None, change).await
    }

    async fn with_clock(clock: Clock, hand: Option<ManualClock>, change: impl FnOnce(&mut ConsoleConfig)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let time = clock.clone();
        let options = SqliteOptions::new(directory.path().join("hearth.db"), Arc::new(move || time.now()));
        let store = Arc::new(SqliteStore::open(options).unwrap());
        let runs = store.record_start(clock.now()).await.unwrap();
        let store: SharedStore = store;
        install_shipped(&store, clock.now()).await.unwrap();
        let (metrics, health, shutdown) = (Metrics::new(), Health::new(), Shutdown::new());
        let options = ReconcilerOptions::default();
        let _rules = Reconciler::start(store.clone(), clock.clone(), &metrics, &health, &shutdown, runs, options).await;
        let mut config = ConsoleConfig::loopback("127.0.0.1:0".parse().unwrap());
        config.automation_token = Some(Secret::new(TOKEN.into()));
        // A busy machine must not turn into a failed test.
        config.command_timeout = std::time::Duration::from_secs(60);
        change(&mut config);
        let deps = Deps {
            store: store.clone(),
            clock: clock.clone(),
            metrics,
            health,
            shutdown: shutdown.clone(),
            rulebooks: load_rulebooks(&store).await.unwrap(),
            replayer: Arc::new(StandIn),
            previewer: Arc::new(Preview(Foresight::new(store.clone(), clock.clone()))),
        };
        let console = Console::start(config, deps).await.unwrap();
        Self { store, clock, hand, address: console.local_addr(), shutdown, _directory: directory }
    }

    pub fn advance(&self, by: TimeDelta) {
        self.hand.as_ref().expect("a manual clock").advance(by);
    }

    /// As automation.
    pub async fn api(&self, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        send(self.address, method, &format!("/api/v1{path}"), &headers, body).await
    }

    /// Adds somebody of this role, called like it.
    pub async fn add_user(&self, role: Role) {
        let new = NewUser {
            name: role.as_str().into(),
            display_name: String::new(),
            role,
            teams: Default::default(),
            password: PASSWORD.into(),
        };
        create_user(&self.store, new, &self.clock).await.unwrap();
    }

    /// Signs in as a browser would; the cookie and the form token.
    pub async fn sign_in(&self, name: &str) -> Browser {
        let reply = self.try_sign_in(name, PASSWORD).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        self.browser(reply.cookie("hearth-session")).await
    }

    /// The browser that has this cookie.
    pub async fn browser(&self, cookie: String) -> Browser {
        let mut browser = Browser { address: self.address, cookie, csrf: String::new() };
        browser.csrf = browser.get("/account").await.hidden("csrf");
        browser
    }

    pub async fn try_sign_in(&self, name: &str, password: &str) -> Reply {
        let form = send(self.address, "GET", "/sign-in", &[], "").await;
        let cookie = form.cookie("hearth-form");
        let password = password.replace(' ', "+");
        let body = format!("form={}&next=/&name={name}&password={password}", form.hidden("form"));
        let headers = [("Cookie", cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        send(self.address, "POST", "/sign-in", &headers, &body).await
    }
}

/// A signed-in browser without script.
pub struct Browser {
    pub address: SocketAddr,
    pub cookie: String,
    pub csrf: String,
}

impl Browser {
    pub async fn get(&self, path: &str) -> Reply {
        send(self.address, "GET", path, &[("Cookie", &self.cookie)], "").await
    }

    pub async fn post(&self, path: &str, fields: &str) -> Reply {
        self.post_raw(path, &format!("csrf={}&{fields}", self.csrf), &[]).await
    }

    pub async fn post_raw(&self, path: &str, body: &str, more: &[(&str, &str)]) -> Reply {
        let mut headers = vec![("Cookie", self.cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        headers.extend_from_slice(more);
        send(self.address, "POST", path, &headers, body).await
    }
}
