//! `podium admin create`: an account for staff, made by whoever sits at the machine.

use std::io::{BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::auth::accounts::commands::RegisterAccount;
use crate::auth::passwords::{Password, Passwords};
use crate::auth::{Admin, Role};
use crate::database::Database;
use crate::meters::Meters;
use crate::name::Name;

/// Makes an account. Its password is asked for on a terminal, or read from standard input; when
/// none is given, one is made and printed.
///
/// # Errors
/// One sentence with the fix.
pub async fn run(database: &Database, name: &str, email: String, role: Role) -> Result<(), String> {
    let name = Name::parse(name).map_err(|e| e.to_string())?;
    let typed = typed_password()?;
    let made = typed.is_empty().then(|| format!("{:032x}", rand::random::<u128>()));
    let password = Password::parse(made.as_deref().unwrap_or(&typed), "password");
    let password = password.map_err(|_| "a password has 8 to 128 characters".to_owned())?;
    let password_hash = Passwords::new(&Meters::new()).hash(password).await.map_err(|e| e.to_string())?;
    let by = Some(Admin::at_the_machine());
    let register = RegisterAccount { by, name, email, password_hash, role };
    let account = database.db().run(&register).await.map_err(|e| e.to_string())?;
    println!("{} {} ({})", account.role, account.name, account.id);
    if let Some(made) = made {
        println!("{made}");
    }
    Ok(())
}

/// One line of standard input, without its end. On a terminal it is asked for, and not shown.
fn typed_password() -> Result<String, String> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return read_line();
    }
    eprint!("Password (none: one is made): ");
    std::io::stderr().flush().map_err(|e| e.to_string())?;
    let shown = tcgetattr(&input).map_err(|e| e.to_string())?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Flush, &hidden).map_err(|e| e.to_string())?;
    let line = read_line();
    tcsetattr(&input, OptionalActions::Flush, &shown).map_err(|e| e.to_string())?;
    eprintln!();
    line
}

fn read_line() -> Result<String, String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| format!("the password cannot be read: {e}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
