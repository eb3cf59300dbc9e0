//! The migrations and the pages are built in, so a new one must make a new program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=web");
    let web = Path::new("web");
    let mut listed = String::from("&[\n");
    for file in files(web)? {
        let name = file.strip_prefix(web).map_err(io::Error::other)?;
        // Where the checkout lies is left open: it may be moved, and its `target` with it.
        let file = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?})", Path::new("/").join(&file));
        writeln!(listed, "    ({name:?}, include_bytes!({file})),").map_err(io::Error::other)?;
    }
    listed.push(']');
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("web.rs"), listed)
}

/// Every file below a folder, in order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        if entry.is_dir() { found.extend(files(&entry)?) } else { found.push(entry) }
    }
    Ok(found)
}
