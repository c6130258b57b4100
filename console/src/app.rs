//! What every handler can reach.

use crate::access::audit::Trail;
use crate::access::oidc::Provider;
use crate::access::secret::SignIns;
use crate::live::Live;
use crate::notify::Courier;
use crate::replays::Replays;
use crate::{ConsoleConfig, Previewer, Replayer, Rulebooks};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::{counter::Counter, family::Family};
use service_kit::{Clock, Health, Metrics, Shutdown};
use std::sync::Arc;
use store::SharedStore;
use tokio_util::sync::CancellationToken;

/// The console's state; handlers take it as [`Shared`].
pub(crate) struct App {
    pub(crate) config: ConsoleConfig,
    pub(crate) store: SharedStore,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
    pub(crate) rulebooks: Arc<dyn Rulebooks>,
    pub(crate) replayer: Arc<dyn Replayer>,
    pub(crate) previewer: Arc<dyn Previewer>,
    pub(crate) courier: Arc<Courier>,
    pub(crate) sign_ins: SignIns,
    pub(crate) trail: Trail,
    /// changes of tasks, for the lists that are open
    pub(crate) live: Live,
    pub(crate) replays: Replays,
    /// where work that outlives a request is named
    pub(crate) tasks: Shutdown,
    pub(crate) requests: Family<RequestLabels, Counter>,
    pub(crate) oidc: Option<Provider>,
    pub(crate) stop: CancellationToken,
}

pub(crate) type Shared = Arc<App>;

/// Labels of `hearth_http_requests_total`: the route's template, never a path with an id in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) status: u16,
}
