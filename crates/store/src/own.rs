//! The patient's own page: who may open it, and what it needs to know.

use crate::StoreError;
use async_trait::async_trait;
use care::{Actor, PatientId, PromptRequest};
use chrono::TimeDelta;
use vitals::Instant;

/// A link that opens a patient's own page together with a code. The store keeps digests of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLink {
    /// public id, for revoking
    pub id: String,
    /// whose page
    pub patient: PatientId,
    /// SHA-256 of the link's secret
    pub link_sha256: [u8; 32],
    /// SHA-256 of secret and code
    pub code_sha256: [u8; 32],
    /// when it was made
    pub created_at: Instant,
    /// by whom
    pub created_by: Actor,
    /// over at the latest
    pub expires_at: Instant,
    /// taken back
    pub revoked_at: Option<Instant>,
    /// wrong codes since the last right one
    pub failed: u32,
    /// when a code was last tried
    pub tried_at: Option<Instant>,
    /// when the page was last opened with it
    pub used_at: Option<Instant>,
}

impl OwnLink {
    /// So many wrong codes are free.
    pub const FREE_ATTEMPTS: u32 = 5;
    /// After so many the link is of no use any more, and the care team makes another.
    pub const MOST_ATTEMPTS: u32 = 20;

    /// Whether it could be opened at `now` with the right code, some time.
    #[must_use]
    pub fn is_usable(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && self.failed < Self::MOST_ATTEMPTS
    }

    /// Before this no code is looked at: nothing for the first wrong ones, then 30 s, doubling, at most an hour.
    #[must_use]
    pub fn locked_until(&self) -> Option<Instant> {
        let beyond = self.failed.checked_sub(Self::FREE_ATTEMPTS)?;
        let seconds = 30_i64.checked_shl(beyond.min(7)).unwrap_or(3600).min(3600);
        self.tried_at.map(|at| at + TimeDelta::seconds(seconds))
    }

    /// Whether a code is looked at.
    #[must_use]
    pub fn takes_code(&self, now: Instant) -> bool {
        self.is_usable(now) && self.locked_until().is_none_or(|until| until <= now)
    }
}

/// What became of an attempt to open a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAttempt {
    /// the link as it was before
    pub link: OwnLink,
    /// the attempt was counted and the code may be compared
    pub taken: bool,
}

/// Links to patients' own pages, and the browsers that opened one.
#[async_trait]
pub trait OwnPages {
    /// Keeps a new link; those that the patient had are revoked with it.
    async fn add_own_link(&self, link: OwnLink) -> Result<(), StoreError>;
    /// The patient's newest links, newest first, at most ten.
    async fn own_links(&self, patient: &PatientId) -> Result<Vec<OwnLink>, StoreError>;
    /// The link with this digest.
    async fn own_link(&self, link_sha256: &[u8; 32]) -> Result<Option<OwnLink>, StoreError>;
    /// Takes a link of the patient back, and ends what it opened.
    async fn revoke_own_link(&self, patient: &PatientId, id: &str, at: Instant) -> Result<(), StoreError>;
    /// Counts an attempt before its code is compared, so that many at once do not come as one.
    async fn try_own_link(&self, link_sha256: &[u8; 32], now: Instant) -> Result<Option<OwnAttempt>, StoreError>;
    /// The code was right: begins a session, which ends with its link at the latest.
    async fn open_own_page(
        &self,
        id: &str,
        token_sha256: [u8; 32],
        now: Instant,
        expires_at: Instant,
    ) -> Result<(), StoreError>;
    /// The link that a browser's session was opened with, while both hold at `now`.
    async fn own_session(&self, token_sha256: &[u8; 32], now: Instant) -> Result<Option<OwnLink>, StoreError>;
    /// Ends a session.
    async fn end_own_session(&self, token_sha256: &[u8; 32]) -> Result<(), StoreError>;
    /// Repeats that the patient's hubs were asked for and that are not over at `now`, newest first.
    async fn open_prompts(&self, patient: &PatientId, now: Instant) -> Result<Vec<PromptRequest>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_codes_close_a_link_for_longer_and_longer_and_then_for_good() {
        let now = Instant::from_timestamp(1_800_000_000, 0).unwrap();
        let after = |failed| OwnLink {
            id: "a".into(),
            patient: PatientId::new("p").unwrap(),
            link_sha256: [0; 32],
            code_sha256: [0; 32],
            created_at: now,
            created_by: Actor::hearth(),
            expires_at: now + TimeDelta::days(90),
            revoked_at: None,
            failed,
            tried_at: Some(now),
            used_at: None,
        };
        let seconds = |failed| after(failed).locked_until().map(|until| (until - now).num_seconds());
        assert_eq!([4, 5, 6, 12, 19].map(seconds), [None, Some(30), Some(60), Some(3600), Some(3600)]);
        assert!(after(4).takes_code(now) && !after(5).takes_code(now));
        assert!(after(5).takes_code(now + TimeDelta::seconds(30)));
        assert!(!after(20).takes_code(now + TimeDelta::days(1)));
        assert!(!after(0).takes_code(now + TimeDelta::days(90)));
        assert!(!OwnLink { revoked_at: Some(now), ..after(0) }.takes_code(now));
    }
}
