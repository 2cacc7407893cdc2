//! Where a web server listens, as its configuration says: nginx, Apache's httpd, Caddy.
//!
//! Each reader takes the text of a file and gives the places where plain HTTP is answered, or says what it does not
//! understand. What other files add can only be further places. Does no input or output and knows nothing of
//! Dockerfiles.

mod apache;
mod caddy;
mod nginx;

/// A port on which plain HTTP is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listen {
    /// The port as the configuration names it.
    pub port: Port,
    /// A path that answers with success whatever else is wrong.
    pub health: Option<String>,
    /// Which of the files says so, counted from the main one, which is 0.
    pub file: usize,
    /// The line there.
    pub line: usize,
}

/// A port as a configuration names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Port {
    /// Its number.
    Number(u16),
    /// The variable of the environment that is put in its place before the server starts.
    Variable(String),
}

/// Where nginx answers plain HTTP, by its main file (where that is not the image's own, which sets up nothing) and the
/// files that its `http` includes. `Err` says what keeps it from being told.
pub fn nginx(main: Option<&str>, parts: &[&str]) -> Result<Vec<Listen>, String> {
    nginx::listens(main, parts)
}

/// The patterns that the `http` of nginx's main file includes, in their order.
pub fn nginx_includes(main: &str) -> Result<Vec<String>, String> {
    nginx::includes(main)
}

/// Where Apache's httpd answers plain HTTP.
pub fn apache(text: &str) -> Result<Vec<Listen>, String> {
    apache::listens(text)
}

/// Where Caddy answers plain HTTP.
pub fn caddy(text: &str) -> Result<Vec<Listen>, String> {
    caddy::listens(text)
}
