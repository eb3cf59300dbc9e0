//! Lengths of time as people type them: `45`, `30s`, `2m`, `1h30m`.

use std::time::Duration;

/// Reads a length of time; a bare number is seconds. For clap.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no length of time such as 30s, 2m or 1h30m");
    let (mut total, mut digits) = (0u64, String::new());
    for sign in text.chars() {
        let unit = match sign {
            '0'..='9' => {
                digits.push(sign);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return Err(wrong()),
        };
        let number: u64 = std::mem::take(&mut digits).parse().map_err(|_| wrong())?;
        total = number.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
    }
    if !digits.is_empty() {
        // Seconds may stand alone, but not after a unit: `1m30` is more likely a slip.
        total = if total == 0 { digits.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
    }
    if total == 0 { Err(wrong()) } else { Ok(Duration::from_secs(total)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_type_them() {
        for (text, seconds) in [("45", 45), ("30s", 30), ("2m", 120), ("1h30m", 5400)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "0", "s", "1m30", "-1s", "1.5s", "99999999999999999999s"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
