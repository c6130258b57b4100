//! Waiting until the rules have judged what was written down: the page that follows a change shows what came of it.

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
                // Whatever woke us, the store is asked again.
                let _ = tokio::time::timeout(LOOK_EVERY, change_of(notices, patient)).await;
            }
        }
        Ok(())
    };
    tokio::time::timeout(AT_MOST, all).await.unwrap_or(Ok(()))
}

async fn change_of(notices: &mut Receiver<Arc<Notice>>, patient: &PatientId) {
    loop {
        match notices.recv().await {
            Ok(notice) if notice.patients.contains(patient) => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
