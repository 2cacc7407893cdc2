//! HEALTHCHECK: its durations and retries, read as BuildKit's own language reads them.

use std::time::Duration;

use super::super::quote::quote;
use super::super::{Arguments, Flag, Instruction, Keyword};
use super::findings::{Findings, flag_value};

/// The flags of a `HEALTHCHECK CMD`. Absent means Docker's default; so does zero.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Health {
    /// `--interval`
    pub interval: Option<Duration>,
    /// `--timeout`
    pub timeout: Option<Duration>,
    /// `--start-period`
    pub start_period: Option<Duration>,
    /// `--start-interval`
    pub start_interval: Option<Duration>,
    /// `--retries`
    pub retries: Option<u32>,
}

/// What a HEALTHCHECK says about times; `None` for `NONE`, for other instructions, and where a value is wrong.
pub fn health(instruction: &Instruction) -> Option<Health> {
    let Arguments::Health { kind, .. } = &instruction.arguments else { return None };
    if is_none(instruction.text(*kind)) {
        return None;
    }
    let time = |name| match instruction.flag(name) {
        None | Some("") => Some(None),
        Some(value) => interval(name, value).ok().map(Some),
    };
    Some(Health {
        interval: time("interval")?,
        timeout: time("timeout")?,
        start_period: time("start-period")?,
        start_interval: time("start-interval")?,
        retries: match instruction.flag("retries") {
            None | Some("") => None,
            Some(value) => Some(retries(value).ok()?),
        },
    })
}

/// Whether a HEALTHCHECK's type is `NONE`, in any case.
pub(super) fn is_none(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("none")
}

/// Checks the values of the flags, in the order in which BuildKit reads them.
pub(super) fn check(found: &mut Findings<'_>) {
    debug_assert!(found.instruction.keyword == Keyword::Healthcheck);
    for name in ["interval", "timeout", "start-period", "start-interval"] {
        for (flag, value) in values(found.instruction, name) {
            if let Err(message) = interval(name, value) {
                let help = "write a number and a unit, at least 1ms: `30s`, `1m30s`, `500ms`";
                found.at(flag_value(found.instruction, flag), message, help);
            }
        }
    }
    for (flag, value) in values(found.instruction, "retries") {
        if let Err(message) = retries(value) {
            found.at(flag_value(found.instruction, flag), message, "write a whole number: `--retries=3`");
        }
    }
}

fn values<'a>(instruction: &'a Instruction, name: &str) -> Vec<(&'a Flag, &'a str)> {
    let named = instruction.flags.iter().filter(|flag| flag.name() == name);
    named.filter_map(|flag| Some((flag, flag.value().filter(|value| !value.is_empty())?))).collect()
}

fn interval(name: &str, value: &str) -> Result<Duration, String> {
    match nanoseconds(value)? {
        0 => Ok(Duration::ZERO),
        at_least if at_least >= 1_000_000 => Ok(Duration::from_nanos(at_least.unsigned_abs())),
        _ => Err(format!("Interval {} cannot be less than 1ms", quote(name))),
    }
}

fn retries(value: &str) -> Result<u32, String> {
    let failed = |cause: &str| Err(format!("strconv.ParseInt: parsing {}: {cause}", quote(value)));
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    if digits.is_empty() {
        return failed("invalid syntax");
    }
    let mut number: u32 = 0;
    // Whichever is met first is told: a letter that is no digit, or the digit that is too much.
    for letter in digits.chars() {
        let Some(digit) = letter.to_digit(10) else { return failed("invalid syntax") };
        match number.checked_mul(10).and_then(|number| number.checked_add(digit)) {
            Some(next) => number = next,
            None => return failed("value out of range"),
        }
    }
    match (value.starts_with('-'), number) {
        (_, 0) => Ok(0),
        (false, ..0x8000_0000) => Ok(number),
        (true, ..=0x8000_0000) => Err(format!("--retries cannot be negative (-{number})")),
        _ => failed("value out of range"),
    }
}

const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The largest count of nanoseconds, as a magnitude.
const LIMIT: u64 = 1 << 63;

/// A duration such as `1h2.5s`, in nanoseconds.
fn nanoseconds(value: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote_bytes(value));
    let (negative, mut rest) = match value.as_bytes().first() {
        Some(b'-') => (true, &value[1..]),
        Some(b'+') => (false, &value[1..]),
        _ => (false, value),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let number: u64 = match whole {
            "" => 0,
            whole => whole.parse().ok().filter(|number| *number <= LIMIT).ok_or_else(invalid)?,
        };
        let length =
            after.find(|letter: char| letter == '.' || letter.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(length);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote_bytes(value)));
        }
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let (unit, value) = (quote_bytes(unit), quote_bytes(value));
            return Err(format!("time: unknown unit {unit} in duration {value}"));
        };
        let part = number.checked_mul(*scale).filter(|part| *part <= LIMIT).ok_or_else(invalid)?;
        total = part
            .checked_add(fraction_of(fraction, *scale))
            .filter(|part| *part <= LIMIT)
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= LIMIT)
            .ok_or_else(invalid)?;
        rest = after;
    }
    match (negative, i64::try_from(total)) {
        (true, _) => Ok(0_i64.wrapping_sub_unsigned(total)),
        (false, Ok(total)) => Ok(total),
        (false, Err(_)) => Err(invalid()),
    }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// What the digits after a point are worth. Digits past the precision of 63 bits are dropped, as in Go.
fn fraction_of(digits: &str, scale: u64) -> u64 {
    let mut value: u64 = 0;
    let mut parts = 1.0_f64;
    for digit in digits.bytes() {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > LIMIT {
            break;
        }
        value = next;
        parts *= 10.0;
    }
    (value as f64 * (scale as f64 / parts)) as u64
}

/// In double quotes, every byte outside ASCII by number: how Go's durations are shown.
fn quote_bytes(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            ' '..='\u{7f}' => out.push(letter),
            _ => {
                let mut buffer = [0; 4];
                letter.encode_utf8(&mut buffer);
                out.extend(buffer[..letter.len_utf8()].iter().map(|byte| format!("\\x{byte:02x}")));
            }
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("1h2m3.5s", Ok(3_723_500_000_000)),
            (".5ms", Ok(500_000)),
            ("1.s", Ok(1_000_000_000)),
            ("-1s", Ok(-1_000_000_000)),
            ("1us2µs3μs4ns", Ok(6_004)),
            ("9223372036854775807ns", Ok(i64::MAX)),
            ("-9223372036854775808ns", Ok(i64::MIN)),
            ("9223372036854775808ns", Err("time: invalid duration \"9223372036854775808ns\"")),
            ("5", Err("time: missing unit in duration \"5\"")),
            ("5 s", Err("time: unknown unit \" s\" in duration \"5 s\"")),
            ("5é", Err("time: unknown unit \"\\xc3\\xa9\" in duration \"5\\xc3\\xa9\"")),
            (".s", Err("time: invalid duration \".s\"")),
            ("s", Err("time: invalid duration \"s\"")),
            ("-", Err("time: invalid duration \"-\"")),
        ] {
            assert_eq!(nanoseconds(text), expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn retries_are_a_small_number() {
        assert_eq!(retries("+3"), Ok(3));
        assert_eq!(retries("-0"), Ok(0));
        assert_eq!(retries("-1"), Err("--retries cannot be negative (-1)".to_owned()));
        assert!(retries("1_0").is_err_and(|error| error.ends_with("invalid syntax")));
        assert!(retries("4294967296x").is_err_and(|error| error.ends_with("value out of range")));
        assert!(retries("4294967295x").is_err_and(|error| error.ends_with("invalid syntax")));
        assert_eq!(retries("-2147483648"), Err("--retries cannot be negative (-2147483648)".to_owned()));
        assert!(retries("2147483648").is_err_and(|error| error.ends_with("value out of range")));
    }
}
