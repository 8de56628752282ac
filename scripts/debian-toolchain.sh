#!/usr/bin/env bash
# A Rust toolchain for the host and wasm32-unknown-unknown, from Debian's packages.
#
#   debian-toolchain.sh DEST MINIMUM [--is-ready]
#
# MINIMUM is the oldest version of Rust that will do. With --is-ready it only tells, by its exit
# code, whether DEST is made and current. Exit code 3: Debian's packages are missing here or too old.
#
# Debian ships a compiler and the source of its standard library, but not where cargo and rustc look
# for that source and for wasm32's linker. This lays out DEST as a toolchain folder:
# `PATH=DEST/bin:$PATH cargo …` then works for the host and, with -Zbuild-std, for wasm32. Run again
# it does nothing, until the package changes.
set -euo pipefail

DEST=$1
MINIMUM=$2
TARGET=wasm32-unknown-unknown
PACKAGES=(rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-19)
LAYOUT=4 # raise it when the folder's layout below changes
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

# The host's libraries and the source by link, and commands that name the folder. wasm-pack wants to
# see a folder for the target.
mkdir -p "$MADE/bin" "$MADE/lib/rustlib/$TARGET/lib" "$MADE/lib/rustlib/$HOST/bin" "$MADE/lib/rustlib/src"
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
