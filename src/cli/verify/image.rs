//! What an engine says about an image: its size and what it starts with.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

/// What is compared of two images without starting them.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Image {
    pub(super) bytes: u64,
    pub(super) layers: usize,
    /// As the image says it; empty is root.
    pub(super) user: String,
    /// The names of its variables.
    pub(super) variables: BTreeSet<String>,
    /// `8080/tcp`.
    pub(super) ports: BTreeSet<String>,
    pub(super) health: Option<Health>,
    /// What it stops with, where that is not SIGTERM.
    pub(super) stop_signal: String,
}

/// The times of a health check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Health {
    interval: Duration,
    timeout: Duration,
    start: Duration,
    retries: u32,
}

impl Health {
    /// How often it is asked.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// By when a healthy container is known to be healthy, and a sick one to be sick.
    pub(super) fn longest(&self) -> Duration {
        self.start + (self.interval + self.timeout) * self.retries
    }
}

impl Image {
    /// Reads what `image inspect` prints.
    pub(super) fn read(known: &Value) -> Image {
        let config = known.get("Config").unwrap_or(&Value::Null);
        let strings = |value: Option<&Value>| -> Vec<String> {
            let list = value.and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let variables = strings(config.get("Env"));
        let name = |variable: &String| variable.split('=').next().unwrap_or_default().to_owned();
        let ports = config.get("ExposedPorts").and_then(Value::as_object);
        let layers = known.pointer("/RootFS/Layers").and_then(Value::as_array);
        // Podman keeps it beside the configuration.
        let health = config.get("Healthcheck").or_else(|| known.get("Healthcheck"));
        let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Image {
            bytes: known.get("Size").and_then(Value::as_u64).unwrap_or(0),
            layers: layers.map_or(0, Vec::len),
            user: text("User"),
            variables: variables.iter().map(name).collect(),
            ports: ports.into_iter().flat_map(|ports| ports.keys().cloned()).collect(),
            health: health.and_then(read_health),
            stop_signal: text("StopSignal"),
        }
    }

    /// The TCP ports that it exposes.
    pub(super) fn tcp_ports(&self) -> BTreeSet<u16> {
        let tcp = self.ports.iter().filter_map(|port| port.strip_suffix("/tcp"));
        tcp.filter_map(|port| port.parse().ok()).collect()
    }
}

/// What the engine takes where the instruction says nothing.
const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const RETRIES: u32 = 3;

fn read_health(value: &Value) -> Option<Health> {
    let kind = value.pointer("/Test/0").and_then(Value::as_str).unwrap_or_default();
    if kind.is_empty() || kind == "NONE" {
        return None;
    }
    let time =
        |key: &str| value.get(key).and_then(Value::as_u64).filter(|time| *time > 0).map(Duration::from_nanos);
    let retries = value.get("Retries").and_then(Value::as_u64).filter(|number| *number > 0);
    Some(Health {
        interval: time("Interval").unwrap_or(INTERVAL),
        timeout: time("Timeout").unwrap_or(TIMEOUT),
        start: time("StartPeriod").unwrap_or_default(),
        retries: retries.and_then(|number| u32::try_from(number).ok()).unwrap_or(RETRIES),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_engine_says_is_read() {
        let known = serde_json::json!({
            "Size": 1234,
            "RootFS": { "Layers": ["a", "b"] },
            "Config": {
                "User": "1000:1000",
                "Env": ["PATH=/bin", "PORT=80"],
                "ExposedPorts": { "80/tcp": {}, "53/udp": {} },
                "Healthcheck": { "Test": ["CMD", "x"], "Interval": 2_000_000_000_u64, "Timeout": 1_000_000_000_u64, "Retries": 2 },
            },
        });
        let image = Image::read(&known);
        assert_eq!((image.bytes, image.layers, image.user.as_str()), (1234, 2, "1000:1000"));
        assert_eq!(image.tcp_ports(), BTreeSet::from([80]));
        assert_eq!(image.variables, BTreeSet::from(["PATH".to_owned(), "PORT".to_owned()]));
        assert_eq!(image.health.map(|health| health.longest()), Some(Duration::from_secs(6)));
    }

    #[test]
    fn check_that_is_switched_off_is_none() {
        let none = serde_json::json!({ "Config": { "Healthcheck": { "Test": ["NONE"] } } });
        assert_eq!(Image::read(&none).health, None);
        let podman = serde_json::json!({ "Healthcheck": { "Test": ["CMD-SHELL", "x"] } });
        assert_eq!(
            Image::read(&podman).health.map(|health| health.longest()),
            Some(Duration::from_secs(180))
        );
    }
}
