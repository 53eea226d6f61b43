//! What the exit codes mean, as both programs document it.

/// One line each, for help texts and man pages.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
    0  done
    2  the arguments are wrong
   10  a person must sign in
   11  there is no such profile or login
   12  the keychain is locked, not there, or failed
   13  the network is down
   14  Cognito failed or asked for patience
   15  the pool, client or role is not set up for what is asked
   16  what was typed is wrong, or the sign-in is over
   17  the examination found something that is not as it should be
   69  the daemon is not there and cannot be started
   70  something that only a newer version understands
   73  a file of ~/.aws cannot be written
   74  the output cannot be written
   75  the daemon is busy, slow or stopping
   76  client and daemon are of different versions
   77  the daemon serves another user
   78  profiles.toml cannot be read or written
  130  interrupted
";

/// The arguments are wrong.
pub(crate) const USAGE: u8 = 2;

/// The output cannot be written (`EX_IOERR` of BSD's `sysexits.h`).
pub(crate) const OUTPUT: u8 = 74;
