//! Somebody who signs in, for tests: asks and answers as a client does.

use serde_json::{Value, json};

use crate::{
    clock::Moment,
    operations,
    seed::{Seed, Seeded, plant},
    srp::{Prover, Who, device_secret},
    totp::Key,
    wire::{Answer, Failure, Fields},
    world::World,
};

/// A world with a pool, a client and a user in it.
pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) seeded: Seeded,
}

/// What a client keeps of a device.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) key: String,
    pub(crate) group: String,
    pub(crate) password: String,
}

impl Play {
    /// Plants a seed, without an identity pool.
    pub(crate) fn new(mut seed: Value) -> Self {
        seed["identity_pool"] = json!(false);
        let seed: Seed = serde_json::from_value(seed).expect("a seed");
        let mut world = World::for_tests();
        let seeded = plant(&mut world, seed).expect("planted");
        Self { world, seeded }
    }

    /// Another user, or another client: the same pool.
    pub(crate) fn plant(&mut self, mut seed: Value) -> Seeded {
        seed["identity_pool"] = json!(false);
        seed["user_pool_id"] = json!(self.seeded.user_pool_id);
        let seed: Seed = serde_json::from_value(seed).expect("a seed");
        plant(&mut self.world, seed).expect("planted")
    }

    pub(crate) fn call(&mut self, name: &str, body: &Value) -> Answer {
        let target = format!("AWSCognitoIdentityProviderService.{name}");
        let operation = operations::find(&target).expect("an operation");
        (operation.run)(&mut self.world, Fields::of(body)?)
    }

    /// `InitiateAuth`, with the user's name among the parameters.
    pub(crate) fn start(&mut self, flow: &str, more: &Value) -> Answer {
        let mut parameters = json!({ "USERNAME": self.seeded.username });
        extend(&mut parameters, more);
        let client = &self.seeded.client_id;
        let body = json!({ "ClientId": client, "AuthFlow": flow, "AuthParameters": parameters });
        self.call("InitiateAuth", &body)
    }

    /// `USER_PASSWORD_AUTH` with the right password.
    pub(crate) fn sign_in(&mut self, more: &Value) -> Answer {
        let mut parameters = json!({ "PASSWORD": self.seeded.password });
        extend(&mut parameters, more);
        self.start("USER_PASSWORD_AUTH", &parameters)
    }

    /// `RespondToAuthChallenge`, with the name and the session of what was asked.
    pub(crate) fn answer(&mut self, asked: &Value, more: &Value) -> Answer {
        let mut responses = json!({ "USERNAME": self.seeded.username });
        extend(&mut responses, more);
        let body = json!({
            "ClientId": self.seeded.client_id,
            "ChallengeName": asked["ChallengeName"],
            "Session": asked["Session"],
            "ChallengeResponses": responses,
        });
        self.call("RespondToAuthChallenge", &body)
    }

    /// The same through another client or as another user.
    pub(crate) fn answer_as(&mut self, other: &Seeded, asked: &Value, more: &Value) -> Answer {
        let own = std::mem::replace(&mut self.seeded, other.clone());
        let answer = self.answer(asked, more);
        self.seeded = own;
        answer
    }

    /// `USER_SRP_AUTH`, both steps.
    pub(crate) fn prove(&mut self, more: &Value) -> Answer {
        let prover = Prover::new();
        let mut parameters = json!({ "SRP_A": prover.srp_a() });
        extend(&mut parameters, more);
        let asked = self.start("USER_SRP_AUTH", &parameters)?;
        self.answer_verifier(&prover, &asked, more)
    }

    /// Answers `PASSWORD_VERIFIER`.
    pub(crate) fn answer_verifier(
        &mut self,
        prover: &Prover,
        asked: &Value,
        more: &Value,
    ) -> Answer {
        let (_, name) = self.seeded.user_pool_id.split_once('_').expect("a name");
        let user = asked["ChallengeParameters"]["USER_ID_FOR_SRP"].clone();
        let who = Who {
            name,
            user: user.as_str().expect("a text"),
        };
        let mut claim = self.claim(prover, who, &self.seeded.password, asked);
        extend(&mut claim, more);
        self.answer(asked, &claim)
    }

    fn claim(&self, prover: &Prover, who: Who<'_>, password: &str, asked: &Value) -> Value {
        let timestamp = self.now().format("%a %b %-d %H:%M:%S UTC %Y");
        let parameters = &asked["ChallengeParameters"];
        let signature = prover.signature(who, password, parameters, &timestamp);
        json!({
            "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "TIMESTAMP": timestamp,
        })
    }

    /// `ConfirmDevice`, for the key that a sign-in offered.
    pub(crate) fn confirm(&mut self, signed_in: &Value) -> (Kept, Value) {
        let result = &signed_in["AuthenticationResult"];
        let text = |name: &str| {
            let text = result["NewDeviceMetadata"][name].as_str();
            text.expect("a device was offered").to_owned()
        };
        let kept = Kept {
            key: text("DeviceKey"),
            group: text("DeviceGroupKey"),
            password: "the device's own".into(),
        };
        let secret = device_secret(kept.who(), &kept.password);
        let body = json!({
            "AccessToken": result["AccessToken"],
            "DeviceKey": kept.key,
            "DeviceName": "desk",
            "DeviceSecretVerifierConfig": secret,
        });
        let answer = self.call("ConfirmDevice", &body).expect("confirmed");
        (kept, answer)
    }

    /// Answers `DEVICE_SRP_AUTH`, as it was asked.
    pub(crate) fn offer_proof(&mut self, prover: &Prover, asked: &Value, kept: &Kept) -> Answer {
        let responses = json!({ "DEVICE_KEY": kept.key, "SRP_A": prover.srp_a() });
        self.answer(asked, &responses)
    }

    /// Answers `DEVICE_PASSWORD_VERIFIER`.
    pub(crate) fn prove_device(&mut self, prover: &Prover, asked: &Value, kept: &Kept) -> Answer {
        let mut claim = self.claim(prover, kept.who(), &kept.password, asked);
        claim["DEVICE_KEY"] = json!(kept.key);
        self.answer(asked, &claim)
    }

    /// Both answers of a device.
    pub(crate) fn by_device(&mut self, asked: &Value, kept: &Kept) -> Answer {
        let prover = Prover::new();
        let asked = self.offer_proof(&prover, asked, kept)?;
        assert_eq!(asked["ChallengeName"], "DEVICE_PASSWORD_VERIFIER");
        self.prove_device(&prover, &asked, kept)
    }

    /// The code that was sent last.
    pub(crate) fn code(&self) -> String {
        let last = self.world.outbox.messages().back();
        last.expect("a message").code.clone()
    }

    /// The code that the authenticator app shows.
    pub(crate) fn totp(&self) -> String {
        let key = self.seeded.totp_key.as_ref().expect("a key");
        Key::read(key).expect("a key").code(self.now())
    }

    pub(crate) fn now(&self) -> Moment {
        self.world.clock.now()
    }

    pub(crate) fn later(&mut self, seconds: i64) {
        self.world.clock.offset_seconds += seconds;
    }
}

impl Kept {
    pub(crate) fn who(&self) -> Who<'_> {
        Who {
            name: &self.group,
            user: &self.key,
        }
    }
}

/// The code and the message of a refusal.
pub(crate) fn refused(answer: Answer) -> (String, String) {
    let Failure { code, message, .. } = answer.expect_err("a refusal");
    (code.into_owned(), message)
}

/// That a sign-in came to its end.
pub(crate) fn signed_in(answer: &Value) -> bool {
    answer["AuthenticationResult"]["AccessToken"].is_string()
}

pub(crate) fn extend(value: &mut Value, more: &Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more.clone());
    }
}
