//! Reading a payload from front to back, and the one way in which that fails.

use crate::{DateTime, Float, Sfloat};

/// Why a payload could not be decoded, and at which byte (counted from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The payload ends within a field that it must have, or that its flags announce.
    #[error(
        "the payload ran out at byte {at}: `{field}` needs {needs}, {left} left; check its flags or ask for the whole value"
    )]
    RanOut {
        /// the field that did not fit
        field: &'static str,
        /// where the field starts
        at: usize,
        /// bytes that it needs
        needs: usize,
        /// bytes that there were
        left: usize,
    },
}

impl DecodeError {
    /// The byte, counted from 0, at which decoding stopped; at most the payload's length.
    #[must_use]
    pub const fn at(&self) -> usize {
        match self {
            DecodeError::RanOut { at, .. } => *at,
        }
    }
}

/// A payload and how far it has been read. Everything is little-endian.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the first byte of `payload`.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload, at: 0 }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    fn take<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let ran_out = DecodeError::RanOut { field, at: self.at, needs: N, left: self.rest.len() };
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(ran_out)?;
        self.rest = rest;
        self.at += N;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.take(field).map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.take(field).map(u16::from_le_bytes)
    }

    pub(crate) fn i16(&mut self, field: &'static str) -> Result<i16, DecodeError> {
        self.take(field).map(i16::from_le_bytes)
    }

    /// Three bytes, as the device and sensor status of oximeters.
    pub(crate) fn u24(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.take(field).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    pub(crate) fn sfloat(&mut self, field: &'static str) -> Result<Sfloat, DecodeError> {
        self.u16(field).map(Sfloat)
    }

    pub(crate) fn float(&mut self, field: &'static str) -> Result<Float, DecodeError> {
        self.take(field).map(u32::from_le_bytes).map(Float)
    }

    pub(crate) fn date_time(&mut self, field: &'static str) -> Result<DateTime, DecodeError> {
        self.take(field).map(DateTime::from_bytes)
    }
}

/// `read` where `bit` of `flags` is set: an optional field.
pub(crate) fn announced<T>(
    flags: u8,
    bit: u8,
    read: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    if has(flags, bit) { read().map(Some) } else { Ok(None) }
}

/// Whether `bit` (0 to 7) of `flags` is set.
pub(crate) const fn has(flags: u8, bit: u8) -> bool {
    flags & (1 << bit) != 0
}

/// `flags` with each of `bits` (0 to 7) set whose condition holds.
pub(crate) fn flags(bits: &[(u8, bool)]) -> u8 {
    bits.iter().filter(|(_, set)| *set).fold(0, |flags, (bit, _)| flags | (1 << bit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_ran_out_and_where() {
        let mut cursor = Cursor::new(&[1, 2, 3]);
        assert_eq!(cursor.u16("first"), Ok(0x0201));
        let error = cursor.u16("second").unwrap_err();
        assert_eq!(error.at(), 2);
        assert_eq!(
            error.to_string(),
            "the payload ran out at byte 2: `second` needs 2, 1 left; check its flags or ask for the whole value"
        );
        // A failed read moves nothing.
        assert_eq!((cursor.remaining(), cursor.u8("third")), (1, Ok(3)));
    }
}
