//! Changes of tasks: read once, drawn once for all who read alike, sent to every open list.

use crate::Rulebooks;
use crate::app::{App, Shared};
use crate::pages::tasks::names::Names;
use crate::pages::tasks::row::{Reader, row};
use crate::pages::tasks::times;
use crate::problem::Problem;
use crate::text::{Books, Words};
use care::TaskId;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{BoardRow, BoardTimes, Notice, Told};
use tokio::sync::broadcast::{Receiver, Sender, channel, error::RecvError};

/// Commits that follow each other within this are one change.
const TOGETHER: Duration = Duration::from_millis(40);
/// More tasks than this at once, and every list looks at itself again instead, each at a time of its own.
const MOST: usize = 25;
/// Changes that a slow connection may lag behind before it has to look again.
const QUEUE: usize = 256;

/// One thing that open lists are told.
#[derive(Debug)]
pub(crate) enum Change {
    /// these rows are new or different
    Rows(Vec<Drawn>),
    /// too many to name
    Many,
    /// these people's sight has changed: their streams end, and the browser is asked who it is
    People(Vec<String>),
}

/// Where open lists listen, and what is counted for them.
#[derive(Debug)]
pub(crate) struct Live {
    sender: Sender<(u64, Arc<Change>)>,
    /// messages that leave now: a stream of their own, or every open page would wake for every reading
    told: Sender<Arc<[Told]>>,
    version: AtomicU64,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self { sender: channel(QUEUE).0, told: channel(QUEUE).0, version: AtomicU64::new(0) }
    }

    /// Counts changes: a page that was made at one version and connects at another has missed something.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    pub(super) fn listen(&self) -> Receiver<(u64, Arc<Change>)> {
        self.sender.subscribe()
    }

    pub(super) fn listen_told(&self) -> Receiver<Arc<[Told]>> {
        self.told.subscribe()
    }

    fn tell(&self, change: Change) {
        let version = self.version.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        // Nobody may listen.
        drop(self.sender.send((version, Arc::new(change))));
    }
}

/// A row that changed, with its drawings so far.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(super) row: BoardRow,
    words: Words,
    times: BoardTimes,
    names: Arc<Names>,
    books: Arc<dyn Rulebooks>,
    drawings: Mutex<HashMap<Reader, Arc<str>>>,
}

impl Drawn {
    /// The row as this reader sees it, in one line per SSE rules.
    pub(super) fn html(&self, reader: Reader) -> Arc<str> {
        let mut drawings = self.drawings.lock().unwrap_or_else(PoisonError::into_inner);
        let draw = || {
            let words = self.words.in_language(reader.lang);
            let one = Books::new(self.books.as_ref(), words).row(self.row.clone());
            row(&one, reader, words, &self.names, self.times).into_string().replace(['\r', '\n'], " ").into()
        };
        drawings.entry(reader).or_insert_with(draw).clone()
    }
}

/// Follows the store's notices until Hearth stops.
pub(crate) async fn follow(app: Shared, mut notices: Receiver<Arc<Notice>>) {
    loop {
        let notice = tokio::select! {
            () = app.stop.cancelled() => return,
            notice = notices.recv() => notice,
        };
        let mut news = News::default();
        match notice {
            Ok(notice) => news.add(&notice),
            Err(RecvError::Lagged(_)) => news.lagged = true,
            Err(RecvError::Closed) => return,
        }
        news.tell_people(&app);
        if news.is_nothing() {
            continue;
        }
        tokio::time::sleep(TOGETHER).await;
        news.take_waiting(&mut notices);
        if let Err(problem) = news.tell(&app).await {
            tracing::warn!(detail = %problem.detail, "changed tasks could not be read; open lists look again");
            app.live.tell(Change::Many);
        }
    }
}

/// What came together.
#[derive(Default)]
struct News {
    tasks: BTreeSet<TaskId>,
    people: BTreeSet<String>,
    told: Vec<Told>,
    lagged: bool,
}

impl News {
    fn is_nothing(&self) -> bool {
        self.tasks.is_empty() && self.told.is_empty() && !self.lagged
    }

    fn add(&mut self, notice: &Notice) {
        self.tasks.extend(notice.tasks.iter().cloned());
        self.people.extend(notice.people.iter().cloned());
        self.told.extend(notice.told.iter().cloned());
    }

    /// What has come by now, without waiting for more.
    fn take_waiting(&mut self, notices: &mut Receiver<Arc<Notice>>) {
        use tokio::sync::broadcast::error::TryRecvError;
        loop {
            match notices.try_recv() {
                Ok(notice) => self.add(&notice),
                Err(TryRecvError::Lagged(_)) => self.lagged = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// Whose sight has changed hears it at once: what waits could be shown to who may not see it any more.
    fn tell_people(&mut self, app: &App) {
        if !self.people.is_empty() {
            app.live.tell(Change::People(std::mem::take(&mut self.people).into_iter().collect()));
        }
    }

    async fn tell(mut self, app: &App) -> Result<(), Problem> {
        if !self.told.is_empty() {
            // Nobody may listen.
            drop(app.live.told.send(std::mem::take(&mut self.told).into()));
        }
        self.tell_people(app);
        if self.lagged || self.tasks.len() > MOST {
            app.live.tell(Change::Many);
        } else if !self.tasks.is_empty() {
            let times = times(app);
            let words = Words::new(crate::text::Lang::default(), app.config.timezone, times.now);
            let names = Arc::new(Names::load(app).await?);
            let rows = app.store.board_rows(self.tasks.into_iter().collect(), times.now).await?;
            let drawn = |row| {
                let (names, books) = (Arc::clone(&names), Arc::clone(&app.rulebooks));
                Drawn { row, words, times, names, books, drawings: Mutex::default() }
            };
            app.live.tell(Change::Rows(rows.into_iter().map(drawn).collect()));
        }
        Ok(())
    }
}
