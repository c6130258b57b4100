//! Topics of contract version 1, parsed and written.

use std::fmt;
use std::str::FromStr;
use vitals::{DeviceId, DeviceRef, IdError, SourceId};

/// The first two levels of every topic.
pub(crate) const ROOT: &str = "hearth/v1";
pub(crate) const RECEIPT: &str = "receipt";
pub(crate) const PROMPT: &str = "prompt";
const READING: &str = "reading";
const FHIR: &str = "fhir";
const SENML: &str = "senml";
const GATT: &str = "gatt";
const VENDOR: &str = "x";
const STATUS: &str = "status";

/// The name of a vendor's mapping file, as in `…/x/{mapping}`: `[A-Za-z0-9._:-]{1,64}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mapping(DeviceId);

impl Mapping {
    /// Checks and takes `text`, by the rule of every topic level.
    ///
    /// # Errors
    /// [`IdError`] says what is wrong with it (and calls it a device, whose rule it shares).
    pub fn new(text: &str) -> Result<Self, IdError> {
        DeviceId::new(text).map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// What is said on a device's topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// in: reading messages
    Reading,
    /// in: FHIR R4 Observations
    Fhir,
    /// in: SenML JSON
    Senml,
    /// in: undecoded GATT values
    Gatt,
    /// in: a vendor's own JSON
    Vendor(Mapping),
    /// out: what became of each message
    Receipt,
    /// out: what the patient is asked to do
    Prompt,
}

impl Channel {
    /// Whether a source publishes here (Hearth publishes on the others).
    #[must_use]
    pub const fn is_inbound(&self) -> bool {
        !matches!(self, Channel::Receipt | Channel::Prompt)
    }
}

/// A topic of the contract. Parsing and writing are inverse to each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `hearth/v1/{source}/{device}/…`
    Device {
        /// who owns the branch, and which device
        device: DeviceRef,
        /// what is said there
        channel: Channel,
    },
    /// `hearth/v1/{source}/status`
    Status {
        /// the hub
        source: SourceId,
    },
}

/// Why a text is no topic of the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// It starts with other levels.
    #[error("topics start with `{ROOT}/`")]
    Root,
    /// A level breaks the rule for its name.
    #[error("in the topic, {0}")]
    Id(#[from] IdError),
    /// The levels below the source are none of the contract's.
    #[error(
        "no such topic; below the source there is `status`, and below a device `reading`, `gatt`, `fhir`, `senml`, \
         `x/` and a mapping, `receipt` and `prompt`"
    )]
    Unknown,
}

impl Topic {
    /// What a broker-side ingest subscribes to, shared between its instances (see [`crate::shared`]).
    pub const INBOUND_FILTERS: [&'static str; 5] = [
        "hearth/v1/+/+/reading",
        "hearth/v1/+/+/gatt",
        "hearth/v1/+/+/fhir",
        "hearth/v1/+/+/senml",
        "hearth/v1/+/+/x/+",
    ];
    /// What it subscribes to by itself, since a shared subscription gets no retained messages.
    pub const STATUS_FILTER: &'static str = "hearth/v1/+/status";

    /// Everything that is said by sources and to them.
    pub const EVERYTHING: &'static str = "hearth/v1/#";

    /// What a source subscribes to for all its devices: receipts, prompts.
    #[must_use]
    pub fn downlink_filters(source: &SourceId) -> [String; 2] {
        [format!("{ROOT}/{source}/+/{RECEIPT}"), format!("{ROOT}/{source}/+/{PROMPT}")]
    }

    /// A device's topic.
    #[must_use]
    pub const fn device(device: DeviceRef, channel: Channel) -> Self {
        Topic::Device { device, channel }
    }

    /// Takes a topic name apart.
    ///
    /// # Errors
    /// [`TopicError`] where it is none of the contract's.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        let below = text.strip_prefix(ROOT).and_then(|t| t.strip_prefix('/')).ok_or(TopicError::Root)?;
        let (source, below) = below.split_once('/').ok_or(TopicError::Unknown)?;
        let source = SourceId::new(source)?;
        let Some((device, channel)) = below.split_once('/') else {
            return if below == STATUS { Ok(Topic::Status { source }) } else { Err(TopicError::Unknown) };
        };
        let device = DeviceRef { source, device: DeviceId::new(device)? };
        let channel = match channel {
            READING => Channel::Reading,
            GATT => Channel::Gatt,
            FHIR => Channel::Fhir,
            SENML => Channel::Senml,
            RECEIPT => Channel::Receipt,
            PROMPT => Channel::Prompt,
            other => {
                let mapping = other.strip_prefix(VENDOR).and_then(|t| t.strip_prefix('/'));
                Channel::Vendor(Mapping::new(mapping.ok_or(TopicError::Unknown)?)?)
            }
        };
        Ok(Topic::Device { device, channel })
    }

    /// Whose branch it is in.
    #[must_use]
    pub const fn source(&self) -> &SourceId {
        match self {
            Topic::Device { device, .. } => &device.source,
            Topic::Status { source } => source,
        }
    }

    /// Whether `source` may publish here: in its own branch, where sources speak.
    #[must_use]
    pub fn publish_allowed(&self, source: &SourceId) -> bool {
        let inbound = match self {
            Topic::Device { channel, .. } => channel.is_inbound(),
            Topic::Status { .. } => true,
        };
        inbound && self.source() == source
    }
}

impl FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        Topic::parse(text)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (device, channel) = match self {
            Topic::Status { source } => return write!(f, "{ROOT}/{source}/{STATUS}"),
            Topic::Device { device, channel } => (device, channel),
        };
        write!(f, "{ROOT}/{device}/")?;
        match channel {
            Channel::Reading => f.write_str(READING),
            Channel::Fhir => f.write_str(FHIR),
            Channel::Senml => f.write_str(SENML),
            Channel::Gatt => f.write_str(GATT),
            Channel::Vendor(mapping) => write!(f, "{VENDOR}/{}", mapping.as_str()),
            Channel::Receipt => f.write_str(RECEIPT),
            Channel::Prompt => f.write_str(PROMPT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{filter_is_valid, filter_matches, subscription_allowed};
    use proptest::prelude::*;

    #[test]
    fn the_contract_s_topics_are_read_and_written() {
        for text in [
            "hearth/v1/hub-1/scale:00.1_a/reading",
            "hearth/v1/hub-1/scale/gatt",
            "hearth/v1/hub-1/scale/fhir",
            "hearth/v1/hub-1/scale/senml",
            "hearth/v1/hub-1/scale/x/acme",
            "hearth/v1/hub-1/scale/receipt",
            "hearth/v1/hub-1/scale/prompt",
            "hearth/v1/hub-1/status",
            "hearth/v1/hub-1/status/reading",
        ] {
            assert_eq!(Topic::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_topics_are_refused() {
        for text in [
            "",
            "hearth/v1",
            "hearth/v1/",
            "hearth/v1/hub",
            "hearth/v1//d/reading",
            "hearth/v1/hub//reading",
            "hearth/v1/hub/d/Reading",
            "hearth/v1/hub/d/reading/",
            "hearth/v1/hub/d/x",
            "hearth/v1/hub/d/x/",
            "hearth/v1/hub/d/x/a/b",
            "hearth/v1/hub/d/xa",
            "hearth/v1/hub/+/reading",
            "hearth/v1/hüb/d/reading",
            "/hearth/v1/hub/d/reading",
            "hearth/v2/hub/d/reading",
            "hearth/v1/hub/other",
        ] {
            assert!(Topic::parse(text).is_err(), "{text}");
        }
    }

    fn topic() -> impl Strategy<Value = Topic> {
        let name = "[A-Za-z0-9._:-]{1,64}";
        (name, name, name, 0..8_u8).prop_map(|(source, device, mapping, which)| {
            let source = SourceId::new(&source).unwrap();
            let channel = match which {
                0 => Channel::Reading,
                1 => Channel::Gatt,
                2 => Channel::Fhir,
                3 => Channel::Senml,
                4 => Channel::Vendor(Mapping::new(&mapping).unwrap()),
                5 => Channel::Receipt,
                6 => Channel::Prompt,
                _ => return Topic::Status { source },
            };
            Topic::device(DeviceRef { source, device: DeviceId::new(&device).unwrap() }, channel)
        })
    }

    proptest! {
        #[test]
        fn parse_inverts_display(topic in topic()) {
            prop_assert_eq!(Topic::parse(&topic.to_string()), Ok(topic));
        }

        #[test]
        fn any_text_is_judged_without_panic(text in ".{0,80}") {
            if let Ok(topic) = Topic::parse(&text) {
                prop_assert_eq!(topic.to_string(), text);
            }
        }

        #[test]
        fn a_source_never_reaches_another_branch(topic in topic(), other in "[A-Za-z0-9._:-]{1,64}", levels in prop::collection::vec("[+#]|[a-z]{1,3}", 0..6)) {
            let other = SourceId::new(&other).unwrap();
            if topic.source() != &other {
                prop_assert!(!topic.publish_allowed(&other));
                let filter = format!("hearth/v1/{other}/{}", levels.join("/"));
                if subscription_allowed(&other, &filter) {
                    prop_assert!(!filter_matches(&filter, &topic.to_string()), "{}", filter);
                }
            }
        }

        #[test]
        fn exactly_one_subscription_catches_each_topic(topic in topic()) {
            let text = topic.to_string();
            let all = Topic::INBOUND_FILTERS.into_iter().map(str::to_owned)
                .chain([Topic::STATUS_FILTER.to_owned()])
                .chain(Topic::downlink_filters(topic.source()));
            let caught = all.inspect(|f| assert!(filter_is_valid(f))).filter(|f| filter_matches(f, &text)).count();
            prop_assert_eq!(caught, 1, "{}", text);
            prop_assert_eq!(topic.publish_allowed(topic.source()),
                !text.ends_with("/receipt") && !text.ends_with("/prompt"));
        }
    }
}
