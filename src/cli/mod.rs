//! Arguments, finding files, reading, writing, reporting: the only place with input and output.

#[cfg(test)]
mod context;

pub(crate) fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
