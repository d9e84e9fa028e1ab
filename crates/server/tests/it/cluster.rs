//! A PostgreSQL cluster of a test's own, to stop and to start, and a disk that is soon full.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::postgres::{ask, cluster, statement};

/// A cluster; it goes when this does.
pub struct Cluster {
    folder: tempfile::TempDir,
    pub url: String,
}

impl Cluster {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Its server may be run by another user.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
        let url = script(&["start", data(folder.path()), "--fast"]);
        Self { folder, url }
    }

    pub fn stop(&self) {
        script(&["stop", data(self.folder.path())]);
    }

    /// Starts it again, where it was.
    pub fn start_again(&self) {
        let port = self.url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()).expect("a port");
        script(&["start", data(self.folder.path()), "--fast", "--port", port]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script(&["remove", data(self.folder.path())]);
    }
}

fn data(folder: &Path) -> &'static str {
    // Few and short: tests end soon.
    Box::leak(folder.join("data").display().to_string().into_boxed_str())
}

fn script(arguments: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../script/postgres");
    let output = Command::new(script).args(arguments).output().expect("the script runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

/// A database in a tablespace on a disk of few megabytes.
pub struct SmallDisk {
    folder: tempfile::TempDir,
    name: String,
    pub url: String,
}

impl SmallDisk {
    /// None where this process may not mount anything.
    pub fn new() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = folder.path().join("disk");
        std::fs::create_dir(&disk).expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "none"]).arg(&disk).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let space = disk.join("space");
        std::fs::create_dir(&space).expect("a folder");
        let owner = std::fs::metadata(ask(&cluster(), "SHOW data_directory")).expect("the cluster is on this machine");
        std::os::unix::fs::chown(&space, Some(owner.uid()), Some(owner.gid())).expect("root may");
        let name = format!("small_{}", std::process::id());
        let url = cluster();
        statement(&url, &format!("CREATE TABLESPACE {name} LOCATION '{}'", space.display()));
        statement(&url, &format!("CREATE DATABASE {name} TEMPLATE template0 TABLESPACE {name}"));
        let (server, _) = url.rsplit_once('/').expect("the URL ends with a database");
        let url = format!("{server}/{name}");
        Some(Self { folder, name, url })
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("disk/ballast")
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.ballast()).expect("a file");
        while file.write(&[0; 4096]).is_ok_and(|count| count > 0) {}
    }

    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("it is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        statement(&cluster(), &format!("DROP DATABASE {} WITH (FORCE)", self.name));
        statement(&cluster(), &format!("DROP TABLESPACE {}", self.name));
        let unmounted = Command::new("umount").arg(self.folder.path().join("disk")).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}
