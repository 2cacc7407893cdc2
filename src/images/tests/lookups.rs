//! Typical references get the facts that they should.

use super::super::*;

fn known(repository: &str, tag: &str) -> Facts {
    let tag = (!tag.is_empty()).then_some(tag);
    facts(repository, tag).unwrap_or_else(|| panic!("no facts for {repository}:{tag:?}"))
}

fn day(text: &str) -> Date {
    Date::try_from(text.to_owned()).expect("a date")
}

/// `family codename libc adduser`, `-` for what is not known.
fn summary(repository: &str, tag: &str) -> String {
    let facts = known(repository, tag);
    let libc = match facts.libc {
        Some(Libc::Glibc(Some(version))) => version.to_string(),
        Some(Libc::Glibc(None)) => "glibc".to_owned(),
        Some(Libc::Musl) => "musl".to_owned(),
        Some(Libc::None) => "static".to_owned(),
        None => "-".to_owned(),
    };
    let adduser = match facts.adduser {
        Some(Adduser::Debian) => "debian",
        Some(Adduser::Busybox) => "busybox",
        Some(Adduser::Useradd) => "useradd",
        Some(Adduser::None) => "none",
        None => "-",
    };
    format!("{} {} {libc} {adduser}", facts.family, facts.codename().unwrap_or("-"))
}

#[test]
fn typical_references() {
    for (repository, tag, wanted) in [
        ("node", "", "node trixie 2.41 none"),
        ("node", "latest", "node trixie 2.41 none"),
        ("node", "26", "node trixie 2.41 none"),
        ("node", "24", "node bookworm 2.36 debian"),
        ("node", "24.3.0", "node bookworm 2.36 debian"),
        ("node", "24-slim", "node-slim bookworm 2.36 debian"),
        ("node", "24-trixie-slim", "node-slim trixie 2.41 none"),
        ("node", "20", "node bookworm 2.36 debian"),
        ("node", "20-bullseye", "node bullseye 2.31 debian"),
        ("node", "20.5.0", "node - glibc -"),
        ("node", "iron-slim", "node-slim bookworm 2.36 debian"),
        ("node", "lts", "node - glibc -"),
        ("node", "16", "node buster 2.28 debian"),
        ("node", "20.12.2-alpine3.19", "node-alpine - musl busybox"),
        ("node", "24-alpine", "node-alpine alpine3.24 musl busybox"),
        ("node", "22-alpine3.23", "node-alpine alpine3.23 musl busybox"),
        ("node", "22-alpine3.19", "node-alpine - musl busybox"),
        ("golang", "alpine3.9", "golang-alpine - musl busybox"),
        ("docker.io/library/node", "10.15.2-stretch-slim", "node-slim stretch 2.24 debian"),
        ("public.ecr.aws/docker/library/python", "3.12", "python trixie 2.41 none"),
        ("python", "3", "python trixie 2.41 none"),
        ("python", "slim", "python-slim trixie 2.41 none"),
        ("python", "3.12-slim-bookworm", "python-slim bookworm 2.36 debian"),
        ("python", "3.12.3-slim", "python-slim - glibc -"),
        ("python", "3.14.6-slim", "python-slim trixie 2.41 none"),
        ("python", "3.8", "python bookworm 2.36 debian"),
        ("python", "3.7-slim-stretch", "python-slim stretch 2.24 debian"),
        ("python", "3.6", "python bullseye 2.31 debian"),
        ("python", "3-alpine", "python-alpine alpine3.24 musl busybox"),
        ("golang", "1.27", "golang trixie 2.41 none"),
        ("golang", "1.26.6", "golang trixie 2.41 none"),
        ("golang", "1.23.4", "golang bookworm 2.36 debian"),
        ("golang", "1.22.3-alpine3.19", "golang-alpine - musl busybox"),
        ("golang", "alpine", "golang-alpine alpine3.24 musl busybox"),
        ("golang", "buster", "golang buster 2.28 debian"),
        ("rust", "1", "rust trixie 2.41 none"),
        ("rust", "1.81.0", "rust bookworm 2.36 debian"),
        ("rust", "1.90-slim", "rust-slim trixie 2.41 none"),
        ("rust", "1.60.0", "rust - glibc -"),
        ("ruby", "3.2-slim", "ruby-slim trixie 2.41 none"),
        ("ruby", "2.7", "ruby bullseye 2.31 debian"),
        ("ruby", "3.0-alpine3.16", "ruby-alpine - musl busybox"),
        ("php", "8.3-apache", "php-apache trixie 2.41 none"),
        ("php", "8.4-fpm-alpine", "php-fpm-alpine alpine3.24 musl busybox"),
        ("php", "7.4-cli", "php-cli bullseye 2.31 debian"),
        ("php", "", "php-cli trixie 2.41 none"),
        ("eclipse-temurin", "21-jre", "temurin-jre resolute glibc none"),
        ("eclipse-temurin", "17-jdk-jammy", "temurin-jdk jammy 2.35 debian"),
        ("eclipse-temurin", "17.0.18_8-jre", "temurin-jre - glibc -"),
        ("eclipse-temurin", "21-jre-alpine-3.23", "temurin-jre-alpine alpine3.23 musl busybox"),
        ("eclipse-temurin", "8u442-b06-jre", "temurin-jre - glibc -"),
        ("eclipse-temurin", "21-jdk-ubi9-minimal", "temurin-jdk-ubi el9 2.34 -"),
        ("maven", "3.9-eclipse-temurin-21", "maven-temurin - glibc -"),
        ("maven", "4.0.0-rc-5-eclipse-temurin-17", "maven-temurin - glibc -"),
        ("maven", "3.9-eclipse-temurin-21-alpine", "maven-temurin-alpine - musl busybox"),
        ("maven", "latest", "maven-temurin noble 2.39 none"),
        ("gradle", "9-jdk21-noble", "gradle-jdk noble 2.39 none"),
        ("gradle", "jdk21-alpine", "gradle-jdk-alpine - musl busybox"),
        ("mcr.microsoft.com/dotnet/sdk", "10.0", "dotnet-sdk-ubuntu noble 2.39 none"),
        ("mcr.microsoft.com/dotnet/sdk", "8.0-bookworm-slim-amd64", "dotnet-sdk bookworm 2.36 debian"),
        ("mcr.microsoft.com/dotnet/aspnet", "8.0", "dotnet-runtime bookworm 2.36 debian"),
        ("mcr.microsoft.com/dotnet/aspnet", "8.0-jammy-chiseled", "dotnet-chiseled jammy 2.35 none"),
        (
            "mcr.microsoft.com/dotnet/runtime",
            "10.0.11-alpine3.23",
            "dotnet-runtime-alpine alpine3.23 musl busybox",
        ),
        ("debian", "", "debian trixie 2.41 none"),
        ("debian", "12.5-slim", "debian-slim bookworm 2.36 debian"),
        ("debian", "trixie-20260112-slim", "debian-slim trixie 2.41 none"),
        ("debian", "sid-slim", "debian-slim sid glibc -"),
        ("ubuntu", "22.04", "ubuntu jammy 2.35 debian"),
        ("ubuntu", "latest", "ubuntu resolute glibc none"),
        ("ubuntu", "rolling", "ubuntu - glibc -"),
        ("alpine", "3.20.3", "alpine alpine3.20 musl busybox"),
        ("alpine", "3.4", "alpine - musl busybox"),
        ("alpine", "edge", "alpine - musl busybox"),
        ("scratch", "", "scratch - static none"),
        ("gcr.io/distroless/static-debian13", "nonroot", "distroless-static-nonroot trixie static none"),
        ("gcr.io/distroless/base-debian12", "", "distroless-base bookworm 2.36 none"),
        (
            "gcr.io/distroless/nodejs24-debian13",
            "nonroot-amd64",
            "distroless-nodejs-nonroot trixie 2.41 none",
        ),
        ("gcr.io/distroless/static", "debug", "distroless-static-debug - static none"),
        ("nginx", "1.31", "nginx trixie 2.41 none"),
        ("nginx", "stable-alpine-slim", "nginx-alpine-slim - musl busybox"),
        ("nginx", "1.25-bookworm-perl", "nginx bookworm 2.36 debian"),
        ("nginxinc/nginx-unprivileged", "1.27-alpine", "nginx-unprivileged-alpine - musl busybox"),
        ("oven/bun", "1", "bun trixie 2.41 none"),
        ("oven/bun", "1.2.3-distroless", "bun-distroless - glibc none"),
        ("denoland/deno", "alpine-2.9.1", "deno-alpine - - busybox"),
        ("redhat/ubi9-minimal", "", "ubi-minimal el9 2.34 none"),
        ("registry.access.redhat.com/ubi8/ubi", "8.10", "ubi el8 2.28 useradd"),
        ("almalinux", "9-minimal", "rocky-alma-minimal el9 2.34 none"),
        ("cgr.dev/chainguard/node", "latest", "chainguard - glibc none"),
        ("amazonlinux", "2023", "amazonlinux al2023 2.34 none"),
        ("centos", "7.6.1810", "centos centos7 2.17 useradd"),
        ("nvidia/cuda", "12.4.1-cudnn-devel-ubuntu22.04", "nvidia-cuda-devel jammy 2.35 debian"),
        ("tomcat", "9.0.99-jdk17-temurin", "tomcat-temurin - glibc -"),
        ("openjdk", "11-jre-slim", "openjdk-slim - glibc -"),
        ("openjdk", "8u342-jdk", "openjdk - glibc -"),
        ("maven", "3-eclipse-temurin-17-alpine", "maven-temurin-alpine - musl busybox"),
        ("nginx", "1", "nginx trixie 2.41 none"),
        ("redis", "7.2.4-alpine3.19", "redis-alpine - musl busybox"),
    ] {
        assert_eq!(summary(repository, tag), wanted, "{repository}:{tag}");
    }
}

#[test]
fn what_no_row_explains_has_no_facts() {
    for (repository, tag) in [
        ("registry.example.com/library/node", "24"),
        ("mycompany/node", "24"),
        ("node", "24-mystery"),
        ("node", "0.12"),
        ("python", "3.15-rc-slim"),
        ("golang", "onbuild"),
        ("node", "20-bookworm-alpine"),
        ("openjdk", "17-mystery"),
        ("maven", "3.6.3-jdk-8"),
        ("tomcat", "8.5"),
        ("tomcat", "9.0.30-jdk8-openjdk"),
        ("mcr.microsoft.com/dotnet/sdk", "10.0-rc.1"),
        ("mongo", ""),
        ("ubuntu", "lucid"),
        ("cgr.dev/chainguard/wolfi-base", "latest"),
    ] {
        let tag = (!tag.is_empty()).then_some(tag);
        assert!(facts(repository, tag).is_none(), "{repository}:{tag:?}");
    }
}

#[test]
fn images_of_vendors_are_known_as_far_as_a_user_is_concerned() {
    let family = |name: &str, tag: &str| facts(name, Some(tag)).map(|facts| facts.family);
    for (name, tag, wanted) in [
        ("openjdk", "17", "openjdk-oracle"),
        ("openjdk", "17-jdk", "openjdk-oracle"),
        ("openjdk", "17-oracle", "openjdk-oracle"),
        ("openjdk", "17-jdk-oraclelinux8", "openjdk-oracle"),
        ("openjdk", "17-jdk-slim", "openjdk-slim"),
        ("openjdk", "17-alpine", "openjdk-alpine"),
        ("openjdk", "11", "openjdk"),
        ("java", "8-jre", "java"),
        ("java", "openjdk-8-jdk-alpine", "java-alpine"),
        ("adoptopenjdk", "11-jre-hotspot", "adoptopenjdk"),
        ("amazoncorretto", "17", "amazoncorretto-al2023"),
        ("amazoncorretto", "17-alpine3.19", "amazoncorretto-alpine"),
        ("ibm-semeru-runtimes", "open-17-jre-noble", "semeru-ubuntu"),
        ("mcr.microsoft.com/openjdk/jdk", "21-ubuntu", "msopenjdk-ubuntu"),
        ("microsoft/dotnet", "2.2-aspnetcore-runtime", "microsoft-dotnet-aspnetcore"),
        ("microsoft/dotnet", "2.1-aspnetcore-runtime-alpine3.7", "microsoft-dotnet-aspnetcore-alpine"),
        ("microsoft/dotnet", "aspnetcore-runtime", "microsoft-dotnet-aspnetcore"),
        ("mcr.microsoft.com/dotnet/aspnet", "10.0-preview", "dotnet-runtime-ubuntu"),
        ("php", "5.6-apache", "php-apache"),
        ("webdevops/php-nginx", "8.2", "webdevops"),
    ] {
        assert_eq!(family(name, tag), Some(wanted), "{name}:{tag}");
    }
    assert_eq!(family("mcr.microsoft.com/openjdk/jdk", "21-mariner"), None);
    assert_eq!(
        facts("microsoft/dotnet", Some("2.1-sdk-nanoserver-1809")).map(|facts| facts.os),
        Some(Os::Windows)
    );
    // What is not sure to be there is not said to be.
    let oracle = facts("openjdk", Some("17")).expect("known");
    assert_eq!((oracle.packages, oracle.uid_is_taken(10_001)), (None, Some(false)));
    assert_eq!(facts("php", Some("5.6-fpm")).expect("known").entrypoint, None);
    assert_eq!(facts("amazoncorretto", Some("17")).expect("known").packages, None);
}

#[test]
fn windows_is_never_taken_for_linux() {
    for (repository, tag) in [
        ("python", "3.13-windowsservercore"),
        ("golang", "1.27-nanoserver-ltsc2025"),
        ("mcr.microsoft.com/dotnet/sdk", "10.0-nanoserver-ltsc2022"),
        ("mcr.microsoft.com/windows/servercore", "ltsc2022"),
        ("mcr.microsoft.com/windows/nanoserver", "1809"),
        ("mcr.microsoft.com/dotnet/framework/aspnet", "4.8"),
        ("openjdk", "8-windowsservercore-ltsc2016"),
    ] {
        let facts = known(repository, tag);
        assert!(facts.is_windows(), "{repository}:{tag}");
        assert_eq!((facts.shell == Some(Shell::Dash), facts.users.len()), (false, 0), "{repository}:{tag}");
    }
}

#[test]
fn users_are_created_in_the_dialect_of_the_release() {
    let dialect = |repository, tag| {
        let facts = known(repository, tag);
        (facts.user_tools, facts.adduser)
    };
    let shadow = Some(UserTools::Shadow);
    assert_eq!(dialect("debian", "bookworm"), (shadow, Some(Adduser::Debian)));
    assert_eq!(dialect("debian", "trixie"), (shadow, Some(Adduser::None)));
    assert_eq!(dialect("ubuntu", "22.04"), (shadow, Some(Adduser::Debian)));
    assert_eq!(dialect("ubuntu", "24.04"), (shadow, Some(Adduser::None)));
    assert_eq!(dialect("python", "3.12-slim"), (shadow, Some(Adduser::None)));
    // Which Debian it is, is not known; useradd is there in all of them.
    assert_eq!(dialect("python", "3.12.3-slim"), (shadow, None));
    assert_eq!(dialect("alpine", "3.22"), (Some(UserTools::Busybox), Some(Adduser::Busybox)));
    assert_eq!(dialect("redhat/ubi9", ""), (shadow, Some(Adduser::Useradd)));
    assert_eq!(dialect("redhat/ubi9-minimal", ""), (Some(UserTools::None), Some(Adduser::None)));
    assert_eq!(dialect("scratch", ""), (Some(UserTools::None), Some(Adduser::None)));
    let chiseled = dialect("mcr.microsoft.com/dotnet/runtime", "9.0-noble-chiseled-extra");
    assert_eq!(chiseled, (Some(UserTools::None), Some(Adduser::None)));
}

#[test]
fn number_1000_is_known_to_be_taken() {
    let taken = |repository, tag, uid| known(repository, tag).uid_is_taken(uid);
    for (repository, tag) in [
        ("ubuntu", "24.04"),
        ("ubuntu", "26.04"),
        ("eclipse-temurin", "21-jre-noble"),
        ("maven", "3.9-eclipse-temurin-21-noble"),
        ("tomcat", "11.0-jdk25-temurin-noble"),
        ("node", "24-slim"),
        ("node", "24-alpine"),
        ("oven/bun", "1.3-slim"),
        ("gradle", "9-jdk25"),
        ("jenkins/jenkins", "lts"),
        ("denoland/deno", "alpine"),
    ] {
        assert_eq!(taken(repository, tag, 1000), Some(true), "{repository}:{tag}");
        assert_ne!(taken(repository, tag, 10001), Some(true), "{repository}:{tag}");
    }
    assert_eq!(taken("ubuntu", "22.04", 1000), Some(false));
    assert_eq!(taken("python", "3.12-slim", 1000), Some(false));
    // From 23.04 on it is taken; which release this tag means is not known.
    assert_eq!(taken("eclipse-temurin", "17.0.18_8-jre", 1000), None);
}

#[test]
fn an_image_offers_its_own_user() {
    let ready =
        |repository, tag| known(repository, tag).ready_user().map(|user| (user.name.as_str(), user.uid));
    assert_eq!(ready("node", "24-slim"), Some(("node", 1000)));
    assert_eq!(ready("mcr.microsoft.com/dotnet/aspnet", "8.0"), Some(("app", 1654)));
    assert_eq!(ready("mcr.microsoft.com/dotnet/aspnet", "7.0"), None);
    assert_eq!(ready("php", "8.4-fpm"), Some(("www-data", 33)));
    assert_eq!(ready("php", "8.4-fpm-alpine"), Some(("www-data", 82)));
    assert_eq!(ready("denoland/deno", "2.9.1"), Some(("deno", 1993)));
    assert_eq!(ready("gradle", "9-jdk21"), Some(("gradle", 1000)));
    assert_eq!(ready("gcr.io/distroless/static-debian13", "nonroot"), Some(("nonroot", 65532)));
    assert_eq!(ready("python", "3.12"), None);
}

#[test]
fn the_default_user_says_whether_kubernetes_can_prove_it() {
    let user = |repository, tag| known(repository, tag).user;
    assert_eq!(user("gcr.io/distroless/static-debian13", "nonroot"), Some(DefaultUser::Number(65532)));
    assert_eq!(user("gcr.io/distroless/static-debian13", "latest"), Some(DefaultUser::Root));
    assert_eq!(user("nginxinc/nginx-unprivileged", ""), Some(DefaultUser::Number(101)));
    assert_eq!(user("jenkins/jenkins", "lts"), Some(DefaultUser::Name("jenkins".to_owned())));
    assert_eq!(
        user("mcr.microsoft.com/dotnet/aspnet", "10.0-noble-chiseled"),
        Some(DefaultUser::Number(1654))
    );
    assert_eq!(user("node", "24"), Some(DefaultUser::Root));
    assert!(known("postgres", "18").keep_root.is_some());
    assert!(known("nginx", "1.31").keep_root.is_some());
}

#[test]
fn probe_clients_are_those_that_are_there() {
    use Client::{BashTcp, BusyboxWget, Curl, NodeFetch, NodeHttp, Php, Python, Ruby, Wget};
    for (repository, tag, wanted) in [
        ("node", "24", &[Curl, Wget, NodeFetch, NodeHttp, BashTcp][..]),
        ("node", "24-slim", &[NodeFetch, NodeHttp, BashTcp]),
        ("node", "16-slim", &[NodeHttp, BashTcp]),
        ("node", "24-alpine", &[BusyboxWget, NodeFetch, NodeHttp]),
        ("python", "3.12-slim", &[Python, BashTcp]),
        ("ruby", "3.4-slim", &[Ruby, BashTcp]),
        ("php", "8.4-apache", &[Curl, Php, BashTcp]),
        ("golang", "1.27", &[Curl, Wget, BashTcp]),
        ("rust", "1.98-slim", &[BashTcp]),
        ("debian", "trixie-slim", &[BashTcp]),
        ("mcr.microsoft.com/dotnet/aspnet", "8.0", &[BashTcp]),
        ("httpd", "2.4", &[BashTcp]),
        ("alpine", "3.22", &[BusyboxWget]),
        ("nginx", "1.31-alpine", &[Curl, BusyboxWget]),
        ("nginx", "1.31-alpine-slim", &[BusyboxWget]),
        ("eclipse-temurin", "21-jre", &[Curl, Wget, BashTcp]),
        ("gcr.io/distroless/static-debian13", "nonroot", &[]),
        ("gcr.io/distroless/nodejs24-debian13", "", &[NodeFetch, NodeHttp]),
        ("scratch", "", &[]),
        ("cgr.dev/chainguard/static", "latest", &[]),
    ] {
        let facts = known(repository, tag);
        assert_eq!(facts.clients, wanted, "{repository}:{tag}");
        assert!(facts.clients_are_all, "{repository}:{tag}");
    }
    assert_eq!(known("nginx", "1.19").has_client(Curl), None);
    assert_eq!(known("cgr.dev/chainguard/node", "latest-dev").has_client(Curl), None);
}

#[test]
fn glibc_runs_forward_only() {
    let order = ["bionic", "buster", "bullseye", "el9", "jammy", "bookworm", "noble", "trixie"];
    for pair in order.windows(2) {
        assert!(glibc_of(pair[0]) < glibc_of(pair[1]), "{pair:?}");
        assert_eq!(
            (runs_on(pair[0], pair[1]), runs_on(pair[1], pair[0])),
            (Some(true), Some(false)),
            "{pair:?}"
        );
    }
    assert_eq!(glibc_of("focal"), glibc_of("bullseye"));
    assert_eq!(glibc_of("ubi9"), glibc_of("el9"));
    // Its glibc was not read, but it is newer than trixie's.
    assert_eq!(glibc_of("resolute"), None);
    assert_eq!(runs_on("trixie", "resolute"), Some(true));
    assert_eq!(runs_on("resolute", "trixie"), Some(false));
    assert_eq!(runs_on("resolute", "resolute"), Some(true));
    assert_eq!(runs_on("alpine3.22", "trixie"), None);
    assert_eq!(runs_on("mystery", "trixie"), None);
}

#[test]
fn counterparts_are_whole_references() {
    let images = |repository, tag| -> Vec<String> {
        known(repository, tag).counterparts.into_iter().map(|counterpart| counterpart.image).collect()
    };
    assert_eq!(
        images("golang", "1.27"),
        [
            "gcr.io/distroless/static-debian13:nonroot",
            "scratch",
            "gcr.io/distroless/base-debian13:nonroot",
            "debian:trixie-slim",
        ]
    );
    assert_eq!(
        images("golang", "1.23"),
        ["gcr.io/distroless/static-debian13:nonroot", "scratch", "debian:bookworm-slim"]
    );
    assert_eq!(images("node", "24"), ["node:24-bookworm-slim"]);
    assert_eq!(images("node", "26"), ["node:26-trixie-slim", "gcr.io/distroless/nodejs26-debian13:nonroot"]);
    assert_eq!(images("python", "3.12"), ["python:3.12-slim-trixie"]);
    assert_eq!(images("python", "3.12.3"), Vec::<String>::new());
    assert_eq!(
        images("maven", "3.9-eclipse-temurin-21-noble"),
        ["eclipse-temurin:21-jre-noble", "gcr.io/distroless/java21-debian13:nonroot"]
    );
    assert_eq!(
        images("mcr.microsoft.com/dotnet/sdk", "8.0"),
        [
            "mcr.microsoft.com/dotnet/aspnet:8.0-bookworm-slim",
            "mcr.microsoft.com/dotnet/runtime:8.0-bookworm-slim",
            "mcr.microsoft.com/dotnet/runtime-deps:8.0-bookworm-slim",
        ]
    );
    for (repository, tag) in
        [("golang", "1.27"), ("node", "26"), ("eclipse-temurin", "21-jdk-noble"), ("oven/bun", "1")]
    {
        for image in images(repository, tag) {
            let (name, tag) =
                image.split_once(':').map_or((image.as_str(), None), |(name, tag)| (name, Some(tag)));
            assert!(facts(name, tag).is_some(), "{image} has a row of its own");
        }
    }
}

#[test]
fn the_start_of_the_image_is_known_where_it_matters_to_a_split() {
    let node = known("node", "24-slim");
    assert_eq!((node.entrypoint, node.workdir), (Some(&["docker-entrypoint.sh".to_owned()][..]), Some("/")));
    assert_eq!(known("node", "8").entrypoint, None);
    let go = known("golang", "1.27");
    assert_eq!(
        (go.entrypoint, go.workdir, go.env.get("GOTOOLCHAIN")),
        (Some(&[][..]), Some("/go"), Some(&"local"))
    );
    let distroless = known("gcr.io/distroless/static-debian13", "nonroot");
    assert_eq!((distroless.entrypoint, distroless.workdir), (Some(&[][..]), Some("/home/nonroot")));
    assert_eq!((distroless.onbuild, distroless.healthcheck), (Some(false), Some(false)));
    assert_eq!(known("gradle", "9-jdk21").volumes, Some(&["/home/gradle/.gradle".to_owned()][..]));
    assert_eq!(known("php", "8.4-fpm").stop_signal, Some("SIGQUIT"));
}

#[test]
fn latest_is_dated_and_may_be_missing() {
    let read_on = day("2026-08-21");
    assert_eq!(
        latest("python"),
        Some(Latest::Means { tag: "3.14.7-trixie", pin: Some("3.14-trixie"), read_on })
    );
    assert_eq!(latest("docker.io/library/python"), latest("python"));
    assert_eq!(latest("rockylinux"), Some(Latest::Missing { read_on }));
    assert_eq!(latest("openjdk"), Some(Latest::Frozen { read_on }));
    assert_eq!(latest("nobody/knows"), None);
    assert_eq!(latest("s390x/node"), None, "not every tag is built for every architecture");
    assert!(matches!(
        moving_tag("debian", "stable-slim"),
        Some(Latest::Means { pin: Some("trixie-slim"), .. })
    ));
}

#[test]
fn where_the_release_was_learned_is_told() {
    let from = |repository, tag| known(repository, tag).release_from;
    let read_on = day("2026-08-21");
    assert_eq!(from("node", "24-bookworm"), Some(ReleaseFrom::Reference));
    assert_eq!(from("ubuntu", "22.04"), Some(ReleaseFrom::Reference));
    assert_eq!(from("node", "24"), Some(ReleaseFrom::Table(read_on)));
    assert_eq!(from("python", "3.12"), Some(ReleaseFrom::MovingTag(read_on)));
    assert_eq!(from("node", ""), Some(ReleaseFrom::MovingTag(read_on)));
    assert_eq!(from("rust", "1"), Some(ReleaseFrom::MovingTag(read_on)));
    assert_eq!(from("python", "3.12.3"), None);
}

#[test]
fn versions_render_tags_that_exist() {
    let line = |repository: &str, version: &str| {
        let found = versions(repository).iter().find(|line| line.version == version);
        found.unwrap_or_else(|| panic!("{repository} {version}"))
    };
    assert_eq!(line("node", "24").default_tag("").as_deref(), Some("24-bookworm"));
    assert_eq!(line("node", "24").default_tag("slim").as_deref(), Some("24-bookworm-slim"));
    assert_eq!(line("node", "24").tag("", "alpine3.24").as_deref(), Some("24-alpine3.24"));
    assert_eq!(line("node", "24").tag("slim", "alpine3.24"), None);
    assert_eq!(line("node", "24").tag("", "alpine3.19"), None);
    assert_eq!(line("python", "3.12").default_tag("slim").as_deref(), Some("3.12-slim-trixie"));
    assert_eq!(line("golang", "1.27").default_tag("").as_deref(), Some("1.27-trixie"));
    assert_eq!(line("rust", "1.95").default_tag("slim").as_deref(), Some("1.95-slim-trixie"));
    assert_eq!(line("php", "8.4").default_tag("fpm").as_deref(), Some("8.4-fpm-trixie"));
    assert_eq!(line("eclipse-temurin", "21").tag("jre", "noble").as_deref(), Some("21-jre-noble"));
    assert_eq!(line("eclipse-temurin", "21").tag("jre", "alpine3.24").as_deref(), Some("21-jre-alpine-3.24"));
    assert_eq!(
        line("mcr.microsoft.com/dotnet/aspnet", "8.0").default_tag("").as_deref(),
        Some("8.0-bookworm-slim")
    );
    let today = day("2026-11-23");
    let alive: Vec<_> = versions("node")
        .iter()
        .filter(|line| line.supported_on(today) == Some(true))
        .map(|line| &line.version)
        .collect();
    assert_eq!(alive, ["26", "24", "22"]);
    assert!(versions("arm32v6/node").is_empty());
    assert!(versions("nobody/knows").is_empty());
}

#[test]
fn end_of_life_by_product_and_by_system() {
    let end = |product, version| end_of_life(product, version).map(|end| end.date.to_string());
    assert_eq!(end("node", "20.11.1").as_deref(), Some("2026-04-30"));
    assert_eq!(end("python", "3.9").as_deref(), Some("2025-10-31"));
    assert_eq!(end("go", "1.25").as_deref(), Some("2026-08-19"));
    assert_eq!(end("java", "17.0.18_8").as_deref(), Some("2027-10-31"));
    assert_eq!(end("debian", "bookworm").as_deref(), Some("2026-07-11"));
    assert_eq!(end("debian", "12.5").as_deref(), Some("2026-07-11"));
    assert_eq!(end_of_life("debian", "bookworm").and_then(|end| end.long_term), Some(day("2028-06-30")));
    assert_eq!(end("alpine", "3.20.3").as_deref(), Some("2026-04-01"));
    assert_eq!(end("node", "99"), None);
    assert_eq!(end("cobol", "1"), None);
}

#[test]
fn dates_are_days_of_the_calendar() {
    assert!(Date::try_from("2024-02-29".to_owned()).is_ok());
    for text in ["2026-02-29", "2026-13-01", "2026-04-31", "2026-4", "soon", "2026-04-00"] {
        assert!(Date::try_from(text.to_owned()).is_err(), "{text}");
    }
}

#[test]
fn open_tags_leave_the_version_open_and_keep_the_rest() {
    let pinned = |repository: &str, tag: &str, version: &str| {
        let product = product(repository)?;
        let open = open_tag(repository, (!tag.is_empty()).then_some(tag))?;
        open.with_version(product, product.line(version)?)
    };
    assert_eq!(pinned("node", "", "24").as_deref(), Some("24-bookworm"));
    assert_eq!(pinned("node", "slim", "24").as_deref(), Some("24-bookworm-slim"));
    assert_eq!(pinned("node", "trixie-slim", "24").as_deref(), Some("24-trixie-slim"));
    assert_eq!(pinned("node", "alpine", "22").as_deref(), Some("22-alpine3.24"));
    assert_eq!(pinned("python", "3-slim", "3.12").as_deref(), Some("3.12-slim-trixie"));
    assert_eq!(pinned("php", "fpm-alpine", "8.4").as_deref(), Some("8.4-fpm-alpine3.24"));
    assert_eq!(pinned("php", "", "8.4").as_deref(), Some("8.4-cli-trixie"));
    assert_eq!(pinned("eclipse-temurin", "latest", "21").as_deref(), Some("21-jdk-resolute"));
    // Not built on it, or not seen.
    assert_eq!(pinned("golang", "buster", "1.27"), None);
    assert_eq!(pinned("node", "alpine", "18"), None);
    for (repository, tag) in [
        ("node", "24"),
        ("node", "24.3.0-slim"),
        ("node", "lts"),
        ("node", "iron"),
        ("php", "fpm-zts"),
        ("python", "alpine3.9"),
        ("nginx", "stable"),
        ("python", "windowsservercore"),
        ("mycompany/node", "latest"),
    ] {
        assert_eq!(open_tag(repository, Some(tag)), None, "{repository}:{tag}");
    }
}
