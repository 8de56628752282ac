#!/usr/bin/env bash
# A Rust toolchain with the wasm32-unknown-unknown target, from Debian's packages.
#
#   debian-toolchain.sh DEST MINIMUM [--is-ready]
#
# MINIMUM is the oldest version of Rust that will do. With --is-ready it only tells, by its exit
# code, whether DEST is made and current. Exit code 3: Debian's packages are missing here or too old.
#
# Debian ships a compiler and the source of its standard library, but not that library built for
# wasm32. This builds it once and lays out DEST as a toolchain folder: `PATH=DEST/bin:$PATH cargo …`
# then works for the host and for wasm32. Run again it does nothing, until the package changes.
set -euo pipefail

DEST=$1
MINIMUM=$2
TARGET=wasm32-unknown-unknown
PACKAGES=(rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-19)
LAYOUT=2 # raise it when the folder's layout below changes
# The packages hold libraries and headers for linking, not a linker for the host.
command -v cc >/dev/null || PACKAGES+=(gcc libc6-dev)

installed() { dpkg-query -W -f '${db:Status-Status}\n' "${PACKAGES[@]}" 2>/dev/null | grep -c '^installed$' || true; }
stamp() { echo "$(dpkg-query -W -f '${Version}' rustc-web) layout $LAYOUT at $DEST"; }
if [ "${3:-}" = --is-ready ]; then
  [ "$(installed)" = "${#PACKAGES[@]}" ] && [ "$(cat "$DEST/STAMP" 2>/dev/null || true)" = "$(stamp)" ]
  exit
fi

if [ "$(installed)" != "${#PACKAGES[@]}" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  OFFERED=$(apt-cache policy rustc-web | sed -n 's/^ *Candidate: \([0-9][0-9.]*\).*/\1/p')
  if [ -z "$OFFERED" ] || dpkg --compare-versions "$OFFERED" lt "$MINIMUM"; then
    echo "Debian offers no rustc-web of $MINIMUM or newer here." >&2
    exit 3
  fi
  apt-get install -y -qq --no-install-recommends "${PACKAGES[@]}" </dev/null
fi

VERSION=$(/usr/bin/rustc --version | cut -d' ' -f2)
HOST=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
SOURCE=$(readlink -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust")
[ "$(cat "$DEST/STAMP" 2>/dev/null || true)" != "$(stamp)" ] || exit 0
[ -f "$SOURCE/library/std/Cargo.toml" ] || { echo "No source of the standard library at $SOURCE: reinstall rust-web-src." >&2; exit 1; }

# Everything is made beside DEST and renamed at the end, so an interrupted run leaves no half of it.
PARENT=$(dirname "$DEST")
mkdir -p "$PARENT"
WORK=$(mktemp -d "$PARENT/toolchain.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
MADE=$WORK/made

# 1. The standard library. A crate without code makes cargo build what it is told with build-std.
# embed-bitcode lets the crates that link it use LTO; the paths of this machine stay out of it.
mkdir -p "$WORK/seed/src"
echo '#![no_std]' >"$WORK/seed/src/lib.rs"
cat >"$WORK/seed/Cargo.toml" <<TOML
[package]
name = "sysroot-seed"
version = "0.0.0"
edition = "2021"
[workspace]
[profile.release]
opt-level = 3
debug = false
codegen-units = 1
TOML
build_std() { # COMMAND...: with the compiler of the package and nothing else that the user has set
  env -u RUSTUP_TOOLCHAIN -u CARGO_BUILD_TARGET -u RUSTC_WRAPPER RUSTC_BOOTSTRAP=1 \
    RUSTC=/usr/bin/rustc CARGO_TARGET_DIR="$WORK/target" CARGO_ENCODED_RUSTFLAGS="$FLAGS" \
    /usr/bin/cargo "$@" --quiet --target $TARGET \
    -Z build-std=core,alloc,std,panic_abort,panic_unwind,proc_macro,test
}
FLAGS="-Cembed-bitcode=yes"
add_flag() { FLAGS+=$'\x1f'"$1"; }
cd "$WORK/seed"
# Fetched first, because the folders of the crates have to be known to be hidden.
build_std fetch
add_flag "--remap-path-prefix=$SOURCE=/rust"
for crates in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
  add_flag "--remap-path-prefix=$crates=/crates"
done
build_std build --release
cd /

# 2. The folder: the host's libraries by link, wasm32's by copy, and commands that name the folder.
mkdir -p "$MADE/bin" "$MADE/lib/rustlib/$TARGET/lib" "$MADE/lib/rustlib/$HOST/bin" "$MADE/lib/rustlib/src"
cp "$WORK/target/$TARGET"/release/deps/*.rlib "$MADE/lib/rustlib/$TARGET/lib/"
rm -f "$MADE/lib/rustlib/$TARGET/lib"/libsysroot_seed*
ln -s "/usr/lib/rustlib/$HOST/lib" "$MADE/lib/rustlib/$HOST/lib"
ln -s /usr/lib/llvm-19/bin/lld "$MADE/lib/rustlib/$HOST/bin/rust-lld"
ln -s "$SOURCE" "$MADE/lib/rustlib/src/rust"
for command in rustc rustdoc; do
  printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' $command "$DEST" >"$MADE/bin/$command"
done
# cargo calls it as `clippy-driver RUSTC …`: the compiler's path has to stay first.
cat >"$MADE/bin/clippy-driver" <<SH
#!/bin/sh
case "\$1" in
*/rustc | rustc)
  rustc="\$1"
  shift
  exec /usr/bin/clippy-driver "\$rustc" --sysroot "$DEST" "\$@"
  ;;
esac
exec /usr/bin/clippy-driver --sysroot "$DEST" "\$@"
SH
printf '#!/bin/sh\nexec /usr/bin/cargo "$@"\n' >"$MADE/bin/cargo"
# Copies, not links: they run the programs that lie beside them.
cp /usr/bin/cargo-clippy "$MADE/bin/cargo-clippy"
cp /usr/bin/rustfmt /usr/bin/cargo-fmt "$MADE/bin/"
chmod +x "$MADE"/bin/*
stamp >"$MADE/STAMP"
# Two renames: who is compiling with the old one goes on with the files that it has open.
if [ -d "$DEST" ]; then mv "$DEST" "$WORK/old"; fi
mv "$MADE" "$DEST"
