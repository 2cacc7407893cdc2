//! The rows of the tables, as they stand in the TOML files under `tables/`, and their loading.
//!
//! Here are rows only; what they mean for one tag is decided in `resolve`.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::facts::{Adduser, Client, Confidence, DefaultUser, Os, Packages, Runs, Shell, User, UserTools};
use super::latest::MovingTags;
use super::name;
use super::releases::Release;
use super::versions::{self, Product};

/// The C library of a row; its version comes from the release.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LibcKind {
    Glibc,
    Musl,
    None,
}

/// The cells that a row can declare unknown, or true only since a version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cell {
    Libc,
    Packages,
    Shell,
    Bash,
    UserTools,
    Adduser,
    Users,
    Ready,
    Clients,
    CaCertificates,
    User,
    Entrypoint,
    Cmd,
    Workdir,
    Expose,
    Env,
    Volumes,
    StopSignal,
}

/// A runtime image that goes with a build image; its name holds places to fill.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CounterpartRow {
    pub(crate) image: String,
    pub(crate) runs: Runs,
    pub(crate) when: String,
    /// The release that the build image has to have.
    pub(crate) release: Option<String>,
    /// The first numbers of the version (of the Java version, if the name holds `{runtime}`) that there are.
    pub(crate) majors: Option<Vec<String>>,
}

/// One layer of facts: an operating system, what all variants of an image share, or a variant.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Row {
    /// Of an operating system.
    pub(crate) name: Option<Os>,
    /// Of a variant: its name, its system and the flavour words of the tag.
    pub(crate) id: Option<String>,
    pub(crate) os: Option<Os>,
    pub(crate) words: Vec<String>,
    /// The words alone say which system it is.
    pub(crate) implies_os: bool,
    /// Nothing is inherited from the system.
    pub(crate) bare: bool,

    pub(crate) libc: Option<LibcKind>,
    pub(crate) packages: Option<Packages>,
    pub(crate) shell: Option<Shell>,
    pub(crate) bash: Option<bool>,
    pub(crate) user_tools: Option<UserTools>,
    pub(crate) adduser: Option<Adduser>,
    pub(crate) users: Option<Vec<User>>,
    pub(crate) without_users: Vec<String>,
    pub(crate) ready: Option<String>,
    pub(crate) clients: Option<Vec<Client>>,
    pub(crate) native_probe: Option<String>,
    pub(crate) ca_certificates: Option<bool>,
    pub(crate) user: Option<DefaultUser>,
    pub(crate) entrypoint: Option<Vec<String>>,
    pub(crate) cmd: Option<Vec<String>>,
    pub(crate) workdir: Option<String>,
    pub(crate) expose: Option<Vec<String>>,
    pub(crate) env: Option<BTreeMap<String, String>>,
    pub(crate) volumes: Option<Vec<String>>,
    pub(crate) onbuild: Option<bool>,
    pub(crate) healthcheck: Option<bool>,
    pub(crate) stop_signal: Option<String>,
    pub(crate) keep_root: Option<String>,
    pub(crate) nonroot: Option<String>,
    pub(crate) counterparts: Option<Vec<CounterpartRow>>,
    pub(crate) size_mb: Option<u32>,
    pub(crate) note: Option<String>,
    pub(crate) confidence: Option<Confidence>,

    /// The first version of which a cell is true.
    pub(crate) since: BTreeMap<Cell, String>,
    /// The first version that has a client.
    pub(crate) client_since: BTreeMap<Client, String>,
    /// Cells whose inherited value is doubtful.
    pub(crate) unknown: Vec<Cell>,
}

/// An image: how its tags are read, and its variants.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Image {
    /// Canonical names; `*` stands for anything but `/`.
    pub(crate) repositories: Vec<String>,
    /// Names that a `*` must not match.
    #[serde(default)]
    pub(crate) except: Vec<String>,
    /// The system of a tag that names none, where no version decides it.
    pub(crate) default_os: Option<Os>,
    /// The first version for which that no longer holds; a tag without a version then has no system.
    pub(crate) default_os_before: Option<String>,
    /// The oldest version that the rows speak of.
    pub(crate) oldest: Option<String>,
    /// Words that stand for a version which moves.
    #[serde(default)]
    pub(crate) channels: Vec<String>,
    /// Words that change no fact; `b*` stands for `b` and digits.
    #[serde(default)]
    pub(crate) neutral: Vec<String>,
    /// Words after which a further number may stand.
    #[serde(default)]
    pub(crate) extra_numbers: Vec<String>,
    /// Those among them after which it is the version of the language.
    #[serde(default)]
    pub(crate) runtime_after: Vec<String>,
    /// Words glued to the version of the language: `jdk21`.
    #[serde(default)]
    pub(crate) runtime_prefix: Vec<String>,
    /// The version is that of the system.
    #[serde(default)]
    pub(crate) versions_are_releases: bool,
    /// A part of the repository's name says the release.
    #[serde(default)]
    pub(crate) release_in_name: bool,
    /// The facts do not depend on the tag.
    #[serde(default)]
    pub(crate) any_tag: bool,
    #[serde(default)]
    pub(crate) common: Row,
    #[serde(rename = "variant")]
    pub(crate) variants: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageFile {
    image: Vec<Image>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SystemFile {
    os: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseFile {
    release: Vec<Release>,
}

/// The files that hold images.
pub(crate) const IMAGE_FILES: [(&str, &str); 6] = [
    ("bases", include_str!("tables/bases.toml")),
    ("distroless", include_str!("tables/distroless.toml")),
    ("languages", include_str!("tables/languages.toml")),
    ("java", include_str!("tables/java.toml")),
    ("servers", include_str!("tables/servers.toml")),
    ("vendors", include_str!("tables/vendors.toml")),
];

pub(crate) struct Table {
    pub(crate) images: Vec<Image>,
    exact: HashMap<String, usize>,
    patterns: Vec<(String, usize)>,
    systems: Vec<Row>,
}

impl Table {
    /// The image of a canonical name.
    pub(crate) fn image(&self, canonical: &str) -> Option<&Image> {
        if let Some(at) = self.exact.get(canonical) {
            return Some(&self.images[*at]);
        }
        self.patterns
            .iter()
            .map(|(pattern, at)| (pattern, &self.images[*at]))
            .find(|(pattern, image)| {
                name::matches(pattern, canonical) && !image.except.iter().any(|other| other == canonical)
            })
            .map(|(_, image)| image)
    }

    /// What images of a system inherit.
    pub(crate) fn system(&self, os: Os) -> Option<&Row> {
        self.systems.iter().find(|row| row.name == Some(os))
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let images: Vec<Image> =
        IMAGE_FILES.iter().flat_map(|(file, text)| read::<ImageFile>(file, text).image).collect();
    let names =
        images.iter().enumerate().flat_map(|(at, image)| image.repositories.iter().map(move |n| (n, at)));
    let (patterns, exact): (Vec<_>, Vec<_>) =
        names.map(|(name, at)| (name.clone(), at)).partition(|(n, _)| n.contains('*'));
    let exact = exact.into_iter().collect();
    let systems = read::<SystemFile>("systems", include_str!("tables/systems.toml")).os;
    Table { exact, patterns, images, systems }
});

static RELEASES: LazyLock<Vec<Release>> =
    LazyLock::new(|| read::<ReleaseFile>("releases", include_str!("tables/releases.toml")).release);

static PRODUCTS: LazyLock<Vec<Product>> =
    LazyLock::new(|| versions::products(read("versions", include_str!("tables/versions.toml"))));

static MOVING: LazyLock<MovingTags> = LazyLock::new(|| read("latest", include_str!("tables/latest.toml")));

pub(crate) fn table() -> &'static Table {
    &TABLE
}

pub(crate) fn releases() -> &'static [Release] {
    &RELEASES
}

pub(crate) fn products() -> &'static [Product] {
    &PRODUCTS
}

pub(crate) fn moving_tags() -> &'static MovingTags {
    &MOVING
}

/// Reads one of the embedded files.
fn read<T: DeserializeOwned>(file: &str, text: &str) -> T {
    // The files are part of the program, and the tests of `images` read every one of them.
    toml::from_str(text).unwrap_or_else(|error| panic!("table `{file}`: {error}"))
}
