//! Cognito's shapes on the wire: AWS JSON 1.1 in and out, and errors as AWS names them.

use std::{borrow::Cow, sync::LazyLock};

use serde_json::{Map, Value, json};

/// An error as AWS names it: the `__type`, a sentence, and an HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) status: u16,
}

/// What an operation answers.
pub(crate) type Answer = Result<Value, Failure>;

impl Failure {
    /// Any error with status 400, which is what JSON 1.1 services answer.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: 400,
        }
    }

    /// `NotAuthorizedException`
    pub(crate) fn not_authorized(message: impl Into<String>) -> Self {
        Self::new("NotAuthorizedException", message)
    }

    /// `InvalidParameterException`
    pub(crate) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    /// `ResourceNotFoundException`
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    /// `UserNotFoundException`
    pub(crate) fn no_user() -> Self {
        Self::new("UserNotFoundException", "User does not exist.")
    }

    /// `ValidationException`, for what an API's model forbids.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// `AccessDenied` of STS and IAM.
    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self {
            status: 403,
            ..Self::new("AccessDenied", message)
        }
    }

    /// `SerializationException`
    pub(crate) fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", message)
    }

    fn missing(field: &str) -> Self {
        let mut member = field.to_owned();
        if let Some(first) = member.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        Self::invalid_parameter(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    }

    /// The body of the error.
    pub(crate) fn body(&self) -> Value {
        json!({ "__type": self.code, "message": self.message })
    }
}

/// The members of a request, read by name and type.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

impl<'a> Fields<'a> {
    /// A request is an object, or it is nothing.
    pub(crate) fn of(body: &'a Value) -> Result<Self, Failure> {
        match body {
            Value::Object(members) => Ok(Self(members)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Failure::serialization("Start of structure expected")),
        }
    }

    /// A text that must be there.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, Failure> {
        self.maybe_text(name)?.ok_or_else(|| Failure::missing(name))
    }

    /// A text that may be absent.
    pub(crate) fn maybe_text(&self, name: &str) -> Result<Option<&'a str>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(mistyped(name, "a string")),
        }
    }

    /// A parameter of a sign-in that must be there, in the words that sign-ins have for it.
    pub(crate) fn parameter(&self, name: &str) -> Result<&'a str, Failure> {
        self.maybe_text(name)?
            .ok_or_else(|| missing_parameter(name))
    }

    /// A parameter of a sign-in that must be there and hold something.
    pub(crate) fn full_parameter(&self, name: &str) -> Result<&'a str, Failure> {
        let text = self.maybe_text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| missing_parameter(name))
    }

    /// A boolean, false when absent.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Failure> {
        Ok(self.maybe_flag(name)?.unwrap_or(false))
    }

    /// A boolean that may be absent.
    pub(crate) fn maybe_flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(mistyped(name, "a boolean")),
        }
    }

    /// A whole number that may be absent.
    pub(crate) fn maybe_number(&self, name: &str) -> Result<Option<i64>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_i64()
                .map(Some)
                .ok_or_else(|| mistyped(name, "a number")),
        }
    }

    /// A structure or map; empty when absent.
    pub(crate) fn inside(&self, name: &str) -> Result<Fields<'a>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Fields(&EMPTY)),
            Some(Value::Object(members)) => Ok(Fields(members)),
            Some(_) => Err(mistyped(name, "a structure")),
        }
    }

    /// A list; empty when absent.
    pub(crate) fn list(&self, name: &str) -> Result<&'a [Value], Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(mistyped(name, "a list")),
        }
    }

    /// A list of texts; empty when absent.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Failure> {
        let text = |item: &Value| item.as_str().map(str::to_owned);
        self.list(name)?
            .iter()
            .map(|item| text(item).ok_or_else(|| mistyped(name, "strings")))
            .collect()
    }

    /// A list of structures; empty when absent.
    pub(crate) fn structures(&self, name: &str) -> Result<Vec<Fields<'a>>, Failure> {
        self.list(name)?.iter().map(Fields::of).collect()
    }

    /// A list of `{Name, Value}` pairs, as user attributes come.
    pub(crate) fn attributes(&self, name: &str) -> Result<Vec<(String, String)>, Failure> {
        self.structures(name)?
            .iter()
            .map(|pair| {
                let value = pair.maybe_text("Value")?.unwrap_or_default();
                Ok((pair.text("Name")?.to_owned(), value.to_owned()))
            })
            .collect()
    }

    /// The members as they came.
    pub(crate) fn to_value(self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Whether the member is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// The names of all members.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.keys().map(String::as_str)
    }
}

/// What Cognito says where a parameter of a sign-in is not there.
pub(crate) fn missing_parameter(name: &str) -> Failure {
    Failure::invalid_parameter(format!("Missing required parameter {name}"))
}

fn mistyped(name: &str, wanted: &str) -> Failure {
    Failure::serialization(format!("{name} must be {wanted}"))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}
