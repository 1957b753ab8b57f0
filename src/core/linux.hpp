// Whether what only Linux has is used. Each place that asks has a plain way beside it, for other Unix systems: a build
// with the macro ATTN_PLAIN_UNIX takes that on Linux too, as test_plain does.
#pragma once

#if defined(__linux__) && !defined(ATTN_PLAIN_UNIX)
#define ATTN_LINUX 1
#else
#define ATTN_LINUX 0
#endif
