#!/usr/bin/env bash
# Makes the source tarball, the Debian packages and the static program, and tries them: the packages of a release of
# Debian are built from the tarball in a bare image of it, checked by lintian, installed in another bare image, and used
# there. The static program is built twice in the first release's image, and run in that of each where nothing else is.
#   tests/package.sh [RELEASE...]     bookworm and trixie, if none is named
# As root, with debootstrap. Images are fetched once, and kept as build/images/RELEASE.tar; what was made is in
# build/package.
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/../src/cmake/setup.sh"
cd "$attn_root"
[ "$(id -u)" = 0 ] || { printf 'tests/package.sh: images are made by root\n' >&2 && exit 1; }
command -v debootstrap >/dev/null || { printf 'tests/package.sh: debootstrap is not here\n' >&2 && exit 1; }
images=$PWD/build/images out=$PWD/build/package
mkdir -p "$images" "$out"
rm -rf "$out/static"
image=

# leave: unmounts the image that is in use, and removes it.
leave() {
  [ -n "$image" ] || return 0
  umount "$image/proc" "$image/dev"
  rm -rf --one-file-system "$image"
  image=
}
trap leave EXIT

# enter RELEASE: a new bare image of it as $image.
enter() {
  leave
  if [ ! -e "$images/$1.tar" ]; then
    debootstrap --variant=minbase "$1" "$images/$1" >"$images/$1.log"
    tar -C "$images/$1" -cf "$images/$1.tar" .
    rm -rf --one-file-system "${images:?}/$1"
  fi
  image=$images/$1-in-use
  mkdir "$image"
  tar -C "$image" -xf "$images/$1.tar"
  cp /etc/resolv.conf "$image/etc/resolv.conf"
  mount --bind /dev "$image/dev"
  mount -t proc proc "$image/proc"
}

# inside COMMAND...: runs it in $image, in root's home.
inside() {
  chroot "$image" /usr/bin/env -i -C /root HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TERM=dumb \
    DEBIAN_FRONTEND=noninteractive ${CMAKE_BUILD_PARALLEL_LEVEL:+CMAKE_BUILD_PARALLEL_LEVEL="$CMAKE_BUILD_PARALLEL_LEVEL"} "$@"
}
# fetched PACKAGE...: installs them; a name may be a pattern of files.
fetched() {
  inside bash -c "apt-get -qqy install --no-install-recommends $*" >"$images/apt.log" 2>&1 || { cat "$images/apt.log" && exit 1; }
}

# same WANTED ACTUAL WHAT
same() { [ "$1" = "$2" ] || { printf 'FAILED: %s: expected %s, got %s\n' "$3" "$1" "$2" >&2 && exit 1; }; }

# tried COMMAND...: attn, by this command, reads an example and draws a picture.
tried() {
  inside "$@" --version
  inside "$@" compute "$examples/sentence.json" --causal --emit weights -f text
  inside "$@" compute "$examples/sentence.json" -o regular.json
  inside "$@" visualize regular.json --annot -o regular.png
  same 89504e470d0a1a0a "$(head -c 8 "$image/root/regular.png" | od -An -tx1 | tr -d ' ')" 'the first bytes of a PNG'
  rm "$image/root/regular.json" "$image/root/regular.png"
}

printf '==> The source tarball\n'
tarball=$(src/cmake/package.sh source "$out")
first=$(sha256sum <"$tarball")
src/cmake/package.sh source "$out" >/dev/null
same "$first" "$(sha256sum <"$tarball")" 'the tarball, made again'
printf '%s, twice the same bytes: %s\n' "$(basename "$tarball")" "${first%% *}"

for release in ${*:-bookworm trixie}; do
  printf '==> %s: building\n' "$release"
  enter "$release"
  tar -C "$image/root" -xf "$tarball"
  inside bash -c 'cd attn-* && src/cmake/package.sh deb /root/made' >"$out/$release.log" 2>&1 || { tail -n 40 "$out/$release.log" && exit 1; }
  if ! [ -e "$out/static" ]; then
    for time in once again; do
      inside bash -c 'cd attn-* && rm -rf build && src/cmake/package.sh static /root/static' >"$out/static.log" 2>&1 || { tail -n 40 "$out/static.log" && exit 1; }
      [ "$time" = again ] || first=$(cat "$image/root/static"/* | sha256sum)
    done
    same "$first" "$(cat "$image/root/static"/* | sha256sum)" 'the static program, made again'
    cp -r "$image/root/static" "$out/static"
    printf '%s, twice the same bytes\n' "$(ls "$out/static")"
  fi
  fetched lintian
  inside bash -c 'lintian --version; lintian --fail-on error made/*.deb' 2>&1 | grep -v 'running with root privileges'
  rm -rf "${out:?}/$release"
  cp -r "$image/root/made" "$out/$release"

  printf '==> %s: installing\n' "$release"
  enter "$release"
  cp "$out/$release"/*.deb README.md "$image/root"
  tar -C "$image/root" -xf "$out/static"/attn-*.tar.gz
  examples=$(cd "$image/root" && printf '/root/%s' attn-*/share/doc/attn/examples)
  tried "${examples%/share/*}/bin/attn"
  inside apt-get -qq update
  fetched './attn_*.deb' man-db
  examples=/usr/share/doc/attn/examples
  tried attn
  inside bash -c 'man attn | col -b | head -n 6'
  same 'attn: installed' "$(inside dpkg-query -W -f '${Package}: ${db:Status-Status}' attn)" 'the state of the package'
  inside bash -c 'dpkg -V attn'
  fetched './libattn-dev_*.deb' g++ pkg-config
  inside bash -c "sed -n '/^\`\`\`cpp\$/,/^\`\`\`\$/p' README.md | sed '/^\`\`\`/d' >example.cpp &&
    g++ -std=c++20 example.cpp -o example \$(pkg-config --cflags --libs attn) && ./example"
  inside apt-get -qqy purge attn libattn-dev >/dev/null 2>&1
  same '' "$(inside find /usr -name '*attn*')" 'files that are left after a purge'
  printf '==> %s: done\n' "$release"
done
