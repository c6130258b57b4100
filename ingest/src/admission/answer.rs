//! What is committed, and the receipt that follows from what became of it.

use super::{Admission, Item};
use bytes::Bytes;
use store::{AdmitItem, ItemStatus, RefusedItem};
use vitals::ReceivedAt;
use wire::{Reason, Receipt, ReceiptStatus, Receipts, Shape};

/// What an admission leaves behind for the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    shape: Shape,
    /// per item, the message that it came from and its id
    items: Vec<(usize, Option<String>)>,
}

impl Admission {
    /// Takes it apart into what the store commits (none for an empty array) and what the receipt needs. `payload`
    /// is what was admitted.
    #[must_use]
    pub fn into_parts(self, payload: &Bytes) -> (Vec<AdmitItem>, Answer) {
        let mut answer = Answer { shape: self.shape, items: Vec::with_capacity(self.items.len()) };
        let mut commit = Vec::with_capacity(self.items.len());
        for Item { message, raw, verdict } in self.items {
            // Bytes that were not the admitted ones are kept whole rather than cut at the wrong place.
            let raw = if raw.end <= payload.len() { payload.slice(raw) } else { payload.clone() };
            let (id, item) = match verdict {
                Ok(admitted) => {
                    let id = Some(admitted.reading.key.id.as_str().to_owned());
                    let (reading, admission_flags) = (Box::new(admitted.reading), admitted.admission_flags);
                    (id, AdmitItem::Reading { reading, admission_flags, raw })
                }
                Err(refused) => {
                    let (id, refusal) = (refused.id, refused.refusal);
                    let code = refusal.code.as_str().to_owned();
                    let (detail, pointer) = (refusal.detail, refusal.pointer);
                    (id.clone(), AdmitItem::Refused(RefusedItem { id, code, detail, pointer, raw }))
                }
            };
            answer.items.push((message, id));
            commit.push(item);
        }
        (commit, answer)
    }
}

impl Answer {
    /// The receipt of the publish, one entry per message. A message of several items (a GATT value with several
    /// measurements) is quarantined if any of them is, with the first one's reason; otherwise stored if any is
    /// new; otherwise a duplicate. Its id is its first item's.
    ///
    /// `None` where `statuses` are not one per item, in order: nothing may be promised then.
    #[must_use]
    pub fn receipts(&self, statuses: &[ItemStatus], received_at: ReceivedAt) -> Option<Receipts> {
        if statuses.len() != self.items.len() {
            return None;
        }
        let mut receipts: Vec<Receipt> = Vec::new();
        let mut current = None;
        for ((message, id), status) in self.items.iter().zip(statuses) {
            let (status, reason) = said(status);
            match receipts.last_mut() {
                Some(receipt) if current == Some(*message) => merge(receipt, status, reason),
                _ => receipts.push(Receipt { id: id.clone(), status, reason, received_at }),
            }
            current = Some(*message);
        }
        Receipts::in_shape(self.shape, receipts)
    }
}

fn said(status: &ItemStatus) -> (ReceiptStatus, Option<Reason>) {
    match status {
        ItemStatus::Stored { .. } => (ReceiptStatus::Stored, None),
        ItemStatus::Duplicate => (ReceiptStatus::Duplicate, None),
        ItemStatus::Quarantined { code, detail, pointer, .. } => {
            let reason = Reason { code: code.clone(), detail: detail.clone(), pointer: pointer.clone() };
            (ReceiptStatus::Quarantined, Some(reason))
        }
    }
}

fn merge(receipt: &mut Receipt, status: ReceiptStatus, reason: Option<Reason>) {
    use ReceiptStatus::{Duplicate, Quarantined, Stored};
    match (receipt.status, status) {
        (Quarantined, _) | (Stored, Stored | Duplicate) | (Duplicate, Duplicate) => {}
        (Stored | Duplicate, Quarantined) | (Duplicate, Stored) => {
            receipt.status = status;
            receipt.reason = reason;
        }
    }
}
