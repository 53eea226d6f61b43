//! What the AWS CLI makes of a profile.

use super::*;

impl World {
    /// Runs `aws sts get-caller-identity`, which runs the shim for its keys.
    ///
    /// # Panics
    ///
    /// The disk does not take the CLI's configuration.
    pub fn aws(&self, profile: &str) -> Ran {
        let config = self.home().join("aws-config");
        let shim = program("poolkey-credential-process");
        let text = format!(
            "[profile {profile}]\nregion = us-east-1\ncredential_process = \"{}\" {profile}\n",
            shim.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = self.command("aws");
        command
            .args(["sts", "get-caller-identity", "--profile", profile])
            .args(["--output", "json", "--endpoint-url", self.sandbox.url()])
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("POOLKEY_NO_START", "1");
        let ran = Ran::of(&mut command, "");
        self.keep("aws.out", &ran.out);
        self.keep("aws.err", &ran.err);
        ran
    }

    /// Who the AWS CLI is with the keys of a profile: the ARN.
    ///
    /// # Panics
    ///
    /// It is nobody.
    pub fn caller(&self, profile: &str) -> String {
        let ran = self.aws(profile);
        assert_eq!(ran.code, 0, "{profile}: {ran:?}");
        let said: Value = serde_json::from_str(&ran.out).unwrap();
        said["Arn"].as_str().unwrap().to_owned()
    }
}
