//! What the settings of hadolint say that holds for us too.

use serde::Deserialize;

/// The rules that hadolint's settings ignore; none where they cannot be read.
pub fn hadolint_ignored(text: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Settings {
        #[serde(default)]
        ignored: Option<Vec<String>>,
    }
    let settings: Result<Option<Settings>, _> = serde_saphyr::from_str(text);
    settings.ok().flatten().and_then(|settings| settings.ignored).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::hadolint_ignored;

    #[test]
    fn the_list_may_be_missing_or_broken() {
        assert_eq!(hadolint_ignored("ignored:\n  - DL3008\n  - SC2086\n"), ["DL3008", "SC2086"]);
        assert_eq!(hadolint_ignored("ignored: [DL3008]\ntrustedRegistries: [docker.io]\n"), ["DL3008"]);
        for text in ["", "trustedRegistries: []\n", "ignored:\n", "ignored: {\n"] {
            assert!(hadolint_ignored(text).is_empty(), "{text}");
        }
    }
}
