//! OpenSSH's own `ssh-keygen` on what we write.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use onepassword_edge::items::ssh::{public_parts, to_openssh};
use serde_json::Value;
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::Command,
};

/// The public key without its comment, which our form does not have; an error if
/// this `ssh-keygen` does not read the key.
fn public_key(folder: &Path, private_key: &str) -> Result<String, String> {
    let path = folder.join("key");
    let _ = fs::remove_file(&path);
    // `ssh-keygen` refuses a key that others may read.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    file.write_all(private_key.as_bytes()).unwrap();
    let mut command = Command::new("ssh-keygen");
    let output = command.args(["-y", "-P", "", "-f"]).arg(&path).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let line = String::from_utf8(output.stdout).unwrap();
    Ok(line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// Size, fingerprint, comment and algorithm.
fn fingerprint(folder: &Path, public_key: &str) -> String {
    let path = folder.join("key.pub");
    fs::write(&path, public_key).unwrap();
    let output = Command::new("ssh-keygen").arg("-lf").arg(&path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn ssh_keygen_reads_what_is_written() {
    let found = Command::new("ssh-keygen").arg("-?").output();
    if found.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        println!("skipped: there is no ssh-keygen on this machine");
        return;
    }
    let vectors: Value = serde_json::from_str(include_str!("vectors/ssh.json")).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ssh_keygen");
    fs::create_dir_all(&folder).unwrap();
    let (mut as_original, mut as_recorded) = (0, 0);
    for case in vectors["cases"].as_array().unwrap() {
        let original = case["field"]["v"].as_str().unwrap();
        let recorded = &case["results"]["private_key?ssh-format=openssh"]["secret"];
        let Some(recorded) = recorded.as_str() else { continue };
        let written = to_openssh(original, *b"\xff\0ab").unwrap();
        let got = public_key(&folder, written.expose());
        let parts = public_parts(original).unwrap();
        assert_eq!(Ok(&parts.public_key), got.as_ref(), "{}", case["name"]);
        let listed = fingerprint(&folder, &parts.public_key);
        assert!(listed.contains(&format!(" {} ", parts.fingerprint)), "{listed}");
        // Not every ssh-keygen reads Ed25519 in PKCS#8.
        match public_key(&folder, original) {
            Ok(expected) => {
                assert_eq!(got, Ok(expected), "{}", case["name"]);
                as_original += 1;
            }
            Err(_) => {
                assert_eq!(got, Ok(public_key(&folder, recorded).unwrap()), "{}", case["name"]);
                as_recorded += 1;
            }
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    assert!(as_original >= 5 && as_original + as_recorded == 7, "{as_original}, {as_recorded}");
}
