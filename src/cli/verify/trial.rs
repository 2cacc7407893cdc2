//! One container of an image: does it start, listen, answer, become healthy, and stop?

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::{self, Answer};
use super::engine::{Engine, Kind, LONG, SHORT};
use super::image::Health;
use super::process::{Failure, last_words};

/// How often a container is looked at while something is waited for.
const LOOK: Duration = Duration::from_millis(250);

/// How long a container has to stay up after it has answered.
const STAY: Duration = Duration::from_secs(1);

/// What the engine's own timing may take beyond the times of a health check.
const SLACK: Duration = Duration::from_secs(5);

/// A container to start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<'a> {
    pub(super) engine: &'a Engine,
    pub(super) name: &'a str,
    pub(super) image: &'a str,
    /// An image that may hold `cat`, to read what the container listens on.
    pub(super) reader: &'a str,
    pub(super) labels: &'a [String],
    /// Ports to ask.
    pub(super) ports: &'a BTreeSet<u16>,
    /// Further words for the engine: variables.
    pub(super) words: &'a [String],
    /// How long may pass until it answers, or, where there is nothing to ask, how long it has to stay up.
    pub(super) wait: Duration,
    pub(super) health: Option<Health>,
    /// What to ask for.
    pub(super) path: &'a str,
}

/// What came of a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Behaviour {
    pub(super) state: State,
    /// The ports on which it listens; none where that cannot be seen.
    pub(super) listening: Option<BTreeSet<u16>>,
    pub(super) answers: BTreeMap<u16, Answer>,
    pub(super) health: Option<Condition>,
    pub(super) stop: Option<Stop>,
    /// The last thing it said, where it ended or is not healthy.
    pub(super) words: String,
}

/// Whether it runs at the end of the wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Up,
    Ended(i64),
    /// The engine could not start it.
    NotStarted,
}

/// What the health check says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Condition {
    Healthy,
    Unhealthy,
    /// The engine has said neither within the times of the check.
    Unknown,
}

/// How it stopped when it was asked to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stop {
    pub(super) code: i64,
    pub(super) took: Duration,
}

impl Trial<'_> {
    /// Starts the container, looks at it, and removes it. The error is one of the engine, not of the container.
    pub(super) fn run(&self) -> Result<Behaviour, Failure> {
        let result = self.observe();
        if result != Err(Failure::Stopped) {
            let _ = self.engine.output(["rm", "--force", "--volumes", self.name], LONG);
        }
        result
    }

    fn observe(&self) -> Result<Behaviour, Failure> {
        let mut create = vec!["create".to_owned(), "--name".to_owned(), self.name.to_owned()];
        create.extend(self.labels.iter().flat_map(|label| ["--label".to_owned(), label.clone()]));
        if self.engine.is_local() {
            let publish = |port: &u16| ["--publish".to_owned(), format!("127.0.0.1::{port}")];
            create.extend(self.ports.iter().flat_map(publish));
        }
        create.extend(self.words.iter().cloned());
        create.push(self.image.to_owned());
        self.engine.output(&create, LONG)?;
        if let Err(failure) = self.engine.output(["start", self.name], LONG) {
            return match failure {
                Failure::Failed(words) => Ok(Behaviour { words, ..Behaviour::of(State::NotStarted) }),
                other => Err(other),
            };
        }
        let mut now = self.settle()?;
        let health = match self.health {
            Some(health) if now.is_up() => Some(self.condition(&health)?),
            _ => None,
        };
        now = Now::of(self.engine, self.name)?;
        let mut behaviour = Behaviour::of(now.state);
        behaviour.health = health;
        if !now.is_up() {
            behaviour.words = self.last_words();
        } else if health.is_some_and(|condition| condition != Condition::Healthy) {
            behaviour.words = last_words(&now.complaint);
        }
        if now.is_up() {
            behaviour.answers = self.answers(&now);
            behaviour.listening = self.listening()?;
            behaviour.stop = Some(self.stop()?);
        }
        Ok(behaviour)
    }

    /// Waits until every port answers, or the time is over, and then a moment longer.
    fn settle(&self) -> Result<Now, Failure> {
        let end = Instant::now() + self.wait;
        // What has a health check tells itself when it is ready.
        let nothing_to_ask = self.ports.is_empty() || !self.engine.is_local();
        loop {
            let now = Now::of(self.engine, self.name)?;
            let ready = match nothing_to_ask {
                true => self.health.is_some(),
                false => !self.answers(&now).values().any(|answer| answer.is_passing()),
            };
            if !now.is_up() || ready || Instant::now() > end {
                break;
            }
            self.engine.runner().pause(LOOK)?;
        }
        self.engine.runner().pause(STAY)?;
        Now::of(self.engine, self.name)
    }

    /// What each port answers; without an engine that is near, nothing is asked.
    fn answers(&self, now: &Now) -> BTreeMap<u16, Answer> {
        let asked = |port: &u16| {
            let answer =
                now.published.get(port).map_or(Answer::Nothing, |host| answer::ask(*host, self.path));
            (*port, answer)
        };
        if self.engine.is_local() { self.ports.iter().map(asked).collect() } else { BTreeMap::new() }
    }

    /// What the health check says by the end of its own times.
    fn condition(&self, health: &Health) -> Result<Condition, Failure> {
        let end = Instant::now() + health.longest() + SLACK;
        let mut due = Instant::now();
        loop {
            let now = Now::of(self.engine, self.name)?;
            match now.health.as_str() {
                "healthy" => return Ok(Condition::Healthy),
                "unhealthy" => return Ok(Condition::Unhealthy),
                _ if !now.is_up() || Instant::now() > end => return Ok(Condition::Unknown),
                // Podman leaves the times to systemd; where that is not there, nobody runs the check.
                _ if self.engine.kind() == Kind::Podman && Instant::now() >= due => {
                    if self.is_healthy_now()? {
                        return Ok(Condition::Healthy);
                    }
                    due = Instant::now() + health.interval();
                }
                _ => self.engine.runner().pause(LOOK)?,
            }
        }
    }

    /// Runs the check once, as podman can.
    fn is_healthy_now(&self) -> Result<bool, Failure> {
        let mut check = self.engine.command(["healthcheck", "run", self.name]);
        Ok(self.engine.runner().run(&mut check, SHORT)?.success)
    }

    /// The kernel's tables of the container's network, read by a second container in it: the image itself may have
    /// nothing to read them with.
    fn listening(&self) -> Result<Option<BTreeSet<u16>>, Failure> {
        let network = format!("container:{}", self.name);
        let mut words = vec!["run", "--rm", "--pull", "never", "--network", &network, "--user", "0"];
        words.extend(self.labels.iter().flat_map(|label| ["--label", label]));
        words.extend(["--no-healthcheck", "--entrypoint", "cat", self.reader]);
        words.extend(["/proc/net/tcp", "/proc/net/tcp6"]);
        let finished = self.engine.runner().run(&mut self.engine.command(&words), SHORT);
        match finished {
            Err(Failure::Stopped) => Err(Failure::Stopped),
            // A kernel without IPv6 has one table only.
            Ok(finished) if finished.stdout.contains("local_address") => {
                Ok(Some(answer::listening(&finished.stdout)))
            }
            _ => Ok(None),
        }
    }

    fn stop(&self) -> Result<Stop, Failure> {
        let began = Instant::now();
        self.engine.output(["stop", self.name], SHORT)?;
        let took = began.elapsed();
        let code = match Now::of(self.engine, self.name)?.state {
            State::Ended(code) => code,
            State::Up | State::NotStarted => -1,
        };
        Ok(Stop { code, took })
    }

    fn last_words(&self) -> String {
        let finished =
            self.engine.runner().run(&mut self.engine.command(["logs", "--tail", "20", self.name]), SHORT);
        finished.map_or(String::new(), |finished| last_words(&(finished.stdout + &finished.stderr)))
    }
}

impl Behaviour {
    /// Why the container is of no use as it was started, if it is not.
    pub(super) fn failure(&self) -> Option<String> {
        match self.state {
            // Something keeps it up, such as a program that watches another one that has failed.
            State::Up if self.is_deaf() => Some("stays up and listens on none of its ports".to_owned()),
            State::Up | State::Ended(0) => None,
            State::Ended(code) => Some(format!("ends with {code} ({})", self.words)),
            State::NotStarted => Some(format!("cannot be started ({})", self.words)),
        }
    }

    fn is_deaf(&self) -> bool {
        let silent = self.answers.values().all(|answer| *answer == Answer::Nothing);
        !self.answers.is_empty() && silent && self.listening.as_ref().is_some_and(BTreeSet::is_empty)
    }

    fn of(state: State) -> Behaviour {
        let (listening, answers) = (None, BTreeMap::new());
        Behaviour { state, listening, answers, health: None, stop: None, words: String::new() }
    }
}

/// A container as the engine sees it at this moment.
#[derive(Debug)]
struct Now {
    state: State,
    health: String,
    /// What the last health check printed.
    complaint: String,
    /// Ports of the container, and those of this machine that lead there.
    published: BTreeMap<u16, u16>,
}

impl Now {
    fn of(engine: &Engine, name: &str) -> Result<Now, Failure> {
        Ok(Now::read(&engine.inspect("container", name)?))
    }

    fn is_up(&self) -> bool {
        self.state == State::Up
    }

    fn read(known: &Value) -> Now {
        let running = known.pointer("/State/Running").and_then(Value::as_bool).unwrap_or(false);
        let code = known.pointer("/State/ExitCode").and_then(Value::as_i64).unwrap_or(-1);
        let health = ["/State/Health/Status", "/State/Healthcheck/Status"];
        let health =
            health.iter().find_map(|path| known.pointer(path)?.as_str()).unwrap_or_default().to_owned();
        let ports = known.pointer("/NetworkSettings/Ports").and_then(Value::as_object);
        let lead = |(port, hosts): (&String, &Value)| {
            let port = port.strip_suffix("/tcp")?.parse().ok()?;
            Some((port, hosts.pointer("/0/HostPort")?.as_str()?.parse().ok()?))
        };
        let log = ["/State/Health/Log", "/State/Healthcheck/Log"];
        let log =
            log.iter().find_map(|path| known.pointer(path)?.as_array()?.last()?.get("Output")?.as_str());
        let complaint = log.unwrap_or_default().to_owned();
        let published = ports.into_iter().flatten().filter_map(lead).collect();
        Now { state: if running { State::Up } else { State::Ended(code) }, health, complaint, published }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_of_a_container_is_read() {
        let up = serde_json::json!({
            "State": { "Running": true, "ExitCode": 0, "Health": { "Status": "healthy", "Log": [{ "Output": "a" }, { "Output": "b" }] } },
            "NetworkSettings": { "Ports": { "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "32768" }], "53/udp": null } },
        });
        let now = Now::read(&up);
        assert_eq!((now.state, now.health.as_str()), (State::Up, "healthy"));
        assert_eq!(now.complaint, "b");
        assert_eq!(now.published, BTreeMap::from([(80, 32768)]));
        let ended = Now::read(&serde_json::json!({ "State": { "Running": false, "ExitCode": 3 } }));
        assert_eq!((ended.state, ended.health.as_str()), (State::Ended(3), ""));
    }
}
