# Set-up for the scripts that build attn: installs missing packages, configures, builds. Sourced by bash;
# `attn_root` is the project's folder. Every step says what it does, and a failed one what to do.

attn_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# attn_step WHAT ADVICE COMMAND…: runs the command; if it fails, names the step and what to do, and exits.
attn_step() {
  local what=$1 advice=$2
  shift 2
  printf '==> %s\n' "$what"
  if ! "$@"; then
    printf 'attn: set-up failed at: %s\n      %s\n' "$what" "$advice" >&2
    exit 1
  fi
}

# attn_listed_packages PURPOSE…: the packages of packages.txt.
attn_listed_packages() {
  local package purpose rest
  while read -r package purpose rest; do
    case "$package" in '' | '#'*) continue ;; esac
    case " $* " in *" $purpose "*) printf '%s\n' "$package" ;; esac
  done <"$attn_root/src/cmake/packages.txt" | sort -u
}

# attn_missing_packages PURPOSE…: those that are not installed.
attn_missing_packages() {
  local package
  for package in $(attn_listed_packages "$@"); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done
}

# attn_packages PURPOSE…: installs what is missing; needs no network if nothing is.
attn_packages() {
  local missing
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    printf '==> This is not Debian: these libraries and programs are needed, here by the names of its packages\n'
    attn_listed_packages "$@" | sed 's/^/      /'
    printf '      What is missing is named when CMake looks for it. For another font: ATTN_FONT=FILE %s\n' "$0"
    return
  fi
  missing=$(attn_missing_packages "$@")
  if [ -z "$missing" ]; then
    printf '==> All Debian packages are there\n'
    return
  fi
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  # shellcheck disable=SC2086  # a list of words
  set -- $missing
  attn_step "Updating the package lists" "Check the network and /etc/apt/sources.list, then run this again." \
    "${as_root[@]}" apt-get -q update
  attn_step "Installing $*" "Try by hand: apt-get install $*" \
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "$@"
}

# attn_build PRESET [-DOPTION…] TARGET…: configures a preset of CMakePresets.json and builds the targets. The font of
# labels is $ATTN_FONT, if that is given.
attn_build() {
  local preset=$1 options=()
  shift
  while [[ $1 == -D* ]]; do
    options+=("$1")
    shift
  done
  [ -z "${ATTN_FONT:-}" ] || options+=("-DATTN_FONT=$ATTN_FONT")
  attn_step "Configuring (preset $preset)" "The message above names what is missing; 'rm -r build' starts afresh." \
    cmake -S "$attn_root" --preset "$preset" "${options[@]}" -Wno-dev
  attn_step "Building" "The first error above is the one that counts; with little memory, try CMAKE_BUILD_PARALLEL_LEVEL=1." \
    cmake --build "$attn_root/build/$preset" --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" --target "$@"
}
