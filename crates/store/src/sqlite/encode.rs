//! The columns of a reading that take some work, made before it comes to the writer.

use super::insert::Cell;
use super::row;
use crate::AdmitItem;
use std::ops::Range;
use vitals::{ContentDigest, ReadingId};

/// The texts of a batch, one after the other in one piece of memory.
#[derive(Default)]
pub(super) struct Texts(String);

/// Where one of them stands.
type Part = Range<usize>;

impl Texts {
    /// The text there, or nothing.
    pub(super) fn cell(&self, part: Option<&Part>) -> Cell<'_> {
        part.and_then(|part| self.0.get(part.clone())).map_or(Cell::Null, Cell::Text)
    }

    /// What `write` adds, unless that is nothing.
    fn part(&mut self, write: impl FnOnce(&mut String)) -> Option<Part> {
        let from = self.0.len();
        write(&mut self.0);
        (self.0.len() > from).then_some(from..self.0.len())
    }
}

/// See the module.
pub(super) struct Encoded {
    pub(super) digest: ContentDigest,
    pub(super) values: Option<Part>,
    pub(super) flags: Option<Part>,
    pub(super) admission: Option<Part>,
    id: Option<[u8; 16]>,
    corrects: Option<[u8; 16]>,
}

impl Encoded {
    /// Of a reading; a refusal has no such columns.
    pub(super) fn of(item: &AdmitItem, texts: &mut Texts) -> Option<Self> {
        let AdmitItem::Reading { reading, admission_flags, .. } = item else { return None };
        Some(Self {
            digest: reading.content_digest(),
            values: texts.part(|to| row::write_values(to, &reading.values)),
            flags: texts.part(|to| row::write_list(to, &reading.flags)),
            admission: texts.part(|to| row::write_list(to, admission_flags)),
            id: row::uuid_bytes(reading.key.id.as_str()),
            corrects: reading.corrects.as_ref().and_then(|id| row::uuid_bytes(id.as_str())),
        })
    }

    /// The reading's own id.
    pub(super) fn id<'a>(&'a self, id: &'a ReadingId) -> Cell<'a> {
        cell(self.id.as_ref(), id)
    }

    /// The id of the reading that it corrects.
    pub(super) fn corrects<'a>(&'a self, id: Option<&'a ReadingId>) -> Cell<'a> {
        id.map_or(Cell::Null, |id| cell(self.corrects.as_ref(), id))
    }
}

fn cell<'a>(uuid: Option<&'a [u8; 16]>, id: &'a ReadingId) -> Cell<'a> {
    uuid.map_or_else(|| Cell::Text(id.as_str()), |bytes| Cell::Bytes(bytes))
}
