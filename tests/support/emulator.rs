//! The emulator as a process of its own.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

/// A running emulator; it ends with this value.
pub struct Emulator {
    /// The account's token.
    pub token: String,
    /// Open for as long as the emulator is wanted.
    stdin: Option<ChildStdin>,
    process: Child,
}

impl Emulator {
    /// Starts one with the options of `createEmulator`, as JSON.
    pub fn start(options: &str) -> Self {
        assert!(
            Path::new("dist/emulator/index.js").exists(),
            "the emulator is not built: run `npm test`, or `npm run build` first"
        );
        let mut process = Command::new("node")
            .args(["scripts/emulator.mjs", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = process.stdin.take().unwrap();
        writeln!(stdin, "{}", options.replace('\n', " ")).unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("the emulator did not start");
        let token = ready["token"].as_str().unwrap().to_owned();
        Self { token, stdin: Some(stdin), process }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
    }
}
