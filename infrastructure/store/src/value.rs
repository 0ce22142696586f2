//! What goes into a statement and what comes out of it.
//!
//! Four kinds are enough: numbers are `i64`, times are microseconds UTC, dates are ISO 8601 text, identifiers are text
//! or 16 bytes, yes and no are 1 and 0. There are no floats: money and quantities are whole.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::StoreError;

/// One value of a parameter or of a column.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number, a time in microseconds UTC, or 0 and 1 for no and yes.
    Int(i64),
    /// Text, or a date as `2026-11-21`.
    Text(String),
    /// Bytes, or a UUID as its 16 bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// The name of the kind, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int(_) => "a number",
            Value::Text(_) => "text",
            Value::Blob(_) => "bytes",
        }
    }
}

/// Shows the kind and size only: values are people's data and must not reach a log.
impl std::fmt::Debug for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Null => write!(formatter, "Null"),
            Value::Int(_) => write!(formatter, "Int(..)"),
            Value::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Value::Blob(bytes) => write!(formatter, "Blob({} bytes)", bytes.len()),
        }
    }
}

macro_rules! value_from {
    ($($source:ty => |$name:ident| $value:expr;)*) => {$(
        impl From<$source> for Value {
            fn from($name: $source) -> Self {
                $value
            }
        }
    )*};
}

value_from! {
    i64 => |number| Value::Int(number);
    i32 => |number| Value::Int(number.into());
    i16 => |number| Value::Int(number.into());
    i8 => |number| Value::Int(number.into());
    u32 => |number| Value::Int(number.into());
    u16 => |number| Value::Int(number.into());
    u8 => |number| Value::Int(number.into());
    bool => |truth| Value::Int(truth.into());
    &str => |text| Value::Text(text.to_owned());
    &String => |text| Value::Text(text.clone());
    String => |text| Value::Text(text);
    Vec<u8> => |bytes| Value::Blob(bytes);
    &Vec<u8> => |bytes| Value::Blob(bytes.clone());
    &[u8] => |bytes| Value::Blob(bytes.to_vec());
    Uuid => |id| Value::Blob(id.into_bytes().to_vec());
    &Uuid => |id| Value::Blob(id.into_bytes().to_vec());
    Timestamp => |time| Value::Int(time.as_microsecond());
    Date => |date| Value::Text(date.to_string());
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Value::Blob(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Value::Blob(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The parameters of a statement, in the order of their numbers: `params![number, name, version]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec::Vec::<$crate::Value>::from([$($crate::Value::from($value)),*])
    };
}

/// A type a column can be read as.
pub trait FromValue: Sized {
    /// What is expected of the column, for messages.
    const EXPECTED: &'static str;

    /// The value as this type, or nothing when it is of another kind or out of range.
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for Value {
    const EXPECTED: &'static str = "a value";

    fn from_value(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

impl FromValue for bool {
    const EXPECTED: &'static str = "0 or 1";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        }
    }
}

macro_rules! number_from_value {
    ($($number:ty: $expected:literal),*) => {$(
        impl FromValue for $number {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Int(number) => <$number>::try_from(*number).ok(),
                    _ => None,
                }
            }
        }
    )*};
}

number_from_value! {
    i64: "a number",
    i32: "a 32-bit number", i16: "a 16-bit number", i8: "an 8-bit number",
    u64: "a number from 0", u32: "a 32-bit number from 0", u16: "a 16-bit number from 0", u8: "an 8-bit number from 0",
    usize: "a number from 0"
}

impl FromValue for String {
    const EXPECTED: &'static str = "text";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    const EXPECTED: &'static str = "bytes";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    const EXPECTED: &'static str = "bytes of a fixed length";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

impl FromValue for Uuid {
    const EXPECTED: &'static str = "a UUID of 16 bytes";

    fn from_value(value: &Value) -> Option<Self> {
        <[u8; 16]>::from_value(value).map(Uuid::from_bytes)
    }
}

impl FromValue for Timestamp {
    const EXPECTED: &'static str = "a time in microseconds";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(microseconds) => Timestamp::from_microsecond(*microseconds).ok(),
            _ => None,
        }
    }
}

impl FromValue for Date {
    const EXPECTED: &'static str = "a date as YYYY-MM-DD";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// One row a statement returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    statement: &'static str,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(statement: &'static str, values: Vec<Value>) -> Self {
        Self { statement, values }
    }

    /// The column at this position, counted from 0.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] when there is no such column or it holds something else.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, StoreError> {
        let found = self.values.get(column);
        found.and_then(T::from_value).ok_or_else(|| StoreError::WrongType {
            statement: self.statement,
            column,
            expected: T::EXPECTED,
            found: match found {
                None => "nothing: there is no such column",
                Some(value) => value.kind(),
            },
        })
    }

    /// How many columns the row has.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether the row has no column at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values, in the order of the columns.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }
}
