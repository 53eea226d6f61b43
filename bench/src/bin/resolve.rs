//! How long one `credential_process` takes in the Rust SDK: several commands, turn by turn.
//!
//! Usage: `resolve ROUNDS COMMAND…`; prints `INDEX NANOSECONDS` for each.

use std::time::Instant;

use aws_config::credential_process::CredentialProcessProvider;
use aws_credential_types::provider::ProvideCredentials;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let rounds: i32 = args.next().ok_or("how many rounds?")?.parse()?;
    let providers: Vec<_> = args.map(CredentialProcessProvider::new).collect();
    for round in -3..rounds {
        for (index, provider) in providers.iter().enumerate() {
            let start = Instant::now();
            provider.provide_credentials().await?;
            let took = start.elapsed();
            if round >= 0 {
                println!("{index} {}", took.as_nanos());
            }
        }
    }
    Ok(())
}
