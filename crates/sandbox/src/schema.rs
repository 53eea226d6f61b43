//! The attributes that a pool's users have: their form, and who may write them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::wire::{Failure, Fields};

/// `Schema`: the standard attributes, and the pool's own.
#[derive(Clone)]
pub(crate) struct Schema(BTreeMap<String, Attribute>);

#[derive(Clone)]
struct Attribute {
    kind: Kind,
    mutable: bool,
    required: bool,
    /// Of a text, its length; of a number, its value.
    least: i64,
    most: i64,
}

/// `AttributeDataType`
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Time,
    Boolean,
}

/// Who writes an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// The user, through an app client.
    User,
    /// The administrator.
    Admin,
}

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// The first attributes of a new user.
    New,
    /// Changes to those of a user.
    Change,
}

impl Schema {
    const TEXTS: [&str; 17] = [
        "address",
        "birthdate",
        "email",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "phone_number",
        "picture",
        "preferred_username",
        "profile",
        "sub",
        "website",
        "zoneinfo",
    ];
    const CUSTOM: usize = 50;

    /// Reads `Schema` of `CreateUserPool`.
    pub(crate) fn read(list: &[Fields<'_>]) -> Result<Self, Failure> {
        let mut schema = Self::standard();
        for fields in list {
            let name = fields.text("Name")?;
            let required = fields.flag("Required")?;
            let mutable = fields.maybe_flag("Mutable")?.unwrap_or(true);
            if let Some(standard) = schema.0.get_mut(name) {
                standard.required |= required;
                standard.mutable &= mutable;
                continue;
            }
            if required {
                return Err(Failure::invalid_parameter(
                    "Required custom attributes are not supported currently.",
                ));
            }
            let bare = name.strip_prefix("custom:").unwrap_or(name);
            if !(1..=20).contains(&bare.chars().count()) || bare.contains(char::is_whitespace) {
                return Err(Failure::invalid_parameter(format!(
                    "Invalid name of the custom attribute {bare}: 1 to 20 characters are allowed."
                )));
            }
            let attribute = Attribute::read(*fields, mutable)?;
            schema.0.insert(format!("custom:{bare}"), attribute);
            if schema.0.len() > Self::standard().0.len() + Self::CUSTOM {
                return Err(Failure::invalid_parameter(
                    "A user pool has at most 50 custom attributes.",
                ));
            }
        }
        Ok(schema)
    }

    fn standard() -> Self {
        let text = |name: &&str| ((*name).to_owned(), Attribute::of(Kind::Text, 0, 2048));
        let mut all: BTreeMap<_, _> = Self::TEXTS.iter().map(text).collect();
        for name in ["email_verified", "phone_number_verified"] {
            all.insert(name.to_owned(), Attribute::of(Kind::Boolean, 0, 0));
        }
        all.insert(
            "updated_at".into(),
            Attribute::of(Kind::Number, 0, i64::MAX),
        );
        all.insert("birthdate".into(), Attribute::of(Kind::Text, 10, 10));
        if let Some(sub) = all.get_mut("sub") {
            (sub.mutable, sub.required, sub.least) = (false, true, 1);
        }
        Self(all)
    }

    /// The attributes that a new user must have, beside `sub`, which the pool gives.
    pub(crate) fn required(&self) -> Vec<String> {
        let asked = |(name, attribute): &(&String, &Attribute)| {
            attribute.required && name.as_str() != "sub"
        };
        self.0
            .iter()
            .filter(asked)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Refuses to take an attribute away that a user must have.
    pub(crate) fn may_go(&self, name: &str) -> Result<(), Failure> {
        match self.0.get(name) {
            None => Err(Failure::invalid_parameter(format!(
                "user.{name}: Attribute does not exist in the schema.\n"
            ))),
            Some(attribute) if attribute.required || !attribute.mutable => Err(
                Failure::invalid_parameter(format!("user.{name}: Attribute cannot be deleted.\n")),
            ),
            Some(_) => Ok(()),
        }
    }

    /// Refuses attributes that do not fit, in Cognito's words.
    pub(crate) fn check(
        &self,
        attributes: &[(String, String)],
        writer: Writer,
        writing: Writing,
    ) -> Result<(), Failure> {
        let mut complaints = String::new();
        let prefix = match writing {
            Writing::New => "",
            Writing::Change => "user.",
        };
        for (name, value) in attributes {
            let Some(attribute) = self.0.get(name) else {
                complaints += &format!("{prefix}{name}: Attribute does not exist in the schema.\n");
                continue;
            };
            if writer == Writer::User && (name == "sub" || name.ends_with("_verified")) {
                return Err(Failure::not_authorized(
                    "A client attempted to write unauthorized attribute",
                ));
            }
            if name == "sub" || (writing == Writing::Change && !attribute.mutable) {
                complaints += &format!("{prefix}{name}: Attribute cannot be updated.\n");
                continue;
            }
            if value.is_empty() && writing == Writing::Change {
                continue;
            }
            match name.as_str() {
                "email" if !is_email(value) => {
                    return Err(Failure::invalid_parameter("Invalid email address format."));
                }
                "phone_number" if !is_phone(value) => {
                    return Err(Failure::invalid_parameter("Invalid phone number format."));
                }
                _ => (),
            }
            if let Some(complaint) = attribute.complaint(value) {
                complaints += &format!("{prefix}{name}: {complaint}\n");
            }
        }
        if complaints.is_empty() {
            return Ok(());
        }
        Err(Failure::invalid_parameter(match writing {
            Writing::New => format!("Attributes did not conform to the schema: {complaints}"),
            Writing::Change => complaints,
        }))
    }

    /// `SchemaAttributes`
    pub(crate) fn describe(&self) -> Vec<Value> {
        let one = |(name, attribute): (&String, &Attribute)| attribute.describe(name);
        self.0.iter().map(one).collect()
    }
}

impl Attribute {
    fn of(kind: Kind, least: i64, most: i64) -> Self {
        Self {
            kind,
            mutable: true,
            required: false,
            least,
            most,
        }
    }

    fn read(fields: Fields<'_>, mutable: bool) -> Result<Self, Failure> {
        let kind = match fields.maybe_text("AttributeDataType")? {
            Some("String") | None => Kind::Text,
            Some("Number") => Kind::Number,
            Some("DateTime") => Kind::Time,
            Some("Boolean") => Kind::Boolean,
            Some(other) => {
                return Err(Failure::invalid_parameter(format!(
                    "Invalid AttributeDataType {other}: String, Number, DateTime or Boolean."
                )));
            }
        };
        let limits = |list: &str, low: &str, high: &str, default: (i64, i64)| {
            let list = fields.inside(list)?;
            let limit = |name: &str, default| {
                let Some(text) = list.maybe_text(name)? else {
                    return Ok(default);
                };
                let wrong = || Failure::invalid_parameter(format!("{name} must be a number."));
                text.parse::<i64>().map_err(|_| wrong())
            };
            Ok::<_, Failure>((limit(low, default.0)?, limit(high, default.1)?))
        };
        let (least, most) = match kind {
            Kind::Number => limits(
                "NumberAttributeConstraints",
                "MinValue",
                "MaxValue",
                (i64::MIN, i64::MAX),
            )?,
            Kind::Text => limits(
                "StringAttributeConstraints",
                "MinLength",
                "MaxLength",
                (0, 2048),
            )?,
            Kind::Time | Kind::Boolean => (0, 0),
        };
        Ok(Self {
            mutable,
            ..Self::of(kind, least, most)
        })
    }

    fn complaint(&self, value: &str) -> Option<String> {
        let (least, most) = (self.least, self.most);
        match self.kind {
            Kind::Text => {
                let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
                if length < least {
                    return Some(format!("String must not be shorter than {least}"));
                }
                (length > most).then(|| format!("String must not be longer than {most}"))
            }
            Kind::Number => match value.parse::<i64>() {
                Err(_) => Some("Number must be a whole number".into()),
                Ok(number) if number < least => Some(format!("Number must not be below {least}")),
                Ok(number) if number > most => Some(format!("Number must not be above {most}")),
                Ok(_) => None,
            },
            Kind::Time => value
                .parse::<jiff::Timestamp>()
                .err()
                .map(|_| "DateTime must be in ISO 8601".into()),
            Kind::Boolean => {
                let known = ["true", "false"].contains(&value);
                (!known).then(|| "Boolean must be true or false".into())
            }
        }
    }

    fn describe(&self, name: &str) -> Value {
        let mut answer = json!({
            "Name": name,
            "AttributeDataType": match self.kind {
                Kind::Text => "String",
                Kind::Number => "Number",
                Kind::Time => "DateTime",
                Kind::Boolean => "Boolean",
            },
            "DeveloperOnlyAttribute": false,
            "Mutable": self.mutable,
            "Required": self.required,
        });
        let (least, most) = (self.least.to_string(), self.most.to_string());
        match self.kind {
            Kind::Text => {
                answer["StringAttributeConstraints"] =
                    json!({ "MinLength": least, "MaxLength": most });
            }
            Kind::Number if self.least > i64::MIN => {
                answer["NumberAttributeConstraints"] = json!({ "MinValue": least });
            }
            Kind::Number | Kind::Time | Kind::Boolean => (),
        }
        answer
    }
}

/// Something, an `@`, and something with no white space anywhere.
pub(crate) fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}

/// E.164: `+`, and up to 15 digits.
pub(crate) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

#[cfg(test)]
mod tests;
