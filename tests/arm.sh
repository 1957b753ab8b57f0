#!/usr/bin/env bash
# Builds attn and its tests for 64-bit ARM with Debian's cross-compiler, and runs the tests in QEMU.
#   tests/arm.sh           every test that can run so
#   tests/arm.sh NAME...   some of them, by their names in ctest: kernels, cli, program_kernels
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"

build=$attn_root/build/arm64
root=$build/root

# What the libraries of packages.txt are called in ARM's archive.
arm_packages() {
  awk '!/^#/ && $3 == "library" { print $1 }' "$attn_root/src/cmake/packages.txt" | sort -u
}

# apt with ARM's packages and a state of its own: the machine's stays as it is. Nothing counts as installed, so that
# what the libraries need comes with them.
arm_apt() {
  local state=$build/apt
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  : >"$state/status"
  apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$state" \
    -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" -o APT::Sandbox::User= "$@"
}

# shellcheck disable=SC2046  # a list of words
download() { rm -rf "$build/apt" && arm_apt update && arm_apt -y --no-install-recommends --download-only install $(arm_packages); }

unpack() {
  local package
  rm -rf "$root"
  for package in "$build"/apt/cache/archives/*.deb; do
    case "$package" in */libc6-dev_*) continue ;; esac # its libc.so names files of this machine; the compiler has its own
    dpkg-deb --extract "$package" "$root" || return
  done
  arm_packages >"$build/packages"
}

attn_packages build test arm
if ! cmp -s "$build/packages" <(arm_packages); then
  attn_step "Downloading ARM's libraries" "Check the network and /etc/apt; Debian's archive has them as arm64." download
  attn_step "Unpacking them" "Remove $build and run this again." unpack
fi
targets=(all)
[ $# = 0 ] || targets=(attn)
for name in "$@"; do
  case "$name" in program_*) ;; fuzz_*) targets+=(fuzz_replay) ;; *) targets+=("test_${name%_apart}") ;; esac
done
attn_build arm64 -DATTN_BUILD_TESTS=ON "${targets[@]}"

# Not in QEMU: what starts the program anew by /proc/self/exe, which the machine would have to know as ARM's; what says
# nothing of the program (layers, man_pages, library_language); what goes by a clock; and engines of clusters, which
# know the program by its file.
not_here='^(cluster_.*|program_(bench|layers|library_language|man_pages|page|progress|terminal))$'
printf '==> Testing in QEMU; not run there: %s\n' "$not_here"
only=()
[ $# = 0 ] || only=(-R "^($(IFS='|' && printf '%s' "$*"))(_apart)?\$")
cd "$build" && exec ctest --output-on-failure --timeout 7200 --parallel "$(nproc)" -E "$not_here" "${only[@]}"
