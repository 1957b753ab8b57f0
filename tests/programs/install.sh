#!/usr/bin/env bash
# An installation in an empty prefix has all that it should, and the README's example builds against it: by CMake, by
# pkg-config, and within a shared library.
. "$2/tests/support/program.sh"
needs cmake
needs pkg-config
build=$(dirname "$attn")
[ -f "$build/src/libattn.a" ] || { printf 'skipped: the library is not built\n'; exit 77; }
! grep -q '^ATTN_SANITIZE:[A-Z]*=.' "$build/CMakeCache.txt" || { printf 'skipped: its users would need its sanitizers\n'; exit 77; }

expect_code 0 cmake --install "$build" --prefix "$work/made"
# Nothing in it depends on where it was installed to.
mv made prefix
libdir=$(dirname "$(find prefix -name libattn.a)")
for file in bin/attn share/man/man1/attn.1 share/man/man5/attn-json.5 share/doc/attn/LICENSE share/doc/attn/CHANGELOG.md \
  share/doc/attn/examples/sentence.json share/attn/schema/input.json share/bash-completion/completions/attn \
  share/zsh/site-functions/_attn share/fish/vendor_completions.d/attn.fish include/attn/attn.hpp; do
  [ -s "prefix/$file" ] || fail "$file is not installed"
done
expect 'attn 0.1.0 ' "$(prefix/bin/attn --version | sed 's/(.*//')" 'the version of the installed program'
expect '' "$(grep -rlF "$project" prefix --include=*.cmake --include=*.pc)" 'installed files that name the source folder'

# The first block of C++ and the first of CMake in the README.
sed -n '/^```cpp$/,/^```$/p' "$project/README.md" | sed '/^```/d' >example.cpp
sed -n '/^```cmake$/,/^```$/p' "$project/README.md" | sed '/^```/d' >lines.cmake
wanted=$(printf '{"embeddings":[[1,0],[1,2],[0,2]]}' | prefix/bin/attn compute --causal --emit weights -f csv |
  awk -F, '{ for (i = 1; i <= NF; ++i) printf "%.4f ", $i; print "" }')

printf 'cmake_minimum_required(VERSION 3.25)\nproject(example LANGUAGES CXX)\nadd_executable(example example.cpp)\n%s\n' \
  "$(cat lines.cmake)" >CMakeLists.txt
expect_code 0 cmake -S . -B by-cmake -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix"
expect_code 0 cmake --build by-cmake
by_cmake=$(by-cmake/example)
expect "$wanted" "$by_cmake" 'what the example prints'
sed -i 's/find_package(attn[^)]*/find_package(attn 0.2 REQUIRED/' CMakeLists.txt
expect_code 1 cmake -S . -B of-another-version -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix"
grep -q 'version: 0.1.0' stderr.txt || fail "a version that is not there is not refused by its number: $(cat stderr.txt)"

export PKG_CONFIG_PATH=$work/$libdir/pkgconfig
expect '0.1.0' "$(pkg-config --modversion attn)" 'the version by pkg-config'
# shellcheck disable=SC2046  # lists of flags
{
  expect_code 0 "${CXX:-c++}" -std=c++20 example.cpp -o by-pkg-config $(pkg-config --cflags --libs attn)
  expect "$by_cmake" "$(./by-pkg-config)" 'what the example prints, built with pkg-config'
  sed 's/int main() try/extern "C" void example() try/; s/return 1;/return;/' example.cpp >shared.cpp
  expect_code 0 "${CXX:-c++}" -std=c++20 -shared -fPIC shared.cpp -o libexample.so $(pkg-config --cflags --libs attn) -Wl,-z,defs
  printf 'extern "C" void example();\nint main() { example(); }\n' >user.cpp
  expect_code 0 "${CXX:-c++}" -std=c++20 user.cpp -o by-shared-library -L. -lexample -Wl,-rpath,"$work"
  expect "$by_cmake" "$(./by-shared-library)" 'what the example prints, from a shared library'
}
finish
