//! The devices that the pool knows.

use aws_sdk_cognitoidentityprovider::types::DeviceType;
use poolkey_core::conversation::{KnownDevice, Outcome, Step};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::time::UnixTime;

use crate::account::{Talk, calls};
use crate::call::call;
use crate::classify::Operation;

impl Talk<'_> {
    /// `ListDevices`, page by page.
    pub(super) async fn list_devices(self) -> Result<Step, Fault> {
        let mut devices = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let access = self.access()?;
            let secrets = calls::secrets(&self.thread, []);
            let request = self
                .cognito
                .clients
                .users(self.spec)
                .list_devices()
                .access_token(access.expose())
                .limit(PAGE)
                .set_pagination_token(next);
            let answer = call(Operation::ListDevices, &secrets, |probe| {
                request.customize().interceptor(probe).send()
            })
            .await;
            let page = match answer {
                Ok(answer) => answer.output,
                Err(refusal) => return self.refused(refusal),
            };
            let own = self.thread.device_key.as_deref();
            let listed = page.devices.unwrap_or_default();
            devices.extend(listed.into_iter().filter_map(|device| known(device, own)));
            next = page.pagination_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        devices.sort_by_key(|device: &KnownDevice| {
            std::cmp::Reverse(device.last_used.map_or(i64::MIN, UnixTime::secs))
        });
        devices.truncate(MOST);
        Ok(self.finish(Outcome::Devices { devices }))
    }

    /// `ForgetDevice`, by its key or the session's own.
    pub(super) async fn forget_device(self, key: Option<String>) -> Result<Step, Fault> {
        let own = self.thread.device_key.clone();
        let Some(key) = key.or_else(|| own.clone()) else {
            return Err(Fault::new(
                FaultKind::DeviceGone,
                "The user pool does not know this computer as a device.",
            ));
        };
        let access = self.access()?;
        let secrets = calls::secrets(&self.thread, []);
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .forget_device()
            .access_token(access.expose())
            .device_key(&key);
        let answer = call(Operation::ForgetDevice, &secrets, |probe| {
            request.customize().interceptor(probe).send()
        })
        .await;
        match answer {
            Ok(_) => Ok(self.finish(Outcome::DeviceForgotten { key })),
            Err(refusal) if refusal.fault.kind == FaultKind::DeviceGone => {
                if own.as_deref() == Some(key.as_str()) {
                    return Ok(self.finish(Outcome::DeviceForgotten { key }));
                }
                Err(Fault::new(
                    FaultKind::DeviceGone,
                    format!("The user pool knows no device “{key}”."),
                ))
            }
            Err(refusal) => self.refused(refusal),
        }
    }
}

fn known(device: DeviceType, own: Option<&str>) -> Option<KnownDevice> {
    let attribute = |name: &str| {
        device
            .device_attributes()
            .iter()
            .find(|attribute| attribute.name == name)
            .and_then(|attribute| attribute.value())
            .map(clip)
            .filter(|text| !text.is_empty())
    };
    let remembered = attribute("dev:device_remembered_status");
    let key = clip(device.device_key()?);
    Some(KnownDevice {
        is_this: own == Some(key.as_str()),
        name: attribute("device_name"),
        last_address: attribute("last_ip_used"),
        last_used: device
            .device_last_authenticated_date()
            .map(|date| UnixTime::from_secs(date.secs())),
        remembered: match remembered.as_deref() {
            Some("remembered") => Some(true),
            Some("not_remembered") => Some(false),
            Some(_) | None => None,
        },
        key,
    })
}

fn clip(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// As many on a page as Cognito allows.
const PAGE: i32 = 60;
const PAGES: usize = 10;

/// A reply has 64 KiB.
const MOST: usize = 100;
const LONGEST: usize = 128;
