//! Days from one to another, both included: a day is that of the place where a contest is at home.

use chrono::NaiveDate;

use crate::error::{Error, FieldError, Refusal};

/// From the first moment of one day to the last of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub first: NaiveDate,
    /// The last one, which may be the same.
    pub last: NaiveDate,
}

impl Days {
    /// Reads `start_date` and `end_date` of a query.
    ///
    /// # Errors
    /// `Invalid`, at each that is no date; `DatesReversed`.
    pub fn read(first: Option<&str>, last: Option<&str>) -> Result<Self, Error> {
        match (date(first), date(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            (Some(first), Some(last)) => {
                Err(Refusal::DatesReversed.because(format!("{first} is after {last}")))
            }
            (first, last) => {
                let wrong = [("start_date", first), ("end_date", last)].into_iter();
                let wrong = wrong.filter(|(_, date)| date.is_none());
                Err(Error::invalid(
                    wrong
                        .map(|(name, _)| FieldError::new(name, "must be a date such as 2026-11-21"))
                        .collect(),
                ))
            }
        }
    }
}

/// As RFC 3339 writes a date: ten characters, no blank among them.
fn date(sent: Option<&str>) -> Option<NaiveDate> {
    let plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let text = sent.filter(plain).filter(|text| text.len() == 10 && !text.starts_with(['-', '0']))?;
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_they_are_written() {
        let one = Days::read(Some("2026-11-01"), Some("2026-11-21")).unwrap();
        assert_eq!((one.first.to_string(), one.last.to_string()), ("2026-11-01".into(), "2026-11-21".into()));
        assert!(Days::read(Some("2024-02-29"), Some("2024-02-29")).is_ok());
        for bad in [
            "",
            "2026-11-1",
            "2026-13-01",
            "2025-02-29",
            "21.11.2026",
            "+026-01-01",
            "2026-11-21T",
            "2026-11- 1",
        ] {
            let refused = Days::read(Some(bad), Some("2026-11-21")).unwrap_err();
            assert_eq!(refused.refusal(), Some(Refusal::Invalid), "{bad:?}");
        }
    }

    #[test]
    fn a_missing_date_is_not_a_reversed_one() {
        let refusal = |first, last| Days::read(first, last).unwrap_err().refusal();
        assert_eq!(refusal(None, Some("2026-11-21")), Some(Refusal::Invalid));
        assert_eq!(refusal(Some("2026-11-22"), Some("2026-11-21")), Some(Refusal::DatesReversed));
    }
}
