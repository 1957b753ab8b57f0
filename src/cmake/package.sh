#!/usr/bin/env bash
# Makes what others install, with the time of the release on every file:
#   src/cmake/package.sh source [FOLDER]    attn-VERSION.tar.gz, the sources
#   src/cmake/package.sh deb [FOLDER]       attn_… .deb, and libattn-dev_… .deb of the library
# FOLDER is where it goes (default: build/package). The packages run on the release of Debian that they are made on and
# on later ones: what has another name there (utf8proc) is linked statically. Their maintainer is
# $DEBFULLNAME <$DEBEMAIL>. tests/package.sh makes them in bare images, and tries them.
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$attn_root"

what=${1:-}
out=$(realpath -m "${2:-build/package}")
version=$(sed -n 's/^project(attn VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
released=$(sed -n "s/^## \[$version\] - //p" CHANGELOG.md)
# The time of every file is the release's.
SOURCE_DATE_EPOCH=$(date -u -d "${released:-1970-01-01}" +%s)
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022
mkdir -p "$out"

# packed NAME FOLDER: FOLDER as NAME.tar.gz, whose names begin with NAME.
packed() {
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --mode=u+rw,go+r,go-w \
    --transform="s,^\.,$1," -C "$2" -cf - . | gzip -9n >"$out/$1.tar.gz"
  printf '%s\n' "$out/$1.tar.gz"
}

# built KIND FLAG…: configures and builds in build/package-KIND, with no path of this machine in what comes out.
built() {
  local kind=$1
  shift
  attn_step "Configuring" "The message above names what is missing." \
    cmake -S . -B "build/package-$kind" -G Ninja -Wno-dev -DCMAKE_BUILD_TYPE=Release -DATTN_BUILD_TESTS=OFF \
    -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_CXX_FLAGS="-ffile-prefix-map=$attn_root=." "$@"
  attn_step "Building" "The first error above is the one that counts." \
    cmake --build "build/package-$kind" --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}"
}

# licences PACKAGE…: the project's own, and those of what is compiled in, as Debian's packages have them.
licences() {
  local package
  printf 'attn is under this licence. The program has within it parts of the packages that are named below.\n\n'
  cat LICENSE
  for package; do
    printf '\n==== %s ====\n\n' "$package"
    cat "/usr/share/doc/$package/copyright"
  done
}
headers=(libcli11-dev libxtensor-dev xtl-dev nlohmann-json3-dev libstb-dev libhwy-dev fonts-dejavu-core libutf8proc-dev)

case $what in
  source)
    staged=$(mktemp -d)
    trap 'rm -rf "$staged"' EXIT
    # What git has, or all of a tree that came without it.
    if [ -e .git ]; then git ls-files -z; else find . -name build -prune -o -type f -print0; fi |
      tar --null -T - -cf - | tar -xf - -C "$staged"
    packed "attn-$version" "$staged"
    ;;
  deb)
    mkdir -p build
    attn_packages build package
    licences "${headers[@]}" >build/copyright
    built deb -DATTN_STATIC=utf8proc -DATTN_COPYRIGHT="$attn_root/build/copyright"
    attn_step "Packing" "dpkg-shlibdeps of the package dpkg-dev finds what is needed." \
      cpack --config build/package-deb/CPackConfig.cmake -G DEB -B "$out"
    rm -rf "$out/_CPack_Packages"
    ;;
  *)
    printf 'usage: src/cmake/package.sh source|deb [FOLDER]\n' >&2
    exit 2
    ;;
esac
