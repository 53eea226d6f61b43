//! What can be seen from here of the network, of pools and of providers, without anybody being
//! signed in and without anything being changed.
//!
//! Each finding has one of these codes; they stay what they are. A good finding tells what was
//! looked at.
//!
//! | code | severity | about | |
//! |---|---|---|---|
//! | `network_direct` | good | `network` | no proxy is configured |
//! | `network_proxied` | good | `network` | which proxy is used, and for what not |
//! | `network_offline` | error | `network` | no endpoint could be reached; nothing else is told |
//! | `proxy_unusable` | error | `network` | what `proxy` says is no address |
//! | `proxy_unreachable` | error | `network` | no connection to the proxy |
//! | `proxy_refuses` | error | `network` | the proxy wants a password, or another one |
//! | `proxy_blocks` | error | an endpoint | the proxy does not let it be reached |
//! | `authorities_trusted` | good | `certificates` | how many authorities, and whose |
//! | `authorities_missing` | error | `certificates` | this system trusts none |
//! | `ca_bundle_unusable` | error | `certificates` | the file cannot be read, or holds none |
//! | `clock_right` | good | `clock` | this computer's clock agrees with AWS's |
//! | `clock_wrong` | warning | `clock` | it is off; Poolkey compensates, other tools may not |
//! | `endpoint_reachable` | good | an endpoint | it answered, by which way and how fast |
//! | `endpoint_slow` | warning | an endpoint | it answered, but late |
//! | `endpoint_unreachable` | error | an endpoint | no address, no connection, no TLS |
//! | `endpoint_untrusted` | error | an endpoint | its certificate is of an unknown authority |
//! | `endpoint_failing` | warning | an endpoint | it answers with errors, or asks for fewer calls |
//! | `user_pool_found` | good | `login NAME` | the pool publishes its keys |
//! | `user_pool_missing` | error | `login NAME` | there is no such pool |
//! | `app_client_found` | good | `login NAME` | the pool knows the app client |
//! | `app_client_missing` | error | `login NAME` | it does not |
//! | `client_secret_none` | good | `login NAME` | the app client has none |
//! | `client_secret_right` | good | `login NAME` | it has one, and it is the one that is kept |
//! | `client_secret_wanted` | note | `login NAME` | it has one that is not known here yet |
//! | `client_secret_wrong` | error | `login NAME` | it is not the one that is kept |
//! | `auth_flow_refused` | error | `login NAME` | the app client does not allow the login's flow |
//! | `managed_login_answers` | good | `login NAME` | the pool's sign-in pages are there |
//! | `managed_login_missing` | error | `login NAME` | they are not |
//! | `callback_registered` | good | `login NAME` | a browser may come back to this URL |
//! | `callback_unregistered` | error | `login NAME` | it may not |
//! | `authorization_refused` | error | `login NAME` | sign-in by a browser would fail for another reason |
//! | `provider_answers` | good | `login NAME` | the OpenID provider tells what it is like |
//! | `provider_unusable` | error | `login NAME` | it does not, or not rightly |
//! | `program_not_examined` | note | `login NAME` | a program supplies the tokens; it is not run |
//! | `identity_pool_found` | good | `profile NAME` | the identity pool gave keys that still work |
//! | `identity_pool_unproven` | note | `profile NAME` | that shows when keys are asked for |
//! | `not_examined` | note | what it is | there was no time left for it |
