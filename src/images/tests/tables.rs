//! The tables are whole and sound.

use std::collections::BTreeSet;

use super::super::name::matches;
use super::super::table::{IMAGE_FILES, LibcKind};
use super::super::*;

#[test]
fn no_two_rows_answer_for_one_tag() {
    let images = &table::table().images;
    let mut names = BTreeSet::new();
    for image in images {
        for repository in &image.repositories {
            assert!(names.insert(repository), "`{repository}` stands in two rows");
            assert_eq!(
                ImageName::parse(repository).canonical(),
                repository,
                "`{repository}` is not the canonical spelling"
            );
        }
        let mut keys = BTreeSet::new();
        for row in &image.variants {
            let os = row.os.expect("every variant has a system");
            assert!(keys.insert((os, &row.words)), "{:?}: {os:?} {:?} twice", image.repositories, row.words);
        }
    }
    let (patterns, exact): (Vec<&String>, Vec<&String>) =
        names.into_iter().partition(|name| name.contains('*'));
    for pattern in patterns {
        let caught: Vec<_> = exact.iter().filter(|name| matches(pattern, name)).collect();
        assert!(caught.is_empty(), "`{pattern}` also matches {caught:?}");
    }
}

#[test]
fn every_row_is_sound() {
    let mut ids = BTreeSet::new();
    for image in &table::table().images {
        for row in &image.variants {
            let id = row.id.as_deref().expect("every variant has an id");
            assert!(ids.insert(id), "id `{id}` stands twice");
            assert!(row.words.is_sorted(), "{id}: words are sorted");
            assert!(table::table().system(row.os.expect("a system")).is_some(), "{id}: its system has a row");
            assert!(row.confidence.is_some() || image.common.confidence.is_some(), "{id}: no confidence");
            if let Some(ready) = row.ready.as_ref().or(image.common.ready.as_ref()) {
                let of_system =
                    table::table().system(row.os.expect("a system")).and_then(|os| os.users.as_ref());
                let users = [row.users.as_ref(), image.common.users.as_ref(), of_system];
                let found = users.into_iter().flatten().flatten().any(|user| user.name == *ready);
                assert!(
                    found || row.unknown.contains(&table::Cell::Ready),
                    "{id}: `{ready}` is not among the users"
                );
            }
            for other in [row, &image.common] {
                assert!(
                    other.name.is_none() && other.without_users.iter().all(|name| !name.is_empty()),
                    "{id}"
                );
                assert!(other.libc != Some(LibcKind::None) || other.bash != Some(true), "{id}");
            }
        }
    }
    assert!(ids.len() > 110, "{} rows", ids.len());
    assert_eq!(IMAGE_FILES.len(), 6);
}

#[test]
fn every_codename_is_in_the_table_of_releases() {
    let mut words = BTreeSet::new();
    for release in table::releases() {
        assert!(words.insert(&release.name), "{}", release.name);
        for word in &release.words {
            assert!(words.insert(word), "{word}");
        }
        let glibc = !matches!(release.os, Os::Alpine | Os::Azurelinux) && release.version.is_some();
        let interim = ["questing", "plucky", "oracular"].contains(&release.name.as_str());
        assert_eq!(
            glibc && !interim,
            release.glibc.is_some() || release.glibc_above.is_some(),
            "{}",
            release.name
        );
        assert!(release.end_of_life <= release.long_term.or(release.end_of_life), "{}", release.name);
    }
    for product in table::products() {
        assert!(!product.versions.is_empty(), "{}", product.name);
        for line in &product.versions {
            let named = line.built.iter().chain(&line.release).chain(&line.alpine);
            for name in named {
                assert!(release(name).is_some(), "{} {}: `{name}`", product.name, line.version);
            }
            if let Some(release) = &line.release
                && !line.built.is_empty()
            {
                assert!(line.built.contains(release), "{} {}", product.name, line.version);
            }
        }
    }
    for (name, row) in &table::moving_tags().tags {
        let (repository, _) = name.split_once(':').expect("repository:tag");
        assert_eq!(ImageName::parse(repository).canonical(), repository);
        for tag in std::iter::once(&row.means).chain(&row.pin) {
            let has_row = table::table().image(repository).is_some();
            assert!(!has_row || facts(repository, Some(tag)).is_some(), "{name}: `{tag}` is not explained");
        }
    }
}
