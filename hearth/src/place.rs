//! Where the data is, and the right to change it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use care::Actor;
use ingest::admission::AdmissionLimits;
use service_kit::Clock;
use store::{NewAudit, SharedStore, SqliteOptions, SqliteStore, StoreClock};

use crate::{
    api::Api,
    failure::Failure,
    hold::{Held, Hold, Holder},
    settings::{Settings, automation_token},
};

/// The configuration that is used where none is named and there is one.
const USUAL: &str = "hearth.toml";

/// Which data a command works on.
#[derive(Debug, clap::Args)]
pub(crate) struct DataArgs {
    /// The data directory; without it, the one of the configuration.
    #[arg(long, env = "HEARTH_DATA")]
    data: Option<PathBuf>,
    /// The configuration file [default: hearth.toml, where there is one].
    #[arg(long, env = "HEARTH_CONFIG")]
    config: Option<PathBuf>,
}

/// A store that this process alone may write to.
pub(crate) struct OpenStore {
    pub(crate) store: SharedStore,
    pub(crate) clock: Clock,
    hold: Option<Hold>,
}

/// A way to change things: the store itself, or the API of whoever holds it.
pub(crate) enum Access {
    /// nobody else has the data
    Store(OpenStore),
    /// a running service has it
    Api(Api),
}

impl DataArgs {
    fn dir(&self) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.data {
            return Ok(dir.clone());
        }
        self.settings()?.map(|settings| settings.data).ok_or_else(|| {
            Failure::malformed("which data? Name its directory with --data, or the configuration with --config")
        })
    }

    /// The configuration, where one is named or lies here and no directory is named instead.
    fn settings(&self) -> Result<Option<Settings>, Failure> {
        let usual = Path::new(USUAL);
        match &self.config {
            Some(config) => Settings::load(config).map(Some),
            None if self.data.is_none() && usual.exists() => Settings::load(usual).map(Some),
            None => Ok(None),
        }
    }

    /// What readings may be, as configured.
    pub(crate) fn admission(&self) -> Result<AdmissionLimits, Failure> {
        Ok(self.settings()?.map(|settings| settings.admission).unwrap_or_default())
    }

    /// Opens the store to change it; refused while somebody else has it.
    pub(crate) fn write(&self, command: &str) -> Result<OpenStore, Failure> {
        let dir = self.dir()?;
        match Hold::take(&dir, command) {
            Ok(hold) => OpenStore::open(&dir, Some(hold)),
            Err(Held::By(holder)) => Err(busy(&holder, "stop it first")),
            Err(Held::Broken(failure)) => Err(failure),
        }
    }

    /// Opens the store to change it, or the API of the service that has it.
    pub(crate) fn change(&self, command: &str) -> Result<Access, Failure> {
        let dir = self.dir()?;
        let holder = match Hold::take(&dir, command) {
            Ok(hold) => return OpenStore::open(&dir, Some(hold)).map(Access::Store),
            Err(Held::Broken(failure)) => return Err(failure),
            Err(Held::By(holder)) => holder,
        };
        match (&holder.api, automation_token().map_err(Failure::malformed)?) {
            (Some(api), Some(token)) => Ok(Access::Api(Api::at(api, token)?)),
            _ => Err(busy(
                &holder,
                "use its pages or its API (with HEARTH_API_TOKEN set, this command does), or stop it first",
            )),
        }
    }

    /// Opens the store to read it, whoever else has it: readers disturb nobody.
    pub(crate) fn read(&self, command: &str) -> Result<OpenStore, Failure> {
        let dir = self.dir()?;
        if !database(&dir).exists() {
            return Err(Failure::expected(format!(
                "there is no store in `{}`; `hearth serve` makes one on its first start",
                dir.display()
            )));
        }
        // Alone with the data, a reader holds it too, so that no service starts while the schema is looked at.
        match Hold::take(&dir, command) {
            Ok(hold) => OpenStore::open(&dir, Some(hold)),
            Err(Held::By(_)) => OpenStore::open(&dir, None),
            Err(Held::Broken(failure)) => Err(failure),
        }
    }
}

/// Why nothing can be changed now.
pub(crate) fn busy(holder: &Holder, remedy: &str) -> Failure {
    let (command, pid) = (&holder.command, holder.pid);
    Failure::expected(format!("`hearth {command}` (process {pid}) is running on this data; {remedy}"))
}

/// Whom the journal and the audit trail name for what is done on the machine itself.
pub(crate) fn operator() -> Actor {
    Actor("operator".to_owned())
}

/// The database file of a data directory.
pub(crate) fn database(dir: &Path) -> PathBuf {
    dir.join("hearth.db")
}

impl OpenStore {
    /// Opens (and makes or migrates) the store in `dir`; `hold` is the right to write to it.
    pub(crate) fn open(dir: &Path, hold: Option<Hold>) -> Result<Self, Failure> {
        Self::open_delayed(dir, hold, None)
    }

    /// The same on a disk that seems slower by `delay` a commit, for benchmarks.
    pub(crate) fn open_delayed(dir: &Path, hold: Option<Hold>, delay: Option<Duration>) -> Result<Self, Failure> {
        let clock = Clock::system();
        let stamp = clock.clone();
        let usual = SqliteOptions::new(database(dir), Arc::new(move || stamp.now()));
        Self::with(SqliteOptions { commit_delay: delay, ..usual }, dir, hold, clock)
    }

    /// The same with another stamp on the commits, for history that did not happen now.
    pub(crate) fn open_stamped(
        dir: &Path,
        hold: Option<Hold>,
        clock: Clock,
        stamp: StoreClock,
    ) -> Result<Self, Failure> {
        Self::with(SqliteOptions::new(database(dir), stamp), dir, hold, clock)
    }

    fn with(options: SqliteOptions, dir: &Path, hold: Option<Hold>, clock: Clock) -> Result<Self, Failure> {
        let store = SqliteStore::open(options)
            .map_err(|error| Failure::because(format!("cannot open the store in `{}`", dir.display()), &error))?;
        Ok(Self { store: Arc::new(store), clock, hold })
    }

    /// Writes down in the audit trail what an operator did on this machine.
    pub(crate) async fn audit(&self, action: &str, subject: &str, detail: &str) -> Result<(), Failure> {
        let entry = NewAudit {
            at: self.clock.now(),
            actor: operator(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            patient: None,
            detail: detail.to_owned(),
        };
        Ok(self.store.audit(vec![entry]).await?)
    }

    /// Whether nobody else can change the data meanwhile.
    pub(crate) const fn is_alone(&self) -> bool {
        self.hold.is_some()
    }

    /// Says in the lock where the API listens, for commands that find the data taken.
    pub(crate) fn announce(&mut self, api: String) -> Result<(), Failure> {
        match &mut self.hold {
            Some(hold) => hold.announce(api),
            None => Ok(()),
        }
    }

    /// Closes the store after everything queued is committed.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        Ok(self.store.close(chrono::TimeDelta::seconds(10)).await?)
    }
}
