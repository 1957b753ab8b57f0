// Which of Highway's targets are compiled; included before any header of Highway.
//
// Highway offers more than attn has kernel sets for. Vectors of a length that is known only at run time (SVE) cannot be
// elements of arrays, as the register tile's are. Of NEON there are up to three targets, of which newer versions of
// Highway name one that asks for no cryptography: every 64-bit ARM runs it, and attn needs no more.
#pragma once

// Read where Highway's macros are used, which is after what follows here.
#define HWY_DISABLED_TARGETS ATTN_DISABLED_TARGETS
#include <hwy/detect_targets.h>

#ifdef HWY_NEON_WITHOUT_AES
#ifdef HWY_NEON_BF16
#define ATTN_OTHER_NEON (HWY_NEON | HWY_NEON_BF16)
#else
#define ATTN_OTHER_NEON HWY_NEON
#endif
/// The target of the kernel set `neon`, and the namespace in which Highway puts it.
#define ATTN_NEON HWY_NEON_WITHOUT_AES
#define ATTN_NEON_NAMESPACE N_NEON_WITHOUT_AES
#else
#define ATTN_OTHER_NEON 0
#define ATTN_NEON HWY_NEON
#define ATTN_NEON_NAMESPACE N_NEON
#endif

#define ATTN_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | ATTN_OTHER_NEON)
