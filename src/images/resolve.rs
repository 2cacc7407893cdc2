//! Facts for one image and tag: the rows laid over each other, and what the version decides.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::facts::{Client, Confidence, Counterpart, Facts, Libc, Os, ReleaseFrom, User};
use super::latest::Latest;
use super::name::ImageName;
use super::releases::{self, Date, Release, compare_versions, starts_with_version};
use super::table::{self, Cell, Image, LibcKind, Row};
use super::tag::{self, Tag};
use super::versions::{self, Product, Version};

/// What is known about an image; `None` where no row explains the repository and every part of the tag.
///
/// The repository is written as in a reference, with or without its registry; no tag means `latest`.
pub fn facts(repository: &str, tag: Option<&str>) -> Option<Facts> {
    let name = ImageName::parse(repository);
    let image = table::table().image(name.canonical())?;
    let product = table::products().iter().find(|product| product.is_of(name.canonical()));
    let written = tag.unwrap_or("latest");
    if tag::is_windows(written) {
        return windows(name.canonical(), image);
    }
    if image.any_tag {
        return Resolution::new(&name, image, product, Tag::default())?.facts();
    }
    let moving = table::moving_tags().get(name.canonical(), written);
    if let Some(Latest::Means { tag: means, read_on, .. }) = moving {
        let mut resolution = Resolution::new(&name, image, product, tag::parse(means, image, product)?)?;
        resolution.release_from = resolution.release.map(|_| ReleaseFrom::MovingTag(read_on));
        return resolution.facts();
    }
    Resolution::new(&name, image, product, tag::parse(written, image, product)?)?.facts()
}

/// Windows tags of an image that has Linux ones too: nothing but the system is said.
fn windows(canonical: &str, image: &'static Image) -> Option<Facts> {
    let row = image.variants.iter().find(|row| row.os == Some(Os::Windows));
    let resolution = Resolution {
        canonical: canonical.to_owned(),
        official: false,
        layers: table::table().system(Os::Windows).into_iter().chain(row).collect(),
        os: Os::Windows,
        bare: false,
        is_system: false,
        family: row.and_then(|row| row.id.as_deref()).unwrap_or("windows"),
        tag: Tag::default(),
        line: None,
        release: None,
        release_from: None,
    };
    resolution.facts()
}

/// A tag with the rows and the release that belong to it.
struct Resolution<'t> {
    canonical: String,
    official: bool,
    /// From the most general row to the most special.
    layers: Vec<&'static Row>,
    os: Os,
    bare: bool,
    /// The image is the system itself.
    is_system: bool,
    family: &'static str,
    tag: Tag<'t>,
    line: Option<&'static Version>,
    release: Option<&'static Release>,
    release_from: Option<ReleaseFrom>,
}

impl<'t> Resolution<'t> {
    fn new(
        name: &ImageName,
        image: &'static Image,
        product: Option<&'static Product>,
        tag: Tag<'t>,
    ) -> Option<Resolution<'t>> {
        if let (Some(version), Some(oldest)) = (tag.version, &image.oldest)
            && is_before(version, oldest)
        {
            return None;
        }
        let line = product.and_then(|product| line_of(product, &tag));
        let (release, release_from) = release_of(name, image, line, &tag);
        let named = tag.os.or_else(|| release.filter(|_| !image.release_in_name).map(|release| release.os));
        let default = image.default_os.filter(|_| match (&image.default_os_before, tag.version) {
            (Some(end), version) => version.is_some_and(|version| is_before(version, end)),
            (None, _) => true,
        });
        let variant = match named.or(default) {
            Some(os) => image.variants.iter().find(|row| is_variant(row, &tag) && fits(row, os, tag.os))?,
            None => image.variants.iter().find(|row| row.implies_os && is_variant(row, &tag))?,
        };
        let os = variant.os?;
        // A flavour on another system than the tag's default one (distroless) has a release of its own.
        let stays = |release: &&Release| release.os == os || image.release_in_name;
        let release = release.filter(stays);
        let system = table::table().system(os).filter(|_| !variant.bare);
        Some(Resolution {
            canonical: name.canonical().to_owned(),
            official: name.is_official(),
            layers: system.into_iter().chain([&image.common, variant]).collect(),
            os,
            bare: variant.bare,
            is_system: image.versions_are_releases,
            family: variant.id.as_deref()?,
            tag,
            line,
            release,
            release_from: release_from.filter(|_| release.is_some()),
        })
    }

    fn facts(self) -> Option<Facts> {
        let official = self.official.then_some(false);
        let (users, users_are_all) = self.users();
        let (clients, clients_are_all) = self.clients();
        Some(Facts {
            family: self.family,
            version: self.tag.version.map(str::to_owned),
            os: self.os,
            release: self.release,
            release_from: self.release_from,
            libc: self.libc(),
            packages: self.of_release(Cell::Packages, |row| row.packages, |release| release.packages),
            shell: self.pick(Cell::Shell, |row| row.shell),
            bash: self.pick(Cell::Bash, |row| row.bash),
            user_tools: self.pick(Cell::UserTools, |row| row.user_tools),
            adduser: self.of_release(Cell::Adduser, |row| row.adduser, |release| release.adduser),
            users,
            users_are_all,
            ready: self.pick(Cell::Ready, |row| row.ready.as_deref()),
            clients,
            clients_are_all,
            native_probe: self.first(|row| row.native_probe.as_deref()),
            ca_certificates: self.pick(Cell::CaCertificates, |row| row.ca_certificates),
            user: self.pick(Cell::User, |row| row.user.clone()),
            entrypoint: self.pick(Cell::Entrypoint, |row| row.entrypoint.as_deref()),
            cmd: self.pick(Cell::Cmd, |row| row.cmd.as_deref()),
            workdir: self.pick(Cell::Workdir, |row| row.workdir.as_deref()),
            expose: self.pick(Cell::Expose, |row| row.expose.as_deref()),
            env: self.env(),
            volumes: self.pick(Cell::Volumes, |row| row.volumes.as_deref()),
            // No tag of an official image with triggers is explained by the tables, and none has a health check.
            onbuild: self.first(|row| row.onbuild).or(official),
            healthcheck: self.first(|row| row.healthcheck).or(official),
            stop_signal: self.pick(Cell::StopSignal, |row| row.stop_signal.as_deref()),
            keep_root: self.first(|row| row.keep_root.as_deref()),
            nonroot: self.first(|row| row.nonroot.as_deref()),
            counterparts: self.counterparts(),
            size_mb: self.first(|row| row.size_mb),
            end_of_life: self.end_of_life(),
            note: self.first(|row| row.note.as_deref()),
            confidence: self.first(|row| row.confidence).unwrap_or(Confidence::Knowledge),
            repository: self.canonical,
        })
    }

    /// The cell of the most special row that has it.
    fn first<T>(&self, get: impl Fn(&'static Row) -> Option<T>) -> Option<T> {
        self.layers.iter().rev().find_map(|row| get(row))
    }

    /// The same, unless a row calls the cell unknown, or true only since a later version.
    fn pick<T>(&self, cell: Cell, get: impl Fn(&'static Row) -> Option<T>) -> Option<T> {
        for row in self.layers.iter().rev() {
            if let Some(value) = get(row) {
                return self.layers.iter().all(|row| self.is_reached(row.since.get(&cell))).then_some(value);
            }
            if row.unknown.contains(&cell) {
                return None;
            }
        }
        None
    }

    /// A cell that the release decides, unless the image does.
    fn of_release<T>(
        &self,
        cell: Cell,
        get: impl Fn(&'static Row) -> Option<T>,
        of: impl Fn(&'static Release) -> Option<T>,
    ) -> Option<T> {
        let own = self.layers.iter().rev().filter(|row| row.name.is_none());
        for row in own {
            if let Some(value) = get(row) {
                return Some(value);
            }
            if row.unknown.contains(&cell) {
                return None;
            }
        }
        let release = self.release.filter(|release| !self.bare && release.os == self.os);
        release
            .and_then(of)
            .or_else(|| self.layers.iter().find(|row| row.name.is_some()).and_then(|row| get(row)))
    }

    /// Whether the tag's version is not older than `first`. A tag without a version means a current one.
    fn is_reached(&self, first: Option<&String>) -> bool {
        match (first, self.version()) {
            (Some(first), Some(version)) => !is_before(version, first),
            _ => true,
        }
    }

    /// The version of the tag, or the line that its word stands for.
    fn version(&self) -> Option<&str> {
        self.tag.version.or_else(|| self.line.map(|line| line.version.as_str()))
    }

    fn libc(&self) -> Option<Libc> {
        let glibc = self.release.and_then(|release| release.glibc);
        self.pick(Cell::Libc, |row| row.libc).map(|kind| match kind {
            LibcKind::Glibc => Libc::Glibc(glibc),
            LibcKind::Musl => Libc::Musl,
            LibcKind::None => Libc::None,
        })
    }

    /// The users of all layers and of the release, and whether that is all of them.
    fn users(&self) -> (Vec<&'static User>, bool) {
        let has_system = self.layers.iter().any(|row| row.name.is_some() && row.users.is_some());
        let mut all = has_system || self.bare;
        // Which users a release adds cannot be told while the release is not known.
        let varies = |release: &Release| release.os == self.os && !release.users.is_empty();
        all &= self.release.is_some() || self.bare || !table::releases().iter().any(varies);
        let release = self.release.filter(|release| !self.bare && release.os == self.os);
        let mut users: Vec<&'static User> =
            release.map_or(&[][..], |release| &release.users).iter().collect();
        for row in &self.layers {
            if row.unknown.contains(&Cell::Users) {
                users.clear();
                all = false;
            }
            if !self.is_reached(row.since.get(&Cell::Users)) {
                continue;
            }
            users.retain(|user| !row.without_users.contains(&user.name));
            for user in row.users.iter().flatten() {
                users.retain(|other| other.name != user.name);
                users.push(user);
            }
        }
        (users, all)
    }

    /// The clients of all layers, and whether that is all of them.
    fn clients(&self) -> (Vec<Client>, bool) {
        let mut clients = Vec::new();
        let mut all = self.layers.iter().any(|row| row.clients.is_some());
        for row in &self.layers {
            if row.unknown.contains(&Cell::Clients) {
                clients.clear();
                all = false;
            }
            clients.extend(row.clients.iter().flatten().copied());
        }
        let has_begun =
            |client: &Client| self.layers.iter().all(|row| self.is_reached(row.client_since.get(client)));
        all &= clients.iter().all(|client| has_begun(client) || *client == Client::NodeFetch);
        clients.retain(has_begun);
        if self.pick(Cell::Bash, |row| row.bash) == Some(true) {
            clients.push(Client::BashTcp);
        }
        clients.sort_unstable();
        clients.dedup();
        (clients, all)
    }

    fn end_of_life(&self) -> Option<Date> {
        let of_system = self.release.filter(|_| self.is_system).and_then(|release| release.end_of_life);
        self.line.and_then(|line| line.end_of_life).or(of_system)
    }

    fn env(&self) -> BTreeMap<&'static str, &'static str> {
        let reached = self.layers.iter().filter(|row| self.is_reached(row.since.get(&Cell::Env)));
        let pairs = reached.flat_map(|row| row.env.iter().flatten());
        pairs.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn counterparts(&self) -> Vec<Counterpart> {
        let rows = self.first(|row| row.counterparts.as_ref());
        let made = rows.into_iter().flatten().filter_map(|row| {
            if row.release.as_deref().is_some_and(|name| self.release.is_none_or(|known| known.name != name))
            {
                return None;
            }
            let of_runtime = row.image.contains("{runtime}");
            let version = if of_runtime { self.tag.runtime } else { self.version() };
            let major = version.map(|version| version.split(['.', '_']).next().unwrap_or(version));
            if let Some(majors) = &row.majors
                && !majors.iter().any(|known| Some(known.as_str()) == major)
            {
                return None;
            }
            Some(Counterpart { image: self.fill(&row.image, major)?, runs: row.runs, when: &row.when })
        });
        let mut found: Vec<Counterpart> = made.collect();
        // A row for any release names the same image as the one for the release.
        found.dedup_by(|later, one| later.image == one.image);
        found
    }

    /// Fills the places of a counterpart's name; `None` where one cannot be filled.
    fn fill(&self, image: &str, major: Option<&str>) -> Option<String> {
        let mut filled = image.replace("{repository}", &self.canonical);
        for (place, value) in [
            ("{version}", self.version()),
            ("{tag_version}", self.tag.version),
            ("{runtime}", self.tag.runtime),
            ("{major}", major),
            ("{release}", self.release.map(|release| release.name.as_str())),
        ] {
            if filled.contains(place) {
                filled = filled.replace(place, value?);
            }
        }
        if filled.contains("{tag_release}") {
            filled = filled.replace("{tag_release}", &versions::spelled(&self.canonical, self.release?));
        }
        Some(filled)
    }
}

/// Whether a version lies before `first`; `3`, which stands for all of its minors, does not lie before `3.6`.
fn is_before(version: &str, first: &str) -> bool {
    compare_versions(version, first) == Ordering::Less && !starts_with_version(first, version)
}

/// The line of versions that a tag belongs to.
fn line_of(product: &'static Product, tag: &Tag<'_>) -> Option<&'static Version> {
    match (tag.version, tag.channel) {
        (Some(version), None) => product.line(version).or_else(|| product.alias(version)),
        (None, Some(channel)) => product.alias(channel),
        (None, None) if !tag.dated => product.alias("latest"),
        _ => None,
    }
}

/// The release of a tag and how it is known.
fn release_of(
    name: &ImageName,
    image: &Image,
    line: Option<&'static Version>,
    tag: &Tag<'_>,
) -> (Option<&'static Release>, Option<ReleaseFrom>) {
    let said = tag.release.or_else(|| {
        if image.release_in_name {
            return name.canonical().split(['/', '-']).find_map(releases::release);
        }
        let version = tag.version.filter(|_| image.versions_are_releases)?;
        releases::release_of_version(image.default_os?, version)
    });
    if said.is_some() {
        return (said, said.map(|_| ReleaseFrom::Reference));
    }
    let Some(line) = line.filter(|_| !tag.other_release) else { return (None, None) };
    let is_line = tag.version.is_none_or(|version| version == line.version);
    let is_short =
        tag.version.is_some_and(|version| line.version != version && line.version.starts_with(version));
    let (word, settled) = match tag.os {
        Some(Os::Alpine) => (&line.alpine, false),
        Some(_) => return (None, None),
        None => (&line.release, line.settled),
    };
    if !(settled || is_line || is_short) {
        return (None, None);
    }
    let from = match settled && tag.version.is_some() && !is_short {
        true => ReleaseFrom::Table(line.read_on),
        false => ReleaseFrom::MovingTag(line.read_on),
    };
    let release = word.as_deref().and_then(releases::release);
    (release, release.map(|_| from))
}

fn is_variant(row: &Row, tag: &Tag<'_>) -> bool {
    row.words.len() == tag.words.len() && row.words.iter().zip(&tag.words).all(|(one, other)| one == other)
}

/// Whether a row is the one for a system; distroless flavours of an image are neither Debian's nor Ubuntu's, but
/// their tags say no system either.
fn fits(row: &Row, os: Os, named: Option<Os>) -> bool {
    row.os == Some(os) || (row.os == Some(Os::Distroless) && named.is_none())
}
