// Catch2, of the version that the machine has: 2 (one header, Debian 12) or 3 (a library, Debian 13).
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
