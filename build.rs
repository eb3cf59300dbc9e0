//! The migrations are built in, so a new one must make a new program.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
