//! Waiting for the rules: what follows a change or a command shows what came of it.

use crate::app::App;
use crate::problem::Problem;
use care::PatientId;
use std::sync::Arc;
use std::time::Duration;
use store::Notice;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Longer nobody waits: what is written down is judged all the same, and the page follows it by itself.
const AT_MOST: Duration = Duration::from_secs(3);
/// Rules in another process tell nobody here; then it is looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Returns when everything known of `patients` is folded, or after three seconds. `notices` were asked for before the
/// change was written, or the answer could pass unnoticed.
pub(crate) async fn judged(
    app: &App,
    notices: &mut Receiver<Arc<Notice>>,
    patients: &[PatientId],
) -> Result<(), Problem> {
    let all = async {
        for patient in patients {
            loop {
                let work = app.store.work(patient).await?;
                if work.folded >= work.head {
                    break;
                }
                next(notices, |notice| notice.patients.contains(patient)).await;
            }
        }
        Ok(())
    };
    tokio::time::timeout(AT_MOST, all).await.unwrap_or(Ok(()))
}

/// Waits for a commit that is `about` what is waited for; for a moment only, so whatever ends it, the store is asked again.
pub(crate) async fn next(notices: &mut Receiver<Arc<Notice>>, about: impl Fn(&Notice) -> bool) {
    let noticed = async {
        loop {
            match notices.recv().await {
                Ok(notice) if about(&notice) => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    let _ = tokio::time::timeout(LOOK_EVERY, noticed).await;
}
