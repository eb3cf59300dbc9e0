//! From commit to receipt, with many watchers.

use crate::report::{Failure, Outcome};
use crate::server::Target;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {}

#[allow(clippy::unused_async, reason = "as every subcommand")]
pub(crate) async fn run(_: &Options, _: &Target) -> Result<Outcome, Failure> {
    Err(Failure::Usage("fanout is not there yet".to_owned()))
}
