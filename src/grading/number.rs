//! How a number is read: strictly from a key or JSON, leniently from people.

use rust_decimal::Decimal;
use serde_json::Value;

use super::normalise::fold;

/// The most significant digits, and the most decimal places, that always fit a
/// [`Decimal`].
const MAX_DIGITS: usize = 28;

/// Whether digits beyond what a [`Decimal`] holds are an error or are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excess {
    Refuse,
    Cut,
}

/// Reads a number exactly: `-1.5`, `+2`, `.5`, `1e3`. No grouping, no comma.
///
/// Nothing for another form, and for more digits than a [`Decimal`] holds.
pub(super) fn exact(text: &str) -> Option<Decimal> {
    let (negative, rest) = sign(text.trim());
    let (body, exponent) = split_exponent(rest)?;
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    assemble(negative, whole, fraction, exponent, Excess::Refuse)
}

/// Reads a number as a person types it.
///
/// Beside the exact form it takes a Unicode minus, fullwidth digits, a decimal
/// comma, and thousands grouped by one kind of comma, dot, space or apostrophe.
/// A single comma before exactly three digits can mean either; it is read as
/// grouping (`1,234` is 1234), unless no group may stand before it (`0,234`). A
/// single dot is always the decimal point. Digits beyond the 28th are cut off,
/// so that too many digits of pi are not a wrong answer.
pub(super) fn lenient(text: &str) -> Option<Decimal> {
    let folded = fold(text, false);
    let (negative, rest) = sign(&folded);
    let (body, exponent) = split_exponent(rest)?;
    let (whole, fraction) = split_fraction(body);
    assemble(negative, &ungroup(whole)?, fraction, exponent, Excess::Cut)
}

/// The JSON for a number: a JSON number where that keeps every digit, a string
/// where it would not.
pub(super) fn to_json(number: Decimal) -> Value {
    let text = number.normalize().to_string();
    match text.parse::<serde_json::Number>() {
        Ok(json) if exact(&json.to_string()) == Some(number) => Value::Number(json),
        _ => Value::String(text),
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text).trim_start()),
    }
}

fn split_exponent(text: &str) -> Option<(&str, i64)> {
    match text.split_once(['e', 'E']) {
        Some((body, exponent)) => Some((body, exponent.parse().ok()?)),
        None => Some((text, 0)),
    }
}

/// Splits at the decimal mark: the last of `.` and `,`, if it occurs once and
/// does not group thousands.
fn split_fraction(body: &str) -> (&str, &str) {
    let Some(at) = body.rfind(['.', ',']) else {
        return (body, "");
    };
    let (whole, fraction) = (&body[..at], &body[at + 1..]);
    let mark = &body[at..=at];
    let groups = mark == "," && ungroup(body).is_some();
    if whole.contains(mark) || groups { (body, "") } else { (whole, fraction) }
}

/// Takes the grouping out of a whole number; nothing if it is not exact groups
/// of three after a first group that does not begin with zero.
fn ungroup(whole: &str) -> Option<String> {
    let Some(separator) = whole.chars().find(|c| [',', '.', ' ', '\''].contains(c)) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let fits = (1..=3).contains(&first.len()) && !first.starts_with('0') && is_digits(first);
    let rest_fits = groups.all(|group| group.len() == 3 && is_digits(group));
    (fits && rest_fits).then(|| whole.replace(separator, ""))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn assemble(negative: bool, whole: &str, fraction: &str, exponent: i64, excess: Excess) -> Option<Decimal> {
    let written = format!("{whole}{fraction}");
    if written.is_empty() || !is_digits(&written) {
        return None;
    }
    let places = i64::try_from(fraction.len()).ok()?;
    let significant = written.trim_start_matches('0');
    let digits = significant.trim_end_matches('0');
    let dropped = i64::try_from(significant.len() - digits.len()).ok()?;
    let power = exponent.checked_sub(places)?.checked_add(dropped)?;
    if digits.is_empty() {
        return Some(Decimal::ZERO);
    }
    let value = match excess {
        Excess::Refuse => scaled(digits, power),
        Excess::Cut => cut(digits, power),
    }?;
    Some(if negative { -value } else { value })
}

/// The digits times ten to the power, if a [`Decimal`] holds that exactly.
fn scaled(digits: &str, power: i64) -> Option<Decimal> {
    let zeros = usize::try_from(power.max(0)).ok()?;
    let scale = u32::try_from((-power.min(0)).min(i64::from(u32::MAX))).ok()?;
    if digits.len().checked_add(zeros)? > MAX_DIGITS + 1 {
        return None;
    }
    let mantissa: i128 = format!("{digits}{}", "0".repeat(zeros)).parse().ok()?;
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

/// As [`scaled`], without the digits that do not fit behind the decimal point.
fn cut(digits: &str, power: i64) -> Option<Decimal> {
    let max = i64::try_from(MAX_DIGITS).ok()?;
    let length = i64::try_from(digits.len()).ok()?;
    let excess = (length - max).max(power.saturating_neg().saturating_sub(max)).max(0);
    if excess == 0 || scaled(digits, power).is_some() {
        return scaled(digits, power);
    }
    let kept = usize::try_from(length.saturating_sub(excess)).unwrap_or(0);
    if kept == 0 {
        return Some(Decimal::ZERO);
    }
    scaled(&digits[..kept], power.checked_add(excess)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may panic
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn people_write_numbers_in_many_ways() {
        for (typed, value) in [
            ("42", "42"),
            (" 42 ", "42"),
            ("+42", "42"),
            ("-42", "-42"),
            ("− 42", "-42"),
            ("–42", "-42"),
            ("４２", "42"),
            ("1.5", "1.5"),
            ("1,5", "1.5"),
            (".5", "0.5"),
            (",5", "0.5"),
            ("5.", "5"),
            ("1,234", "1234"),
            ("1 234", "1234"),
            ("1\u{202F}234", "1234"),
            ("1'234", "1234"),
            ("1’234", "1234"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("1,234.5", "1234.5"),
            ("1.234,5", "1234.5"),
            ("1 234,567", "1234.567"),
            ("1.234", "1.234"),
            ("0,234", "0.234"),
            ("1234,567", "1234.567"),
            ("1e3", "1000"),
            ("1E3", "1000"),
            ("1.5e-2", "0.015"),
            ("1,5e+2", "150"),
            ("007", "7"),
            ("-0", "0"),
            ("0.000", "0"),
            ("1e-40", "0"),
            ("0e999", "0"),
            ("1e28", "10000000000000000000000000000"),
            ("3.14159265358979323846264338327950288419", "3.141592653589793238462643383"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
        ] {
            assert_eq!(lenient(typed), Some(decimal(value)), "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for typed in [
            "",
            " ",
            ".",
            ",",
            "-",
            "e",
            "e3",
            "1e",
            "abc",
            "1,23,4",
            "12,34,567",
            "1,5,6",
            "1,234,56",
            "1 2",
            "1,234 567",
            "1.2.3",
            "--1",
            "+-1",
            "NaN",
            "inf",
            "0x10",
            "50%",
            "5 km",
            "½",
            "1e99",
            "1e99999999999999999999",
            "1e-9223372036854775808x",
            "٣",
            "1,234.567,8",
        ] {
            assert_eq!(lenient(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_key_is_read_exactly_or_not_at_all() {
        assert_eq!(exact("-1.50"), Some(decimal("-1.5")));
        assert_eq!(exact("1e+2"), Some(decimal("100")));
        for text in [
            "1,5",
            "1 000",
            "1e-29",
            "0.12345678901234567890123456789",
            "79228162514264337593543950336",
            "1e30",
            "−1",
        ] {
            assert_eq!(exact(text), None, "{text:?}");
        }
    }

    #[test]
    fn json_keeps_every_digit() {
        assert_eq!(to_json(decimal("1.50")).to_string(), "1.5");
        assert_eq!(to_json(decimal("3")).to_string(), "3");
        assert_eq!(to_json(decimal("1.2345678901234567890123")), "1.2345678901234567890123");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*", numeric in "[-+0-9., 'eE]{0,40}") {
            let _ = (lenient(&text), exact(&text), lenient(&numeric), exact(&numeric));
        }

        #[test]
        fn what_is_printed_is_read_back(mantissa in -(1i128 << 95)..(1i128 << 95), scale in 0u32..=28) {
            let number = Decimal::from_i128_with_scale(mantissa, scale);
            prop_assert_eq!(exact(&number.to_string()), Some(number));
            prop_assert_eq!(lenient(&number.to_string()), Some(number));
            let json = to_json(number);
            prop_assert_eq!(exact(json.as_str().unwrap_or(&json.to_string())), Some(number));
        }
    }
}
