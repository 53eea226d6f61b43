//! A Cognito to run on your own desk: user pools, identity pools and STS, with faults on demand.
//!
//! The sandbox stands alone: it knows nothing of the other crates, so that what it accepts is what
//! Cognito's own clients send, and not what Poolkey happens to send.
//!
//! ```text
//!                server ─ connections, and closing them where a fault says so
//!                   │
//!                 http ─ which request goes where
//!          ╱        │         ╲
//!   control, seed  call ─ faults  keys ─ RSA, JWT, /POOL/.well-known
//!               ╱   │    ╲
//!     operations  sigv4   query ─ forms and XML
//!          │                │
//!          │                ├─ sts ─ AWS keys, GetCallerIdentity;  assume → iam → trust
//!          │                └─ web_identity → oidc ─ keys of other issuers
//!          │
//!          ├─ identities: identity_pool, logins → identity → roles → sts;  open_id_token
//!          ├─ signing in: auth, choice, challenge → proof, code, custom → second → device
//!          │     → tokens → refresh; a `conversation` puts its questions in a `session`
//!          ├─ accounts: sign_up, reset, account, attributes, mfa, admin
//!          │     codes go to the `outbox`, `limits` says how often
//!          └─ set-up: settings, policy, schema, factor → pool → user;  oauth → client
//!                domain, provider
//!
//!                 http ─ paths of browsers and OAuth clients
//!                   │
//!                  web ─ forms, cookies, redirects
//!                ╱     ╲
//!            login      idp ─ providers that the sandbox plays;  federation ─ the console's sign-in
//!              │  managed login: pages, codes, tokens;  asks providers by `outgoing`
//!              ╰▶ auth, challenge → tokens
//! ```
//!
//! [`Sandbox`] is all that the program needs. All state is one `World`
//! behind one lock, all times come from one `Clock` that the control endpoint can move.

mod account;
mod admin;
mod assume;
mod attributes;
mod auth;
mod call;
mod challenge;
mod choice;
mod client;
mod clock;
mod code;
mod control;
mod conversation;
mod custom;
mod device;
mod domain;
mod factor;
mod faults;
mod federation;
mod http;
mod iam;
mod identity;
mod identity_pool;
mod idp;
mod journal;
mod keys;
mod limits;
mod login;
mod logins;
mod mfa;
mod oauth;
mod oidc;
mod open_id_token;
mod operations;
mod outbox;
mod outgoing;
#[cfg(test)]
mod play;
mod policy;
mod pool;
mod proof;
mod provider;
mod query;
mod random;
mod refresh;
mod reply;
mod reset;
mod roles;
mod schema;
mod second;
mod seed;
mod server;
mod session;
mod settings;
mod shelf;
mod sign_up;
mod sigv4;
mod srp;
mod sts;
mod tokens;
mod totp;
mod trust;
mod user;
mod web;
mod web_identity;
mod wire;
mod world;

pub use control::{ClockChange, Lifetimes};
pub use factor::{CustomRound, Factor, FirstFactor, Mfa};
pub use faults::{DropAt, Forever, Rule, Times, Wrong};
pub use journal::{Call, Note, Secret};
pub use keys::NoKey;
pub use outbox::{Medium, Message, Purpose};
pub use seed::{
    Ambiguous, ClientSeed, DeviceChoice, GroupSeed, IdentityPoolChoice, IdentityPoolSeed,
    IdpClientSeed, IdpSeed, OidcProviderSeed, PoolSeed, ProviderSeed, RoleRuleSeed, RoleSeed, Seed,
    Seeded, SeededIdp, TrustChoice, TrustWord, UserSeed,
};
pub use server::{Options, Sandbox, StartError};
pub use world::Issuer;
