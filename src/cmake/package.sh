#!/usr/bin/env bash
# Makes what others install, with the time of the release on every file:
#   src/cmake/package.sh source [FOLDER]    attn-VERSION.tar.gz, the sources
#   src/cmake/package.sh deb [FOLDER]       attn_… .deb, and libattn-dev_… .deb of the library
#   src/cmake/package.sh static [FOLDER]    attn-VERSION-linux-CPU.tar.gz, the program without a need of any library
# FOLDER is where it goes (default: build/package). The packages run on the release of Debian that they are made on and
# on later ones: what has another name there (utf8proc) is linked statically. Their maintainer is
# $DEBFULLNAME <$DEBEMAIL>. The static program runs on any Linux of its CPU; libraries that Debian has as shared ones
# alone are built for it from Debian's sources. tests/package.sh makes them in bare images, and tries them.
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

# sources FOLDER PACKAGE…: unpacks Debian's sources of these packages there, by a state of apt of its own: the machine's
# need not know of sources.
sources() {
  local folder=$1 file
  shift
  local apt=$folder/apt
  rm -rf "$folder"
  mkdir -p "$apt/etc" "$apt/lists/partial" "$apt/cache/archives/partial"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if [ -e "$file" ]; then sed -n '/debian/s/^deb /deb-src /p' "$file" >"$apt/etc/$(basename "$file" .list).list"; fi
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    if grep -qs debian-archive "$file"; then sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/etc/$(basename "$file")"; fi
  done
  local options=(-q -o Dir::State="$apt" -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$apt/cache"
    -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/etc" -o APT::Sandbox::User=)
  apt-get "${options[@]}" update && (cd "$folder" && apt-get "${options[@]}" source "$@")
}

# static_libraries FOLDER: libharfbuzz.a and libonig.a there, out of their sources in FOLDER/sources.
static_libraries() {
  local from=$1/sources flags=(-O2 -fPIC "-ffile-prefix-map=$1=.")
  # HarfBuzz in one file, with what attn has it for: FreeType's fonts.
  (cd "$from"/harfbuzz-*/src && c++ -std=c++17 "${flags[@]}" -DNDEBUG -fno-exceptions -fno-rtti -fno-threadsafe-statics \
    -DHAVE_PTHREAD -DHAVE_FREETYPE -DHAVE_FT_GET_VAR_BLEND_COORDINATES -DHAVE_FT_SET_VAR_BLEND_COORDINATES \
    -DHAVE_FT_DONE_MM_VAR -DHAVE_FT_GET_TRANSFORM -I/usr/include/freetype2 -c harfbuzz.cc -o "$1/harfbuzz.o") &&
    rm -f "$1/libharfbuzz.a" && ar rcsD "$1/libharfbuzz.a" "$1/harfbuzz.o" &&
    cmake -S "$from"/libonig-* -B "$1/onig" -G Ninja -Wno-dev -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
      -DCMAKE_C_FLAGS="${flags[*]}" -DCMAKE_POLICY_VERSION_MINIMUM=3.5 && cmake --build "$1/onig" &&
    cp "$1/onig/libonig.a" "$1"
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
  static)
    kept=$attn_root/build/static
    mkdir -p "$kept"
    attn_packages build package
    attn_step "Fetching Debian's sources of HarfBuzz and Oniguruma" "Check the network and /etc/apt." \
      sources "$kept/sources" harfbuzz libonig
    attn_step "Building them" "The first error above is the one that counts." static_libraries "$kept"
    libraries=$(awk '!/^#/ && $3 == "library" { print $5 }' src/cmake/packages.txt | paste -sd ';')
    # After these come what FreeType stands on.
    built static -DATTN_STATIC="$libraries" -DCMAKE_LIBRARY_PATH="$kept" -DCMAKE_EXE_LINKER_FLAGS=-static \
      -DCMAKE_CXX_STANDARD_LIBRARIES="-lpng16 -lbrotlidec -lbrotlicommon -lz"
    staged=$(mktemp -d)
    trap 'rm -rf "$staged"' EXIT
    cmake --install build/package-static --component attn --strip --prefix "$staged" >/dev/null
    runtime=$(dpkg-query -S "$(realpath "$(c++ -print-file-name=libstdc++.a)")" | cut -d: -f1)
    licences "${headers[@]}" libharfbuzz-dev libonig-dev libfreetype-dev libfribidi-dev libdeflate-dev libpng-dev \
      libjpeg62-turbo-dev libbrotli-dev zlib1g-dev libc6-dev "$runtime" >"$staged/share/doc/attn/copyright"
    packed "attn-$version-linux-$(uname -m)" "$staged"
    ;;
  *)
    printf 'usage: src/cmake/package.sh source|deb|static [FOLDER]\n' >&2
    exit 2
    ;;
esac
