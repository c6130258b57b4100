//! Where a list goes on, as it stands in a URL.

use crate::problem::Problem;
use crate::text::t;

/// The place that [`write`] has put there. What cannot be read is refused: left out, the beginning of the list would
/// look like its next part.
pub(crate) fn read(text: Option<&str>) -> Result<Option<String>, Problem> {
    let wrong = || {
        Problem::bad_request("The cursor is not one of ours; take it from `next`, or leave it out.")
            .saying(|lang| t!(lang, "problem-cursor"))
    };
    let decode = |text| hex::decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong);
    text.filter(|text| !text.is_empty()).map(decode).transpose()
}

/// A place in a list, as letters that need no escaping.
pub(crate) fn write(place: impl AsRef<str>) -> String {
    hex::encode(place.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let place = "1|Ärzte".to_owned();
        assert_eq!(read(Some(&write(&place))).unwrap(), Some(place));
        assert_eq!((read(None).unwrap(), read(Some("")).unwrap()), (None, None));
        for bad in ["zz", "abc", "ff", "1|Ärzte"] {
            assert!(read(Some(bad)).is_err_and(|p| p.status == 400), "{bad}");
        }
    }
}
