//! Values on PostgreSQL's wire, in its binary form.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{Row, StoreError, Value};

/// A parameter on its way out. PostgreSQL tells which type it expects in its place.
#[derive(Debug)]
pub(super) struct Outgoing<'a>(pub(super) &'a Value);

impl ToSql for Outgoing<'_> {
    fn to_sql(&self, expected: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if let Some(reason) = misfit(self.0, expected) {
            return Err(reason.into());
        }
        match (self.0, expected) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Int(number), &Type::INT8) => out.put_i64(*number),
            (Value::Int(number), &Type::INT4) => out.put_i32(i32::try_from(*number)?),
            (Value::Int(number), &Type::INT2) => out.put_i16(i16::try_from(*number)?),
            (Value::Int(number), _) => out.put_u8(u8::try_from(*number)?),
            (Value::Text(text), _) => out.put_slice(text.as_bytes()),
            (Value::Blob(bytes), _) => out.put_slice(bytes),
        }
        Ok(IsNull::No)
    }

    /// Checked value by value, with a message of our own.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Why the value can't stand where this type is expected; nothing when it can.
pub(super) fn misfit(value: &Value, expected: &Type) -> Option<String> {
    let fits = match (value, expected) {
        (Value::Null, _) | (Value::Int(_), &Type::INT8) | (Value::Blob(_), &Type::BYTEA) => true,
        (Value::Int(number), &Type::INT4) => i32::try_from(*number).is_ok(),
        (Value::Int(number), &Type::INT2) => i16::try_from(*number).is_ok(),
        (Value::Int(number), &Type::BOOL) => matches!(number, 0 | 1),
        (Value::Text(_), &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME) => true,
        _ => false,
    };
    (!fits)
        .then(|| format!("{} is given, PostgreSQL expects {expected}; a cast may be missing", value.kind()))
}

/// A column on its way in; nothing when it is of a type the store doesn't know.
struct Incoming(Option<Value>);

impl<'a> FromSql<'a> for Incoming {
    fn from_sql(found: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Incoming(match *found {
            Type::BOOL => Some(Value::Int(bool::from_sql(found, bytes)?.into())),
            Type::INT2 => Some(Value::Int(i16::from_sql(found, bytes)?.into())),
            Type::INT4 => Some(Value::Int(i32::from_sql(found, bytes)?.into())),
            Type::INT8 => Some(Value::Int(i64::from_sql(found, bytes)?)),
            Type::NUMERIC => whole_number(bytes).map(Value::Int),
            Type::BYTEA => Some(Value::Blob(bytes.to_vec())),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                Some(Value::Text(String::from_utf8(bytes.to_vec())?))
            }
            _ => None,
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Incoming(Some(Value::Null)))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The whole number in a `numeric`, which is what `sum` of `bigint` comes as: a count of digits, the weight of the
/// first, a sign and a scale, 16 bits each, then digits to base 10,000.
fn whole_number(bytes: &[u8]) -> Option<i64> {
    const NEGATIVE: i128 = 0x4000;
    const WEIGHT_MAX: i128 = 4;
    let words: Vec<i128> =
        bytes.chunks_exact(2).map(|word| i128::from(u16::from_be_bytes([word[0], word[1]]))).collect();
    let [count, weight, sign, _scale, digits @ ..] = words.as_slice() else { return None };
    if *count == 0 && *sign == 0 {
        return Some(0);
    }
    let places = weight + 1 - i128::try_from(digits.len()).ok()?;
    if *weight > WEIGHT_MAX || !matches!(*sign, 0 | NEGATIVE) || places < 0 {
        return None;
    }
    let value = digits.iter().fold(0, |value: i128, digit| value * 10_000 + digit);
    let value = value * 10_000_i128.pow(u32::try_from(places).ok()?);
    i64::try_from(if *sign == NEGATIVE { -value } else { value }).ok()
}

/// A row as the store hands it out.
pub(super) fn row_of(statement: &'static str, row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let value = |column| match row.try_get::<_, Incoming>(column) {
        Ok(Incoming(Some(value))) => Ok(value),
        Ok(Incoming(None)) | Err(_) => Err(StoreError::WrongType {
            statement,
            column,
            expected: "a number, text, bytes or null",
            found: "a fraction or another type of PostgreSQL's own",
        }),
    };
    Ok(Row::new(statement, (0..row.len()).map(value).collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_from_numeric() {
        let numeric = |weight: i16, sign: u16, digits: &[u16]| -> Vec<u8> {
            let mut bytes = u16::try_from(digits.len()).expect("few digits").to_be_bytes().to_vec();
            bytes.extend(weight.to_be_bytes());
            bytes.extend(sign.to_be_bytes());
            bytes.extend([0, 0]);
            bytes.extend(digits.iter().flat_map(|digit| digit.to_be_bytes()));
            bytes
        };
        let cases = [
            ("0", numeric(0, 0, &[]), Some(0)),
            ("42", numeric(0, 0, &[42]), Some(42)),
            ("-12345678", numeric(1, 0x4000, &[1234, 5678]), Some(-12_345_678)),
            ("50000", numeric(1, 0, &[5]), Some(50_000)),
            ("i64::MAX", numeric(4, 0, &[922, 3372, 368, 5477, 5807]), Some(i64::MAX)),
            ("i64::MIN", numeric(4, 0x4000, &[922, 3372, 368, 5477, 5808]), Some(i64::MIN)),
            ("i64::MAX + 1", numeric(4, 0, &[922, 3372, 368, 5477, 5808]), None),
            ("1.5", numeric(0, 0, &[1, 5000]), None),
            ("0.5", numeric(-1, 0, &[5000]), None),
            ("10^40", numeric(10, 0, &[1]), None),
            ("NaN", numeric(0, 0xC000, &[]), None),
            ("cut off", vec![0, 1, 0], None),
        ];
        for (name, bytes, expected) in cases {
            assert_eq!(whole_number(&bytes), expected, "{name}");
        }
    }
}
