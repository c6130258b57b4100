//! A publish's payload: one message, or an array of them, each judged by itself.

use crate::field::echoed_id;
use crate::object::{Object, Path, not_json};
use crate::{ReasonCode, Refusal, Refused};
use serde_json::value::RawValue;
use std::ops::Range;

/// Most messages in one array.
pub const MAX_BATCH: usize = 500;
/// An array of more than [`MAX_BATCH`] is refused element by element, so that each can be replayed; beyond this
/// many, where not even the receipt would fit into a packet, it is one unreadable payload.
pub const MAX_JUDGED: usize = 5_000;
/// How deep brackets may nest.
pub const MAX_DEPTH: usize = 64;

/// How a publish is answered: an object for an object (and for what could not be read), an array for an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// one message
    Object,
    /// an array of messages
    Array,
}

/// One message of a payload, parsed or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element<T> {
    /// its own bytes within the payload
    pub raw: Range<usize>,
    /// what it says, or why it was refused
    pub parsed: Result<T, Refused>,
}

/// A payload taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// how the answer looks
    pub shape: Shape,
    /// the messages, in order; an unreadable payload is one
    pub elements: Vec<Element<T>>,
}

impl<T> Batch<T> {
    /// Takes `payload` apart and parses each message by itself.
    pub(crate) fn parse(payload: &[u8], parse: impl Fn(&str) -> Result<T, Refused>) -> Self {
        match split(payload) {
            Err(refusal) => Self::refused(payload, refusal),
            Ok((Shape::Object, texts)) => {
                let elements = texts.into_iter().map(|text| Element {
                    raw: range_of(payload, text),
                    parsed: check_depth(text).map_err(Refused::from).and_then(|()| parse(text)),
                });
                Batch { shape: Shape::Object, elements: elements.collect() }
            }
            Ok((Shape::Array, texts)) => {
                let count = texts.len();
                let judge = |text: &str| {
                    check_depth(text)?;
                    if count > MAX_BATCH { Err(one_of_too_many(text, count)) } else { parse(text) }
                };
                let elements =
                    texts.into_iter().map(|text| Element { raw: range_of(payload, text), parsed: judge(text) });
                Batch { shape: Shape::Array, elements: elements.collect() }
            }
        }
    }

    /// The whole payload as one refused message.
    #[must_use]
    pub fn refused(payload: &[u8], refusal: Refusal) -> Self {
        let only = Element { raw: 0..payload.len(), parsed: Err(refusal.into()) };
        Batch { shape: Shape::Object, elements: vec![only] }
    }
}

/// The texts of the messages in `payload`; an object's is not looked into here.
fn split(payload: &[u8]) -> Result<(Shape, Vec<&str>), Refusal> {
    let text = std::str::from_utf8(payload).map_err(|e| {
        let detail = format!("the payload is not UTF-8 from byte {} on", e.valid_up_to());
        Refusal::unreadable(ReasonCode::NotUtf8, detail)
    })?;
    if text.starts_with('\u{FEFF}') {
        let detail = "the payload starts with a byte order mark, which JSON does not allow";
        return Err(Refusal::unreadable(ReasonCode::NotJson, detail));
    }
    if !text.trim_ascii_start().starts_with('[') {
        return Ok((Shape::Object, vec![text]));
    }
    let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| not_json(text, &e))?;
    if elements.len() > MAX_JUDGED {
        return Err(Refusal::at(ReasonCode::TooMany, too_many(elements.len()), ""));
    }
    Ok((Shape::Array, elements.into_iter().map(RawValue::get).collect()))
}

fn too_many(count: usize) -> String {
    format!("the array has {count} messages, at most {MAX_BATCH} may come in one")
}

fn one_of_too_many(text: &str, count: usize) -> Refused {
    let id = Object::open(text, &Path::Root).ok().and_then(|mut o| o.take("id").ok().flatten());
    let id = id.and_then(|field| echoed_id(&field.text().ok()?));
    Refused { id, refusal: Refusal::at(ReasonCode::TooMany, too_many(count), "") }
}

/// Deep nesting is harmless here, where nothing recurses, but not to whoever reads the kept payload next.
fn check_depth(text: &str) -> Result<(), Refusal> {
    let opening = |b: u8| b == b'[' || b == b'{';
    // Nearly every message ends here; a text is shorter than `usize::MAX`, and the unchecked sum is a vector one.
    if text.bytes().fold(0_usize, |n, b| n.wrapping_add(usize::from(opening(b)))) <= MAX_DEPTH {
        return Ok(());
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if opening(byte) {
            depth = depth.saturating_add(1);
            if depth > MAX_DEPTH {
                let detail = format!("brackets nest more than {MAX_DEPTH} deep");
                return Err(Refusal::unreadable(ReasonCode::NestedTooDeep, detail));
            }
        } else {
            depth = depth.saturating_sub(usize::from(byte == b']' || byte == b'}'));
            in_string = byte == b'"';
        }
    }
    Ok(())
}

/// Where `part`, which was borrowed from `payload`, stands in it.
fn range_of(payload: &[u8], part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(payload.as_ptr().addr());
    start..start.saturating_add(part.len())
}
