//! Devices: those that a user was offered, those that were confirmed, and what they prove
//! themselves by.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    clock::{Clock, Moment},
    pool::Pool,
    random,
    srp::Verifier,
    user::User,
    wire::{Answer, Failure, Fields},
    world::World,
};

mod proof;

/// A device of a user.
#[derive(Clone)]
pub(crate) struct Device {
    /// `REGION_UUID`
    pub(crate) key: String,
    /// `DeviceGroupKey`
    pub(crate) group: String,
    name: Option<String>,
    /// What `ConfirmDevice` brought.
    verifier: Option<Verifier>,
    /// It may prove itself in place of the user.
    pub(crate) remembered: bool,
    created: Moment,
    modified: Moment,
    last_used: Moment,
}

/// The devices of a user, oldest first.
#[derive(Clone, Default)]
pub(crate) struct Devices(Vec<Device>);

impl Devices {
    /// How many a user may confirm, and how many offers are remembered beside them.
    const LIMIT: usize = 30;

    /// Offers a new key, which means nothing until it is confirmed. Of too many offers the oldest
    /// is forgotten.
    pub(crate) fn offer(&mut self, region: &str, now: Moment) -> &Device {
        let offered = |device: &Device| device.verifier.is_none();
        if self.0.iter().filter(|device| offered(device)).count() >= Self::LIMIT
            && let Some(oldest) = self.0.iter().position(offered)
        {
            self.0.remove(oldest);
        }
        self.0.push(Device {
            key: format!("{region}_{}", random::uuid()),
            group: format!("-{}", random::text(random::ALNUM, 8)),
            name: None,
            verifier: None,
            remembered: false,
            created: now,
            modified: now,
            last_used: now,
        });
        self.0.last().expect("one was just put there")
    }

    /// A device that was confirmed.
    pub(crate) fn find(&self, key: &str) -> Option<&Device> {
        self.confirmed().find(|device| device.key == key)
    }

    /// A device that was confirmed, to change.
    pub(crate) fn find_mut(&mut self, key: &str) -> Option<&mut Device> {
        let mut confirmed = self.0.iter_mut().filter(|device| device.verifier.is_some());
        confirmed.find(|device| device.key == key)
    }

    /// Whether a key was offered and neither confirmed nor forgotten.
    pub(crate) fn is_offered(&self, key: &str) -> bool {
        let mut offered = self.0.iter().filter(|device| device.verifier.is_none());
        offered.any(|device| device.key == key)
    }

    fn confirmed(&self) -> impl Iterator<Item = &Device> {
        self.0.iter().filter(|device| device.verifier.is_some())
    }

    fn confirm(
        &mut self,
        key: &str,
        verifier: Verifier,
        name: Option<&str>,
        now: Moment,
    ) -> Result<&mut Device, Failure> {
        let others = self.confirmed().filter(|device| device.key != key).count();
        let device = self.0.iter_mut().find(|device| device.key == key);
        let device = device.ok_or_else(gone)?;
        if others >= Self::LIMIT {
            return Err(Failure::new(
                "LimitExceededException",
                "The user has too many devices.",
            ));
        }
        device.verifier = Some(verifier);
        device.name = name.map(str::to_owned).or(device.name.take());
        device.modified = now;
        Ok(device)
    }

    fn forget(&mut self, key: &str) -> Result<(), Failure> {
        let place = self.0.iter().position(|device| device.key == key);
        self.0.remove(place.ok_or_else(gone)?);
        Ok(())
    }
}

impl Device {
    /// Notes a sign-in.
    pub(crate) fn used(&mut self, now: Moment) {
        self.last_used = now;
    }

    fn describe(&self, clock: &Clock) -> Value {
        let remembered = if self.remembered {
            "remembered"
        } else {
            "not_remembered"
        };
        let mut attributes = vec![
            json!({ "Name": "device_status", "Value": "valid" }),
            json!({ "Name": "dev:device_remembered_status", "Value": remembered }),
            json!({ "Name": "last_ip_used", "Value": "127.0.0.1" }),
        ];
        if let Some(name) = &self.name {
            attributes.push(json!({ "Name": "device_name", "Value": name }));
        }
        json!({
            "DeviceKey": self.key,
            "DeviceAttributes": attributes,
            "DeviceCreateDate": clock.tell(self.created).fraction(),
            "DeviceLastModifiedDate": clock.tell(self.modified).fraction(),
            "DeviceLastAuthenticatedDate": clock.tell(self.last_used).fraction(),
        })
    }
}

/// Whose devices an operation is about.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    /// Of the user who holds the access token.
    Own,
    /// Of the user whom the administrator names.
    Named,
}

impl World {
    /// `ConfirmDevice`
    pub(crate) fn confirm_device(&mut self, fields: Fields<'_>) -> Answer {
        let key = fields.text("DeviceKey")?;
        let name = fields.maybe_text("DeviceName")?;
        if name.is_some_and(|name| name.is_empty() || name.chars().count() > 1024) {
            return Err(Failure::invalid_parameter(
                "DeviceName must have 1 to 1024 characters.",
            ));
        }
        let config = fields.inside("DeviceSecretVerifierConfig")?;
        let now = self.clock.now();
        let (pool, user) = self.device_owner(fields, Whose::Own)?;
        let Some(rules) = pool.rules.devices else {
            return Err(Failure::new(
                "InvalidUserPoolConfigurationException",
                "Device tracking is not enabled for the user pool.",
            ));
        };
        let verifier = verifier(config)?;
        let devices = &mut pool.user_mut(&user)?.devices;
        let device = devices.confirm(key, verifier, name, now)?;
        device.remembered = !rules.ask;
        Ok(json!({ "UserConfirmationNecessary": rules.ask }))
    }

    /// `UpdateDeviceStatus`, `AdminUpdateDeviceStatus`
    pub(crate) fn update_device_status(&mut self, fields: Fields<'_>, whose: Whose) -> Answer {
        let key = fields.text("DeviceKey")?;
        let remembered = match fields.maybe_text("DeviceRememberedStatus")? {
            Some("remembered") => true,
            Some("not_remembered") | None => false,
            Some(other) => {
                return Err(Failure::invalid_parameter(format!(
                    "1 validation error detected: Value '{other}' at 'deviceRememberedStatus' failed to satisfy constraint: Member must satisfy enum value set: [not_remembered, remembered]"
                )));
            }
        };
        let now = self.clock.now();
        let (pool, user) = self.device_owner(fields, whose)?;
        let device = pool.user_mut(&user)?.devices.find_mut(key);
        let device = device.ok_or_else(gone)?;
        device.remembered = remembered;
        device.modified = now;
        Ok(json!({}))
    }

    /// `GetDevice`, `AdminGetDevice`
    pub(crate) fn device(&mut self, fields: Fields<'_>, whose: Whose) -> Answer {
        let key = fields.text("DeviceKey")?;
        let clock = self.clock.clone();
        let (pool, user) = self.device_owner(fields, whose)?;
        let device = pool.user(&user)?.devices.find(key).ok_or_else(gone)?;
        Ok(json!({ "Device": device.describe(&clock) }))
    }

    /// `ListDevices`, `AdminListDevices`
    pub(crate) fn list_devices(&mut self, fields: Fields<'_>, whose: Whose) -> Answer {
        const PAGE: i64 = 60;
        let limit = fields.maybe_number("Limit")?.unwrap_or(PAGE);
        if !(0..=PAGE).contains(&limit) {
            return Err(Failure::invalid_parameter(
                "Limit must be between 0 and 60.",
            ));
        }
        let limit = usize::try_from(limit).unwrap_or_default();
        let after = fields.maybe_text("PaginationToken")?;
        let clock = self.clock.clone();
        let (pool, user) = self.device_owner(fields, whose)?;
        let devices: Vec<&Device> = pool.user(&user)?.devices.confirmed().collect();
        let start = match after {
            None => 0,
            Some(token) => {
                let last = devices.iter().position(|device| device.key == token);
                1 + last.ok_or_else(|| Failure::invalid_parameter("Invalid pagination token."))?
            }
        };
        let page = devices.iter().skip(start).take(limit);
        let page: Vec<&&Device> = page.collect();
        let shown: Vec<Value> = page.iter().map(|device| device.describe(&clock)).collect();
        let mut answer = json!({ "Devices": shown });
        if let Some(last) = page.last().filter(|_| start + page.len() < devices.len()) {
            answer["PaginationToken"] = json!(last.key);
        }
        Ok(answer)
    }

    /// `ForgetDevice`, `AdminForgetDevice`
    pub(crate) fn forget_device(&mut self, fields: Fields<'_>, whose: Whose) -> Answer {
        let key = fields.text("DeviceKey")?;
        let (pool, user) = self.device_owner(fields, whose)?;
        pool.user_mut(&user)?.devices.forget(key)?;
        Ok(json!({}))
    }

    /// The user that an operation is about, and the pool.
    fn device_owner(
        &mut self,
        fields: Fields<'_>,
        whose: Whose,
    ) -> Result<(&mut Pool, String), Failure> {
        match whose {
            Whose::Own => {
                let origin = self.access(fields.text("AccessToken")?)?;
                let sign_in = self.sign_ins.find(&origin).ok_or_else(Failure::no_user)?;
                let (pool, user) = (sign_in.pool.clone(), sign_in.user.clone());
                Ok((self.pool_mut(&pool)?, user))
            }
            Whose::Named => {
                let name = fields.text("Username")?;
                self.journal.note.username = Some(name.to_owned());
                let pool = self.pool_mut(fields.text("UserPoolId")?)?;
                let user = pool.find(name).map(|user| user.username.clone());
                Ok((pool, user.ok_or_else(Failure::no_user)?))
            }
        }
    }
}

impl User {
    /// Refuses the key of a device that this user has not confirmed, or has forgotten.
    pub(crate) fn check_device(&self, key: &str) -> Result<&Device, Failure> {
        self.devices.find(key).ok_or_else(gone)
    }
}

/// `DeviceSecretVerifierConfig`
fn verifier(config: Fields<'_>) -> Result<Verifier, Failure> {
    let number = |name: &str| {
        let text = config.maybe_text(name)?.unwrap_or_default();
        let bytes = STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty());
        bytes.ok_or_else(|| Failure::invalid_parameter(format!("Invalid device {name}.")))
    };
    let (salt, value) = (number("Salt")?, number("PasswordVerifier")?);
    Verifier::of_device(&salt, &value)
        .ok_or_else(|| Failure::invalid_parameter("Invalid device PasswordVerifier."))
}

/// What Cognito says of a device that it does not know.
pub(crate) fn gone() -> Failure {
    Failure::not_found("Device does not exist.")
}

#[cfg(test)]
mod tests;
