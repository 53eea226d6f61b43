//! Every code that an examination of this machine can find, and how bad it is. They stay what they
//! are: programs decide by them, people search for them, and `docs/doctor.md` explains each. What
//! the network shows has codes of its own, in the daemon.

use poolkey_core::finding::Severity;

macro_rules! codes {
    ($($severity:ident { $($code:ident = $text:literal,)+ })+) => {
        /// What was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Code {
            $($($code,)+)+
        }

        impl Code {
            /// As programs and people know it.
            pub(super) const fn text(self) -> &'static str {
                match self {
                    $($(Self::$code => $text,)+)+
                }
            }

            /// How bad it is.
            pub(super) const fn severity(self) -> Severity {
                match self {
                    $($(Self::$code => Severity::$severity,)+)+
                }
            }

            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$($(Self::$code,)+)+];
        }
    };
}

codes! {
    Good {
        EnvironmentClear = "environment_clear",
        AwsFilesReadable = "aws_files_readable",
        ProfileServed = "profile_served",
        OwnFilesPrivate = "own_files_private",
        ConfigRead = "config_read",
        ProgramsAgree = "programs_agree",
        AwsCliFound = "aws_cli_found",
        AutostartRight = "autostart_right",
        DaemonRuns = "daemon_runs",
        SocketPrivate = "socket_private",
        VaultWorks = "vault_works",
        LoginSignedIn = "login_signed_in",
        ProfileWorks = "profile_works",
        ClockAgrees = "clock_agrees",
    }
    Note {
        ProfileVariableElsewhere = "profile_variable_elsewhere",
        EndpointVariable = "endpoint_variable",
        MetadataVariable = "metadata_variable",
        ContainerVariables = "container_variables",
        PoolkeyVariableUnknown = "poolkey_variable_unknown",
        StartingForbidden = "starting_forbidden",
        SetByPoolkey = "set_by_poolkey",
        RegionMissing = "region_missing",
        HelperUnderOtherName = "helper_under_other_name",
        ProfileUnused = "profile_unused",
        KeysReadOnce = "keys_read_once",
        AwsCliMissing = "aws_cli_missing",
        AwsCliOne = "aws_cli_one",
        TrayWithoutHost = "tray_without_host",
        OnWsl = "on_wsl",
        InContainer = "in_container",
        DaemonAbsent = "daemon_absent",
        EndpointLent = "endpoint_lent",
        VaultForgets = "vault_forgets",
        SignedOut = "signed_out",
        SessionEndUnknown = "session_end_unknown",
        IdTokenShort = "id_token_short",
        SessionsUnrevoked = "sessions_unrevoked",
        LoginRests = "login_rests",
        NetworkNotExamined = "network_not_examined",
    }
    Warning {
        EnvironmentKeys = "environment_keys",
        ProfileVariablesDiffer = "profile_variables_differ",
        WebIdentityVariables = "web_identity_variables",
        ContainerHidden = "container_hidden",
        ContainerUrisTwo = "container_uris_two",
        AwsFilesElsewhere = "aws_files_elsewhere",
        CaBundleElsewhere = "ca_bundle_elsewhere",
        ProxyElsewhere = "proxy_elsewhere",
        StartingVariableOdd = "starting_variable_odd",
        BrowserMissing = "browser_missing",
        SessionBusMissing = "session_bus_missing",
        AwsFileExposed = "aws_file_exposed",
        AwsFileForeign = "aws_file_foreign",
        SectionUnread = "section_unread",
        ProfileNameOdd = "profile_name_odd",
        DefaultTwice = "default_twice",
        DefaultLeaks = "default_leaks",
        ValueAmbiguous = "value_ambiguous",
        SourcesMixed = "sources_mixed",
        HelperInCredentials = "helper_in_credentials",
        HelperForeign = "helper_foreign",
        HelperRelative = "helper_relative",
        HelperElsewhere = "helper_elsewhere",
        HelperPathHard = "helper_path_hard",
        KeysLeftOver = "keys_left_over",
        OwnFileExposed = "own_file_exposed",
        OwnFileForeign = "own_file_foreign",
        ProgramVersions = "program_versions",
        InstallationsTwo = "installations_two",
        AutostartStale = "autostart_stale",
        DaemonVersion = "daemon_version",
        DaemonOutdated = "daemon_outdated",
        DaemonReadsElsewhere = "daemon_reads_elsewhere",
        SocketExposed = "socket_exposed",
        SocketsTwo = "sockets_two",
        SessionEndsSoon = "session_ends_soon",
        LoginTroubled = "login_troubled",
        ProfileTroubled = "profile_troubled",
        KeysNotWritten = "keys_not_written",
        CallbackPortsBusy = "callback_ports_busy",
        ClockOff = "clock_off",
        EndpointTroubled = "endpoint_troubled",
    }
    Error {
        EnvironmentKeysIncomplete = "environment_keys_incomplete",
        EnvironmentKeysExpired = "environment_keys_expired",
        ProfileVariableUnknown = "profile_variable_unknown",
        ContainerTokenUnreadable = "container_token_unreadable",
        AwsFileMissing = "aws_file_missing",
        CaBundleMissing = "ca_bundle_missing",
        HomeMissing = "home_missing",
        HomeUnwritable = "home_unwritable",
        LinkDead = "link_dead",
        AwsFileUnreadable = "aws_file_unreadable",
        AwsFileRefused = "aws_file_refused",
        StaticKeysShadow = "static_keys_shadow",
        StaticKeysBeside = "static_keys_beside",
        WrittenNameTaken = "written_name_taken",
        HelperUnexpanded = "helper_unexpanded",
        HelperUnquoted = "helper_unquoted",
        HelperMissing = "helper_missing",
        HelperNotExecutable = "helper_not_executable",
        HelperArguments = "helper_arguments",
        HelperUnknownProfile = "helper_unknown_profile",
        KeysExpired = "keys_expired",
        ConfigUnreadable = "config_unreadable",
        ConfigRefused = "config_refused",
        ProgramMissing = "program_missing",
        DaemonStartFailed = "daemon_start_failed",
        DaemonSilent = "daemon_silent",
        DaemonForeign = "daemon_foreign",
        DaemonUnintelligible = "daemon_unintelligible",
        SocketUnusable = "socket_unusable",
        VaultTroubled = "vault_troubled",
        NeedsSignIn = "needs_sign_in",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The page has each code once, with its severity, and no other; those of the network are read
    /// from where they are promised.
    #[test]
    fn every_code_is_explained() {
        let page = rows(include_str!("../../../../docs/doctor.md"), "");
        let network = rows(include_str!("../../../cognito/src/examine.rs"), "//! ");
        assert!(network.len() > 20, "{network:?}");
        let mut promised = network;
        for code in Code::ALL {
            let severity = format!("{:?}", code.severity()).to_lowercase();
            let before = promised.insert(code.text().into(), severity);
            assert_eq!(before, None, "{}", code.text());
        }
        assert_eq!(page, promised);
    }

    /// Code and severity of each row of a table that begins with both.
    fn rows(page: &str, margin: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for line in page.lines().filter_map(|line| line.strip_prefix(margin)) {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let (Some(code), Some(severity)) = (cells.next(), cells.next()) else {
                continue;
            };
            let code = code
                .strip_prefix('`')
                .and_then(|code| code.strip_suffix('`'));
            if let Some(code) = code
                && ["good", "note", "warning", "error"].contains(&severity)
            {
                let before = found.insert(code.to_owned(), severity.to_owned());
                assert_eq!(before, None, "{code} twice");
            }
        }
        found
    }
}
