//! JSON opened one level at a time, so that numbers keep their digits and errors know their place.

use crate::{ReasonCode, Refusal};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Where a field stands: an RFC 6901 pointer that is only written out when somebody is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'p> {
    Root,
    Member(&'p Path<'p>, &'static str),
    Index(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            // Names of the contract hold neither `~` nor `/`, so there is nothing to escape.
            Path::Member(parent, name) => write!(f, "{parent}/{name}"),
            Path::Index(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// A JSON object whose members are taken out by name; what is left was unknown.
#[derive(Debug)]
pub(crate) struct Object<'a, 'p> {
    path: &'p Path<'p>,
    members: Vec<(Name<'a>, &'a RawValue)>,
}

impl<'a, 'p> Object<'a, 'p> {
    /// Opens `text`, which need not be JSON.
    pub(crate) fn open(text: &'a str, path: &'p Path<'p>) -> Result<Self, Refusal> {
        match serde_json::from_str::<Members<'a>>(text) {
            Ok(Members(members)) => Ok(Self { path, members }),
            Err(e) if e.is_data() => Err(not_an_object(text, path)),
            Err(e) => Err(not_json(text, &e)),
        }
    }

    /// Takes the member `name`; `null` counts as absent.
    pub(crate) fn take(&mut self, name: &'static str) -> Result<Option<Field<'a, 'p>>, Refusal> {
        Ok(self.take_or_null(name)?.filter(|field| field.raw != "null"))
    }

    /// Takes the member `name`, even if it is `null`.
    pub(crate) fn take_or_null(&mut self, name: &'static str) -> Result<Option<Field<'a, 'p>>, Refusal> {
        let Some(at) = self.members.iter().position(|(n, _)| n.0 == name) else { return Ok(None) };
        let (_, raw) = self.members.swap_remove(at);
        let field = Field { raw: raw.get(), path: Path::Member(self.path, name) };
        if self.members.iter().any(|(n, _)| n.0 == name) {
            return Err(field.refuse(ReasonCode::DuplicateField, format!("`{name}` stands here twice")));
        }
        Ok(Some(field))
    }

    /// Takes the member `name`, which must be there.
    pub(crate) fn require(&mut self, name: &'static str) -> Result<Field<'a, 'p>, Refusal> {
        self.take(name)?.ok_or_else(|| {
            let path = Path::Member(self.path, name);
            Refusal::at(ReasonCode::MissingField, format!("`{name}` is missing"), path.to_string())
        })
    }

    /// How many members nobody took.
    pub(crate) fn unknown(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX)
    }

    /// The members that nobody took, with their JSON.
    pub(crate) fn rest(self) -> impl Iterator<Item = (Cow<'a, str>, &'a RawValue)> {
        self.members.into_iter().map(|(name, raw)| (name.0, raw))
    }
}

/// One JSON value and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a, 'p> {
    pub(crate) raw: &'a str,
    pub(crate) path: Path<'p>,
}

impl<'a> Field<'a, '_> {
    /// A refusal that points here.
    pub(crate) fn refuse(&self, code: ReasonCode, detail: impl Into<String>) -> Refusal {
        Refusal::at(code, detail, self.path.to_string())
    }

    fn wrong_type(&self, wanted: &str) -> Refusal {
        self.refuse(ReasonCode::WrongType, format!("{wanted} is wanted here, this is {}", type_of(self.raw)))
    }

    /// The string, borrowed where it has no escapes.
    pub(crate) fn text(&self) -> Result<Cow<'a, str>, Refusal> {
        let inner = self.raw.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        match inner {
            None => Err(self.wrong_type("a string")),
            Some(inner) if !inner.contains('\\') => Ok(Cow::Borrowed(inner)),
            Some(_) => serde_json::from_str(self.raw)
                .map(Cow::Owned)
                .map_err(|e| self.refuse(ReasonCode::NotJson, format!("this is no JSON string: {e}"))),
        }
    }

    /// The text of the number, as sent.
    pub(crate) fn number(&self) -> Result<&'a str, Refusal> {
        if is_number(self.raw) { Ok(self.raw) } else { Err(self.wrong_type("a number")) }
    }

    /// The object.
    pub(crate) fn object(&self) -> Result<Object<'a, '_>, Refusal> {
        if self.raw.starts_with('{') { Object::open(self.raw, &self.path) } else { Err(self.wrong_type("an object")) }
    }

    /// The elements of the array.
    pub(crate) fn array(&self) -> Result<Vec<Field<'a, '_>>, Refusal> {
        if !self.raw.starts_with('[') {
            return Err(self.wrong_type("an array"));
        }
        let elements: Vec<&RawValue> = serde_json::from_str(self.raw).map_err(|e| not_json(self.raw, &e))?;
        let fields = elements.into_iter().enumerate();
        Ok(fields.map(|(i, raw)| Field { raw: raw.get(), path: Path::Index(&self.path, i) }).collect())
    }
}

fn is_number(raw: &str) -> bool {
    raw.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn type_of(raw: &str) -> &'static str {
    match raw.bytes().next() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn not_an_object(text: &str, path: &Path<'_>) -> Refusal {
    // What was not opened may still be broken further on.
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => {
            let detail = format!("a JSON object is wanted here, this is {}", type_of(raw.get()));
            Refusal::at(ReasonCode::NotAnObject, detail, path.to_string())
        }
        Err(e) => not_json(text, &e),
    }
}

/// The refusal of a text that is no JSON.
pub(crate) fn not_json(text: &str, error: &serde_json::Error) -> Refusal {
    if text.trim_ascii().is_empty() {
        return Refusal::unreadable(ReasonCode::NotJson, "the payload is empty");
    }
    let hint = if text.contains("NaN") || text.contains("Infinity") { "; NaN and Infinity are not JSON" } else { "" };
    Refusal::unreadable(ReasonCode::NotJson, format!("this is no JSON: {error}{hint}"))
}

/// A part of the message as a detail may quote it: short, and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[derive(Debug)]
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

struct Members<'a>(Vec<(Name<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                // The reading message has at most eleven members.
                let mut members = Vec::with_capacity(8);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}
