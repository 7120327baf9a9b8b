//! What goes into a statement and comes out of it: values for its placeholders, columns as our nouns.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use sqlx::{Database, Decode, Type};

use crate::base::{Timestamp, TokenHash};
use crate::identity::{
    Actor, ApplicationKey, AuditId, IdentityId, IdpKey, OrganizationKey, Origin, PolicyId, RoleId, SessionId, SignInId,
    TokenId, UserId,
};

/// Rows written or named in one statement: far below the placeholders of either engine (32,766 and 65,535).
pub(super) const BATCH: usize = 500;

/// `(first, …, first + count - 1)` as placeholders, for `in`.
pub(super) fn list(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    format!("({})", names.join(", "))
}

/// `rows` rows of `columns` placeholders, from `$first` on, for `values`.
pub(super) fn rows(first: usize, rows: usize, columns: usize) -> String {
    let lists: Vec<String> = (0..rows).map(|row| list(first + row * columns, columns)).collect();
    lists.join(", ")
}

/// A value on its way into a statement.
#[cfg_attr(test, derive(Clone))]
pub(super) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(bool),
}

/// The values of a statement, in the order of its placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::value::Value::from($value)),*] };
}
pub(super) use values;

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(Some(at.micros()))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Int(at.map(Timestamp::micros))
    }
}

/// Nouns that are stored as the text they show.
macro_rules! shown {
    ($($noun:ty),*) => {$(
        impl From<$noun> for Value {
            fn from(noun: $noun) -> Self {
                Self::Text(Some(noun.to_string()))
            }
        }
        impl From<Option<$noun>> for Value {
            fn from(noun: Option<$noun>) -> Self {
                Self::Text(noun.map(|noun| noun.to_string()))
            }
        }
    )*};
}
shown!(
    Actor,
    ApplicationKey,
    AuditId,
    IdentityId,
    IdpKey,
    OrganizationKey,
    Origin,
    PolicyId,
    RoleId,
    SessionId,
    SignInId,
    TokenId,
    UserId,
    TokenHash
);

/// A column of text that is read as a noun.
pub(super) struct Parsed<T>(pub(super) T);

impl<T, DB: Database> Type<DB> for Parsed<T>
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        String::compatible(ty)
    }
}

impl<'r, T, DB: Database> Decode<'r, DB> for Parsed<T>
where
    String: Decode<'r, DB>,
    T: FromStr<Err: Display>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        let text = String::decode(value)?;
        text.parse().map(Self).map_err(|error: T::Err| error.to_string().into())
    }
}

/// A column of JSON.
pub(super) struct FromJson<T>(pub(super) T);

impl<T, DB: Database> Type<DB> for FromJson<T>
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        String::compatible(ty)
    }
}

impl<'r, T: DeserializeOwned, DB: Database> Decode<'r, DB> for FromJson<T>
where
    String: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self(serde_json::from_str(&String::decode(value)?)?))
    }
}

/// A column of microseconds.
pub(super) struct At(pub(super) Timestamp);

impl<DB: Database> Type<DB> for At
where
    i64: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        i64::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        i64::compatible(ty)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for At
where
    i64: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self(Timestamp::from_micros(i64::decode(value)?)))
    }
}
