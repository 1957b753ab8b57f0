#!/usr/bin/env bash
# The layer rule: every #include of src and include goes where the tables of .github/CONTRIBUTING.md let it go.
. "$2/tests/support/program.sh"

# includes FOLDER: a line FILE:LINE:INCLUDED for every #include, with its < or ".
includes() {
  (cd "$1" && find include src -name '*.[ch]pp' -exec grep -HnE '^[[:space:]]*#[[:space:]]*include' {} + |
    sed -E 's/^([^:]*:[0-9]+):[^<"]*([<"][^>"]*).*/\1:\2/' | sort -t: -k1,1 -k2,2n)
}

# files FOLDER: every source file.
files() { (cd "$1" && find include src -name '*.[ch]pp' | sort); }

# broken_rules FOLDER: a line for each fault of the tables and for each include that breaks a rule.
broken_rules() {
  files "$1" >sources.txt
  includes "$1" >includes.txt
  awk '
    function words(text, list,  n) {  # what stands in backticks
      n = 0
      while (match(text, /`[^`]*`/)) {
        list[++n] = substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
      }
      return n
    }
    # The room of a file, named from src or include; "" if it has none. The longest name that fits wins.
    function room_of(file,  name) {
      if (file ~ /^attn\//) {
        sub(/^attn\//, "", file)
        sub(/\.hpp$/, "", file)
        used[file ".hpp"] = 1
        return (file in header_room) ? header_room[file] : ""
      }
      name = file
      sub(/\.[a-z]*$/, "", name)
      while (!(name in path_room)) if (!sub(/\/[^\/]*$/, "", name)) return ""
      used[name] = 1
      return path_room[name]
    }
    # Marks what a room reaches; says so if that is the room itself.
    function reach(from, room,  i, next_room, list, n) {
      n = split(stands[room], list, " ")
      for (i = 1; i <= n; ++i) {
        next_room = list[i]
        if (next_room == from) print "CONTRIBUTING.md: " from " stands on itself, by way of " room
        if ((from, next_room) in reaches) continue
        reaches[from, next_room] = 1
        reach(from, next_room)
      }
    }
    function pattern_of(text) {
      gsub(/[.+]/, "[&]", text)
      gsub(/\*/, ".*", text)
      return "^" text "$"
    }
    FILENAME ~ /CONTRIBUTING/ {
      if (!/^\|/) { table = ""; next }
      if (/^\|---/) next
      split($0, cell, "|")
      if (cell[2] ~ /^ *Room *$/) { table = "rooms"; next }
      if (cell[2] ~ /^ *Include *$/) { table = "packages"; next }
      if (table == "rooms") {
        n = words(cell[2], found)
        room = found[1]
        rooms[++room_count] = room
        for (i = 1; i <= n; ++i) path_room[found[i]] = room
        n = words(cell[4], found)
        for (i = 1; i <= n; ++i) header_room[found[i]] = room
        n = words(cell[5], found)
        stands[room] = ""
        for (i = 1; i <= n; ++i) stands[room] = stands[room] " " found[i]
      } else if (table == "packages") {
        n = words(cell[2], prefixes)
        m = words(cell[4], places)
        for (i = 1; i <= n; ++i) {
          packages[++package_count] = prefixes[i]
          place_count[package_count] = m
          for (j = 1; j <= m; ++j) place[package_count, j] = places[j]
          only[package_count] = cell[4]
        }
      }
      next
    }
    FNR == 1 && !checked {
      checked = 1
      if (!room_count || !package_count) print "CONTRIBUTING.md: its tables are not found"
      # The first names of rows are what the last column may use.
      for (r = 1; r <= room_count; ++r) known[rooms[r]] = 1
      for (r = 1; r <= room_count; ++r) {
        n = split(stands[rooms[r]], list, " ")
        for (i = 1; i <= n; ++i)
          if (!(list[i] in known)) print "CONTRIBUTING.md: " rooms[r] " stands on " list[i] ", which is no room"
      }
      for (r = 1; r <= room_count; ++r) reach(rooms[r], rooms[r])
    }
    FILENAME ~ /sources/ {
      file = $0
      sub(/^(src|include)\//, "", file)
      room = room_of(file)
      if (room == "") print $0 ": belongs to no room of CONTRIBUTING.md"
      exists[file] = 1
      next
    }
    {
      split($0, part, ":")
      path = part[1]
      at = path ":" part[2] ": "
      quote = substr(part[3], 1, 1)
      target = substr(part[3], 2)
      file = path
      sub(/^(src|include)\//, "", file)

      package = 0
      for (p = 1; p <= package_count; ++p) {
        if (packages[p] ~ /\/$|_$/ ? index(target, packages[p]) != 1 : target != packages[p]) continue
        package = p
        allowed = 0
        for (j = 1; j <= place_count[p]; ++j) if (path ~ pattern_of(place[p, j])) allowed = 1
        if (!allowed) print at "includes " target ", which is only for" only[p]
      }
      if (quote == "<") {
        if (!package && target ~ /\.hpp$/) print at "includes " target " of a package that CONTRIBUTING.md does not list"
        next
      }
      if (!(target in exists)) { print at "includes " target ", which is not in src or include"; next }
      if (path ~ /^include\// && target !~ /^attn\//) print at "a public header includes " target ", which is not public"
      from = room_of(file)
      to = room_of(target)
      if (from == "" || to == "" || from == to) next
      if (!((from, to) in reaches)) {
        way = (to, from) in reaches ? ", which lies above it" : ", which it does not stand on"
        print at from " includes " target " of " to way
      }
    }
    END {
      for (name in path_room)
        if (name != "libattn" && !(name in used)) print "CONTRIBUTING.md: there is no " name " in src"
      for (name in header_room)
        if (!((name ".hpp") in used)) print "CONTRIBUTING.md: there is no include/attn/" name ".hpp"
    }
  ' "$1/.github/CONTRIBUTING.md" sources.txt includes.txt
}

broken=$(broken_rules "$project")
[ -z "$broken" ] || fail "$(printf '%s\n' 'the layer rule is broken:' "$broken")"

# The test can fail: each of these breaks one rule in a copy of the tree.
mkdir copy
cp -r "$project/include" "$project/src" "$project/.github" copy

# plant FILE LINE MESSAGE: with the line at its end, the file's fault is reported in these words.
plant() {
  local file=copy/$1 reported
  [ -f "$file" ] && cp "$file" before || rm -f before
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$2" >>"$file"
  reported=$(broken_rules copy)
  [[ $reported == *"$3"* ]] || fail "$2 in $1: not reported as '$3', but: $reported"
  if [ -f before ]; then mv before "$file"; else rm "$file"; fi
}

line=$(($(wc -l <copy/src/core/number.cpp) + 1))
plant src/core/number.cpp '#include "attn/mask.hpp"' \
  "src/core/number.cpp:$line: core includes attn/mask.hpp of mask, which lies above it"
plant src/core/number.cpp '  #  include "mask/node.hpp"  // why' \
  "src/core/number.cpp:$line: core includes mask/node.hpp of mask, which lies above it"
plant src/render/scene.hpp '#include "io/json/text.hpp"' \
  'render includes io/json/text.hpp of io/json, which it does not stand on'
plant src/cli/stopwatch.hpp '#include "cli/help.hpp"' \
  'cli/environment includes cli/help.hpp of cli/flags, which lies above it'
plant include/attn/tensor.hpp '#include "attn/attn.hpp"' \
  'core includes attn/attn.hpp of libattn, which lies above it'
plant include/attn/attn.hpp '#include "core/number.hpp"' 'a public header includes core/number.hpp, which is not public'
plant src/mask/node.hpp '#include "mask/lost.hpp"' 'includes mask/lost.hpp, which is not in src or include'
plant src/attention/engine/rows.cpp '#include <hwy/highway.h>' 'includes hwy/highway.h, which is only for'
plant src/render/scene.hpp '#include "core/xt.hpp"' 'includes core/xt.hpp, which is only for'
plant src/core/number.cpp '#include <boost/any.hpp>' 'includes boost/any.hpp of a package'
plant src/attic/box.cpp '#include "attn/error.hpp"' 'src/attic/box.cpp: belongs to no room'
plant include/attn/attic.hpp '#pragma once' 'include/attn/attic.hpp: belongs to no room'
plant .github/CONTRIBUTING.md $'| Room | | | |\n| `lost` | | `gone` | |' 'there is no lost in src'
plant .github/CONTRIBUTING.md $'| Room | | | |\n| `lost` | | `gone` | |' 'there is no include/attn/gone.hpp'
plant .github/CONTRIBUTING.md $'| Room | | | |\n| `lost` | | | `attic` |' 'lost stands on attic, which is no room'
plant .github/CONTRIBUTING.md $'| Room | | | |\n| `core` | | | `cli` |' 'core stands on itself, by way of'
finish
