//! What is known about one base image: plain typed values, no lookup.
//!
//! An absent value means "not known" and never "none": a transform that needs it holds its fix back.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::releases::{Date, Glibc, Release};

/// The operating system of an image.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    /// Debian.
    Debian,
    /// Ubuntu.
    Ubuntu,
    /// Alpine Linux.
    Alpine,
    /// BusyBox alone.
    Busybox,
    /// Nothing at all.
    Scratch,
    /// Debian files without shell and package manager.
    Distroless,
    /// Red Hat's universal base images, AlmaLinux, Rocky Linux.
    Redhat,
    /// CentOS.
    Centos,
    /// Fedora.
    Fedora,
    /// Amazon Linux.
    Amazonlinux,
    /// Oracle Linux.
    Oraclelinux,
    /// Azure Linux and its forerunner CBL-Mariner.
    Azurelinux,
    /// Wolfi, which Chainguard's images are made of.
    Wolfi,
    /// Windows: no Unix rewrite applies.
    Windows,
    /// Not known: of an image that no table lists.
    Unknown,
}

/// The C library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Libc {
    /// The GNU C library, with its version where that is known.
    Glibc(Option<Glibc>),
    /// musl.
    Musl,
    /// No C library: only static programs start.
    None,
}

/// The package manager that is there without installing one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packages {
    /// `apt-get`
    Apt,
    /// `apk`
    Apk,
    /// `dnf`
    Dnf,
    /// `microdnf`
    Microdnf,
    /// `yum`
    Yum,
    /// `tdnf`
    Tdnf,
    /// Bitnami's `install_packages`
    InstallPackages,
    /// None.
    None,
}

/// What `/bin/sh` is: the shell of shell forms, unless a SHELL instruction says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shell {
    /// dash: no `pipefail`, no `[[`.
    Dash,
    /// The BusyBox shell: `pipefail`, no arrays.
    Ash,
    /// bash under the name of `sh`.
    Bash,
    /// The Windows command prompt.
    Cmd,
    /// PowerShell.
    Powershell,
    /// No shell: only exec forms work.
    None,
}

/// Which commands create a user, without installing anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserTools {
    /// `groupadd` and `useradd`.
    Shadow,
    /// The `addgroup` and `adduser` of BusyBox.
    Busybox,
    /// Windows' `net user`.
    NetUser,
    /// Nothing: an existing user or a bare number.
    None,
}

/// What answers to the name `adduser`: three incompatible dialects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adduser {
    /// Debian's script: `--system --group --disabled-password`.
    Debian,
    /// BusyBox: `-S -D -H -G`, with long names since Alpine 3.
    Busybox,
    /// Another name of `useradd`.
    Useradd,
    /// Not there: exit 127.
    None,
}

/// A program that can ask a server for its health.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// `curl`
    Curl,
    /// GNU `wget`
    Wget,
    /// BusyBox `wget`: asks `::1` first for `localhost` and does not fall back.
    BusyboxWget,
    /// `node -e` with the global `fetch` (Node 18 and later).
    NodeFetch,
    /// `node -e` with the `http` module.
    NodeHttp,
    /// `python` with `http.client`, which heeds no proxy variable.
    Python,
    /// `ruby -rnet/http`
    Ruby,
    /// `php -r` with a stream.
    Php,
    /// `bun -e` with `fetch`.
    Bun,
    /// `deno eval` with `fetch`.
    Deno,
    /// `bash -c '</dev/tcp/127.0.0.1/8080'`: only whether the port is open.
    BashTcp,
    /// Windows' `curl.exe` or PowerShell.
    Windows,
}

/// A user of the image's `/etc/passwd`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct User {
    /// Name.
    pub name: String,
    /// User number.
    pub uid: u32,
    /// Number of the primary group.
    pub gid: u32,
    /// Home folder, where it is known.
    pub home: Option<String>,
    /// Whether `/etc/group` puts it into further groups: a number with its group takes them away.
    pub has_more_groups: bool,
}

impl TryFrom<String> for User {
    type Error = String;

    fn try_from(text: String) -> Result<User, String> {
        let mut parts = text.split(':');
        let user = (|| {
            Some(User {
                name: parts.next().filter(|name| !name.is_empty())?.to_owned(),
                uid: parts.next()?.parse().ok()?,
                gid: parts.next()?.parse().ok()?,
                home: parts.next().map(str::to_owned),
                has_more_groups: parts.next().map_or(Some(false), |mark| (mark == "more").then_some(true))?,
            })
        })();
        user.filter(|_| parts.next().is_none())
            .ok_or_else(|| format!("`{text}` is not `name:uid:gid[:home[:more]]`"))
    }
}

/// The user that the image runs as.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(from = "String")]
pub enum DefaultUser {
    /// root, by name, by number or since nobody says otherwise.
    Root,
    /// A number other than 0: Kubernetes can see that it is not root.
    Number(u32),
    /// A name: `runAsNonRoot` cannot be proven from it.
    Name(String),
}

impl From<String> for DefaultUser {
    fn from(text: String) -> DefaultUser {
        match text.parse() {
            Ok(0) => DefaultUser::Root,
            Ok(number) => DefaultUser::Number(number),
            Err(_) if text == "root" => DefaultUser::Root,
            Err(_) => DefaultUser::Name(text),
        }
    }
}

/// What a runtime image that goes with a build image can run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    /// A binary without any shared library.
    StaticBinary,
    /// A binary linked with the libc of the build image, and nothing beyond what the condition names.
    DynamicBinary,
    /// The same language, same version, same libc.
    SameLanguage,
    /// The same language without a shell or package manager.
    ShellLess,
    /// Java byte code.
    Jre,
    /// Files for a web server.
    StaticFiles,
    /// A .NET web application that brings no runtime of its own.
    DotnetWeb,
    /// A .NET console program that brings no runtime of its own.
    DotnetConsole,
    /// A self-contained .NET program.
    DotnetSelfContained,
}

/// A runtime image that goes with a build image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterpart {
    /// The whole reference, with its tag.
    pub image: String,
    /// What it can run.
    pub runs: Runs,
    /// When the step is right, in words.
    pub when: &'static str,
}

/// How sure a row is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// General knowledge, not checked against the image's own source.
    Knowledge,
    /// Reported by users of the image.
    Reported,
    /// Read from the image's own Dockerfile or specification.
    Source,
}

/// Where the release of an image comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReleaseFrom {
    /// The reference says it: it never changes.
    Reference,
    /// The tag never meant another release, as of the day on which the table was read.
    Table(Date),
    /// The tag moves; this is what it meant on that day.
    MovingTag(Date),
}

/// All that is known about one image, resolved for its tag.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// Id of the row: `node-slim`.
    pub family: &'static str,
    /// The image's canonical repository: `node`, `gcr.io/distroless/static-debian13`.
    pub repository: String,
    /// The version that the tag (or what `latest` means) names.
    pub version: Option<String>,
    /// The system.
    pub os: Os,
    /// Its release.
    pub release: Option<&'static Release>,
    /// Where the release was learned, if there is one.
    pub release_from: Option<ReleaseFrom>,
    /// The C library.
    pub libc: Option<Libc>,
    /// The package manager.
    pub packages: Option<Packages>,
    /// What `/bin/sh` is.
    pub shell: Option<Shell>,
    /// Whether bash is there.
    pub bash: Option<bool>,
    /// Which commands create a user.
    pub user_tools: Option<UserTools>,
    /// What answers to `adduser`.
    pub adduser: Option<Adduser>,
    /// The users that are known.
    pub users: Vec<&'static User>,
    /// Whether these are all of them, but for users of packages.
    pub users_are_all: bool,
    /// Name of the user among [`Facts::users`] that the image offers to run applications as.
    pub ready: Option<&'static str>,
    /// The programs that are known to be there and can probe a server.
    pub clients: Vec<Client>,
    /// Whether these are all of them.
    pub clients_are_all: bool,
    /// The probe that the image's own server brings: `pg_isready`.
    pub native_probe: Option<&'static str>,
    /// Whether a bundle of certificate authorities is there.
    pub ca_certificates: Option<bool>,
    /// The user that the image runs as.
    pub user: Option<DefaultUser>,
    /// ENTRYPOINT; empty: none.
    pub entrypoint: Option<&'static [String]>,
    /// CMD; empty: none.
    pub cmd: Option<&'static [String]>,
    /// WORKDIR.
    pub workdir: Option<&'static str>,
    /// EXPOSE, as written there: `80`, `443/udp`.
    pub expose: Option<&'static [String]>,
    /// Variables worth knowing; other variables may be set too.
    pub env: BTreeMap<&'static str, &'static str>,
    /// VOLUME.
    pub volumes: Option<&'static [String]>,
    /// Whether it has ONBUILD triggers.
    pub onbuild: Option<bool>,
    /// Whether it has a HEALTHCHECK of its own.
    pub healthcheck: Option<bool>,
    /// STOPSIGNAL, where it is set.
    pub stop_signal: Option<&'static str>,
    /// Why a rewrite must not add a USER, if so (its entrypoint steps down by itself, for instance).
    pub keep_root: Option<&'static str>,
    /// The same image with a user of its own.
    pub nonroot: Option<&'static str>,
    /// Runtime images that go with it.
    pub counterparts: Vec<Counterpart>,
    /// Size of the download in megabytes (linux/amd64, compressed), roughly.
    pub size_mb: Option<u32>,
    /// Last day on which the language or program of this version is supported.
    pub end_of_life: Option<Date>,
    /// What else is worth knowing, in words.
    pub note: Option<&'static str>,
    /// How sure the row is.
    pub confidence: Confidence,
}

impl Facts {
    /// An image of which nothing is known: every question is answered with "not known".
    pub fn unknown() -> Facts {
        Facts {
            family: "the base image",
            repository: String::new(),
            version: None,
            os: Os::Unknown,
            release: None,
            release_from: None,
            libc: None,
            packages: None,
            shell: None,
            bash: None,
            user_tools: None,
            adduser: None,
            users: Vec::new(),
            users_are_all: false,
            ready: None,
            clients: Vec::new(),
            clients_are_all: false,
            native_probe: None,
            ca_certificates: None,
            user: None,
            entrypoint: None,
            cmd: None,
            workdir: None,
            expose: None,
            env: BTreeMap::new(),
            volumes: None,
            onbuild: None,
            healthcheck: None,
            stop_signal: None,
            keep_root: None,
            nonroot: None,
            counterparts: Vec::new(),
            size_mb: None,
            end_of_life: None,
            note: None,
            confidence: Confidence::Knowledge,
        }
    }

    /// Codename of the release: `bookworm`.
    pub fn codename(&self) -> Option<&'static str> {
        self.release.map(|release| release.name.as_str())
    }

    /// The user that the image offers to run applications as: `node`, `app`, `nonroot`.
    pub fn ready_user(&self) -> Option<&'static User> {
        let ready = self.ready?;
        self.user_named(ready)
    }

    /// A user by name.
    pub fn user_named(&self, name: &str) -> Option<&'static User> {
        self.users.iter().copied().find(|user| user.name == name)
    }

    /// Whether a user number is already in use (`useradd` would fail); `None` where the users are not known.
    pub fn uid_is_taken(&self, uid: u32) -> Option<bool> {
        known(self.users.iter().any(|user| user.uid == uid), self.users_are_all)
    }

    /// Whether the image has the client; `None` where that is not known.
    pub fn has_client(&self, client: Client) -> Option<bool> {
        known(self.clients.contains(&client), self.clients_are_all)
    }

    /// Whether the image runs as root, as far as that is known.
    pub fn runs_as_root(&self) -> Option<bool> {
        self.user.as_ref().map(|user| *user == DefaultUser::Root)
    }

    /// Whether it is a Windows image, to which no Unix rewrite applies.
    pub fn is_windows(&self) -> bool {
        self.os == Os::Windows
    }
}

/// What a list says about a thing: that it is there, that it is not, or nothing.
fn known(found: bool, is_all: bool) -> Option<bool> {
    (found || is_all).then_some(found)
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Client::Curl => "curl",
            Client::Wget => "wget",
            Client::BusyboxWget => "BusyBox wget",
            Client::NodeFetch => "node (fetch)",
            Client::NodeHttp => "node (http)",
            Client::Python => "python (http.client)",
            Client::Ruby => "ruby (net/http)",
            Client::Php => "php",
            Client::Bun => "bun (fetch)",
            Client::Deno => "deno (fetch)",
            Client::BashTcp => "bash (/dev/tcp)",
            Client::Windows => "curl.exe",
        })
    }
}
