//! Packs the source this program is built from, so that every server can hand out its own: the licence asks for it.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Folders that are source as a whole. What a server started here writes beside them is none.
const FOLDERS: [&str; 5] = [".ci", "benches", "docs", "src", "tests"];
/// Files of the root that are source, by name: a server that was started here keeps its settings beside them.
const FILES: [&str; 8] =
    [".gitignore", "Cargo.lock", "Cargo.toml", "LICENSE", "build.rs", "clippy.toml", "rustfmt.toml", "test"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("no CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no OUT_DIR")?).join("source.tar.gz");
    let mut files = vec![root.join("repos/README.md")];
    for entry in fs::read_dir(&root)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && (FILES.contains(&name.as_str()) || name.ends_with(".md")) {
            files.push(path);
        } else if FOLDERS.contains(&name.as_str()) {
            println!("cargo::rerun-if-changed={name}");
            walk(&path, &mut files)?;
        }
    }
    files.sort();
    let mut archive = tar::Builder::new(GzEncoder::new(File::create(out)?, Compression::best()));
    archive.mode(tar::HeaderMode::Deterministic);
    for file in files {
        archive.append_path_with_name(&file, Path::new("pritchel").join(file.strip_prefix(&root)?))?;
    }
    archive.into_inner()?.finish()?;
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rerun-if-changed=README.md");
    Ok(())
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
