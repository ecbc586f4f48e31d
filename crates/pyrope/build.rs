//! What the linker is asked for, so that a start touches little of the binary.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=start.order");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") != "linux" || target("ENV") != "gnu" || target("ARCH") != "x86_64" {
        return;
    }
    // Packed relocations: the tables of native types hold some ten thousand pointers, whose relocations would otherwise
    // be half a megabyte that every start reads.
    println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") && links_with_lld() {
        // The functions of a start side by side (`tools/start-order`); names of another compiler are passed over. The
        // linker runs in the workspace's root: without the way there, a target folder may be carried to another place.
        println!("cargo::rustc-link-arg-bins=-Wl,--symbol-ordering-file=crates/pyrope/start.order");
        println!("cargo::rustc-link-arg-bins=-Wl,--no-warn-symbol-ordering");
    }
}

/// Whether the compiler links with the linker that it brings: another one may not know an order of symbols.
fn links_with_lld() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    if env::var_os("RUSTC_LINKER").is_some() || flags.contains("linker") || flags.contains("fuse-ld") {
        return false;
    }
    let Some(rustc) = env::var_os("RUSTC") else { return false };
    let Ok(found) = std::process::Command::new(rustc).args(["--print", "target-libdir"]).output() else { return false };
    let library = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    Path::new(&library).with_file_name("bin").join("gcc-ld/ld.lld").exists()
}
