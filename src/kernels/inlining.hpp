// How functions of the kernels are compiled into their callers.
#pragma once

/// The body of a loop over tiles: kept in the loop, as a call would load its pointers again for every tile.
#define ATTN_TILE __attribute__((always_inline))
