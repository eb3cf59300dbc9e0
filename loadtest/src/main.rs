//! Load tests for Podium. It shares no types with the server: a stranger who speaks JSON.
//!
//! `cargo run -p loadtest` plays on the server at <http://127.0.0.1:8000>; all of Goose's options
//! work (`--help`), such as `--users 50 --run-time 30s --host http://127.0.0.1:8123`.

mod play;

use goose::prelude::*;
use play::{draw_and_answer, read_board, register};

#[tokio::main]
async fn main() -> Result<(), GooseError> {
    let attack = GooseAttack::initialize()?
        .register_scenario(
            scenario!("play")
                .register_transaction(transaction!(register).set_on_start())
                .register_transaction(transaction!(draw_and_answer).set_weight(10)?)
                .register_transaction(transaction!(read_board).set_weight(3)?),
        )
        .set_default(GooseDefault::Host, "http://127.0.0.1:8000")?
        .set_default(GooseDefault::Users, 20usize)?
        .set_default(GooseDefault::RunTime, 20usize)?
        .set_default(GooseDefault::NoTelnet, true)?
        .set_default(GooseDefault::NoWebSocket, true)?
        .execute();
    // Goose's future is too large for a stack.
    Box::pin(attack).await.map(drop)
}
