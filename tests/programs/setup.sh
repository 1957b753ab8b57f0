#!/usr/bin/env bash
# The set-up where there is no apt: it names what is needed and how another font is given, and goes on to CMake.
. "$2/tests/support/program.sh"
mkdir bin
for program in bash dirname sort sed; do ln -s "$(command -v "$program")" bin/; done
PATH=$work/bin bash -c '. "$0/src/cmake/setup.sh" && attn_packages build' "$project" >said.txt || fail 'the set-up'
head -1 said.txt | grep -q 'This is not Debian: these libraries and programs are needed' || fail 'the first line'
for package in $(sed -n 's/^\([a-z0-9+-]*\) *build .*/\1/p' "$project/src/cmake/packages.txt"); do
  grep -qx " *$package" said.txt || fail "$package is not named"
done
grep -q 'catch2' said.txt && fail 'packages of tests are named for a build'
grep -q 'ATTN_FONT=FILE' said.txt || fail 'the font'
# The option that is named is the one that CMake asks.
grep -q '^fonts.* file FONT ' "$project/src/cmake/packages.txt" || fail 'ATTN_FONT is no file of packages.txt'
finish
