use std::collections::BTreeMap;
use std::time::Duration;

use super::*;

fn up() -> Behaviour {
    Behaviour {
        state: State::Up,
        listening: Some(BTreeSet::from([80])),
        answers: BTreeMap::from([(80, Answer::Status(200))]),
        health: None,
        stop: Some(Stop { code: 0, took: Duration::from_millis(250) }),
        words: String::new(),
    }
}

fn side(behaviour: Behaviour) -> Side {
    let image = Image {
        bytes: 250_000_000,
        layers: 3,
        ports: BTreeSet::from(["80/tcp".to_owned()]),
        ..Image::default()
    };
    Side { image, contents: None, behaviour, rebuild: Ok(Steps::default()), vulnerabilities: None }
}

/// The changes that are not "same".
fn changes(before: &Side, after: &Side) -> Vec<(&'static str, Change)> {
    let rows = compare(before, after).into_iter().filter(|row| row.change != Change::Same);
    rows.map(|row| (row.what, row.change)).collect()
}

#[test]
fn what_is_equal_is_the_same() {
    assert_eq!(changes(&side(up()), &side(up())), []);
}

#[test]
fn container_that_ends_or_does_not_start_is_worse() {
    let ended = |code| side(Behaviour { state: State::Ended(code), ..up() });
    assert_eq!(changes(&side(up()), &ended(0)), [("starts", Change::Worse)]);
    assert_eq!(changes(&ended(1), &ended(1)), []);
    assert_eq!(changes(&ended(0), &ended(1)), [("starts", Change::Worse)]);
    assert_eq!(changes(&ended(0), &side(up())), [("starts", Change::Worse)]);
    assert_eq!(changes(&ended(1), &side(up())), [("starts", Change::Different)]);
    let not = side(Behaviour { state: State::NotStarted, words: "no such file".to_owned(), ..up() });
    let rows = compare(&side(up()), &not);
    assert!(
        rows.iter().any(|row| row.after == "cannot be started: no such file" && row.change == Change::Worse)
    );
}

#[test]
fn port_that_is_lost_or_answers_otherwise_is_worse() {
    let with = |answer| side(Behaviour { answers: BTreeMap::from([(80, answer)]), ..up() });
    assert_eq!(changes(&side(up()), &with(Answer::Status(500))), [("answers", Change::Worse)]);
    assert_eq!(changes(&side(up()), &with(Answer::Nothing)), [("answers", Change::Worse)]);
    assert_eq!(changes(&with(Answer::Nothing), &side(up())), [("answers", Change::Different)]);
    assert_eq!(changes(&with(Answer::Status(404)), &with(Answer::Status(404))), []);
    let deaf = side(Behaviour { listening: Some(BTreeSet::new()), ..up() });
    assert_eq!(changes(&side(up()), &deaf), [("listens on", Change::Worse)]);
    let mut hidden = side(up());
    hidden.image.ports.clear();
    assert_eq!(changes(&side(up()), &hidden), [("exposed ports", Change::Worse)]);
}

#[test]
fn health_has_to_be_good_where_it_is_new() {
    let with = |health| side(Behaviour { health: Some(health), ..up() });
    assert_eq!(changes(&side(up()), &with(Condition::Healthy)), [("health", Change::Better)]);
    assert_eq!(changes(&side(up()), &with(Condition::Unhealthy)), [("health", Change::Worse)]);
    assert_eq!(changes(&with(Condition::Healthy), &side(up())), [("health", Change::Worse)]);
    // An engine without health checks.
    assert_eq!(changes(&side(up()), &with(Condition::Unknown)), [("health", Change::Different)]);
}

#[test]
fn check_of_a_server_that_does_not_work_may_say_so() {
    let deaf = |health| {
        let answers = BTreeMap::from([(80, Answer::Nothing)]);
        side(Behaviour { listening: Some(BTreeSet::new()), answers, health, ..up() })
    };
    assert_eq!(changes(&deaf(None), &deaf(Some(Condition::Unhealthy))), [("health", Change::Different)]);
    assert_eq!(deaf(None).behaviour.failure().as_deref(), Some("stays up and listens on none of its ports"));
    assert_eq!(up().failure(), None);
}

#[test]
fn signal_has_to_arrive_as_before() {
    let with = |code| side(Behaviour { stop: Some(Stop { code, took: Duration::from_secs(10) }), ..up() });
    assert_eq!(changes(&with(137), &with(143)), [("stops", Change::Better)]);
    assert_eq!(changes(&with(143), &with(137)), [("stops", Change::Worse)]);
    assert_eq!(changes(&with(143), &with(0)), [("stops", Change::Different)]);
}

#[test]
fn users_and_sizes() {
    let with = |user: &str, bytes| {
        let mut side = side(up());
        (side.image.user, side.image.bytes) = (user.to_owned(), bytes);
        side
    };
    let gain = [("size", Change::Better), ("user", Change::Better)];
    assert_eq!(changes(&with("", 700_000_000), &with("10001:10001", 12_345_678)), gain);
    assert_eq!(changes(&with("node", 1_000), &with("0:0", 1_001)), [("user", Change::Worse)]);
    assert_eq!(
        changes(&with("", 1_000), &with("root", 1_500)),
        [("size", Change::Different), ("user", Change::Different)]
    );
    assert_eq!(megabytes(12_345_678), "12.3 MB");
}

#[test]
fn install_that_is_reused_is_better() {
    let with = |log: &str| Side { rebuild: Ok(Steps::read(log)), ..side(up()) };
    let before = with("#5 [3/3] RUN npm install\n#5 DONE 3s\n");
    let after = with("#5 [3/5] RUN npm ci\n#5 CACHED\n#6 [5/5] RUN npm run build\n#6 DONE 1s\n");
    let rows = compare(&before, &after);
    let row = rows.iter().find(|row| row.what == "after an edit").expect("there are steps");
    assert_eq!((row.before.as_str(), row.after.as_str()), ("runs `npm install`", "runs `npm run build`"));
    assert_eq!(row.change, Change::Better);
    assert_eq!(changes(&before, &before), []);
}

#[test]
fn packages_setuid_files_and_the_shell_go() {
    let with = |packages, setuid: &[&str], has_shell| {
        let setuid = setuid.iter().map(|path| (*path).to_owned()).collect();
        Side { contents: Some(Contents { files: 1, packages, setuid, has_shell }), ..side(up()) }
    };
    let gain =
        [("packages", Change::Better), ("setuid files", Change::Better), ("has a shell", Change::Better)];
    assert_eq!(changes(&with(Some(90), &["/bin/su"], true), &with(None, &[], false)), gain);
}
