//! The status message: the state of a hub, retained, and its last will.

use crate::field::{battery, decimal, whole};
use crate::object::{Field, Object, Path, not_json};
use crate::{ReasonCode, Refusal};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use vitals::{Decimal, decimal_to_json};

/// What a hub says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HubStatus {
    /// connected; the last will says `false`
    pub online: bool,
    /// the hub's own battery, percent 0 to 100
    pub battery: Option<u8>,
    /// readings in its journal that have no receipt yet
    pub journal_depth: Option<u64>,
    /// how far the hub's clock is ahead of ours, in seconds
    pub clock_offset_s: Option<Decimal>,
    /// what runs on it: name and version
    pub versions: BTreeMap<String, String>,
    /// members that the contract does not know, as JSON texts
    pub more: BTreeMap<String, String>,
}

impl HubStatus {
    /// The last will.
    #[must_use]
    pub fn offline() -> Self {
        Self::default()
    }

    /// Reads a status message.
    ///
    /// # Errors
    /// [`Refusal`], with the first thing that is wrong.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(payload)
            .map_err(|e| Refusal::unreadable(ReasonCode::NotUtf8, format!("the status is not UTF-8: {e}")))?;
        let mut object = Object::open(text, &Path::Root)?;
        let online = boolean(&object.require("online")?)?;
        let battery = battery(&mut object)?;
        let depth = |f: Field<'_, '_>| whole(&f, ReasonCode::WrongType, "a count");
        let journal_depth = object.take("journal_depth")?.map(depth).transpose()?;
        let clock_offset_s = object.take("clock_offset_s")?.map(|f| decimal(&f)).transpose()?;
        let versions = object.take("versions")?.map(|f| versions(&f)).transpose()?.unwrap_or_default();
        let more = object.rest().map(|(name, raw)| (name.into_owned(), raw.get().to_owned())).collect();
        Ok(Self { online, battery, journal_depth, clock_offset_s, versions, more })
    }

    /// The payload, always in the same bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn boolean(field: &Field<'_, '_>) -> Result<bool, Refusal> {
    match field.raw {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(field.refuse(ReasonCode::WrongType, "`true` or `false` is wanted here")),
    }
}

fn versions(field: &Field<'_, '_>) -> Result<BTreeMap<String, String>, Refusal> {
    let object = field.object()?;
    let read = |raw: &RawValue| serde_json::from_str(raw.get()).map_err(|e| not_json(raw.get(), &e));
    let wrong = |_| field.refuse(ReasonCode::WrongType, "`versions` holds a name and a text for each part");
    object.rest().map(|(name, raw)| Ok((name.into_owned(), read(raw).map_err(wrong)?))).collect()
}

impl Serialize for HubStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("online", &self.online)?;
        if let Some(battery) = self.battery {
            map.serialize_entry("battery", &battery)?;
        }
        if let Some(depth) = self.journal_depth {
            map.serialize_entry("journal_depth", &depth)?;
        }
        if let Some(offset) = self.clock_offset_s {
            map.serialize_entry("clock_offset_s", &decimal_to_json(offset))?;
        }
        if !self.versions.is_empty() {
            map.serialize_entry("versions", &self.versions)?;
        }
        for (name, json) in &self.more {
            let raw = RawValue::from_string(json.clone()).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(name, &raw)?;
        }
        map.end()
    }
}
