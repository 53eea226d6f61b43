//! What `poolkey console` takes.

use poolkey_core::console::Destination;

/// Open the AWS console, signed in with a profile's keys
///
/// AWS makes an address of the keys that signs a browser in, and that is good for 15 minutes. Whoever
/// has it is in. So it is handed over by way of an address of this machine that works once, and only
/// for you, and stands in no command line; the browser's history has it all the same. Where there is
/// no browser, and with --print-url, it goes to stdout.
///
/// The session in the console ends with the keys, within the hour; in a profile with the classic flow
/// it may be longer, by --duration. A role that is assumed by another profile's keys, and the enhanced
/// flow, cannot have it longer: AWS does not allow it. Whether AWS opens the console with keys of the
/// enhanced flow at all is not documented, and not proven: Poolkey tells what AWS answers.
#[derive(clap::Args)]
pub(crate) struct ConsoleArgs {
    /// The profile; may be left out where there is only one, or where AWS_PROFILE names one
    pub(crate) profile: Option<String>,
    /// The service to open, as the console's addresses name it: s3, ec2, cloudwatch
    pub(crate) service: Option<String>,
    /// The region to open it in, instead of the profile's
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// How long the session shall last, from 15m to 12h, where AWS allows it
    #[arg(long, value_name = "LENGTH", value_parser = seconds)]
    pub(crate) duration: Option<u32>,
    /// Open no browser: print the address alone on stdout, and all else on stderr
    #[arg(long, visible_alias = "no-browser")]
    pub(crate) print_url: bool,
    /// Open no browser: print one JSON object: profile, url, open_until, session_ends; times are
    /// seconds since 1970 in UTC
    #[arg(long, conflicts_with = "print_url")]
    pub(crate) json: bool,
}

impl ConsoleArgs {
    pub(crate) fn destination(&self) -> Destination {
        Destination {
            service: self.service.clone(),
            region: self.region.clone(),
            seconds: self.duration,
        }
    }
}

/// `45m` or `4h`.
fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || "a length looks like 45m or 4h, from 15m to 12h".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some(_) | None => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(unit).ok_or_else(wrong)?;
    let asked = Destination {
        seconds: Some(seconds),
        ..Destination::default()
    };
    asked.check().map(|()| seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_what_aws_lets_it_be() {
        for (text, length) in [
            ("15m", Some(900)),
            ("900s", Some(900)),
            ("12h", Some(43_200)),
            ("14m", None),
            ("13h", None),
            ("4", None),
            ("h", None),
            ("", None),
            ("4ü", None),
            ("99999999h", None),
            ("-1h", None),
        ] {
            assert_eq!(seconds(text).ok(), length, "{text}");
        }
    }
}
