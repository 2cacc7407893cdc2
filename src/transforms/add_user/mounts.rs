//! NR14: what compose mounts over a folder that is written keeps the owner that it has outside of the image.

use super::chosen::Demands;
use super::writes::SAY_WRITABLE;
use crate::project::compose::{self, COMPOSE_FILES, MountKind};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Shipped, meet};

/// Checks the folders that the user is to own against the mounts of the compose file beside the Dockerfile.
pub(super) fn check(shipped: &Shipped<'_>, demands: &Demands, checks: &mut Checks) {
    let folders: Vec<&String> =
        demands.whole.iter().chain(&demands.themselves).chain(&demands.files).collect();
    if folders.is_empty() {
        return;
    }
    let (tree, path) = (shipped.input.project.tree(), shipped.input.path.unwrap_or("Dockerfile"));
    for file in COMPOSE_FILES {
        let Some(text) = tree.read(file) else { continue };
        let Ok(services) = compose::parse(&text) else {
            checks.misses("NR14", format!("`{file}` cannot be read"), SAY_WRITABLE);
            continue;
        };
        for service in services.iter().filter(|service| service.is_built_from(path)) {
            let mounts = service.mounts.iter().filter(|mount| mount.kind != MountKind::Other);
            let over = |target: &str| folders.iter().any(|folder| meet(target, folder));
            let found = mounts.map(|mount| mount.target.as_deref()).find(|target| target.is_none_or(over));
            if let Some(target) = found {
                let target = target.unwrap_or("a folder that is not plain");
                let text = format!(
                    "`{}` of {file} mounts something over `{target}`, which keeps its owner",
                    service.name
                );
                return checks.misses("NR14", text, SAY_WRITABLE);
            }
        }
    }
    // A compose file further up builds it, too.
    for build in shipped.builds() {
        let over = |target: &&String| folders.iter().any(|folder| meet(target, folder));
        if let Some(target) = build.run.mounts.iter().find(over) {
            let text = format!("{} mounts something over `{target}`, which keeps its owner", build.at());
            return checks.misses("NR14", text, SAY_WRITABLE);
        }
    }
    checks.holds("NR14", "no compose file mounts anything over the folders that are written");
}
