//! Passwords from the terminal or standard input, never from the command line, where everybody sees them.

use std::io::{BufRead, IsTerminal};

use service_kit::Secret;

use crate::failure::Failure;

/// Reads a new password: the first line of standard input, or typed twice at the terminal without echo.
pub(crate) fn new_password(from_stdin: bool) -> Result<Secret, Failure> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| Failure::expected(format!("cannot read the password from standard input: {error}")))?;
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            return Err(Failure::malformed("no password on standard input; its first line is the password"));
        }
        return Ok(Secret::new(line.to_owned()));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::malformed(
            "no terminal to ask for the password; give it on standard input with --password-stdin",
        ));
    }
    let ask = |what: &str| {
        rpassword::prompt_password(what)
            .map_err(|error| Failure::expected(format!("cannot read the password: {error}")))
    };
    let first = ask("Password: ")?;
    if first != ask("Once more: ")? {
        return Err(Failure::malformed("the two passwords differ; nothing was changed"));
    }
    Ok(Secret::new(first))
}
