//! Words of Cognito's and of Poolkey's own, as options name them.

use clap::ValueEnum;
use poolkey_core::conversation::Factor;

/// Cognito's own names.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum FlowName {
    /// The password never leaves this machine (the default)
    #[value(name = "USER_SRP_AUTH")]
    UserSrp,
    /// The password is sent to Cognito
    #[value(name = "USER_PASSWORD_AUTH")]
    UserPassword,
    /// The password is sent to Cognito in an administrator's call
    #[value(name = "ADMIN_USER_PASSWORD_AUTH")]
    AdminUserPassword,
    /// The pool offers ways, and you choose one
    #[value(name = "USER_AUTH")]
    UserAuth,
    /// The pool asks questions of its own
    #[value(name = "CUSTOM_AUTH")]
    Custom,
    /// The pool asks questions of its own after the password
    #[value(name = "CUSTOM_AUTH_SRP")]
    CustomSrp,
    /// The pool's own pages, in the browser (the default with --domain)
    #[value(name = "BROWSER")]
    Browser,
}

/// Cognito's own names.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum PreferenceName {
    /// The password, which never leaves this machine
    #[value(name = "PASSWORD_SRP")]
    PasswordSrp,
    /// The password, which is sent to Cognito
    #[value(name = "PASSWORD")]
    Password,
    /// A code sent by e-mail
    #[value(name = "EMAIL_OTP")]
    EmailOtp,
    /// A code sent by SMS
    #[value(name = "SMS_OTP")]
    SmsOtp,
}

/// A way to prove who one is.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FactorName {
    /// The password
    Password,
    /// A code sent by e-mail
    Email,
    /// A code sent by SMS
    Sms,
    /// A code of an authenticator app
    App,
}

impl FlowName {
    /// As profiles.toml has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UserSrp => "USER_SRP_AUTH",
            Self::UserPassword => "USER_PASSWORD_AUTH",
            Self::AdminUserPassword => "ADMIN_USER_PASSWORD_AUTH",
            Self::UserAuth => "USER_AUTH",
            Self::Custom => "CUSTOM_AUTH",
            Self::CustomSrp => "CUSTOM_AUTH_SRP",
            Self::Browser => "BROWSER",
        }
    }
}

impl PreferenceName {
    /// As profiles.toml has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PasswordSrp => "PASSWORD_SRP",
            Self::Password => "PASSWORD",
            Self::EmailOtp => "EMAIL_OTP",
            Self::SmsOtp => "SMS_OTP",
        }
    }
}

impl From<FactorName> for Factor {
    fn from(name: FactorName) -> Self {
        match name {
            FactorName::Password => Self::Password,
            FactorName::Email => Self::Email,
            FactorName::Sms => Self::Sms,
            FactorName::App => Self::App,
        }
    }
}

/// A way to prove who one is beside the password.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SecondFactor {
    /// A code sent by e-mail
    Email,
    /// A code sent by SMS
    Sms,
    /// A code of an authenticator app
    App,
}

impl From<SecondFactor> for Factor {
    fn from(name: SecondFactor) -> Self {
        match name {
            SecondFactor::Email => Self::Email,
            SecondFactor::Sms => Self::Sms,
            SecondFactor::App => Self::App,
        }
    }
}
