//! Hands the command line to `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    podium::cli::main()
}
